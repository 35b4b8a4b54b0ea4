// Bodies of requests and answers, with the lines that matter marked.

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
