// The preview's own script: it replaces parts of the page after a change, and goes from card to card by keys.
const body = document.body;
const list = document.getElementById("list");
const main = document.getElementById("card");
const connection = document.getElementById("connection");
let revision = body.dataset.revision;
let source = null;
let filterTimer = 0;
let running = null;
let again = null;
const followed = new WeakSet();

const get = name => document.getElementById(name);
const isPage = link => link.origin === location.origin && (link.pathname === "/" || link.pathname.startsWith("/card/"));
const shownId = () => get("head")?.dataset.id ?? "";

// --- Parts of the page ---

async function part(name, address) {
  const url = new URL(address, location.href);
  url.searchParams.set("part", name);
  const answer = await fetch(url, {cache: "no-store"});
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  const made = document.createElement("template");
  made.innerHTML = text;
  return made.content;
}

function replaceList(content) {
  const focus = document.activeElement;
  const field = list.contains(focus) ? focus.name : null;
  const top = list.querySelector(".cards")?.scrollTop ?? 0;
  const selection = field === "text" ? [focus.value, focus.selectionStart, focus.selectionEnd] : null;
  list.replaceChildren(content);
  const cards = list.querySelector(".cards");
  if (cards) cards.scrollTop = top;
  if (field) {
    const same = list.querySelector(`[name="${field}"]`);
    same?.focus({preventScroll: true});
    if (selection && same) {
      same.value = selection[0];
      same.setSelectionRange(selection[1], selection[2]);
    }
  }
  mark();
}

// Frames keep what they show until the new document is there, so that nothing flickers and the place is kept.
function replaceCard(content) {
  const now = content.querySelector("#view"), old = get("view");
  const slots = element => [...element.querySelectorAll(".frame")].map(frame => frame.dataset.slot).join();
  const same = now && old && get("head").dataset.id === content.querySelector("#head").dataset.id
    && now.className.replace(" stale", "") === old.className.replace(" stale", "") && slots(now) && slots(now) === slots(old);
  if (!same) {
    main.replaceChildren(content);
    frames(main);
    main.scrollTop = 0;
    return;
  }
  for (const id of ["notes", "head", "findings", "state"]) {
    const fresh = content.querySelector(`#${id}`);
    if (fresh.outerHTML !== get(id).outerHTML) get(id).replaceWith(fresh);
  }
  old.className = now.className;
  old.closest(".columns").className = now.closest(".columns").className;
  for (const frame of now.querySelectorAll(".frame")) {
    const holder = old.querySelector(`.frame[data-slot="${frame.dataset.slot}"]`);
    const fresh = frame.querySelector("iframe"), shown = holder.querySelector("iframe:last-of-type");
    if (shown.getAttribute("src") === fresh.getAttribute("src")) continue;
    for (const waiting of holder.querySelectorAll("iframe.waiting")) waiting.remove();
    fresh.classList.add("waiting");
    fresh.addEventListener("load", () => {
      fit(fresh);
      if (holder.matches(".inner")) fresh.contentWindow.scrollTo(0, shown.contentWindow.scrollY);
      fresh.classList.remove("waiting");
      for (const other of holder.querySelectorAll("iframe")) if (other !== fresh) other.remove();
      body.dataset.shown = revision;
    }, {once: true});
    holder.append(fresh);
  }
}

function frames(parent) {
  for (const frame of parent.querySelectorAll("iframe")) {
    frame.addEventListener("load", () => { fit(frame); body.dataset.shown = revision; });
  }
}

