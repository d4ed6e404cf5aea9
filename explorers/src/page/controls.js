// Labelled native controls. Each is { element, show(state) } and reports through `change(changes)`.
import { h, uniqueId } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";

const decimals = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

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
    oninput: () => change({ [name]: input.valueAsNumber }),
  });
  const output = h("output", { for: id });
  const at = (value) => `--at:${share(value).toFixed(5)}`;
  const track = h("div", { class: "nx-track" }, input);
  if (bands.length || marks.length) {
    track.append(
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
    element: h("div", { class: "nx-control" }, h("label", { for: id }, ...label), output, track),
    show(state) {
      // A value between two steps (from Python, or a link) must not be rounded away by the slider.
      input.step = Number.isInteger(Math.round(((state[name] - field.min) / field.step) * 1e6) / 1e6)
        ? field.step
        : "any";
      input.value = state[name];
      output.value = format(state[name], places);
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
    oninput: () => change({ [name]: choices[input.valueAsNumber] }),
  });
  const output = h("output", { for: id });
  return {
    element: h(
      "div",
      { class: "nx-control" },
      h("label", { for: id }, ...label),
      output,
      h("div", { class: "nx-track" }, input),
    ),
    show(state) {
      input.value = choices.indexOf(state[name]);
      input.setAttribute("aria-valuetext", String(state[name]));
      output.value = state[name];
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

export function select(name, label, options, change) {
  const id = uniqueId();
  const choice = ([value, text]) => h("option", { value }, text);
  const input = h("select", { id, name, onchange: () => change({ [name]: input.value }) }, ...options.map(choice));
  return {
    element: h("span", { class: "nx-select" }, h("label", { for: id }, ...label), input),
    /** One more choice, unless it is there. */
    offer(value, text) {
      if (![...input.options].some((option) => option.value === value)) input.append(choice([value, text]));
    },
    show(state) {
      input.value = state[name];
    },
  };
}

/** Bands for a slider of the current: the regimes between the Hopf points. */
export function regimeBands(field, lower, upper) {
  return [
    { from: field.min, to: lower, text: "excitable", kind: "excitable" },
    { from: lower, to: upper, text: "oscillating", kind: "oscillating" },
    { from: upper, to: field.max, text: "block", kind: "block" },
  ];
}

export const variable = (letter) => h("var", {}, letter);
export const subscripted = (letter, index) => h("var", {}, letter, h("sub", {}, index));
