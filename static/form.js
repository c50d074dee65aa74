/* What a script adds to the form, and only adds: progress, conditions, sections one by one, answers that survive a
   reload, a queue while the network is away, a kiosk's reset, reading aloud. Every part may fail alone.
   Syntax: ES2018, for the WebView of 2018 phones (a test parses it as that). */
(() => {
  "use strict";
  const form = document.getElementById("form");
  if (!form) return;
  const words = form.dataset;
  const kiosk = document.body.classList.contains("kiosk");
  const DRAFT = "draft:" + location.pathname;
  const DRAFT_LIFE = 30 * 60 * 1000;
  const STALE_S = 120;
  const RETRY = 20 * 1000;
  const TIMEOUT = 30 * 1000;
  const LONG_FORM = 20;
  const IDLE_S = 90;
  const WARN_S = 30;
  const all = (selector) => Array.prototype.slice.call(document.querySelectorAll(selector));
  const began = Date.now();
  const status = document.getElementById("status");
  const sendButton = document.getElementById("send");
  const summary = document.getElementById("summary");
  if (!sendButton) { /* the round has ended: nothing can be sent, the answers are shown as they are */
    wipeDraft();
    if (summary) summary.focus();
    return;
  }

  /* A key of our own wherever the page may be a copy: kept offline, gone back to, or used by several people. Forms sent
     one after the other from one page share the first half of their keys (see survey/collect/respond/stamp.py); a kiosk's, and
     those of a page older than half an hour, share nothing. */
  function freshKey(family) {
    const bytes = new Uint8Array(18);
    crypto.getRandomValues(bytes);
    const drawn = btoa(String.fromCharCode.apply(null, bytes)).replace(/\+/g, "-").replace(/\//g, "_");
    form.elements.key.value = family + drawn.slice(family.length);
    form.elements.opened.value = "";
  }
  if (Math.abs(Date.now() / 1000 - Number(words.rendered)) > STALE_S) freshKey("");

  /* Conditions: the same rule the server applies, from the same data. A disabled question is not sent. */
  const conditional = all("fieldset[data-show-if]");
  function answerOf(code) {
    const fieldset = document.getElementById("i-" + code);
    const chosen = fieldset && !fieldset.disabled && fieldset.querySelector("input:checked");
    return chosen ? chosen.value : "";
  }
  function applyConditions() {
    conditional.forEach((fieldset) => {
      const rule = JSON.parse(fieldset.dataset.showIf);
      const shown = Object.keys(rule).every((code) => rule[code].indexOf(answerOf(code)) >= 0);
      fieldset.hidden = fieldset.disabled = !shown;
    });
  }

  const progress = document.getElementById("progress");
  function showProgress() {
    const rated = all("fieldset.item").filter((fieldset) => fieldset.querySelector(".scale") && !fieldset.disabled);
    const done = rated.filter((fieldset) => fieldset.querySelector("input:checked")).length;
    progress.hidden = false;
    progress.firstElementChild.textContent = words.answered + " " + done + "/" + rated.length;
    progress.lastElementChild.max = rated.length;
    progress.lastElementChild.value = done;
  }

  /* The draft lives in this tab alone, so that the next person on a shared phone starts from an empty form. */
  function saveDraft() {
    if (kiosk) return;
    const fields = [];
    new FormData(form).forEach((value, name) => { if (name !== "opened" && value) fields.push([name, value]); });
    try {
      sessionStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), version: words.version, fields: fields }));
    } catch (error) { /* storage is refused: the page itself still holds the answers */ }
  }
  function wipeDraft() {
    try { sessionStorage.removeItem(DRAFT); } catch (error) { /* there was none */ }
  }
  function readDraft() {
    try {
      const draft = JSON.parse(sessionStorage.getItem(DRAFT));
      if (draft && draft.version === words.version && Date.now() - draft.at < DRAFT_LIFE) return draft.fields;
    } catch (error) { return null; }
    wipeDraft();
    return null;
  }
  function restoreDraft() {
    const fields = kiosk || form.querySelector("input:checked") || summary ? null : readDraft();
    if (!fields) return;
    fields.forEach((pair) => {
      const field = form.elements[pair[0]];
      if (field && field.type !== "hidden") field.value = pair[1];
      if (field && pair[0] === "key") field.value = pair[1];
    });
  }

  /* The next person's form. What the server had filled in goes too, so that nobody sees the answers of another. */
  function startAgain() {
    all("#form input[type=radio]").forEach((radio) => { radio.checked = false; });
    all("#form textarea, #form select, .unseen input").forEach((field) => { field.value = ""; });
    all("#summary, .advice").forEach((advice) => advice.remove());
    all(".wrong").forEach((field) => field.classList.remove("wrong"));
    freshKey(kiosk || Date.now() - began > DRAFT_LIFE ? "" : form.elements.key.value.slice(0, 12));
    wipeDraft();
    form.hidden = false;
    document.getElementById("queued").hidden = true;
    sending = false;
    sendButton.disabled = false;
    refresh();
    if (form.showPart) form.showPart(0);
    window.scrollTo(0, 0);
    /* back to the first language, where the network lets us */
    if (kiosk && navigator.onLine && location.pathname + location.search !== words.start) location.replace(words.start);
  }
  function refresh() {
    applyConditions();
    showProgress();
  }

  /* Forms that could not be sent: in IndexedDB, or in memory where storage is refused. */
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
  const queueReady = new Promise((resolve) => {
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

  function say(text) {
    status.textContent = text;
    document.getElementById("queued-state").textContent = text;
  }
  function showQueue(queue) {
    return queue.all().then((entries) => {
      if (entries.length) say(words.unsent + " " + words.waiting.replace(/\d+/, String(entries.length)));
      return entries;
    });
  }
  /* A page kept offline may come up again with the key of a form that waits to be sent. */
  function avoidKeysInUse() {
    queueReady.then((queue) => queue.all()).then((entries) => {
      if (entries.some((entry) => entry.key === form.elements.key.value)) freshKey("");
    });
  }
  function sayWhatIsLeft(queue) {
    return showQueue(queue).then((left) => { /* the next person at a kiosk need not hear of the one before */
      if (!left.length) say(kiosk && !form.hidden ? "" : words.sent);
    });
  }
  let flushing = false;
  function flush() {
    if (flushing) return;
    flushing = true;
    queueReady
      .then((queue) => showQueue(queue).then((entries) => entries.reduce(
        (before, entry) => before.then(() => post(entry)).then((reply) => {
          const refused = !accepted(reply) && reply.status < 500 && reply.status !== 429;
          if (!accepted(reply) && !refused) return null;
          return queue.remove(entry.key).then(() => (refused ? say(words.refused) : sayWhatIsLeft(queue)));
        }), Promise.resolve())))
      .then(() => { flushing = false; }, () => { flushing = false; });
  }
  function keepForLater(entry) {
    return queueReady
      .then((queue) => queue.put(entry).then(() => queue))
      .then((queue) => {
        wipeDraft();
        form.hidden = true;
        const panel = document.getElementById("queued");
        panel.hidden = false;
        panel.focus();
        document.getElementById("queued-memory").hidden = queue.lasting;
        showQueue(queue);
        if (kiosk) setTimeout(startAgain, 10000);
      });
  }

  let switching = false;
  let sending = false;
  all("button[name=switch]").forEach((button) => button.addEventListener("click", () => { switching = true; }));
  form.addEventListener("submit", (event) => {
    form.elements.duration.value = String(Math.round((Date.now() - began) / 1000));
    if (switching) { wipeDraft(); return; }
    if (sending) { event.preventDefault(); return; }
    if (typeof fetch !== "function" || typeof URLSearchParams !== "function") return;
    event.preventDefault();
    sending = true;
    sendButton.disabled = true;
    say(words.sending);
    const entry = { key: form.elements.key.value, url: form.action, body: new URLSearchParams(new FormData(form)).toString() };
    post(entry).then((reply) => {
      if (!accepted(reply)) { form.submit(); return; } /* the server's own page says why; the key makes it harmless */
      wipeDraft();
      location.href = reply.url;
    }, () => keepForLater(entry));
  });
  form.addEventListener("change", () => { refresh(); saveDraft(); });
  document.getElementById("comment").addEventListener("input", saveDraft);
  document.getElementById("again").addEventListener("click", startAgain);
  window.addEventListener("online", flush);
  setInterval(flush, RETRY);
  setInterval(readDraft, RETRY); /* wipes one that is too old, also while the page stays open */
  window.addEventListener("pageshow", (event) => { if (event.persisted) startAgain(); });

  /* A long questionnaire, section by section; with something to correct it stays one page. */
  function bySections() {
    const parts = all("main section.part");
    const last = parts.length - 1;
    const ending = all("main form > .act, main form > .muted");
    const bar = document.createElement("p");
    bar.className = "steps";
    const button = (text, step) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = step > 0 ? "primary" : "secondary";
      made.textContent = text;
      made.addEventListener("click", () => {
        let next = current + step;
        while (next > 0 && next < last && !parts[next].querySelector("fieldset:not([hidden]), textarea")) next += step;
        show(next);
        const title = parts[current].querySelector("h2");
        title.tabIndex = -1;
        title.focus();
        parts[current].scrollIntoView();
      });
      bar.appendChild(made);
      return made;
    };
    let current = 0;
    const back = button(words.back, -1);
    const next = button(words.next, 1);
    function show(number) {
      current = Math.min(Math.max(number, 0), last);
      parts.forEach((part, index) => { part.hidden = index !== current; });
      ending.forEach((thing) => { thing.hidden = current !== last; });
      back.hidden = current === 0;
      next.hidden = current === last;
    }
    form.insertBefore(bar, status);
    form.showPart = show;
    show(0);
  }

  /* A kiosk forgets a person who walks away. */
  function watchIdle() {
    const notice = document.getElementById("idle");
    let left = IDLE_S;
    const touched = () => { left = IDLE_S; notice.hidden = true; };
    ["pointerdown", "keydown", "touchstart", "scroll", "input"].forEach((name) => window.addEventListener(name, touched, { passive: true }));
    setInterval(() => {
      const dirty = form.querySelector("input:checked") || form.elements.comment.value || window.pageYOffset > 0;
      if (!dirty || form.hidden) { touched(); return; }
      left -= 1;
      notice.hidden = left > WARN_S;
      notice.textContent = words.idle.replace(/\d+/, String(left));
      if (left <= 0) { startAgain(); touched(); }
    }, 1000);
  }

  /* Reading aloud, where the browser has a voice of this language. */
  function offerReading() {
    const speech = window.speechSynthesis;
    if (!speech || typeof SpeechSynthesisUtterance !== "function") return;
    const language = document.documentElement.lang.slice(0, 2);
    const offer = () => {
      const voice = speech.getVoices().filter((one) => one.lang.slice(0, 2) === language)[0];
      if (!voice || document.querySelector(".listen")) return;
      all("fieldset.item").forEach((fieldset) => {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "listen";
        button.textContent = words.listen;
        button.addEventListener("click", () => {
          const said = [fieldset.querySelector("legend").lastChild.textContent];
          fieldset.querySelectorAll("label span").forEach((label) => said.push(label.textContent));
          const plain = said.map((text) => text.trim().replace(/[.?!]$/, ""));
          const utterance = new SpeechSynthesisUtterance(plain.join(". "));
          utterance.voice = voice;
          utterance.lang = voice.lang;
          utterance.rate = 0.9;
          speech.cancel();
          speech.speak(utterance);
        });
        fieldset.insertBefore(button, fieldset.children[1]);
      });
    };
    offer();
    speech.addEventListener && speech.addEventListener("voiceschanged", offer);
  }

  /* Keep this page and its files, so that the counter's form opens without a network next time. */
  function keepPage() {
    if (!navigator.serviceWorker || !window.caches) return;
    const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
    const files = loaded.filter((name) => name.indexOf(location.origin + "/static/") === 0);
    const page = location.origin + location.pathname + location.search;
    navigator.serviceWorker.register("/sw.js")
      .then(() => caches.open("sipas"))
      .then((cache) => cache.addAll(files.concat(page)).then(() => cache.keys()).then((kept) => Promise.all(
        kept.filter((request) => /\/static\//.test(request.url) && files.indexOf(request.url) < 0)
          .map((request) => cache.delete(request)))))
      .catch(() => null);
  }

  [
    restoreDraft,
    refresh,
    () => { if (summary) summary.focus(); else if (Number(words.total) > LONG_FORM) bySections(); },
    () => { if (kiosk) watchIdle(); },
    offerReading,
    avoidKeysInUse,
    flush,
    () => window.addEventListener("load", () => setTimeout(keepPage, 1000)),
  ].forEach((step) => {
    try { step(); } catch (error) { /* an old or strict browser: the plain form still works */ }
  });
})();
