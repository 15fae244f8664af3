// Before anything is shown: the colours that the reader chose. A script of its own, because modules run later.
try {
  const chosen = localStorage.getItem("cardpipe-theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // Storage is not allowed: the system's choice stays.
}
