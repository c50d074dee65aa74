/* Opens a counter's form without a network after one visit, or when the network hangs; sends what waits by Background
   Sync. It never answers for a POST. ES2018. */
"use strict";
importScripts("/static/queue.js");
const CACHE = "sipas";
const PATIENCE = 3000;
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("sync", (event) => {
  if (event.tag === "send") event.waitUntil(self.formQueue.flush());
});

function freshOrKept(request) {
  const kept = caches.match(request).then((page) => page || caches.match(request, { ignoreSearch: true }));
  const orKept = (failure) => kept.then((page) => { if (page) return page; throw failure; });
  const network = fetch(request).then((reply) => {
    if (reply.status >= 502) return kept.then((page) => page || reply);
    if (reply.ok && !reply.redirected) {
      const copy = reply.clone();
      caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => null);
    }
    return reply;
  }, orKept);
  const hanging = new Promise((resolve) => setTimeout(resolve, PATIENCE)).then(() => kept).then((page) => page || network);
  hanging.catch(() => null);
  return Promise.race([network, hanging]);
}

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (/^\/K\/[^/]+$/.test(address.pathname)) event.respondWith(freshOrKept(event.request));
  else if (/^\/static\/.+\.[0-9a-f]{12}\.[a-z0-9]+$/.test(address.pathname)) {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  }
});
