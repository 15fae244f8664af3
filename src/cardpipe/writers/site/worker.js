// The service worker: what is kept comes from one release only, and a new release replaces it as a whole.
// `SITE` is set above: the name and release of the site, the list of its files, and what is kept from the first visit.
"use strict";

// Copies of a deck on one host, such as its editions, must not delete each other's caches. No address has a space.
const OWN_CACHES = `${SITE.name} ${self.registration.scope} `;
const CACHE = `${OWN_CACHES}${SITE.release}`;
const AT_ONCE = 6;
const NAMED_BY_CONTENT = /^(?:assets|data)\//;
// Headers that are those of the transfer, not of the content.
const OF_TRANSFER = ["content-encoding", "content-length", "transfer-encoding", "vary"];

const addressOf = path => new URL(path.split("/").map(encodeURIComponent).join("/"), self.registration.scope).href;

// The path of a request in the list; null for what does not belong to the site.
function pathOf(request) {
  const url = new URL(request.url);
  url.search = url.hash = "";
  if (!url.href.startsWith(self.registration.scope)) return null;
  try {
    return decodeURIComponent(url.href.slice(self.registration.scope.length)).replace(/(^|\/)index\.html$/, "$1");
  } catch {
    return null;
  }
}

async function hasDigest(body, expected) {
  const digest = await crypto.subtle.digest("SHA-256", body);
  return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, "0")).join("").startsWith(expected);
}

// A response with this body, which can be kept; null if the digest of the body is another one.
async function checked(response, expected) {
  const body = await response.arrayBuffer();
  if (!await hasDigest(body, expected)) return null;
  const headers = new Headers(response.headers);
  for (const name of OF_TRANSFER) headers.delete(name);
  return new Response(body, {headers});
}

async function fromNetwork(path, expected) {
  // The browser's cache can hold what another release or a portal has answered.
  for (const cache of [NAMED_BY_CONTENT.test(path) ? "default" : "no-cache", "reload"]) {
    const response = await fetch(addressOf(path), {cache});
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`);
    const found = await checked(response, expected);
    if (found) return found;
  }
  throw new Error(`${path} is not of this release`);
}

// The same content in the cache of another release.
async function fromFormer(path, expected, former) {
  for (const cache of former) {
    const found = await cache.match(addressOf(path), {ignoreVary: true});
    const same = found && await checked(found, expected);
    if (same) return same;
  }
  return null;
}

async function kept(path) {
  return (await caches.open(CACHE)).match(addressOf(path), {ignoreVary: true});
}

// The digest of each file of this release, by path.
let list = null;
const listed = () => list ??= readList().catch(error => { list = null; throw error; });

async function readList() {
  let response = await kept(SITE.list);
  if (!response) {
    response = await fromNetwork(SITE.list, SITE.digest);
    await (await caches.open(CACHE)).put(addressOf(SITE.list), response.clone());
  }
  return new Map(Object.entries((await response.json()).files));
}

async function keep(paths) {
  const digests = await listed();
  const own = await caches.open(CACHE);
  const names = (await caches.keys()).filter(name => name.startsWith(OWN_CACHES) && name !== CACHE);
  const former = await Promise.all(names.map(name => caches.open(name)));
  const waiting = [...paths];
  const work = async () => {
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (await own.match(addressOf(path), {ignoreVary: true})) continue;
      const expected = digests.get(path);
      await own.put(addressOf(path), await fromFormer(path, expected, former) ?? await fromNetwork(path, expected));
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, work));
}

async function isAllKept() {
  const [own, digests] = [await caches.open(CACHE), await listed()];
  return (await own.keys()).length > digests.size; // all files and the list of them
}

const keepAll = async () => keep((await listed()).keys());

// Keep what a reader of a large site has visited.
async function keepVisited(path, response) {
  const expected = (await listed()).get(path);
  const found = expected && await checked(response, expected);
  if (found) await (await caches.open(CACHE)).put(addressOf(path), found);
  // Another release is there: look for its worker.
  else if (!NAMED_BY_CONTENT.test(path)) await self.registration.update();
}

self.addEventListener("install", event => {
  event.waitUntil(SITE.small ? keepAll() : keep(SITE.first));
});

// Whether pages that the former worker has answered are to be loaded again.
let reloads = false;

self.addEventListener("activate", event => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith(OWN_CACHES) && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
    if (reloads) for (const client of await self.clients.matchAll({type: "window"})) client.postMessage("reload");
  })());
});

self.addEventListener("message", event => {
  if (event.data === "activate" || event.data === "take over") {
    reloads = event.data === "activate";
    event.waitUntil(self.skipWaiting());
    event.ports[0]?.postMessage("soon");
  }
  const [port] = event.ports;
  if (event.data === "is all kept?") {
    event.waitUntil(isAllKept().then(answer => port?.postMessage(answer), () => port?.postMessage(false)));
  }
  if (event.data === "keep") {
    event.waitUntil(keepAll().then(() => port?.postMessage("kept"), () => port?.postMessage("failed")));
  }
});

// Let a waiting release answer this page if no other page of the former one is open; returns whether it will. It can
// begin when this worker has nothing left to do, which it may not have at the first attempt.
let attempts = 3;
async function isReplaced() {
  const {waiting} = self.registration;
  if (!waiting || !attempts || (await self.clients.matchAll({type: "window"})).length > 1) return false;
  attempts -= 1;
  const {port1, port2} = new MessageChannel();
  await new Promise(resolve => {
    port1.onmessage = resolve;
    setTimeout(resolve, 1000);
    waiting.postMessage("take over", [port2]);
  });
  return true;
}

// The part of a sound that a player asks for.
async function part(response, range) {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range) ?? [];
  if (from === undefined) return response;
  const body = await response.blob();
  const headers = new Headers(response.headers);
  const end = to ? Math.min(Number(to) + 1, body.size) : body.size;
  if (Number(from) >= end) return new Response(null, {status: 416, headers: {"content-range": `bytes */${body.size}`}});
  headers.set("content-range", `bytes ${from}-${end - 1}/${body.size}`);
  return new Response(body.slice(Number(from), end), {status: 206, headers});
}

async function answer(event, path) {
  const {request} = event;
  const isPage = request.mode === "navigate";
  if (isPage && await isReplaced()) {
    // Without an icon, browsers would ask the host for one.
    return new Response('<!doctype html><link rel="icon" href="data:,">', {headers: {"content-type": "text/html", refresh: "0"}});
  }
  const own = await kept(path);
  if (own) return request.headers.has("range") ? part(own, request.headers.get("range")) : own;
  if (isPage && !path.endsWith("/") && await kept(`${path}/`)) return Response.redirect(addressOf(`${path}/`));
  try {
    const response = await fetch(request);
    if (response.status === 200 && response.type === "basic") {
      event.waitUntil(keepVisited(path, response.clone()).catch(() => {}));
    }
    return response;
  } catch (error) {
    // The links of that page begin at its own address.
    if (isPage && await kept("404.html")) return Response.redirect(addressOf("404.html"));
    throw error;
  }
}

self.addEventListener("fetch", event => {
  const path = pathOf(event.request);
  if (event.request.method === "GET" && path !== null) event.respondWith(answer(event, path));
});
