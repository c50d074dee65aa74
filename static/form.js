/* What a script adds to the form, and only adds: progress, conditions, steps, answers that survive a reload, a switch of
   language or a page drawn again, a queue while the network is away (queue.js), a kiosk's start and reset, reading aloud.
   Every part may fail alone. Syntax: ES2018, for the WebView of 2018 phones (a test parses it as that). */
(() => {
  "use strict";
  const form = document.getElementById("form");
  if (!form) return;
  const words = form.dataset;
  const queue = window.formQueue;
  const kiosk = document.body.classList.contains("kiosk");
  const DRAFT = "draft:" + location.pathname;
  const DRAFT_LIFE = 30 * 60 * 1000;
  const STALE_S = 120;
  const LONG_FORM = 20;
  const IDLE_S = 90;
  const WARN_S = 30;
  const all = (selector) => Array.prototype.slice.call(document.querySelectorAll(selector));
  const find = (id) => document.getElementById(id);
  const began = Date.now();
  const status = find("status");
  const sendButton = find("send");
  const summary = find("summary");
  const bar = find("bar");
  const comment = find("comment");
  /* A page drawn from a POST: Back and reload shall ask for it, and never whether to send it once more. */
  if (words.posted) { try { history.replaceState(null, "", location.href); } catch (error) { /* an old browser asks */ } }
  if (!sendButton) { /* the round has ended: nothing can be sent, the answers are shown as they are */
    wipeDraft();
    if (summary) summary.focus();
    return;
  }
  const sendWords = sendButton.textContent;

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
  /* A page that a proxy keeps for everybody has no time of its own; without a network the form goes without one. */
  if (words.opening && window.fetch) {
    fetch(words.opening).then((reply) => reply.json()).then((found) => {
      if (!form.elements.opened.value) form.elements.opened.value = found.opened;
    }).catch(() => null);
  }

  /* Conditions: the same rule the server applies, from the same data. A disabled question is not sent. */
  const conditional = all("fieldset[data-show-if]");
  function answerOf(code) {
    const fieldset = find("i-" + code);
    const chosen = fieldset && !fieldset.disabled && fieldset.querySelector("input:checked");
    return chosen ? chosen.value : "";
  }
  function applyConditions() {
    conditional.forEach((fieldset) => {
      const rule = JSON.parse(fieldset.dataset.showIf);
      const shown = Object.keys(rule).every((code) => rule[code].indexOf(answerOf(code)) >= 0);
      fieldset.hidden = fieldset.disabled = !shown;
    });
    const field = find("service");
    const agency = find("agency");
    if (field && agency) agency.parentNode.hidden = agency.disabled = "decides" in field.options[field.selectedIndex].dataset;
  }

  const progress = find("progress");
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  function showProgress() {
    const rated = all("section.part > fieldset.item, fieldset.rate").filter((fieldset) => !fieldset.disabled);
    const done = rated.filter((fieldset) => fieldset.querySelector("input:checked")).length;
    const left = rated.length - done;
    progress.hidden = false;
    progress.textContent = fill(words.answered, { done: done, all: rated.length }) + (left && done ? " · " + fill(words.left, { left: left }) : "");
    bar.classList.toggle("on", done > 0);
  }

  /* A chosen answer can be taken back. */
  function offerClear(fieldset) {
    const chosen = fieldset.querySelector("input:checked");
    let button = fieldset.querySelector(".clear");
    if (!chosen) { if (button) button.remove(); return; }
    if (button) return;
    button = document.createElement("button");
    button.type = "button";
    button.className = "tool clear";
    button.textContent = words.clear;
    button.setAttribute("aria-label", words.clear + ": " + fieldset.querySelector("legend").lastChild.textContent.trim());
    button.addEventListener("click", () => {
      const radios = fieldset.querySelectorAll("input");
      radios.forEach((radio) => { radio.checked = false; });
      radios[0].focus();
      form.dispatchEvent(new Event("change"));
    });
    fieldset.insertBefore(button, fieldset.querySelector(".scale, .list"));
  }

  /* The draft lives in this tab alone, so that the next person on a shared phone starts from an empty form. */
  function saveDraft(more) {
    if (kiosk) return false;
    const fields = [];
    new FormData(form).forEach((value, name) => { if (value) fields.push([name, value]); });
    try {
      const draft = { at: Date.now(), version: form.elements.version.value, step: form.step || 0, fields: fields };
      sessionStorage.setItem(DRAFT, JSON.stringify(Object.assign(draft, more)));
      return true;
    } catch (error) { return false; /* storage is refused: the page itself still holds the answers */ }
  }
  function wipeDraft() {
    try { sessionStorage.removeItem(DRAFT); } catch (error) { /* there was none */ }
  }
  function readDraft() {
    try {
      const draft = JSON.parse(sessionStorage.getItem(DRAFT));
      if (draft && Date.now() - draft.at < DRAFT_LIFE) return draft;
    } catch (error) { return null; }
    wipeDraft();
    return null;
  }
  const PAGES_OWN = ["version", "duration", "switch"];
  function fillIn(fields, withKey) {
    all("#form input[type=radio]").forEach((radio) => { radio.checked = false; });
    fields.forEach((pair) => {
      const field = form.elements[pair[0]];
      if (!field || PAGES_OWN.indexOf(pair[0]) >= 0) return;
      if (pair[0] === "key" || pair[0] === "opened") { if (withKey) field.value = pair[1]; return; }
      field.value = pair[1];
    });
    all("details").forEach((folded) => { if (folded.querySelector("input:checked")) folded.open = true; });
  }
  /* A page drawn from a POST is a draft at once; where the same form was changed after that, the change wins. */
  function restoreDraft() {
    if (kiosk) return;
    const draft = readDraft();
    const same = draft && draft.fields.some((pair) => pair[0] === "key" && pair[1] === form.elements.key.value);
    if (words.posted && !(same && draft.at > draft.sent)) { saveDraft(); return; }
    if (!draft) return;
    fillIn(draft.fields, draft.version === form.elements.version.value);
    form.step = draft.step;
  }

  /* The next person's form. What the server had filled in goes too, so that nobody sees the answers of another. */
  function startAgain() {
    all("#form input[type=radio]").forEach((radio) => { radio.checked = false; });
    all("#form textarea, #form select, .unseen input").forEach((field) => { field.value = ""; });
    all("#summary, .advice").forEach((advice) => advice.remove());
    all(".wrong").forEach((field) => field.classList.remove("wrong"));
    all("details").forEach((folded) => { folded.open = false; });
    freshKey(kiosk || Date.now() - began > DRAFT_LIFE ? "" : form.elements.key.value.slice(0, 12));
    wipeDraft();
    form.hidden = false;
    find("queued").hidden = true;
    finished = sending = false;
    sendButton.disabled = false;
    kioskStart(true);
    refresh();
    if (form.showStep) form.showStep(0);
    window.scrollTo(0, 0);
    /* back to the first language, where the network lets us */
    if (kiosk && navigator.onLine && location.pathname + location.search !== words.start) location.replace(words.start);
  }
  function refresh() {
    applyConditions();
    all("fieldset.item").forEach(offerClear);
    showProgress();
  }

  /* A kiosk begins with the overall question alone, large; "Tell us more" opens the rest. */
  const more = document.createElement("button");
  function kioskStart(on) {
    if (!kiosk || !document.querySelector(".overall")) return;
    document.body.classList.toggle("start", on);
    more.hidden = !on;
  }
  function offerMore() {
    more.type = "button";
    more.className = "secondary";
    more.textContent = words.more;
    more.addEventListener("click", () => {
      kioskStart(false);
      const stem = document.querySelector(".stem");
      stem.tabIndex = -1;
      stem.focus();
      stem.scrollIntoView();
    });
    bar.insertBefore(more, sendButton);
    kioskStart(!form.querySelector("input:checked") && !summary);
  }

  /* Forms that could not be sent. */
  const panel = find("queued");
  const state = find("queued-state");
  function say(text) { status.textContent = text; }
  function heard(left, what, lasting) {
    const heading = panel.querySelector("h2");
    const title = left || what === "refused" ? heading.dataset.kept : heading.dataset.sent;
    const wait = left ? state.dataset.waiting.replace(/\d+/, String(left)) : "";
    const text = what === "refused" ? state.dataset.refused : wait;
    if (!panel.hidden) {
      heading.textContent = title;
      state.textContent = text;
      if (!left) all("#queued-sync, #queued-open, #queued-memory").forEach((line) => { line.hidden = true; });
      else if (!lasting) find("queued-memory").hidden = false;
    }
    /* the next person at a kiosk need not hear of the one before */
    if (text) say(text);
    else if (what === "sent") say(kiosk && !form.hidden ? "" : heading.dataset.sent);
  }
  const flush = () => { queue.flush(heard).catch(() => null); };
  /* A page kept offline may come up again with the key of a form that waits to be sent. What the server refused while
     nobody looked comes back into the form, so that what still fits can be sent. */
  function lookIntoQueue() {
    queue.ready.then((kept) => kept.all().then((entries) => {
      if (entries.some((entry) => entry.key === form.elements.key.value && !entry.refused)) freshKey("");
      const refused = entries.filter((entry) => entry.refused && new URL(entry.url).pathname === location.pathname)[0];
      if (!refused || kiosk || form.querySelector("input:checked")) return null;
      fillIn(Array.from(new URLSearchParams(refused.body)), false);
      refresh();
      if (saveDraft()) return kept.remove(refused.key).then(() => say(state.dataset.refused));
      return null;
    })).catch(() => null);
  }
  function keepForLater(entry) {
    return queue.ready.then((kept) => kept.put(entry).then(() => {
      wipeDraft();
      finished = true;
      form.hidden = true;
      panel.hidden = false;
      panel.querySelector("h2").textContent = panel.querySelector("h2").dataset.kept;
      panel.focus();
      window.scrollTo(0, 0);
      return kept.all().then((entries) => heard(entries.filter((one) => !one.refused).length, "", kept.lasting));
    })).then(() => queue.later()).then((byItself) => {
      const lasting = find("queued-memory").hidden;
      find("queued-sync").hidden = !(byItself && lasting);
      find("queued-open").hidden = byItself || !lasting;
      if (kiosk) setTimeout(startAgain, 10000);
    });
  }

  let sending = false;
  let finished = false;
  /* With a script the language is switched by a GET, and the draft brings the answers: nothing is drawn from a POST, and
     without a network nothing happens at all. A kiosk keeps no draft: there the answers go along in the POST. */
  all("button[name=switch]").forEach((button) => button.addEventListener("click", (event) => {
    if (kiosk || typeof fetch !== "function" || !saveDraft()) { switching = true; return; }
    event.preventDefault();
    fetch(button.formAction, { method: "HEAD" }).then(() => location.assign(button.formAction), () => say(words.offline));
  }));
  let switching = false;
  form.addEventListener("submit", (event) => {
    form.elements.duration.value = String(Math.round((Date.now() - began) / 1000));
    if (switching) return;
    if (sending) { event.preventDefault(); return; }
    if (typeof fetch !== "function" || typeof URLSearchParams !== "function" || !queue) return;
    event.preventDefault();
    sending = true;
    sendButton.disabled = true;
    say(words.sending);
    const entry = { key: form.elements.key.value, url: form.action, body: new URLSearchParams(new FormData(form)).toString() };
    queue.post(entry).then((reply) => {
      if (queue.accepted(reply)) {
        wipeDraft();
        finished = true;
        location.href = reply.url;
      } else if (queue.isOurs(reply)) { /* the server's own page says why; the key makes it harmless */
        saveDraft({ sent: Date.now() });
        form.submit();
      } else return keepForLater(entry);
      return null;
    }, () => keepForLater(entry));
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.type === "radio") event.preventDefault();
  });
  form.addEventListener("change", () => { refresh(); saveDraft(); });
  comment.addEventListener("input", () => { countLetters(); saveDraft(); });
  find("again").addEventListener("click", startAgain);
  window.addEventListener("online", flush);
  setInterval(readDraft, 20000); /* wipes one that is too old, also while the page stays open */
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    if (kiosk || finished) { startAgain(); return; }
    sending = sendButton.disabled = false;
    say("");
    refresh();
  });

  /* Letters that are left, from the last hundred on. */
  function countLetters() {
    const left = Number(comment.dataset.max) - comment.value.length;
    const counter = find("letters");
    counter.hidden = left > 200;
    counter.textContent = counter.dataset.left.replace(/-?\d+/, String(left));
  }

  /* A long questionnaire in steps: the phone's Back goes one step back. With something to correct it stays one page. */
  function inSteps() {
    const parts = all("main section.part");
    const head = all(".overall, .dossier");
    const last = parts.length - 1;
    const line = document.createElement("p");
    line.className = "steps";
    const place = document.createElement("span");
    const empty = (number) => !parts[number].querySelector("fieldset:not([hidden]), textarea");
    const button = (text, step) => {
      const made = document.createElement("button");
      made.type = "button";
      made.className = "secondary";
      made.textContent = text;
      made.addEventListener("click", () => {
        let next = form.step + step;
        while (next > 0 && next < last && empty(next)) next += step;
        if (step < 0 && history.state && history.state.step === form.step && history.state.deep) { history.back(); return; }
        history.pushState({ step: next, deep: true }, "");
        go(next);
      });
      return made;
    };
    const back = button(words.back, -1);
    const next = button(words.next, 1);
    [back, place, next].forEach((thing) => line.appendChild(thing));
    function show(number) {
      form.step = Math.min(Math.max(number, 0), last);
      parts.forEach((part, index) => { part.hidden = index !== form.step; });
      head.forEach((part) => { part.hidden = form.step !== 0; });
      place.textContent = fill(words.step, { step: form.step + 1, steps: last + 1 });
      back.hidden = form.step === 0;
      next.hidden = form.step === last;
      bar.classList.toggle("early", form.step !== last);
      sendButton.textContent = form.step === last ? sendWords : words.now;
      saveDraft();
    }
    function go(number) {
      show(number);
      const title = parts[form.step].querySelector("h2");
      title.tabIndex = -1;
      title.focus();
      parts[form.step].scrollIntoView();
    }
    form.insertBefore(line, status);
    form.showStep = (number) => { history.replaceState({ step: number }, ""); show(number); };
    form.showStep(form.step || 0);
    window.addEventListener("popstate", (event) => { go(event.state ? event.state.step : 0); });
  }

  /* A kiosk asks a person who seems to have left, and then forgets them. */
  function watchIdle() {
    const notice = find("idle");
    const ask = notice.querySelector("span");
    let left = IDLE_S;
    const touched = () => { left = IDLE_S; notice.hidden = true; };
    ["pointerdown", "keydown", "touchstart", "scroll", "input"].forEach((name) => window.addEventListener(name, touched, { passive: true }));
    find("stay").addEventListener("click", touched);
    setInterval(() => {
      const opened = document.querySelector(".overall") && !document.body.classList.contains("start");
      const dirty = opened || form.querySelector("input:checked") || comment.value || window.pageYOffset > 0;
      if (!dirty || form.hidden) { touched(); return; }
      left -= 1;
      notice.hidden = left > WARN_S;
      ask.textContent = ask.textContent.replace(/\d+/, String(left));
      if (left <= 0) { startAgain(); touched(); }
    }, 1000);
  }

  /* Reading aloud, where the browser has a voice of this language: one button, which puts one beside each question. */
  function offerReading() {
    const speech = window.speechSynthesis;
    const language = document.documentElement.lang.slice(0, 2);
    /* a recorded voice comes first, and no machine speaks a minority's language */
    if (!speech || typeof SpeechSynthesisUtterance !== "function" || !/^(vi|en)$/.test(language) || document.querySelector("audio")) return;
    const make = (text, act) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "tool listen";
      button.textContent = text;
      button.addEventListener("click", act);
      return button;
    };
    const read = (fieldset, voice) => {
      const said = [fieldset.querySelector("legend").lastChild.textContent];
      fieldset.querySelectorAll("label span").forEach((label) => said.push(label.textContent));
      const utterance = new SpeechSynthesisUtterance(said.map((text) => text.trim().replace(/[.?!]$/, "")).join(". "));
      utterance.voice = voice;
      utterance.lang = voice.lang;
      utterance.rate = 0.9;
      speech.cancel();
      speech.speak(utterance);
    };
    const offer = () => {
      const voice = speech.getVoices().filter((one) => one.lang.slice(0, 2) === language)[0];
      if (!voice || document.querySelector(".listen")) return;
      const first = make(words.listen, () => {
        first.remove();
        all("fieldset.item").forEach((fieldset) => {
          fieldset.insertBefore(make(words.listen, () => read(fieldset, voice)), fieldset.querySelector(".scale, .list"));
        });
      });
      document.querySelector(".promise").appendChild(first);
    };
    offer();
    if (speech.addEventListener) speech.addEventListener("voiceschanged", offer);
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
    () => { if (kiosk) offerMore(); },
    refresh,
    () => { if (summary) summary.focus(); else if (Number(words.total) > LONG_FORM) inSteps(); },
    () => { if (kiosk) watchIdle(); },
    countLetters,
    offerReading,
    lookIntoQueue,
    flush,
    () => setInterval(flush, queue.RETRY),
    () => window.addEventListener("load", () => setTimeout(keepPage, 1000)),
  ].forEach((step) => {
    try { step(); } catch (error) { /* an old or strict browser: the plain form still works */ }
  });
})();
