// The learned models that the figures of one page share, each loaded when it is first wanted.
import { FittedNeuron, Polynomial } from "./fitted-field.js";
import { Network } from "./network.js";
import { readSafetensors } from "./safetensors.js";

/** Models of one package: variant → model, from tensors named "variant/net.0.weight", or what else makes one. */
export function readModels(bytes) {
  const groups = {};
  for (const [name, tensor] of Object.entries(readSafetensors(bytes))) {
    const cut = name.indexOf("/");
    const variant = name.slice(0, cut);
    groups[variant] ??= {};
    groups[variant][name.slice(cut + 1)] = tensor;
  }
  return Object.fromEntries(Object.entries(groups).map(([variant, tensors]) => [variant, modelOf(tensors)]));
}

function modelOf({ coefficients, parameters, ...network }) {
  if (coefficients) return new Polynomial(coefficients);
  if (parameters) return new FittedNeuron(parameters);
  return new Network(network);
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
      const promise = this.fetchBytes(key).then(async (bytes) => {
        // In a task of its own, so that the page answers before.
        await new Promise((resolve) => setTimeout(resolve));
        this.loaded.set(key, readModels(bytes));
      });
      promise.catch(() => this.loading.delete(key)); // a later attempt may succeed
      this.loading.set(key, promise);
    }
    return this.loading.get(key);
  }
}
