// A number of the text that is a parameter of a figure: dragged sideways, or moved by the keyboard.
//
// An author writes a link of one parameter whose text is its value, `[0.50](#neuron?I=0.5)`. That is what it
// stays in other viewers, and without JavaScript.
import { h, write } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import { decimals, TURN } from "./controls.js";
import { fromFragment, sanitise } from "./state.js";

const WAY = 400; // px from one end of the range to the other, if that leaves a step room enough
const [FINEST, COARSEST] = [2, 12]; // px for one step
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** Make numbers of such links. @param explorers the page's figures by name */
export function numbersInText(document, explorers) {
  for (const anchor of document.querySelectorAll('a[href^="#"][href*="?"]')) {
    const parameter = parameterOf(anchor, explorers);
    if (!parameter) continue;
    const number = numberInText(parameter);
    anchor.replaceWith(number.element);
    parameter.explorer.adopt(number);
    number.show(parameter.explorer.state);
  }
}

/** The figure's parameter that a link sets and its text names; null for all other links. */
function parameterOf(anchor, explorers) {
  const link = fromFragment(anchor.hash);
  const explorer = link && explorers.get(link.id);
  if (!explorer || link.preset !== null || Object.keys(link.changes).length !== 1) return null;
  const [name] = Object.keys(link.changes);
  const text = anchor.textContent.replace("−", "-");
  const value = sanitise(explorer.spec, link.changes)[name];
  if (text.trim() === "" || Number(text) !== value) return null;
  const field = explorer.spec.fields[name];
  if (!field.step) return null;
  const digits = Math.max(decimals(field.step), text.split(".")[1]?.length ?? 0);
  return { explorer, name, field, digits };
}

function numberInText({ explorer, name, field, digits }) {
  const { min, max, step } = field;
  const pixels = Math.min(COARSEST, Math.max(FINEST, WAY / ((max - min) / step)));
  const control = explorer.el.querySelector(`input[name="${name}"]`);
  const set = (value) => {
    const onStep = min + Math.round((Math.min(max, Math.max(min, value)) - min) / step) * step;
    explorer.set({ [name]: Number(onStep.toPrecision(12)) });
  };
  let start = null;
  const slide = (event) => {
    start.sliding = true;
    element.focus({ preventScroll: true });
    element.setPointerCapture(event.pointerId);
  };
  const element = h("span", {
    class: "nx-in-text",
    role: "slider",
    tabindex: 0,
    title: "Drag sideways, or use the arrow keys",
    "aria-label": `${control?.labels[0]?.textContent ?? name}, in the figure`,
    "aria-valuemin": min,
    "aria-valuemax": max,
    onkeydown: (event) => {
      const value = explorer.state[name];
      const wanted = { Home: min, End: max }[event.key] ?? value + STEPS[event.key] * step;
      if (Number.isNaN(wanted) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      set(wanted);
    },
    onpointerdown: (event) => {
      if (event.button !== 0 || !event.isPrimary) return;
      start = { x: event.clientX, y: event.clientY, value: explorer.state[name], sliding: false };
      // A finger may be on its way up or down the page.
      if (event.pointerType !== "touch") slide(event);
    },
    onpointermove: (event) => {
      if (!start || !event.isPrimary) return;
      const [along, across] = [Math.abs(event.clientX - start.x), Math.abs(event.clientY - start.y)];
      if (!start.sliding && along > TURN && along > across) {
        start.x = event.clientX;
        slide(event);
      }
      if (start.sliding) set(start.value + ((event.clientX - start.x) / pixels) * step);
    },
    onpointerup: () => {
      start = null;
    },
    onpointercancel: () => {
      start = null;
    },
    // Else the mouse would select the text.
    onselectstart: (event) => event.preventDefault(),
  });
  return {
    element,
    show(state) {
      const text = format(state[name], digits);
      write(element, text);
      element.setAttribute("aria-valuenow", state[name]);
      element.setAttribute("aria-valuetext", control?.getAttribute("aria-valuetext") ?? text);
    },
  };
}
