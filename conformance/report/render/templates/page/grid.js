// The grid: its rows, its filters, and the filters in the address.

const rows = [];
const groups = [...document.querySelectorAll(".group")].map((element) => ({
  element, heads: [...element.querySelectorAll("thead th")].slice(2), cols: [...element.querySelectorAll("col")].slice(2),
}));
for (const group of groups) {
  for (const tr of group.element.querySelectorAll("tbody tr")) {
    const cells = [...tr.cells].slice(2);
    rows.push({
      tr, group, feature: tr.dataset.f, tds: cells,
      text: `${tr.dataset.f} ${claimsOf(tr.dataset.f).map((claim) => claim.says).join(" ")}`.toLowerCase(),
      cells: cells.map((td) => td.id ? { seen: td.dataset.b, verdict: td.className, link: td.firstElementChild } : null),
    });
  }
}
const differing = new Set(["falls_short", "exceeds"]);
const undecided = new Set(["inconclusive", "not_run"]);
const menus = [...document.querySelectorAll(".menu")];
const buttons = [...$("views").children];
const usual = buttons.find((button) => button.getAttribute("aria-pressed") === "true").value;
const chosen = { view: usual, verdict: new Set(), seen: new Set(), group: new Set(), model: new Set(), text: "" };
let hiddenModels = false;
let byHand = null;

function apply() {
  const { view, verdict, seen, group, model } = chosen;
  const words = chosen.text.toLowerCase().split(/\s+/).filter(Boolean);
  const columns = index.models.map((_, place) => place).filter((place) => !model.size || model.has(String(place)));
  const any = view === "all" && !verdict.size && !seen.size;
  let shown = 0;
  for (const each of groups) each.shown = 0;
  for (const row of rows) {
    const listed = (!group.size || group.has(row.group.element.dataset.group)) && words.every((word) => row.text.includes(word));
    const fits = listed && (any || columns.some((place) => {
      const cell = row.cells[place];
      return cell && (view !== "differs" || differing.has(cell.verdict)) && (view !== "open" || undecided.has(cell.verdict))
        && (!verdict.size || verdict.has(cell.verdict)) && (!seen.size || seen.has(cell.seen));
    }));
    if (row.tr.hidden === fits) row.tr.hidden = !fits;
    if (fits) { shown += 1; row.group.shown += 1; }
  }
  for (const each of groups) if (each.element.hidden === Boolean(each.shown)) each.element.hidden = !each.shown;
  if (model.size || hiddenModels) {
    const kept = new Set(columns);
    for (const each of groups) {
      each.heads.forEach((head, place) => { head.hidden = !kept.has(place); });
      each.cols.forEach((col, place) => { col.hidden = !kept.has(place); });
    }
    for (const row of rows) row.tds.forEach((td, place) => { td.hidden = !kept.has(place); });
    hiddenModels = model.size > 0;
  }
  $("scroller").classList.add("every");
  chosen.shown = shown;
  tell();
}

function tell() {
  const filtered = ["verdict", "seen", "group", "model"].some((name) => chosen[name].size) || chosen.text || chosen.view !== usual;
  $("shown").textContent = t("filter.shown", { count: chosen.shown, total: rows.length });
  $("nothing").hidden = chosen.shown > 0;
  $("agrees").hidden = filtered || usual === "differs";
  $("clear").hidden = !filtered;
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.value === chosen.view));
  for (const button of $("tally").children) button.setAttribute("aria-pressed", String(chosen.verdict.has(button.value)));
  for (const menu of menus) {
    const set = chosen[menu.dataset.filter];
    const names = [];
    for (const input of menu.querySelectorAll("input")) {
      input.checked = set.has(input.value);
      if (input.checked) names.push(input.nextElementSibling.textContent);
    }
    menu.classList.toggle("on", set.size > 0);
    menu.querySelector(".value").textContent = names.join(", ");
  }
}

// A question about cells is asked of all rows, not only of those that differ.
const natural = () => chosen.verdict.size || chosen.seen.size || chosen.group.size || chosen.text ? "all" : usual;

function widen() { chosen.view = natural() === "all" ? "all" : byHand ?? usual; }

function changed() { apply(); remember(); }

function remember() {
  const query = new URLSearchParams();
  if (chosen.view !== natural()) query.set("view", chosen.view);
  for (const name of ["verdict", "seen", "group"]) for (const value of chosen[name]) query.append(name, value.replace(/^behaviour\./, ""));
  for (const place of chosen.model) query.append("model", index.names[place]);
  if (chosen.text) query.set("q", chosen.text);
  if (new URLSearchParams(location.search).has("lang")) query.set("lang", language);
  address("replaceState", `${query.size ? `?${query}` : location.pathname}${location.hash}`);
}

function recall() {
  const query = new URLSearchParams(location.search);
  for (const name of ["verdict", "seen", "group", "model"]) chosen[name].clear();
  for (const value of query.getAll("verdict")) if (own(strings, `verdict.${value}`)) chosen.verdict.add(value);
  for (const value of query.getAll("seen")) chosen.seen.add(own(strings, `behaviour.${value}`) ? `behaviour.${value}` : value);
  for (const value of query.getAll("group")) chosen.group.add(value);
  for (const value of query.getAll("model")) {
    const place = index.names.indexOf(value);
    if (place >= 0) chosen.model.add(String(place));
  }
  chosen.text = query.get("q") ?? "";
  byHand = null;
  widen();
  if (buttons.some((button) => button.value === query.get("view") && !button.disabled)) chosen.view = byHand = query.get("view");
  $("find").value = chosen.text;
  apply();
}

$("views").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  chosen.view = byHand = button.value;
  if (button.value !== "all") { chosen.verdict.clear(); chosen.seen.clear(); }
  changed();
});
$("tally").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const again = chosen.verdict.has(button.value);
  chosen.verdict.clear();
  if (!again) chosen.verdict.add(button.value);
  widen();
  changed();
  if (!again) $("grid").scrollIntoView({ block: "start" });
});
$("find").addEventListener("input", (event) => { chosen.text = event.target.value.trim(); widen(); changed(); });
$("clear").addEventListener("click", () => {
  for (const name of ["verdict", "seen", "group", "model"]) chosen[name].clear();
  chosen.text = $("find").value = "";
  chosen.view = usual;
  byHand = null;
  changed();
  $("find").focus();
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
for (const menu of menus) {
  menu.addEventListener("change", (event) => {
    const set = chosen[menu.dataset.filter];
    if (event.target.checked) set.add(event.target.value); else set.delete(event.target.value);
    widen();
    changed();
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) { menu.open = false; menu.firstElementChild.focus(); event.stopPropagation(); }
  });
}
document.addEventListener("click", (event) => {
  for (const menu of menus) if (menu.open && !menu.contains(event.target)) menu.open = false;
});
