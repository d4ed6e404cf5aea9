// The page's URL fragment: it opens a view, follows what the reader does, and can be copied.
import { fromFragment, toFragment } from "./state.js";

const QUIET = 250; // ms without a change before the address bar follows

/** Show in the explorer what a link says. A preset comes first, single values on top. */
export function show(explorer, link, options) {
  const preset = Object.hasOwn(explorer.spec.presets, link.preset ?? "")
    ? explorer.spec.presets[link.preset].state
    : {};
  explorer.set({ ...explorer.initial, ...preset, ...link.changes }, options);
}

export class Links {
  constructor(window) {
    this.window = window;
    this.explorers = new Map();
    window.addEventListener("hashchange", () => this.open({ scroll: true }));
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
  }

  url(name, state) {
    const { spec, initial } = this.explorers.get(name);
    return this.window.location.href.replace(/#.*$/s, "") + toFragment(spec, name, state, initial);
  }

  open({ scroll }) {
    const link = fromFragment(this.window.location.hash);
    const explorer = link && this.explorers.get(link.id);
    if (!explorer) return;
    show(explorer, link, { notify: false });
    if (scroll) explorer.el.scrollIntoView({ block: "nearest" });
  }

  follow(name, state) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.window.history.replaceState(null, "", this.url(name, state)), QUIET);
  }

  async copy(name, state) {
    const url = this.url(name, state);
    try {
      await this.window.navigator.clipboard.writeText(url);
      return "Link copied";
    } catch {
      // No clipboard (an unsafe origin, or refused): the address bar has the link.
      this.window.history.replaceState(null, "", url);
      return "The link is in the address bar";
    }
  }
}
