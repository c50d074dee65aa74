/* Recorded voice with a script: one button beside each question in place of the browser's player. It says the question,
   then the answers. Without a script the players stay. */
(() => {
  "use strict";
  const form = document.getElementById("form");
  if (!form || !form.querySelector("audio")) return;
  let playing = [];
  let turn = 0;
  const stop = () => {
    turn += 1;
    playing.forEach((audio) => { audio.pause(); audio.currentTime = 0; });
    playing = [];
  };
  const say = (list) => {
    stop();
    const mine = turn;
    playing = list;
    const next = (at) => {
      if (mine !== turn || at === list.length) return;
      list[at].onended = () => next(at + 1);
      list[at].play().catch(() => next(at + 1));
    };
    next(0);
  };
  const answers = Array.from(form.querySelectorAll(".hear")).filter((part) => !part.closest("fieldset"))
    .flatMap((part) => Array.from(part.querySelectorAll("audio")));
  form.querySelectorAll("fieldset audio").forEach((audio) => {
    const fieldset = audio.closest("fieldset");
    audio.controls = false;
    if (audio.parentNode !== fieldset || audio.previousElementSibling.classList.contains("na")) return;
    const own = Array.from(fieldset.querySelectorAll("audio")).filter((one) => one !== audio);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "tool listen";
    button.textContent = form.dataset.listen;
    button.addEventListener("click", () => {
      if (playing[0] === audio) stop();
      else say([audio].concat(own.length ? own : answers));
    });
    fieldset.insertBefore(button, audio);
  });
})();
