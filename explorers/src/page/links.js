// The page's URL fragment: it opens a view, follows what the reader does, and can be copied.
import { fromFragment, sanitise, toFragment } from "./state.js";

const QUIET = 250; // ms without a change before the address bar follows

/** Show in the explorer what a link says. A preset comes first, single values on top. */
export function show(explorer, link, options) {
  const preset = Object.hasOwn(explorer.spec.presets, link.preset ?? "")
    ? explorer.spec.presets[link.preset].state
    : {};
  // Whatever a stranger's link has that cannot be used, the figure's own start stands there.
  const changes = sanitise(explorer.spec, link.changes);
  explorer.set({ ...explorer.initial, ...preset, ...changes }, options);
  const unusable = Object.keys(link.changes).filter(
    (name) => Object.hasOwn(explorer.spec.fields, name) && !Object.hasOwn(changes, name),
  );
  const instead = unusable.map((name) => `${name} = ${explorer.state[name]}`).join(", ");
  explorer.tell(unusable.length > 0 ? `The link names what is not here; shown instead: ${instead}.` : "");
}

export class Links {
  constructor(window) {
    this.window = window;
    this.explorers = new Map();
    this.shown = new Map(); // what each figure shows, as the browser's history knows it
    window.addEventListener("hashchange", () => this.open({ scroll: true }));
    window.addEventListener("popstate", ({ state }) => this.restore(state?.figures ?? {}));
  }

  /** Give the explorer a name of its own on this page. */
  nameFor(wanted) {
    let name = wanted;
    for (let i = 2; this.explorers.has(name); i += 1) name = `${wanted}-${i}`;
    this.explorers.set(name, null);
    return name;
  }

  register(name, explorer) {
    this.explorers.set(name, explorer);
    this.shown.set(name, explorer.state);
  }

  url(name, state) {
    const { spec, initial } = this.explorers.get(name);
    return this.window.location.href.replace(/#.*$/s, "") + toFragment(spec, name, state, initial);
  }

  /** Once all figures are there: what the reader left by Back or Reload, else what the link says. */
  start() {
    const figures = this.window.history.state?.figures;
    if (figures) this.restore(figures);
    else this.open({ scroll: true });
    this.mark();
  }

  /** Note in the browser's history what its present entry shows. */
  mark() {
    const { history } = this.window;
    history.replaceState({ ...history.state, figures: Object.fromEntries(this.shown) }, "");
  }

  open({ scroll }) {
    const link = fromFragment(this.window.location.hash);
    const explorer = link && this.explorers.get(link.id);
    if (!explorer) return;
    show(explorer, link, { notify: false });
    this.shown.set(link.id, explorer.state);
    this.mark();
    if (scroll) explorer.el.scrollIntoView({ block: "nearest" });
  }

  /** Back goes to what was shown before the change. */
  follow(name, state) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.shown.set(name, state);
      this.window.history.pushState(null, "", this.url(name, state));
      this.mark();
    }, QUIET);
  }

  restore(figures) {
    clearTimeout(this.timer);
    for (const [name, state] of Object.entries(figures)) {
      this.explorers.get(name)?.set(state, { notify: false });
      this.shown.set(name, state);
    }
  }

  async copy(name, state) {
    const url = this.url(name, state);
    try {
      await this.window.navigator.clipboard.writeText(url);
      return "Link copied";
    } catch {
      // No clipboard (an unsafe origin, or refused): the address bar has the link.
      this.window.history.replaceState(this.window.history.state, "", url);
      return "The link is in the address bar";
    }
  }
}
