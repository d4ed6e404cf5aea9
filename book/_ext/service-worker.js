// Keeps the book for reading without a network.
//
// While there is a network, every answer comes from it: a reader never sees yesterday's page because
// this worker exists. What it stores is for the time without. Each build lists its files with a
// fingerprint of their content; a new build fetches only those that changed.
"use strict";

// Filled in by the build: file → fingerprint.
const FILES = {};

// Other books on the same host have stores of their own.
const STORE = `neurode ${self.registration.scope}`;
const address = (name) => new URL(name, self.registration.scope).href;
// In the store a file's address carries its fingerprint, so that builds do not mix.
const key = (name) => `${address(name)}?${FILES[name]}`;

async function store() {
  const cache = await caches.open(STORE);
  const kept = new Set((await cache.keys()).map((request) => request.url));
  const wanted = Object.keys(FILES).filter((name) => !kept.has(key(name)));
  // A few at a time: the reader is reading, and comes first.
  const next = wanted.values();
  const fetchSome = async () => {
    for (const name of next) {
      const answer = await fetch(address(name), { cache: "no-cache" });
      if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
      await cache.put(key(name), answer);
    }
  };
  await Promise.all([fetchSome(), fetchSome(), fetchSome()]);
}

async function forgetOldFiles() {
  const cache = await caches.open(STORE);
  const current = new Set(Object.keys(FILES).map(key));
  const kept = await cache.keys();
  await Promise.all(kept.filter(({ url }) => !current.has(url)).map((request) => cache.delete(request)));
}

async function fromStore(url) {
  let name = decodeURI(url.pathname).slice(new URL(self.registration.scope).pathname.length);
  if (name === "" || name.endsWith("/")) name += "index.html";
  const cache = await caches.open(STORE);
  if (!(name in FILES)) return undefined;
  return cache.match(key(name));
}

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(store());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOldFiles().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(
    fetch(request).catch(async (error) => {
      const answer = await fromStore(new URL(request.url));
      if (answer === undefined) throw error;
      return answer;
    }),
  );
});