// Documents run no scripts; this page measures them and follows their links.
function fit(frame) {
  const page = frame.contentDocument;
  if (!page?.documentElement) return;
  if (!frame.closest(".inner")) {
    frame.style.height = "1px";
    const height = page.documentElement.scrollHeight + frame.offsetHeight - frame.clientHeight;
    frame.style.height = `${Math.min(30000, Math.max(80, height))}px`;
  }
  if (followed.has(page)) return;
  followed.add(page);
  if (frame.closest(".inner")) {
    // An address with the card's anchor would scroll this page too.
    const place = page.getElementById(`card-${shownId()}`)?.getBoundingClientRect().top ?? 0;
    frame.contentWindow.scrollTo(0, place + frame.contentWindow.scrollY);
  }
  page.addEventListener("click", event => {
    const link = event.target.closest?.("a[href]");
    if (!link) return;
    const inner = link.getAttribute("href").match(/^#(?!card-)/) || link.getAttribute("href") === "#card-" + shownId();
    if (inner) return;
    event.preventDefault();
    const card = link.href.match(/(?:#card-|\/card\/)([A-Za-z0-9]+(?:[-_/][A-Za-z0-9]+)*)\/?$/);
    if (card) {
      const row = list.querySelector(`a[data-id="${card[1]}"]`);
      go(row ? row.href : `/card/${card[1]}${location.search}`);
    } else if (/^(https?|mailto):/.test(link.href) && new URL(link.href).origin !== location.origin) {
      open(link.href, "_blank", "noopener,noreferrer");
    }
  });
}

function fitAll() {
  for (const frame of main.querySelectorAll("iframe:not(.waiting)")) fit(frame);
}

// One request at a time; of changes that come meanwhile, the last state counts.
function refresh(wanted) {
  if (running) {
    again = {list: wanted.list || again?.list, card: wanted.card || again?.card};
    return running;
  }
  running = (async () => {
    try {
      const address = location.href;
      const [cards, card] = await Promise.all([wanted.list ? part("list", address) : null, wanted.card ? part("card", address) : null]);
      if (address === location.href) {
        if (cards) replaceList(cards);
        if (card) replaceCard(card);
      }
    } catch (error) {
      say(error.message);
    }
    running = null;
    if (again) {
      const next = again;
      again = null;
      await refresh(next);
    }
  })();
  return running;
}

function mark() {
  const id = shownId();
  for (const link of list.querySelectorAll("a[data-id]")) {
    if (link.dataset.id === id) {
      link.setAttribute("aria-current", "page");
      link.scrollIntoView({block: "nearest"});
    } else {
      link.removeAttribute("aria-current");
    }
  }
}

async function go(address, {push = true} = {}) {
  if (push) history.pushState(null, "", address);
  const isCard = location.pathname.startsWith("/card/");
  body.dataset.pane = isCard ? "card" : "list";
  await refresh({list: true, card: true});
  const title = main.querySelector("h1")?.textContent.trim();
  if (title) document.title = title;
  mark();
}

function say(text) {
  const answer = get("answer");
  if (answer) answer.textContent = text;
}

// --- Events ---

function listen() {
  if (source || document.hidden) return;
  source = new EventSource(`/events?revision=${revision}`);
  source.addEventListener("open", () => state("live"));
  source.addEventListener("error", () => state("lost"));
  source.addEventListener("change", event => {
    const change = JSON.parse(event.data);
    revision = String(change.revision);
    body.dataset.revision = revision;
    refresh({list: change.everything, card: change.everything || change.cards.includes(shownId())});
  });
}

// Browsers allow few connections to one server, so a page that is not seen gives its own back.
function pause() {
  source?.close();
  source = null;
}

function state(name) {
  connection.className = name;
  connection.textContent = connection.dataset[name];
}

document.addEventListener("visibilitychange", () => (document.hidden ? pause() : listen()));
addEventListener("pagehide", pause);
addEventListener("pageshow", listen);

// --- The editor ---

async function openEditor(element) {
  const request = {card: shownId(), line: Number(element.dataset.line), column: Number(element.dataset.column)};
  const answer = await fetch("/open", {
    method: "POST",
    headers: {"Content-Type": "application/json", "X-Cardpipe-Token": body.dataset.token},
    body: JSON.stringify(request),
  });
  say(answer.ok ? "" : await answer.text());
}

// --- Clicks, keys, the filter ---

document.addEventListener("click", event => {
  const button = event.target.closest("button.edit");
  if (button) {
    openEditor(button);
    return;
  }
  const link = event.target.closest("a[href]");
  if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (!isPage(link) || link.hash) return;
  event.preventDefault();
  go(link.href);
});

addEventListener("popstate", () => go(location.href, {push: false}));

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const inField = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName) && document.activeElement.type !== "checkbox";
  if (event.key === "Escape" && inField) {
    document.activeElement.blur();
    return;
  }
  if (inField) return;
  const step = {j: 1, ArrowDown: 1, k: -1, ArrowUp: -1}[event.key];
  if (step) {
    const links = [...list.querySelectorAll("a[data-id]")];
    const here = links.findIndex(link => link.dataset.id === shownId());
    const next = links[here < 0 ? 0 : here + step];
    if (next) {
      event.preventDefault();
      go(next.href);
    }
  } else if (event.key === "/") {
    event.preventDefault();
    body.dataset.pane = "list";
    get("text").focus();
    get("text").select();
  } else if (event.key === "e") {
    const button = main.querySelector("button.edit");
    if (button) openEditor(button);
  } else {
    const tab = main.querySelector(`.tabs a[data-view="${CSS.escape(event.key)}"]`);
    if (tab) go(tab.href);
  }
});

function filter() {
  const form = get("filter");
  const address = new URL(location.href);
  for (const name of ["text", "tag", "kind", "difficulty"]) {
    const value = form.elements[name].value;
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  if (form.elements.findings.checked) address.searchParams.set("findings", "1");
  else address.searchParams.delete("findings");
  address.searchParams.delete("rows");
  history.replaceState(null, "", address);
  refresh({list: true, card: true});
}

list.addEventListener("input", event => {
  clearTimeout(filterTimer);
  filterTimer = setTimeout(filter, event.target.name === "text" ? 120 : 0);
});
list.addEventListener("submit", event => {
  event.preventDefault();
  filter();
});
addEventListener("resize", fitAll);

body.classList.add("scripted");
frames(main);
for (const frame of main.querySelectorAll("iframe")) if (frame.contentDocument?.readyState === "complete") fit(frame);
mark();
listen();
