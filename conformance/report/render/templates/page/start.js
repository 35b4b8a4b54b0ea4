// The switches, and the start.

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
