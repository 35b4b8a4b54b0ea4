"use strict";
{
// Search over the names of features and providers, without a server; the theme that was chosen.
const box = document.getElementById("find");
const list = document.getElementById("found");
const names = JSON.parse(document.getElementById("names").textContent);
const here = document.documentElement.dataset.base;
box.addEventListener("input", () => {
  const wanted = box.value.trim().toLowerCase();
  const hits = wanted ? names.filter(([name]) => name.toLowerCase().includes(wanted)).slice(0, 30) : [];
  list.replaceChildren(...hits.map(([name, to]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = here + to;
    link.textContent = name;
    item.append(link);
    return item;
  }));
});
box.form.addEventListener("submit", (event) => {
  event.preventDefault();
  const first = list.querySelector("a");
  if (first) location.href = first.href;
});
const data = document.getElementById("cells");
if (data) {
  // The comparison: which providers stands in the address, so that a view can be linked to.
  const { providers, features, words } = JSON.parse(data.textContent);
  const choices = document.getElementById("choices");
  const only = document.getElementById("only");
  const table = document.getElementById("compared");
  const none = document.getElementById("none");
  const query = new URLSearchParams(location.search);
  const chosen = new Set((query.get("providers") ?? "").split(",").filter(Boolean));
  only.checked = query.get("only") !== "all";
  for (const input of choices.querySelectorAll("input")) input.checked = chosen.has(input.value);
  const cell = (name, text) => { const made = document.createElement(name); made.textContent = text; return made; };
  function draw() {
    const columns = providers.filter(([name]) => chosen.has(name));
    none.hidden = columns.length > 1;
    table.hidden = columns.length < 2;
    const head = document.createElement("tr");
    head.append(cell("th", words.feature));
    for (const [name, title, simulated] of columns) {
      const th = cell("th", title);
      th.scope = "col";
      if (simulated) { const tag = cell("strong", words.simulated); tag.className = "sim"; th.append(" ", tag); }
      head.append(th);
    }
    head.firstChild.scope = "col";
    const rows = [];
    for (const [feature, to, cells] of features) {
      const mine = columns.map(([name]) => cells[name]);
      const told = new Set(mine.map((one) => one?.[4]).filter(Boolean));
      if (!mine.some(Boolean) || (only.checked && told.size < 2)) continue;
      const row = document.createElement("tr");
      const th = document.createElement("th");
      th.scope = "row";
      const link = cell("a", feature);
      link.href = here + to;
      th.append(link);
      row.append(th);
      for (const one of mine) {
        const td = cell("td", one ? `${one[0]} (${one[1]})` : "-");
        if (one) { td.className = one[2] + (one[3] ? " simulated" : ""); }
        row.append(td);
      }
      rows.push(row);
    }
    table.tHead.replaceChildren(head);
    table.tBodies[0].replaceChildren(...rows);
  }
  function chose() {
    draw();
    try {
      history.replaceState(null, "", `?providers=${[...chosen].join(",")}${only.checked ? "" : "&only=all"}`);
    } catch { /* a page from a file may not change its address */ }
  }
  choices.addEventListener("change", (event) => {
    if (event.target.checked) chosen.add(event.target.value); else chosen.delete(event.target.value);
    chose();
  });
  only.addEventListener("change", chose);
  draw();
}
}
