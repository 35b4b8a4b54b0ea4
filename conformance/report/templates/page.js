"use strict";
(() => {
  // Everything shown below was written by others: it goes into text nodes and attributes, never into markup.
  const root = document.documentElement;
  const $ = (id) => document.getElementById(id);
  const index = JSON.parse($("index").textContent);
  const strings = index.strings;
  const codes = { en: "en", zh: "zh-Hans" };
  let language = root.lang.startsWith("zh") ? "zh" : "en";

  // A name that others chose may be one that every object has.
  const own = (object, name) => Object.hasOwn(object, name) ? object[name] : undefined;
  const claimsOf = (feature) => own(index.claims, feature) ?? [];

  // --- words

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

  // --- the grid and its filters

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

  // --- the evidence, unpacked when it is asked for

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

  // --- making elements

  function make(tag, more, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(more ?? {})) if (value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
    element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  }
  const quoted = (text, tag = "span") => make(tag, { lang: "en", dir: "auto" }, text);

  function drawing(box, parts) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("viewBox", box);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    for (const part of parts) {
      const rect = document.createElementNS(space, "rect");
      for (const [name, value] of Object.entries(part)) rect.setAttribute(name, value);
      svg.append(rect);
    }
    return svg;
  }

  function link(address, text) {
    return address ? make("a", { href: address, rel: "noreferrer nofollow" }, text) : document.createTextNode(text);
  }

  function copying(text, key = "detail.copy") {
    const button = make("button", { type: "button", class: "copy" }, t(key));
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text);
      } catch {
        const area = make("textarea", {}, text);
        button.after(area);
        area.select();
        document.execCommand("copy");
        area.remove();
      }
      button.textContent = t("detail.copied");
      setTimeout(() => { button.textContent = t(key); }, 1500);
    });
    return button;
  }

  const line = (text) => make("div", { class: "line" }, make("code", { tabindex: 0 }, text), copying(text));

  // --- bodies, with the lines that matter marked

  // JSON is laid out token by token: parsing it would turn 1.0 into 1.
  function lines(text) {
    if (!/^\s*[[{]/.test(text)) return text.split("\n");
    const tokens = text.match(/"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
    const made = [];
    let depth = 0;
    let current = "";
    const pad = () => "  ".repeat(Math.min(depth, 20));
    tokens.forEach((token, place) => {
      const next = tokens[place + 1];
      if (token === "{" || token === "[") {
        current += token;
        if (next === "}" || next === "]") return;
        made.push(current);
        depth += 1;
        current = pad();
      } else if (token === "}" || token === "]") {
        const before = tokens[place - 1];
        if (before !== "{" && before !== "[") {
          made.push(current);
          depth = Math.max(0, depth - 1);
          current = pad();
        }
        current += token;
      } else if (token === ",") {
        made.push(`${current},`);
        current = pad();
      } else current += token === ":" ? ": " : token;
    });
    made.push(current);
    return made;
  }

  const longest = 600;
  const clipped = (text) => text.length > longest ? `${text.slice(0, longest)}… [+${text.length - longest}]` : text;

  function body(text, marked) {
    const pre = make("pre", { tabindex: 0, lang: "en", dir: "ltr" });
    for (const one of lines(text)) {
      const shown = clipped(one);
      const named = /^(\s*)("(?:[^"\\]|\\.)*"): /.exec(shown);
      const parts = named ? [named[1], make("span", { class: "k" }, `${named[2]}: `), shown.slice(named[0].length)] : [shown];
      if (marked(one)) pre.append(make("mark", {}, ...parts)); else pre.append(...parts, "\n");
    }
    return pre;
  }

  const keys = {
    text: ["text"], openings: ["text", "thinking"], blocks: ["type"], stop_reason: ["stop_reason", "stop_sequence"], model: ["model"],
    size: ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"], status: ["message"],
    usage: ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"], models: ["id"],
  };

  function deciding(signals) {
    const wanted = new Set(signals.flatMap((signal) => own(keys, signal) ?? []));
    return (one) => {
      const named = /^(\s*)"([^"]*)":/.exec(one);
      return named !== null && wanted.has(named[2]) && (named[2] !== "type" || named[1].length > 2);
    };
  }

  // --- the drill-down

  const drawer = $("drawer");
  let open = null;
  let left = false;

  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

  function curl(exchange, request) {
    if (exchange.rqn) return null;
    const parts = ["curl -sS", request.includes('"stream":true') ? "-N" : "", exchange.m === "POST" ? "" : `-X ${quote(exchange.m)}`, quote(index.endpoint + exchange.p)];
    for (const [name, value] of exchange.h) {
      if (!value.includes("[redacted]")) parts.push(`-H ${quote(`${name}: ${value}`)}`);
      // What was answered with a 401 was sent with a wrong key, and is to be repeated with one.
      else if (exchange.s === 401) parts.push(name === "authorization" ? "-H 'authorization: Bearer wrong-key'" : "-H 'x-api-key: wrong-key'");
      else parts.push(name === "authorization" ? '-H "authorization: Bearer $ANTHROPIC_API_KEY"' : '-H "x-api-key: $ANTHROPIC_API_KEY"');
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

  function drawn(draws, statistics) {
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
    document.querySelector("td.current")?.classList.remove("current");
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

  // --- switches

  $("languages").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    stored("language", button.value);
    speak(button.value);
    const query = new URLSearchParams(location.search);
    query.set("lang", button.value);
    address("replaceState", `?${query}${location.hash}`);
  });
  function paint(theme) {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    for (const button of $("themes").children) button.setAttribute("aria-pressed", String(button.value === theme));
  }
  $("themes").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    stored("theme", button.value);
    paint(button.value);
  });

  // The heads of the tables stick below the filters, however many lines these take.
  new ResizeObserver(() => root.style.setProperty("--filters", `${$("filters").offsetHeight}px`)).observe($("filters"));
  paint(root.dataset.theme ?? "auto");
  recall();
  const wanted = new URLSearchParams(location.search).get("lang") ?? stored("language");
  if (wanted && own(codes, wanted) && wanted !== language) speak(wanted);
  follow();
})();
