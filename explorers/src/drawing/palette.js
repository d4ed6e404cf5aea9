// Okabe–Ito colours, which colour-blind readers can tell apart, for a light and a dark page: the same as
// in the book's still figures (neurode_lib/chapters/figures.py). And which of the two the page is.

const LIGHT = {
  vNullcline: "#d55e00",
  wNullcline: "#009e73",
  trajectory: "#0072b2",
  halo: "#ffffff",
  truth: "#000000",
  neural_ode: "#0072b2",
  discrete_rnn: "#d55e00",
  time_input: "#cc79a7",
  network: "#0072b2",
  polynomial: "#cc79a7",
  parameters: "#d55e00",
  default_init: "#009e73",
  best_recipe: "#009e73",
  noise_currents: "#c77700",
  yours: "#0072b2",
  losses: "#c77700",
  angles: ["#0072b2", "#56b4e9", "#e69f00", "#d55e00", "#a01a58"],
};
const DARK = {
  vNullcline: "#e69f00",
  wNullcline: "#2cc29b",
  trajectory: "#56b4e9",
  halo: "#14181e",
  truth: "#ffffff",
  neural_ode: "#56b4e9",
  discrete_rnn: "#f0803c",
  time_input: "#e39cc4",
  network: "#56b4e9",
  polynomial: "#e39cc4",
  parameters: "#f0803c",
  default_init: "#2cc29b",
  best_recipe: "#2cc29b",
  noise_currents: "#e69f00",
  yours: "#56b4e9",
  losses: "#e69f00",
  angles: ["#3f93d2", "#8fd0f5", "#e69f00", "#f0803c", "#f25c9a"],
};

/** The books' theme, JupyterLab, Colab and VS Code each say it in their own attribute. */
export function isDark(document) {
  const { documentElement: html, body } = document;
  const system = (query) => document.defaultView.matchMedia(query).matches;
  // Then the reader's own colours are what the page has, whatever it asks for.
  if (system("(forced-colors: active)")) return system("(prefers-color-scheme: dark)");
  const said = html.dataset.theme ?? html.getAttribute("theme");
  if (said === "dark" || said === "light") return said === "dark";
  if (body?.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body?.classList.contains("vscode-dark")) return true;
  if (body?.classList.contains("vscode-light")) return false;
  return system("(prefers-color-scheme: dark)");
}

export const palette = (dark) => (dark ? DARK : LIGHT);

/** Call `changed` whenever the page may have turned dark or light; returns a function that stops. */
export function watchTheme(document, changed) {
  const observer = new MutationObserver(changed);
  const attributes = { attributes: true, attributeFilter: ["data-theme", "theme", "class", "data-jp-theme-light"] };
  observer.observe(document.documentElement, attributes);
  if (document.body) observer.observe(document.body, attributes);
  const queries = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) =>
    document.defaultView.matchMedia(query),
  );
  for (const query of queries) query.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    for (const query of queries) query.removeEventListener("change", changed);
  };
}
