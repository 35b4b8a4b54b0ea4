"use strict";
{
// The switches of a page that holds its text in every language: one is shown, the others are hidden.
const root = document.documentElement;
const stored = (name, value) => {
  try {
    if (value === undefined) return localStorage.getItem(`conformance-${name}`);
    localStorage.setItem(`conformance-${name}`, value);
  } catch { /* no storage for this page */ }
  return null;
};
const press = (group, value) => {
  for (const button of group?.children ?? []) button.setAttribute("aria-pressed", String(button.value === value));
};
const languages = document.getElementById("languages");
const themes = document.getElementById("themes");
function speak(code) {
  for (const said of document.querySelectorAll(".said")) {
    said.hidden = said.dataset.code !== code;
    if (!said.hidden) { root.lang = said.lang; document.title = said.dataset.title; }
  }
  press(languages, code);
}
function paint(theme) {
  if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
  press(themes, theme);
}
languages?.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) { stored("language", button.value); speak(button.value); }
});
themes.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) { stored("theme", button.value); paint(button.value); }
});
paint(root.dataset.theme ?? "auto");
const wanted = new URLSearchParams(location.search).get("lang") ?? stored("language");
if (wanted && [...document.querySelectorAll(".said")].some((said) => said.dataset.code === wanted)) speak(wanted);
}
