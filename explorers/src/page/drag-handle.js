// The initial state as a point one can drag: with a mouse, a finger, or the arrow keys.
import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * @param plane    element the point lives on; clicking it moves the point there
 * @param explorer whose v0 and w0 it is
 * @param owner    what is drawn on the plane with `scales` { x, y }: the explorer, or a part of it
 * @param name     tells several points of one figure apart
 */
export function dragHandle(plane, explorer, owner = explorer, name = "") {
  const scales = () => owner.scales;
  const round = (value) => Math.round(value * 1000) / 1000;
  const moveTo = (event) => {
    const box = plane.getBoundingClientRect();
    const { x, y } = scales();
    explorer.set({ v0: round(x.invert(event.clientX - box.left)), w0: round(y.invert(event.clientY - box.top)) });
  };
  const element = h("button", {
    type: "button",
    class: "nx-handle",
    hidden: true,
    "aria-roledescription": "draggable point",
    onkeydown: (event) => {
      const step = STEPS[event.key];
      if (!step) return;
      event.preventDefault();
      const size = event.shiftKey ? 5 : 1;
      const { v0, w0 } = explorer.state;
      const { fields } = explorer.spec;
      explorer.set({
        v0: round(v0 + step[0] * size * fields.v0.step),
        w0: round(w0 + step[1] * size * fields.w0.step),
      });
    },
    onpointerdown: (event) => {
      // The right button opens a menu, and a second finger zooms.
      if (event.button !== 0 || !event.isPrimary) return;
      event.preventDefault();
      element.focus({ preventScroll: true });
      element.setPointerCapture(event.pointerId);
    },
    onpointermove: (event) => {
      if (element.hasPointerCapture(event.pointerId)) moveTo(event);
    },
  });
  // A tap or click elsewhere on the plane; a swipe across it still scrolls the page.
  plane.addEventListener("click", (event) => {
    if (event.target !== element && inside(event, plane, scales())) moveTo(event);
  });
  plane.append(element);
  return {
    show({ v0, w0 }) {
      const { x, y } = scales();
      element.hidden = false;
      element.style.transform = `translate(${x(v0)}px, ${y(w0)}px)`;
      element.setAttribute(
        "aria-label",
        `Initial state${name && ` (${name})`}: v0 = ${format(v0, 2)}, w0 = ${format(w0, 2)}. Arrow keys move it, with Shift further.`,
      );
    },
  };
}

function inside(event, plane, { x, y }) {
  const box = plane.getBoundingClientRect();
  const [left, right] = x.range;
  const [bottom, top] = y.range;
  const px = event.clientX - box.left;
  const py = event.clientY - box.top;
  return px >= left && px <= right && py >= top && py <= bottom;
}
