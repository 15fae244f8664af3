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

function offerToKeep(registration) {
  const button = document.getElementById("keep");
  if (!button || !registration.active) return;
  const said = document.getElementById("kept");
  button.hidden = false;
  button.onclick = () => {
    const {port1, port2} = new MessageChannel();
    button.disabled = true;
    said.textContent = "";
    port1.onmessage = ({data}) => {
      button.disabled = data === "kept";
      if (data === "kept") button.textContent = button.dataset.kept;
      else said.textContent = button.dataset.failed;
    };
    registration.active.postMessage("keep", [port2]);
  };
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
  } catch {
    // Without a worker, the site works online.
  }
}
