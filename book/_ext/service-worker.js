// Keeps the book for reading without a network.
//
// While there is a network, every answer comes from it: a reader never sees yesterday's page because
// this worker exists. What it stores is for the time without, and for a server that is down or does
// not answer. Each build lists its files with a fingerprint of their content; a new build fetches only
// those that changed.
"use strict";

// Filled in by the build: file → fingerprint.
const FILES = {};

// Other books on the same host have stores of their own.
const STORE = `neurode ${self.registration.scope}`;
const PATIENCE = 4000; // ms for a server to begin its answer, where there is one in the store
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
      await cache.put(key(name), await fetchFile(name));
    }
  };
  await Promise.all([fetchSome(), fetchSome(), fetchSome()]);
}

async function fetchFile(name) {
  let answer = await fetch(address(name), { cache: "no-cache" });
  // Some hosts serve x.html as x, and as nothing else.
  if (!answer.ok && name.endsWith(".html")) {
    answer = await fetch(address(name.replace(/\.html$/, "")), { cache: "no-cache" });
  }
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  // Others lead from x.html to x: a browser takes no answer for a page that was led elsewhere.
  return answer.redirected ? new Response(answer.body, { headers: answer.headers }) : answer;
}

async function forgetOldFiles() {
  const cache = await caches.open(STORE);
  const current = new Set(Object.keys(FILES).map(key));
  const kept = await cache.keys();
  await Promise.all(kept.filter(({ url }) => !current.has(url)).map((request) => cache.delete(request)));
}

/** Name of the file that an address means, if the store has it. */
function fileAt(url) {
  let name = decodeURI(url.pathname).slice(new URL(self.registration.scope).pathname.length);
  if (name === "" || name.endsWith("/")) name += "index.html";
  return [name, `${name}.html`, `${name}/index.html`].find((one) => Object.hasOwn(FILES, one));
}

async function fromStore(name) {
  const cache = await caches.open(STORE);
  return name && cache.match(key(name));
}

async function answerTo(request) {
  const name = fileAt(new URL(request.url));
  const fromServer = fetch(request);
  const tooLong = new Promise((resolve) => setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([fromServer, name ? tooLong : fromServer]).catch(() => undefined);
  if (answer !== undefined && answer.status < 500) return answer;
  return (await fromStore(name)) ?? fromServer;
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
  event.respondWith(answerTo(request));
});
