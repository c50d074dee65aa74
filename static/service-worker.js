/* Opens a counter's form without a network after one visit. Never touches a POST. ES2018. */
"use strict";
const CACHE = "sipas";
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

function fromNetworkFirst(request) {
  return fetch(request).then(
    (reply) => {
      if (reply.ok && !reply.redirected) {
        const copy = reply.clone();
        caches.open(CACHE).then((cache) => cache.put(request, copy)).catch(() => null);
      }
      return reply;
    },
    (failure) => caches.match(request)
      .then((kept) => kept || caches.match(request, { ignoreSearch: true }))
      .then((kept) => { if (kept) return kept; throw failure; })
  );
}

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== self.location.origin) return;
  if (/^\/K\/[^/]+$/.test(address.pathname)) event.respondWith(fromNetworkFirst(event.request));
  else if (/^\/static\/.+\.[0-9a-f]{12}\.[a-z0-9]+$/.test(address.pathname)) {
    event.respondWith(caches.match(event.request).then((kept) => kept || fetch(event.request)));
  }
});
