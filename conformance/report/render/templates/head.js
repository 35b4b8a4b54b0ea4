"use strict";
// Before the first paint: the theme that was chosen, and that there is a script at all.
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("conformance-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* no storage for this page: the system's theme it is */ }
