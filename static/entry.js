/* Keying in without leaving the keyboard: a digit answers and goes on, Enter goes on, Backspace goes back. Everything
   it does the plain form does too, with more key strokes. */
(() => {
  "use strict";
  const form = document.getElementById("entry");
  if (!form) return;
  const fields = Array.from(form.querySelectorAll("input[data-keys]"));
  const comment = document.getElementById("comment");
  const store = document.getElementById("store");
  const live = document.getElementById("live");
  const progress = document.getElementById("progress");

  const keysOf = (field) => JSON.parse(field.dataset.keys);
  const rowOf = (field) => field.closest(".question");
  const shown = () => fields.filter((field) => !rowOf(field).hidden);
  const answerOf = (code) => {
    const field = document.getElementById("f-" + code);
    return field && !rowOf(field).hidden ? keysOf(field)[field.value] || "" : "";
  };

  function applyConditions() {
    form.querySelectorAll("[data-show-if]").forEach((row) => {
      const rule = JSON.parse(row.dataset.showIf);
      row.hidden = !Object.keys(rule).every((code) => rule[code].includes(answerOf(code)));
      row.querySelector("input").disabled = row.hidden;
    });
  }

  function showMeaning(field) {
    const answer = keysOf(field)[field.value];
    rowOf(field).querySelectorAll("[data-key]").forEach((label) => {
      const chosen = answer !== undefined && keysOf(field)[label.dataset.key] === answer;
      label.classList.toggle("chosen", chosen);
      if (field.getAttribute("inputmode") === "numeric") label.hidden = !chosen;
    });
  }

  function showProgress() {
    const asked = shown();
    progress.hidden = false;
    progress.textContent = form.dataset.done + " " + asked.filter((field) => field.value).length + "/" + asked.length;
  }

  function go(field, step) {
    const stops = shown().concat(comment ? [comment] : [], [store]);
    const next = stops[stops.indexOf(field) + step];
    if (!next) return;
    next.focus();
    if (next.select && next !== comment) next.select();
  }

  function settle(field) {
    applyConditions();
    showMeaning(field);
    showProgress();
  }

  fields.forEach((field) => {
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", () => {
      const typed = field.value.slice(-1).toLowerCase();
      live.textContent = "";
      if (typed && keysOf(field)[typed] === undefined) {
        field.value = "";
        live.textContent = form.dataset.wrong.replace("{n}", field.dataset.number).replace("{k}", typed);
        settle(field);
        return;
      }
      field.value = typed;
      settle(field);
      if (typed) go(field, 1);
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Enter" || event.key === "ArrowDown") {
        event.preventDefault();
        go(field, 1);
      } else if (event.key === "ArrowUp" || (event.key === "Backspace" && !field.value)) {
        event.preventDefault();
        go(field, -1);
      }
    });
    showMeaning(field);
  });
  if (comment) {
    comment.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        store.focus();
      } else if (event.key === "Backspace" && !comment.value) {
        event.preventDefault();
        go(comment, -1);
      }
    });
  }
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
  applyConditions();
  showProgress();
  const summary = document.getElementById("summary");
  if (summary) summary.scrollIntoView({ block: "nearest" });
})();
