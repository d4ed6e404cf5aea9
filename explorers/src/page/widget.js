// A live notebook: anywidget calls render() for every view, and traits are the state.

import trainer from "worker:trainer";
import { Library } from "../network/library.js";
import { show } from "./links.js";
import { mount } from "./mount.js";
import { modelSource } from "./sources.js";
import { fromFragment } from "./state.js";

function render({ model, el }) {
  const root = document.createElement("div");
  root.dataset.explorer = model.get("_explorer");
  el.append(root);
  let saving = 0;
  const names = () => Object.keys(explorer.spec.fields);
  const traits = () => Object.fromEntries(names().map((name) => [name, model.get(name)]));
  let explorer = mount(
    root,
    { ...model.get("_initial"), presets: model.get("presets") },
    {
      library: new Library(modelSource(model)),
      trainer: async () => trainer,
      replaced(other) {
        explorer = other;
      },
      // A network at rest: Python gets the file that the reader could download.
      onTrained(file) {
        model.set("trained", new DataView(file.buffer));
        model.save_changes();
      },
      onChange(changes) {
        for (const [name, value] of Object.entries(changes)) model.set(name, value);
        // A drag makes many changes; Python hears of them once a frame.
        saving ||= requestAnimationFrame(() => {
          saving = 0;
          model.save_changes();
        });
      },
    },
  );
  const follow = () => explorer.set(traits(), { notify: false });
  follow();
  const events = names().map((name) => `change:${name}`);
  for (const event of events) model.on(event, follow);
  // A link in the notebook's text sets the figure of its name, as on the site. The notebook itself
  // would look for a heading.
  const openLink = (event) => {
    const anchor = event.target.closest?.('a[href*="#"]');
    const link = anchor && fromFragment(anchor.hash);
    if (link?.id !== model.get("link_name")) return;
    event.preventDefault();
    event.stopPropagation();
    show(explorer, link);
    root.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("click", openLink, { capture: true });
  return () => {
    document.removeEventListener("click", openLink, { capture: true });
    for (const event of events) model.off(event, follow);
    cancelAnimationFrame(saving);
    explorer.destroy();
  };
}

export default { render };
