// The page's URL fragment: it opens a view, follows what the reader does, and can be shared.
import { h } from "../drawing/dom.js";
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
  explorer.tell(unusable.length > 0 ? `What was asked for is not here; shown instead: ${instead}.` : "");
}

export class Links {
  constructor(window) {
    this.window = window;
    // Inside another page, whose place on the screen and whose way back are its own.
    this.framed = window.parent !== window;
    this.explorers = new Map();
    this.shown = new Map(); // what each figure shows, as the browser's history knows it
    window.addEventListener("hashchange", () => this.open({ scroll: !this.framed }));
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

  fragment(name, state) {
    const { spec, initial } = this.explorers.get(name);
    return toFragment(spec, name, state, initial);
  }

  /** Once all figures are there: what the reader left by Back or Reload, else what the link says. */
  start() {
    const figures = this.window.history.state?.figures;
    if (figures) this.restore(figures);
    else this.open({ scroll: !this.framed });
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
      const { history } = this.window;
      if (this.framed) history.replaceState(null, "", this.fragment(name, state));
      else history.pushState(null, "", this.fragment(name, state));
      this.mark();
    }, QUIET);
  }

  restore(figures) {
    clearTimeout(this.timer);
    for (const [name, state] of Object.entries(figures)) {
      const explorer = this.explorers.get(name);
      if (!explorer) continue;
      // What was there may be gone, as the reader's own network is once the page is loaded again.
      show(explorer, { changes: state, preset: null }, { notify: false });
      this.shown.set(name, explorer.state);
    }
  }

  /** What "Share" offers, see share.js: the link to the figure's page, and the code that embeds its small page. */
  share(name, state) {
    const { el, spec } = this.explorers.get(name);
    return {
      link: this.pageOf(name, state),
      embed: el.dataset.embed && embedCode(el.dataset.embed, published(this.window), spec, this.fragment(name, state)),
    };
  }

  /** The address that opens the figure in its page, as it is now. */
  pageOf(name, state) {
    const { dataset } = this.explorers.get(name).el;
    const { location } = this.window;
    const here = location.protocol === "file:" ? (published(this.window) ?? location.href) : location.href;
    return new URL(dataset.page ?? "", here).href.replace(/#.*$/s, "") + this.fragment(name, state);
  }
}

/** Where the page is published: where it says, or else where it was read; null on a disk. */
function published({ document, location }) {
  const said = document.querySelector('link[rel="canonical"]')?.href;
  return said ?? (location.protocol === "file:" ? null : location.href);
}

/** What another page's maker pastes there. */
function embedCode(page, base, spec, fragment) {
  if (base === null) return null;
  const src = new URL(page, base).href + fragment;
  const look = { width: "100%", height: spec.height, loading: "lazy", style: "border: 0" };
  return h("iframe", { src, title: spec.title, ...look }).outerHTML;
}
