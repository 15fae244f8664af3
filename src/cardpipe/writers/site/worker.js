// The service worker: pages from the network first, files with content names from the cache first.
// `SITE` is set above: the name and release of the site, and what is kept from the first visit.
"use strict";

// Copies of a deck on one host, such as its editions, must not delete each other's caches. No address has a space.
const OWN_CACHES = `${SITE.name} ${self.registration.scope} `;
const CACHE = `${OWN_CACHES}${SITE.release}`;
const PATIENCE = 4000; // milliseconds to wait for a page that is kept
const AT_ONCE = 6;
const NAMED_BY_CONTENT = /^(?:assets|data)\//;

const addressOf = path => new URL(path, self.registration.scope).href;

const pathOf = request => {
  const url = new URL(request.url);
  url.search = url.hash = "";
  return url.href.startsWith(self.registration.scope) ? url.href.slice(self.registration.scope.length) : null;
};

const digestOf = async response => {
  const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
  return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, "0")).join("").slice(0, 16);
};

let list = null;
const listOf = () => list ??= fetchKept(SITE.list).then(response => response.json())
  .catch(error => { list = null; throw error; });

// A file whose name changes with its content: from any cache, or else from the network.
async function fetchKept(path) {
  const address = addressOf(path);
  const cache = await caches.open(CACHE);
  const own = await cache.match(address);
  if (own) return own;
  const response = await caches.match(address) ?? await fetch(address);
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await cache.put(address, response.clone());
  return response;
}

// A page of this release, never of another one: its digest is in the list.
async function keepPage(path, response) {
  const expected = (await listOf()).pages[decodeURIComponent(path)];
  if (!expected || response.redirected || await digestOf(response.clone()) !== expected) return false;
  await (await caches.open(CACHE)).put(addressOf(path), response);
  return true;
}

async function keep(paths) {
  const cache = await caches.open(CACHE);
  const waiting = [...paths];
  const work = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (NAMED_BY_CONTENT.test(path)) {
        await fetchKept(path);
      } else if (path in (await listOf()).pages) {
        const address = addressOf(encodeURI(path));
        if (await cache.match(address)) continue;
        const response = await fetch(address, {cache: "no-cache"});
        if (!response.ok || !await keepPage(encodeURI(path), response)) throw new Error(`${path} is of another release`);
      } else {
        const response = await fetch(addressOf(path), {cache: "no-cache"});
        if (response.ok) await cache.put(addressOf(path), response);
      }
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, work));
}

async function keepAll() {
  const {pages, files} = await listOf();
  await keep([...files, ...Object.keys(pages)]);
}

self.addEventListener("install", event => {
  event.waitUntil(SITE.small ? keepAll() : keep(SITE.first));
});

self.addEventListener("activate", event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(OWN_CACHES) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  })());
});

self.addEventListener("message", event => {
  if (event.data === "activate") event.waitUntil(self.skipWaiting());
  if (event.data === "keep") {
    const [port] = event.ports;
    event.waitUntil(keepAll().then(() => port?.postMessage("kept"), () => port?.postMessage("failed")));
  }
});

async function kept(path) {
  return (await caches.open(CACHE)).match(addressOf(path));
}

async function page(request, path, wait) {
  const fromNetwork = fetch(request).then(response => {
    if (response.ok && response.type === "basic") wait(keepPage(path, response.clone()).catch(() => false));
    return response;
  });
  const known = await kept(path);
  try {
    if (!known) return await fromNetwork;
    const late = new Promise(resolve => setTimeout(resolve, PATIENCE, null));
    fromNetwork.catch(() => null);
    return await Promise.race([fromNetwork, late]) ?? known;
  } catch (error) {
    if (known) return known;
    // Its links begin at its own address.
    if (request.mode === "navigate" && await kept("404.html")) return Response.redirect(addressOf("404.html"));
    throw error;
  }
}

self.addEventListener("fetch", event => {
  const {request} = event;
  const path = pathOf(request);
  if (request.method !== "GET" || path === null || request.headers.has("range")) return;
  if (NAMED_BY_CONTENT.test(path)) {
    event.respondWith(fetchKept(path).catch(() => fetch(request)));
  } else {
    event.respondWith(page(request, path, promise => event.waitUntil(promise)));
  }
});
