/* After a form was received: forget its draft, and keep a kiosk's visitor from going back to it. ES2018. */
(function () {
  "use strict";
  var place = location.pathname.replace(/\/thanks$/, "");
  try { localStorage.removeItem("draft:" + place); } catch (error) { /* storage is refused: there was no draft */ }
  try { sessionStorage.setItem("sent:" + place, "1"); } catch (error) { /* likewise */ }
})();
