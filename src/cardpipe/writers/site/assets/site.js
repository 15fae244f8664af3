// What scripts add to every page: the switch of colours, keys, printing, use offline.

const root = new URL("../", import.meta.url);
const page = document.documentElement;

// The switch between light and dark.
const darkBySystem = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => page.dataset.theme ? page.dataset.theme === "dark" : darkBySystem.matches;
const theme = document.getElementById("theme");
const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
theme.addEventListener("click", () => {
  const chosen = isDark() ? "light" : "dark";
  page.dataset.theme = chosen;
  try {
    localStorage.setItem("cardpipe-theme", chosen);
  } catch {
    // Storage is not allowed: the choice holds for this page.
  }
  showTheme();
});
darkBySystem.addEventListener("change", showTheme);
showTheme();
theme.hidden = false;

// “/” goes to the search box.
addEventListener("keydown", event => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const box = document.querySelector("form.find input");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// What is wider than the page scrolls by keyboard too.
function letScroll() {
  for (const box of document.querySelectorAll(".equation, .table, pre")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}
document.addEventListener("toggle", letScroll, true);
addEventListener("resize", letScroll);
letScroll();

// On paper, all answers are shown.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});

// Use offline, and a note when a new release is there.
const note = document.getElementById("update");

function announce(registration) {
  if (!registration.waiting || !navigator.serviceWorker.controller) return;
  note.hidden = false;
  note.querySelector("button").onclick = () => {
    // The new worker lets all pages of the site load again.
    if (registration.waiting) registration.waiting.postMessage("activate");
    else location.reload();
  };
}

// What the worker answers to a message.
function asked(worker, question) {
  const {port1, port2} = new MessageChannel();
  worker.postMessage(question, [port2]);
  return new Promise(resolve => { port1.onmessage = ({data}) => resolve(data); });
}

async function offerToKeep({active}) {
  const button = document.getElementById("keep");
  if (!button || !active) return;
  const said = document.getElementById("kept");
  const show = isKept => {
    button.disabled = isKept;
    if (isKept) button.textContent = button.dataset.kept;
  };
  button.onclick = async () => {
    button.disabled = true;
    said.textContent = "";
    const isKept = await asked(active, "keep") === "kept";
    show(isKept);
    if (!isKept) said.textContent = button.dataset.failed;
  };
  show(await asked(active, "is all kept?"));
  button.hidden = false;
}

if ("serviceWorker" in navigator && isSecureContext) {
  navigator.serviceWorker.addEventListener("message", ({data}) => {
    if (data === "reload") location.reload();
  });
  try {
    const registration = await navigator.serviceWorker.register(new URL("sw.js", root), {
      scope: root.pathname,
      updateViaCache: "none",
    });
    announce(registration);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => announce(registration));
    });
    navigator.serviceWorker.ready.then(offerToKeep);
    // Kept pages come from the worker, so that only this asks the host for a new release at once.
    if (registration.active) registration.update().catch(() => {});
  } catch {
    // Without a worker, the site works online.
  }
}
