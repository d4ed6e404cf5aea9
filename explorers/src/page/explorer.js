// What every explorer shares: state, one redraw per frame and only while visible, theme, live summary.

import { h } from "../drawing/dom.js";
import { isDark, palette, watchTheme } from "../drawing/palette.js";
import { font } from "../drawing/plot.js";
import { shareButton } from "./share.js";
import { defaults, sanitise } from "./state.js";
import css from "./style.css";

const FRAME_BUDGET = 4; // ms of computing in a frame that draws; long work goes on in the next
const QUIET_BUDGET = 8; // in one that does not
const PICTURES_APART = 100; // ms between pictures of work that goes on: each costs more than it shows
const SUMMARY_PAUSE = 300; // ms of rest before the summary is spoken anew

export class Explorer {
  /**
   * @param el      element to fill; what it holds is the still picture for readers without JavaScript
   * @param spec    this explorer's part of spec.json
   * @param initial state to start from, checked against the spec; `presets` lists the buttons to show
   * @param options onChange(changes, state): a reader changed something;
   *                share(state): what the button "Share" offers (share.js), if given;
   *                library: where learned networks come from (library.js), for explorers of them
   */
  constructor(el, spec, initial, options = {}) {
    this.el = el;
    this.spec = spec;
    this.options = options;
    this.initial = { ...defaults(spec), ...sanitise(spec, initial) };
    this.state = { ...this.initial };
    this.controls = [];
    this.ready = new Promise((resolve) => {
      this.resolveReady = resolve;
    });
    this.visible = false;
    this.stale = true; // the scene does not match the state
    this.frame = 0;
    this.failed = new Set(); // keys of learned models that could not be loaded

    installStyle(el);
    el.replaceChildren();
    el.classList.add("neurode-explorer", "nx");
    el.explorer = this;
    this.summaryElement = h("p", { class: "nx-summary", "aria-live": "polite" });
    const names = Array.isArray(initial?.presets) ? initial.presets : Object.keys(spec.presets);
    el.append(
      h(
        "div",
        { class: "nx-body" },
        this.buildPresets(names.filter((name) => Object.hasOwn(spec.presets, name))),
        this.buildStage(),
        h("div", { class: "nx-controls" }, ...this.buildControls().map((item) => this.adopt(item))),
        h("div", { class: "nx-foot" }, this.summaryElement, this.buildActions()),
      ),
    );
    el.addEventListener("keydown", keepKeys);

    this.visibility = new IntersectionObserver(
      (entries) => {
        this.visible = entries.at(-1).isIntersecting;
        if (this.visible) this.invalidate();
      },
      { rootMargin: "200px" },
    );
    this.visibility.observe(el);
    this.resize = new ResizeObserver(() => this.invalidate());
    // Not the figure: its summary gets another line now and then, and no picture changes.
    for (const canvas of el.querySelectorAll("canvas")) this.resize.observe(canvas);
    this.unwatchTheme = watchTheme(el.ownerDocument, () => this.applyTheme());
    // The first picture would ask for them, and have to be drawn again.
    el.ownerDocument.fonts?.load(font(16, { maths: true })).catch(() => {});
    this.lettersCame = () => this.invalidate();
    el.ownerDocument.fonts?.addEventListener("loadingdone", this.lettersCame);
    this.applyTheme();
    this.showControls();
  }

  adopt(item) {
    if (item instanceof Element) return item;
    this.controls.push(item);
    return item.element;
  }

  buildPresets(names) {
    if (names.length === 0) return h("div", { hidden: true });
    this.presetButtons = names.map((name) =>
      h(
        "button",
        {
          type: "button",
          "data-preset": name,
          onclick: () => this.applyPreset(name),
        },
        this.spec.presets[name].label,
      ),
    );
    return h("div", { class: "nx-presets", role: "group", "aria-label": "Presets" }, ...this.presetButtons);
  }

  buildActions() {
    const { share } = this.options;
    const said = h("span", { class: "nx-said", role: "status" });
    this.tell = (words) => {
      said.textContent = words;
    };
    return h(
      "div",
      { class: "nx-actions" },
      said,
      h("button", { type: "button", "data-action": "reset", onclick: () => this.set(this.initial) }, "Reset"),
      share ? shareButton(() => share(this.state)) : null,
    );
  }

  applyPreset(name) {
    if (Object.hasOwn(this.spec.presets, name)) this.set(this.spec.presets[name].state);
  }

  /** Change the state. Unusable values are ignored; the reader's view follows on the next frame. */
  set(changes, { notify = true } = {}) {
    const valid = sanitise(this.spec, changes);
    const changed = Object.fromEntries(Object.entries(valid).filter(([name, value]) => this.state[name] !== value));
    if (Object.keys(changed).length > 0) {
      this.state = { ...this.state, ...changed };
      this.stale = true;
      this.invalidate();
      if (notify) this.options.onChange?.(changed, this.state);
    }
    // Even when nothing changed: a control may show something the state refused.
    this.showControls();
  }

