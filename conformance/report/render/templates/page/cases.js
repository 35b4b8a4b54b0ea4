// What stands behind a cell: its documentation, its cases, their arms and exchanges.

let pool;
const blocks = document.querySelectorAll("script.cells");
const unpacked = [];

function unpack(value) {
  if (typeof value === "string") {
    if (!value.startsWith("~")) return value;
    return value.startsWith("~~") ? value.slice(1) : pool[Number(value.slice(1))];
  }
  if (Array.isArray(value)) return value.map(unpack);
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, unpack(item)]));
  }
  return value;
}

function evidence(model) {
  pool ??= JSON.parse($("pool").textContent);
  unpacked[model] ??= JSON.parse(blocks[model].textContent);
  return unpacked[model];
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function curl(exchange, request) {
  if (exchange.rqn) return null;
  const parts = ["curl -sS", request.includes('"stream":true') ? "-N" : "", exchange.m === "POST" ? "" : `-X ${quote(exchange.m)}`, quote(index.endpoint + exchange.p)];
  for (const [name, value] of exchange.h) {
    if (!value.includes("[redacted]")) parts.push(`-H ${quote(`${name}: ${value}`)}`);
    // What was answered with a 401 was sent with a wrong key, and is to be repeated with one.
    else if (exchange.s === 401) parts.push(name === "authorization" ? "-H 'authorization: Bearer wrong-key'" : "-H 'x-api-key: wrong-key'");
    else parts.push(name === "authorization" ? '-H "authorization: Bearer $API_KEY"' : '-H "x-api-key: $API_KEY"');
  }
  if (request) parts.push(`--data-raw ${quote(request)}`);
  return parts.filter(Boolean).join(" ");
}

function timeline(steps) {
  const end = Math.max(1, ...steps.map((step) => step[1] ?? 0));
  const table = make("table", { class: "timeline" },
    make("thead", {}, make("tr", {}, make("th", { scope: "col", class: "ms" }, t("detail.ms")),
      make("th", { scope: "col", class: "at" }, make("span", { class: "unseen" }, t("detail.stream"))), make("th", { scope: "col" }, t("detail.event")))));
  const rowsOf = make("tbody");
  for (const [first, last, type, count, data] of steps) {
    const at = first === null ? null : (100 * first) / end;
    const bar = at === null ? "" : drawing("0 0 100 10", [
      { class: "track", width: 100, height: 10 },
      { class: "treatment", x: Math.min(at, 98), y: 1, width: Math.max(2, (100 * (last - first)) / end), height: 8 },
    ]);
    const when = first === null ? "" : first === last ? String(first) : `${first}–${last}`;
    rowsOf.append(make("tr", {}, make("td", { class: "ms" }, when), make("td", {}, bar),
      make("td", { lang: "en" }, make("b", {}, type), count > 1 ? ` ×${count} ` : " ", make("code", { class: "quiet" }, data))));
  }
  table.append(rowsOf);
  return make("div", { class: "timebox", tabindex: 0, role: "region", "aria-label": t("detail.stream") }, table);
}

function armOf(arm, base, signals, model) {
  const box = make("section", { class: "arm" }, make("h5", { lang: "en", dir: "auto" }, arm.n || "–"));
  box.append(make("ul", { class: "outcomes", lang: "en" }, arm.o.map(([words, times]) =>
    make("li", {}, words, times > 1 ? make("span", { class: "quiet", lang: codes[language] }, ` · ${t("detail.times", { count: times })}`) : ""))));
  const exchange = arm.x;
  if (!exchange) return box;
  const request = restored(exchange.rq, model);
  const bare = (one) => one.replace(/,$/, "");
  const known = base ? new Set(lines(base).map(bare)) : null;
  box.append(make("h6", {}, t("detail.sent"), make("code", {}, `${exchange.m} ${exchange.p}`)));
  const headers = exchange.h.map(([name, value]) => `${name}: ${value}\n`).join("");
  const sent = body(request, (one) => known !== null && !known.has(bare(one)));
  sent.prepend(make("span", { class: "quiet" }, headers));
  box.append(sent);
  if (exchange.rqn) box.append(make("p", { class: "hint" }, t("detail.shortened", { count: exchange.rqn })));
  const status = make("code", {}, String(exchange.s));
  box.append(make("h6", {}, t("detail.came"), make("span", {}, signals.includes("status") ? make("mark", {}, status) : status, ` · ${t("detail.took", { ms: exchange.ms })}`)));
  const answered = exchange.rh.map(([name, value]) => `${name}: ${value}\n`).join("");
  if (exchange.ev) {
    box.append(make("p", { class: "hint", lang: "en" }, answered), timeline(exchange.ev));
  } else {
    const came = body(exchange.rs ?? "", deciding(signals));
    came.prepend(make("span", { class: "quiet" }, answered));
    box.append(came);
    if (exchange.rsn) box.append(make("p", { class: "hint" }, t("detail.shortened", { count: exchange.rsn })));
  }
  const repeat = curl(exchange, request);
  box.append(make("h6", { class: "curl" }, t("detail.curl")), repeat ? line(repeat) : make("p", { class: "hint" }, t("detail.curl.none")));
  return box;
}

const restored = (text, model) => text.replaceAll('"model":"\u0001"', () => `"model":${JSON.stringify(index.names[model])}`);

function drawn(draws) {
  const bar = (counts, kind) => {
    const total = counts.reduce((sum, count) => sum + count, 0);
    let at = 0;
    return drawing("0 0 100 10", counts.map((count) => {
      const x = (100 * at) / total;
      at += count;
      return { class: kind, x, width: Math.max(0.4, (100 * count) / total - 0.8), height: 10 };
    }));
  };
  const says = (counts) => t("detail.draws.says", { count: counts.length, draws: counts.reduce((sum, count) => sum + count, 0) });
  const box = make("div", { class: "draws" });
  for (const [name, counts, kind] of [["detail.treatment", draws.t, "treatment"], ["detail.control", draws.c ?? [], "control"]]) {
    if (!counts.length) continue;
    box.append(make("span", {}, t(name)), make("span", {}, bar(counts, kind)), make("span", {}, says(counts)));
  }
  return [box, make("p", { class: "hint" }, t("detail.draws.key"))];
}

function caseOf(one, claims, model) {
  const box = make("section", { class: "case" });
  const word = one.v ? `${t(one.b ? `behaviour.${one.b}` : "seen.not_seen")}${t("page.comma")}${t(`verdict.${one.v}`)}` : t(one.b ? `behaviour.${one.b}` : "seen.not_seen");
  box.append(make("h4", {}, make("code", {}, one.n), " ", make("span", { class: "quiet" }, word)));
  if (one.src === "simulator") box.append(make("p", { class: "warn" }, t("detail.simulated")));
  box.append(quoted(one.s ?? "", "p"));
  if (one.r && one.r !== one.s) box.append(make("p", {}, make("b", {}, t("detail.why")), " ", quoted(one.r)));
  const requirement = claims.map((claim) => own(claim.cases, one.n)).find(Boolean);
  if (requirement) {
    box.append(make("details", {}, make("summary", {}, t("detail.requirement")),
      requirement.map((paragraph) => make("p", { lang: "en" }, paragraph.split("``").map((part, odd) => odd % 2 ? make("code", {}, part) : part)))));
  }
  if (one.dr || one.st) {
    box.append(make("h4", {}, t("detail.statistics")));
    if (one.dr) box.append(...drawn(one.dr));
    if (one.st) box.append(make("table", { class: "sums" }, make("tbody", {}, one.st.map(([name, value]) =>
      make("tr", {}, make("th", { scope: "row", lang: "en" }, name), make("td", { lang: "en" }, value))))));
  }
  if (one.arms) {
    const at = one.arms.some((arm) => arm.x);
    const base = one.arms.find((arm) => arm.x)?.x.rq;
    box.append(make("h4", {}, t("detail.done")));
    if (at && one.arms.length > 1) box.append(make("p", { class: "hint" }, `${t("detail.changed")} ${t("detail.deciding")}`));
    if (!at && one.k) box.append(make("p", { class: "hint" }, t(one.om ? "detail.omitted" : "detail.no_recording")));
    box.append(make("div", { class: "arms" }, one.arms.map((arm, place) =>
      armOf(arm, place && base !== undefined ? restored(base, model) : null, one.sig ?? [], model))));
  } else if (one.src && !one.k) box.append(make("p", { class: "hint" }, t("detail.inspection")));
  const facts = [];
  if (one.sig) facts.push([t("detail.decided_by"), quoted(one.sig.join(", "))]);
  if (one.src) facts.push([t("detail.source"), [t(`source.${one.src}`), one.at ?? t("detail.unknown_time"), ...(one.q ? [t("detail.requests", { count: one.q })] : [])].join(t("page.comma"))]);
  if (one.tk) facts.push([t("detail.takes"), one.tk.map((seen) => t(`behaviour.${seen}`)).join(t("page.comma"))]);
  if (one.k) facts.push([t("detail.cassette"), make("code", {}, one.k)]);
  facts.push([t("detail.node"), line(`pytest ${quote(one.id)}`)]);
  box.append(make("table", { class: "sums" }, make("tbody", {}, facts.map(([name, value]) => make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value))))));
  return box;
}

function documented(claims, holds) {
  const made = [];
  for (const claim of claims) {
    if (claim.models.length) made.push(quoted(claim.models.join(", "), "p"));
    if (claim.statements.length) {
      made.push(make("ol", { class: "statements" }, claim.statements.map(([status, says, where], place) => make("li", {}, make("b", {}, t(`status.${status}`)), " ",
        quoted(says), " ", quoted(`(${where})`), holds?.includes(place) ? make("span", { class: "holds" }, `✓ ${t("detail.holds")}`) : ""))));
    } else if (claim.says) made.push(make("p", {}, make("b", {}, t(`status.${claim.status}`)), " ", quoted(claim.says)));
    else made.push(make("p", {}, make("b", {}, t(`status.${claim.status}`)), " ", t(claim.status === "undocumented" ? "detail.undocumented" : "detail.nothing")));
    const [title, address, date] = claim.source;
    made.push(make("p", { class: "quiet" }, make("span", { lang: "en" }, link(address, title)), t("page.comma"), t("detail.read", { date })));
    if (claim.parts.length) made.push(make("p", {}, t("detail.parts"), " ", claim.parts.flatMap((part, place) => [place ? ", " : "", make("code", {}, part)])));
  }
  return made;
}
