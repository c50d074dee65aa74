/* After a form was received: forget its draft, so that the next person starts from an empty form; a kiosk returns to
   its start after ten seconds in which nobody touched it. ES2018. */
(() => {
  "use strict";
  try { sessionStorage.removeItem("draft:" + location.pathname.replace(/\/thanks$/, "")); } catch (error) { /* none */ }
  const notice = document.querySelector("[data-return]");
  if (!notice) return;
  const SECONDS = Number(notice.dataset.seconds || 10);
  let left = SECONDS;
  const touched = () => { left = SECONDS; };
  ["pointerdown", "keydown", "touchstart", "scroll"].forEach((name) => window.addEventListener(name, touched, { passive: true }));
  setInterval(() => {
    left -= 1;
    notice.textContent = notice.textContent.replace(/\d+/, String(Math.max(left, 0)));
    if (left === 0) location.replace(notice.dataset.return);
  }, 1000);
})();
