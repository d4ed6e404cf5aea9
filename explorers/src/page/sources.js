// Where networks and the worker that trains come from: scripts beside the page's own, or a live notebook.

import { bytesOf } from "../network/base64.js";

const FRAMES = 5; // more than a browser prepares ahead of what it shows

/**
 * When the page has shown its first words: they come before weights. Firefox does not tell so of every
 * page, least of one from disk; some frames after a page has loaded it has, too.
 */
function firstPaint(window) {
  const told = new Promise((resolve) => {
    new window.PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
  });
  const loaded = new Promise((resolve) => {
    if (window.document.readyState === "complete") resolve();
    else window.addEventListener("load", resolve, { once: true });
  });
  return Promise.race([told, loaded.then(() => frames(window, FRAMES))]);
}

async function frames({ requestAnimationFrame }, count) {
  for (let i = 0; i < count; i += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** A static page: classic scripts, since a page opened from disk may not fetch files. */
export function scriptSource(document, base) {
  return async (key) => {
    await firstPaint(document.defaultView);
    const url = new URL(`data/${key}.js`, base);
    await loadScript(document, url);
    const text = globalThis.neurodeWeights?.[key];
    if (!text) throw new Error(`${url} holds no weights`);
    delete globalThis.neurodeWeights[key];
    return bytesOf(text);
  };
}

function loadScript(document, url) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = url.href;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`${url} could not be loaded`));
    document.head.append(script);
  });
}

/** The worker that trains, as text: a script beside the page's own, loaded when it is wanted. */
export function trainerSource(document, base) {
  return () => loadScript(document, new URL("trainer.js", base)).then(() => globalThis.neurodeTrainer);
}

/**
 * A live notebook: Python answers in the trait `_weights` to what is asked in `_wanted`. One question at a
 * time: of a trait that changes while the kernel is busy, Python hears the last value only.
 */
export function modelSource(model) {
  let before = Promise.resolve();
  const ask = (key) =>
    new Promise((resolve) => {
      const answer = () => {
        const { key: got, data } = model.get("_weights");
        if (got !== key) return;
        model.off("change:_weights", answer);
        resolve(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      };
      model.on("change:_weights", answer);
      model.set("_wanted", key);
      model.save_changes();
      answer();
    });
  return (key) => {
    const answered = before.then(() => ask(key));
    before = answered;
    return answered;
  };
}
