// The drawer that shows the evidence of a cell, and its place in the address.

const drawer = $("drawer");
let open = null;
let left = false;

function show(row, model) {
  const td = row.tds[model];
  const cell = row.cells[model];
  const mine = evidence(model);
  const entry = unpack(mine.cells[row.feature]);
  const claims = claimsOf(row.feature).filter((claim) => !claim.models.length || claim.models.includes(index.models[model]));
  const everyClaim = Object.values(index.claims).flat();
  const place = rows.indexOf(row);
  const step = (key, glyph, to) => {
    const button = make("button", { type: "button", "aria-label": t(key), title: t(key) }, glyph);
    button.disabled = !to;
    button.dataset.step = key;
    if (to) button.addEventListener("click", () => go(to[0], to[1], key));
    return button;
  };
  const across = (by) => {
    for (let at = model + by; at >= 0 && at < row.cells.length; at += by) if (row.cells[at] && !row.tds[at].hidden) return [row, at];
    return null;
  };
  const along = (by) => {
    for (let at = place + by; at >= 0 && at < rows.length; at += by) if (rows[at].cells[model] && !rows[at].tr.hidden) return [rows[at], model];
    return null;
  };
  const close = make("button", { type: "button" }, `${t("detail.close")} ✕`);
  close.addEventListener("click", () => drawer.close());
  const head = make("div", { class: "top" },
    make("div", { class: "row" },
      make("h2", { id: "drawer-title", tabindex: -1 }, make("code", {}, row.feature), " ", make("span", { class: "model" }, index.models[model])),
      make("div", { class: "steps" }, step("detail.previous.model", "←", across(-1)), step("detail.next.model", "→", across(1)),
        step("detail.previous.feature", "↑", along(-1)), step("detail.next.feature", "↓", along(1)),
        copying(location.href.split("#")[0] + `#${encodeURIComponent(td.id)}`, "detail.link"), close)),
    make("p", { class: "headline" }, t("deviations.documented"), " ", make("b", {}, row.tr.cells[1].textContent.trim()), " → ", t("deviations.seen"), " ",
      make("b", { class: cell.verdict }, t(cell.seen)), t("page.comma"), t(`verdict.${cell.verdict}`)));
  const content = make("div", { class: "body" }, make("h3", {}, t("detail.documented")), documented(claims, entry.h), make("h3", {}, t("detail.seen")));
  if (entry.d) content.append(make("p", {}, make("b", {}, t("detail.known")), " ", quoted(entry.d)));
  for (const each of entry.c) content.append(caseOf(unpack(mine.cases[each]), everyClaim, model));
  const reports = claims.flatMap((claim) => claim.reports);
  if (reports.length) {
    content.append(make("h3", {}, t("detail.reports"), " ", make("span", { class: "quiet" }, `(${t("detail.reports.says")})`)),
      make("ul", { lang: "en" }, reports.map(([says, date, where, address]) => make("li", {}, says, " ", make("span", { class: "quiet" }, `(${date}, `, link(address, where), ")")))));
  }
  drawer.replaceChildren(head, content);
  open = { row, model };
  if (!drawer.open) drawer.showModal();
  drawer.scrollTop = 0;
  $("drawer-title").focus();
}

function go(row, model, focus) {
  address("replaceState", `${location.search || location.pathname}#${encodeURIComponent(row.tds[model].id)}`);
  show(row, model);
  drawer.querySelector(`[data-step="${focus}"]:not(:disabled)`)?.focus();
}

function find(id) {
  const td = $(id);
  if (!td || td.tagName !== "TD") return null;
  const row = rows.find((each) => each.tr === td.parentElement);
  return row ? [row, row.tds.indexOf(td)] : null;
}

function follow() {
  let id = location.hash.slice(1);
  try { id = decodeURIComponent(id); } catch { /* not an anchor of ours */ }
  const found = find(id);
  if (!found) {
    if (drawer.open) {
      left = true;
      drawer.close();
    }
    return;
  }
  const [row, model] = found;
  if (row.tr.hidden || row.group.element.hidden || row.tds[model].hidden) {
    row.group.element.hidden = row.tr.hidden = false;
    if (row.tds[model].hidden) { chosen.model.clear(); changed(); row.tr.hidden = row.group.element.hidden = false; }
  }
  row.tds[model].scrollIntoView({ block: "nearest", inline: "nearest" });
  show(row, model);
}

$("scroller").addEventListener("click", (event) => {
  const anchor = event.target.closest("td a");
  if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  address("pushState", `${location.search || location.pathname}${anchor.getAttribute("href")}`);
  const [row, model] = find(anchor.parentElement.id);
  show(row, model);
});
drawer.addEventListener("close", () => {
  // The event comes later than the closing: by then the reader may have gone on to another cell.
  if (drawer.open) return;
  const at = open;
  open = null;
  if (location.hash && !left) address("replaceState", location.search || location.pathname);
  left = false;
  at?.row.cells[at.model].link.focus();
});
drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
document.addEventListener("keydown", (event) => {
  if (!drawer.open || event.target.closest("pre, code, textarea, .timebox") || event.altKey || event.ctrlKey || event.metaKey) return;
  const key = { ArrowLeft: "detail.previous.model", ArrowRight: "detail.next.model" }[event.key];
  if (key) drawer.querySelector(`[data-step="${key}"]`)?.click();
});
// A browser that follows the address to its anchor takes the focus along, out of the drawer.
addEventListener("load", () => setTimeout(() => { if (drawer.open) $("drawer-title").focus(); }));
addEventListener("hashchange", follow);
addEventListener("popstate", () => { recall(); follow(); });
