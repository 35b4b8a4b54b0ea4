// The sentences of the page, in the language that is chosen, and what a browser remembers of it.

const root = document.documentElement;
const $ = (id) => document.getElementById(id);
const index = JSON.parse($("index").textContent);
const strings = index.strings;
const codes = { en: "en", zh: "zh-Hans" };
let language = root.lang.startsWith("zh") ? "zh" : "en";

// A name that others chose may be one that every object has.
const own = (object, name) => Object.hasOwn(object, name) ? object[name] : undefined;
const claimsOf = (feature) => own(index.claims, feature) ?? [];

function t(key, values = {}) {
  let phrase = own(strings, key)?.[language];
  if (phrase === undefined) return key;
  if (typeof phrase !== "string") phrase = values.count === 1 ? phrase.one : phrase.other;
  return phrase.replace(/\{(\w+)\}/g, (place, name) => {
    const value = values[name];
    return value === undefined ? place : value?.t ? t(value.t) : String(value);
  });
}

function speak(code) {
  language = code;
  root.lang = codes[code];
  for (const element of document.querySelectorAll("[data-t]")) {
    element.textContent = t(element.dataset.t, element.dataset.a ? JSON.parse(element.dataset.a) : {});
  }
  for (const element of document.querySelectorAll("[data-ta]")) {
    for (const pair of element.dataset.ta.split(";")) {
      const [name, key] = pair.split(":");
      element.setAttribute(name, t(key));
    }
  }
  const words = new Map();
  const word = (key) => words.get(key) ?? (words.set(key, t(key)), words.get(key));
  for (const row of rows) {
    for (const cell of row.cells) {
      if (!cell) continue;
      cell.link.firstChild.data = word(cell.seen);
      cell.link.lastChild.textContent = `${t("page.comma")}${word(`verdict.${cell.verdict}`)}`;
    }
  }
  for (const button of $("languages").children) button.setAttribute("aria-pressed", String(button.value === code));
  document.title = `${t("page.title", { title: document.querySelector("h1").textContent })}${
    document.querySelector(".notice") ? ` (${t("page.simulated")})` : ""}`;
  tell();
  if (open) show(open.row, open.model);
}

function stored(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`conformance-${name}`);
    localStorage.setItem(`conformance-${name}`, value);
  } catch { /* no storage for this page */ }
  return null;
}

// Some browsers let no page from a file change its address: then it is only not mirrored there.
function address(how, to) {
  try {
    history[how](null, "", to);
  } catch { /* everything else works all the same */ }
}