  showControls() {
    for (const control of this.controls) control.show(this.state);
    for (const button of this.presetButtons ?? []) {
      const { state } = this.spec.presets[button.dataset.preset];
      const on = Object.entries(state).every(([name, value]) => this.state[name] === value);
      button.setAttribute("aria-pressed", String(on));
    }
  }

  /** What the picture shows: name → { t, v, w }. */
  series() {
    return this.seriesOf(this.scene(Infinity));
  }

  /**
   * What there is to draw. compute() may leave long work for scene.work(deadline), which is then
   * spread over frames until scene.finished.
   */
  scene(deadline) {
    if (this.stale) {
      this.currentScene = this.compute(this.state);
      this.stale = false;
    }
    this.currentScene.work?.(deadline);
    return this.currentScene;
  }

  /** The packages of learned models of these keys, each null while it is on its way; see library.js. */
  learned(...keys) {
    const { library } = this.options;
    // What failed, and is not wanted now, may come when it is wanted again.
    for (const key of this.failed) if (!keys.includes(key)) this.failed.delete(key);
    return keys.map((key) => {
      const here = library.get(key);
      if (!here && !this.failed.has(key)) {
        library
          .load(key)
          .catch(() => this.failed.add(key))
          .then(() => {
            this.stale = true;
            this.invalidate();
          });
      }
      return here;
    });
  }

  /** Ask for a redraw on the next frame: however many events come, there is one. */
  invalidate() {
    if (this.first) this.first = null;
    this.goOn();
  }

  goOn() {
    if (!this.visible || this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.redraw();
    });
  }

  applyTheme() {
    this.el.dataset.scheme = isDark(this.el.ownerDocument) ? "dark" : "light";
    this.invalidate();
  }

  /** A step of the redraw that was asked for. draw() is a generator, which yields between two canvases. */
  redraw() {
    const now = performance.now();
    if (!this.currentScene) {
      // The first picture has much to set up: in several frames, so that the page answers between.
      this.scene(now + FRAME_BUDGET);
      this.goOn();
      return;
    }
    const quiet = this.pictured === this.currentScene && !this.stale && now < this.nextPicture;
    const scene = this.scene(now + (quiet ? QUIET_BUDGET : FRAME_BUDGET));
    // While other weights are on their way, what is there stays.
    if (scene.waiting && !scene.failed && this.completed) return;
    if (quiet && scene.finished === false && !scene.waiting) {
      this.goOn();
      return;
    }
    const colours = { ...palette(this.el.dataset.scheme === "dark"), ink: getComputedStyle(this.el).color };
    // The first time one canvas in a frame; all at once if anything changes meanwhile.
    if (this.first === undefined) this.first = this.draw(scene, colours);
    if (!this.first) {
      for (const _canvas of this.draw(scene, colours));
    } else if (!this.first.next().done) {
      this.goOn();
      return;
    }
    this.first = null;
    this.pictured = scene;
    this.nextPicture = now + PICTURES_APART;
    if (scene.finished === false && !scene.waiting) {
      this.goOn();
      return;
    }
    this.speak(scene);
    this.completed = !scene.waiting;
    if (!scene.waiting || scene.failed) this.resolveReady();
  }

  /** Rewrite the summary and the pictures' descriptions once the reader pauses, so that a screen reader is not flooded. */
  speak(scene) {
    const say = () => {
      if (this.visible && this.el.matches(":focus-within")) this.leavePlace();
      this.describe(scene);
      this.summaryElement.replaceChildren(...this.summary(scene));
    };
    clearTimeout(this.speaking);
    if (this.summaryElement.childNodes.length === 0) say();
    else this.speaking = setTimeout(say, SUMMARY_PAUSE);
  }

  /**
   * A summary that gets another line pushes the text below it down, and not the figure up under the hand:
   * for these frames the browser does not keep in place what it takes for the reader's.
   */
  leavePlace() {
    const { style } = this.el.ownerDocument.documentElement;
    style.overflowAnchor = "none";
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        style.overflowAnchor = "";
      }),
    );
  }

  destroy() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.speaking);
    this.visibility.disconnect();
    this.resize.disconnect();
    this.unwatchTheme();
    this.el.ownerDocument.fonts?.removeEventListener("loadingdone", this.lettersCame);
    this.el.removeEventListener("keydown", keepKeys);
    delete this.el.explorer;
  }
}

/** JupyterLab takes arrow keys for moving between cells; here they belong to the control. */
function keepKeys(event) {
  if (event.target.matches("input, select, button, textarea") && event.key !== "Tab") event.stopPropagation();
}

function installStyle(el) {
  const root = el.getRootNode();
  const head = root.head ?? root;
  if (!head.querySelector("style[data-neurode-explorers]")) {
    head.append(h("style", { "data-neurode-explorers": true }, css));
  }
}
