// Making elements. What is shown was written by others: it goes into text nodes and attributes, never into markup.

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
