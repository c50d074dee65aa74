/* Forms that could not be sent: kept in IndexedDB (in memory where storage is refused) and sent when there is a
   network. Used by every public page, so that whichever is open sends them, and by the service worker for Background
   Sync. Syntax: ES2018, for the WebView of 2018 phones. */
((self) => {
  "use strict";
  const TIMEOUT = 30 * 1000;
  const RETRY = 20 * 1000;

  function memoryQueue() {
    const kept = new Map();
    return {
      lasting: false,
      put: (entry) => Promise.resolve(kept.set(entry.key, entry)),
      all: () => Promise.resolve(Array.from(kept.values())),
      remove: (key) => Promise.resolve(kept.delete(key)),
    };
  }
  function databaseQueue(database) {
    const request = (mode, act) => new Promise((resolve, reject) => {
      const asked = act(database.transaction("queue", mode).objectStore("queue"));
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
    const spare = memoryQueue(); /* for a disk that is full */
    const queue = {
      lasting: true,
      put: (entry) => request("readwrite", (store) => store.put(entry))
        .catch(() => { queue.lasting = false; return spare.put(entry); }),
      all: () => request("readonly", (store) => store.getAll())
        .then((kept) => spare.all().then((more) => kept.concat(more))),
      remove: (key) => spare.remove(key).then(() => request("readwrite", (store) => store.delete(key))),
    };
    return queue;
  }
  const ready = new Promise((resolve) => {
    try {
      const opening = indexedDB.open("sipas", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("queue", { keyPath: "key" });
      opening.onsuccess = () => resolve(databaseQueue(opening.result));
      opening.onerror = opening.onblocked = () => resolve(memoryQueue());
    } catch (error) {
      resolve(memoryQueue());
    }
  });

  function post(entry) {
    const stop = typeof AbortController === "function" ? new AbortController() : null;
    const timer = setTimeout(() => stop && stop.abort(), TIMEOUT);
    const done = () => clearTimeout(timer);
    const sent = fetch(entry.url, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: entry.body,
      credentials: "same-origin",
      signal: stop ? stop.signal : undefined,
    });
    sent.then(done, done);
    return sent;
  }
  const accepted = (reply) => reply.ok && reply.redirected && /\/thanks(\?|$)/.test(reply.url);
  /* Only our own pages say so: a proxy that is starting again or a hotel's sign-in page does not. */
  const isOurs = (reply) => reply.headers.has("Form-Reply");

  /* Send what waits, one after the other; `heard(left, what)` is told after each: "sent", "refused" or "". What was
     refused stays, marked, until the form's page has shown it again: nobody's words are thrown away unseen. */
  let flushing = null;
  function flush(heard) {
    if (flushing) return flushing;
    const tell = (queue, what) => waiting(queue).then((left) => { if (heard) heard(left.length, what, queue.lasting); });
    flushing = ready.then((queue) => tell(queue, "").then(() => waiting(queue)).then((entries) => entries.reduce(
      (before, entry) => before.then(() => post(entry)).then((reply) => {
        if (accepted(reply)) return queue.remove(entry.key).then(() => tell(queue, "sent"));
        if (!isOurs(reply) || reply.status >= 500 || reply.status === 429) return null;
        return queue.put(Object.assign({}, entry, { refused: true })).then(() => tell(queue, "refused"));
      }), Promise.resolve())));
    const over = () => { flushing = null; };
    flushing.then(over, over);
    return flushing;
  }
  const waiting = (queue) => queue.all().then((entries) => entries.filter((entry) => !entry.refused));

  /* Ask the browser to send them when the network is back, also after the page was closed. */
  function later() {
    if (!self.navigator.serviceWorker || !self.SyncManager) return Promise.resolve(false);
    return self.navigator.serviceWorker.getRegistration()
      .then((worker) => (worker && worker.active ? worker.sync.register("send").then(() => true) : false))
      .catch(() => false);
  }

  self.formQueue = { ready, post, accepted, isOurs, flush, later, RETRY };

  /* A page that is no form (thanks, start, results, an answer that could not be stored). */
  if (!self.document) return;
  const kept = document.getElementById("kept");
  if (kept) { /* drawn from a POST: its fields are a draft, and Back or a reload never asks to send it again */
    const fields = Array.prototype.map.call(kept.elements, (field) => [field.name, field.value]).filter((pair) => pair[0]);
    const version = kept.elements.version ? kept.elements.version.value : "";
    try {
      sessionStorage.setItem("draft:" + location.pathname, JSON.stringify({ at: Date.now(), version: version, fields: fields }));
      history.replaceState(null, "", location.href);
    } catch (error) { /* storage is refused: the page itself still holds the answers */ }
  }
  if (document.getElementById("form")) return;
  const quietly = () => { flush().catch(() => null); };
  quietly();
  window.addEventListener("online", quietly);
  setInterval(quietly, RETRY);
})(self);
