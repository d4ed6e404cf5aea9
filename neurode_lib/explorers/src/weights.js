// Where learned networks come from: scripts beside the page's own, or a live notebook.
import { Network } from "./network.js";
import { readSafetensors } from "./safetensors.js";

/** Networks of one package: variant → Network, from tensors named "variant/net.0.weight". */
export function readNetworks(bytes) {
  const groups = {};
  for (const [name, tensor] of Object.entries(readSafetensors(bytes))) {
    const cut = name.indexOf("/");
    (groups[name.slice(0, cut)] ??= {})[name.slice(cut + 1)] = tensor;
  }
  return Object.fromEntries(Object.entries(groups).map(([variant, tensors]) => [variant, new Network(tensors)]));
}

/** The key of the networks that the reader trained in this page. */
export const OWN = "yours";

/** Keeps what was loaded, by key, and never asks twice. `fetchBytes(key)` gives a promise. */
export class Library {
  constructor(fetchBytes) {
    this.fetchBytes = fetchBytes;
    this.loading = new Map();
    this.loaded = new Map();
    this.watchers = new Set();
  }

  /** Put a network of the reader's own beside those of other variants, and tell who watches. */
  putOwn(variant, network) {
    this.loaded.set(OWN, { ...this.loaded.get(OWN), [variant]: network });
    for (const watcher of this.watchers) watcher();
  }

  /** Call `watcher` whenever there is a new network of the reader's own; returns a function that stops. */
  watch(watcher) {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** The networks if they are here. */
  get(key) {
    return this.loaded.get(key) ?? null;
  }

  load(key) {
    if (!this.loading.has(key)) {
      const promise = this.fetchBytes(key).then((bytes) => {
        this.loaded.set(key, readNetworks(bytes));
      });
      promise.catch(() => this.loading.delete(key)); // a later attempt may succeed
      this.loading.set(key, promise);
    }
    return this.loading.get(key);
  }
}

/** When the page has shown its first words: they come before weights. */
function firstPaint({ PerformanceObserver }) {
  return new Promise((resolve) => {
    if (!PerformanceObserver.supportedEntryTypes.includes("paint")) return resolve();
    return new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
  });
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
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
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

/** A live notebook: Python answers in the trait `_weights` to what is asked in `_wanted`. */
export function modelSource(model) {
  return (key) => new Promise((resolve) => {
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
}
