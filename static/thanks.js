/* After a form was received: forget its draft, so that the next person starts from an empty form. ES2018. */
(() => {
  "use strict";
  try { sessionStorage.removeItem("draft:" + location.pathname.replace(/\/thanks$/, "")); } catch (error) { /* none */ }
})();
