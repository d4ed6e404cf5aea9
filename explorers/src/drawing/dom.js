// Build elements without ever parsing HTML.

/** `h("label", { for: "x", class: "nx-label" }, "text", child)`; event listeners as `onclick`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Change an element's text, if it is another one: also the same text would have the page laid out anew. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

let last = 0;
export function uniqueId() {
  last += 1;
  return `nx-${last}`;
}

/** A canvas that is described from the start: one off the screen is drawn, and described anew, later. */
export const picture = (label) => h("canvas", { role: "img", "aria-label": `${label}, not drawn yet` });
