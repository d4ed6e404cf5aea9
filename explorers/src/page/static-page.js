// The static page: mount every explorer that the notebooks' outputs carry.

import { Library } from "../network/library.js";
import { Links } from "./links.js";
import { mount } from "./mount.js";
import { numbersInText } from "./numbers.js";
import { scriptSource, trainerSource } from "./sources.js";

const base = document.currentScript.src; // only known while the script is first run

function start() {
  const links = new Links(window);
  const library = new Library(scriptSource(document, base));
  const trainer = trainerSource(document, base);
  for (const el of document.querySelectorAll(".neurode-explorer[data-explorer][data-state]")) {
    if (el.explorer) continue;
    try {
      const state = JSON.parse(el.dataset.state);
      const name = links.nameFor(el.dataset.name || el.dataset.explorer);
      const explorer = mount(el, state, {
        library,
        trainer,
        replaced: (explorer) => links.register(name, explorer),
        onChange: (_changes, now) => links.follow(name, now),
        share: (now) => links.share(name, now),
      });
      links.register(name, explorer);
      openAsShown(name, links);
    } catch (error) {
      // One broken figure must not take the others with it; its still picture remains.
      console.error(error);
    }
  }
  links.start();
  // In a task of its own, so that the page answers before.
  setTimeout(() => numbersInText(document, links.explorers));
}

/** On a figure's small page, the link to the book opens there what is shown here. */
function openAsShown(name, links) {
  document.querySelector(`a[data-figure="${CSS.escape(name)}"]`)?.addEventListener("click", ({ currentTarget }) => {
    currentTarget.href = links.pageOf(name, links.explorers.get(name).state);
  });
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
