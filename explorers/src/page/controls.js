// Labelled native controls. Each is { element, show(state) } and reports through `change(changes)`.
import { h, uniqueId, write } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";

export const decimals = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

export const TURN = 8; // px that a finger moves before it is known where it goes

/**
 * Room for a slider, which moves it by touch: a browser moves the thumb as soon as a finger is on the
 * track, also one that only scrolls the page. Here it moves once the finger has gone sideways, or has
 * been lifted where it was put down. (With a mouse, by the keyboard and by assistive technology, the
 * slider is the browser's; the style sheet decides which, by the kind of pointer.)
 */
function track(input) {
  const element = h("div", { class: "nx-track" }, input);
  let start = null;
  const moveTo = (event) => {
    // What a hand has moved, the keys move further.
    input.focus({ preventScroll: true });
    const box = input.getBoundingClientRect();
    const thumb = 18;
    const share = (event.clientX - box.left - thumb / 2) / (box.width - thumb);
    const [min, max, step] = [Number(input.min), Number(input.max), Number(input.dataset.step)];
    const value = min + Math.round((Math.min(1, Math.max(0, share)) * (max - min)) / step) * step;
    const rounded = Number(Math.min(max, value).toPrecision(12));
    if (input.valueAsNumber === rounded) return;
    input.step = step;
    input.value = rounded;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.target === input || event.button !== 0 || !event.isPrimary) return;
    start = { x: event.clientX, y: event.clientY, sliding: event.pointerType !== "touch" };
    if (!start.sliding) return;
    event.preventDefault();
    element.setPointerCapture(event.pointerId);
    moveTo(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (!start || !event.isPrimary) return;
    const [across, along] = [Math.abs(event.clientY - start.y), Math.abs(event.clientX - start.x)];
    if (!start.sliding && Math.max(along, across) > TURN) {
      // Up or down is no business of the slider's. Where nothing scrolls, not every browser cancels.
      if (across >= along) {
        start = null;
        return;
      }
      start.sliding = true;
      element.setPointerCapture(event.pointerId);
    }
    if (start.sliding) moveTo(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (start && event.isPrimary) moveTo(event);
    start = null;
  });
  element.addEventListener("pointercancel", () => {
    start = null;
  });
  return element;
}

/**
 * A range slider with its value beside it. `bands` colour the track, `marks` are ticks under it;
 * both are given in data values and are spoken through `describe(state)`.
 */
export function slider(name, label, field, change, { marks = [], bands = [], digits, describe } = {}) {
  const id = uniqueId();
  const share = (value) => (value - field.min) / (field.max - field.min);
  const places = digits ?? decimals(field.step);
  const input = h("input", {
    type: "range",
    id,
    name,
    min: field.min,
    max: field.max,
    step: field.step,
    "data-step": field.step,
    oninput: () => change({ [name]: input.valueAsNumber }),
  });
  const output = h("output", { for: id });
  const at = (value) => `--at:${share(value).toFixed(5)}`;
  const room = track(input);
  if (bands.length || marks.length) {
    room.append(
      h(
        "div",
        { class: "nx-marks", "aria-hidden": "true" },
        ...bands.map(({ from, to, text, kind }) =>
          h("span", { class: `nx-band nx-band-${kind}`, style: `${at(from)};--to:${share(to).toFixed(5)}` }, text),
        ),
        ...marks.map(({ value, text }) =>
          h("span", { class: "nx-mark", style: at(value) }, h("i", {}), text ? h("b", {}, text) : null),
        ),
      ),
    );
  }
  return {
    element: h("div", { class: "nx-control" }, h("label", { for: id }, ...label), output, room),
    show(state) {
      // A value between two steps (from Python, or a link) must not be rounded away by the slider.
      const onStep = Number.isInteger(Math.round(((state[name] - field.min) / field.step) * 1e6) / 1e6);
      input.step = onStep ? field.step : "any";
      input.value = state[name];
      write(output, format(state[name], places));
      if (describe) input.setAttribute("aria-valuetext", describe(state));
    },
  };
}

/** A range slider over a short list of values. */
export function choiceSlider(name, label, choices, change) {
  const id = uniqueId();
  const input = h("input", {
    type: "range",
    id,
    name,
    min: 0,
    max: choices.length - 1,
    step: 1,
    "data-step": 1,
    oninput: () => change({ [name]: choices[input.valueAsNumber] }),
  });
  const output = h("output", { for: id });
  return {
    element: h("div", { class: "nx-control" }, h("label", { for: id }, ...label), output, track(input)),
    show(state) {
      input.value = choices.indexOf(state[name]);
      input.setAttribute("aria-valuetext", String(state[name]));
      write(output, String(state[name]));
    },
  };
}

export function number(name, label, field, change) {
  const id = uniqueId();
  const input = h("input", {
    type: "number",
    id,
    name,
    min: field.min,
    max: field.max,
    step: "any",
    inputmode: "decimal",
    onchange: () => change(input.value === "" ? {} : { [name]: input.valueAsNumber }),
  });
  return {
    element: h("span", { class: "nx-number" }, h("label", { for: id }, ...label), input),
    show(state) {
      input.value = Number(state[name].toFixed(3));
    },
  };
}

/** `unused(state)`: in which states the choice means nothing. */
export function select(name, label, options, change, { unused = () => false } = {}) {
  const id = uniqueId();
  const choice = ([value, text]) => h("option", { value }, text);
  const input = h("select", { id, name, onchange: () => change({ [name]: input.value }) }, ...options.map(choice));
  /** One more choice, unless it is there. */
  const offer = (value, text) => {
    if (![...input.options].some((option) => option.value === value)) input.append(choice([value, text]));
  };
  return {
    element: h("span", { class: "nx-select" }, h("label", { for: id }, ...label), input),
    offer,
    show(state) {
      const value = String(state[name]);
      offer(value, value); // from Python or a link, a valid value that is none of the usual ones
      input.value = value;
      input.disabled = unused(state);
    },
  };
}

/** Controls that few readers need, behind one line. */
export const folded = (title, ...rows) => h("details", { class: "nx-more" }, h("summary", {}, title), ...rows);

/** Bands for a slider of the current: the regimes between the Hopf points. */
export function regimeBands({ min, max }, lower, upper) {
  return [
    { from: min, to: lower, text: "excitable", kind: "excitable" },
    { from: lower, to: Math.min(upper, max), text: "oscillating", kind: "oscillating" },
    { from: upper, to: max, text: "block", kind: "block" },
  ].filter(({ from }) => from < max);
}

export const variable = (letter) => h("var", {}, letter);
export const subscripted = (letter, index) => h("var", {}, letter, h("sub", {}, index));
