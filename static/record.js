/* Records the voice of the form: a button beside each text, where the browser has a microphone. Without a script files are
   chosen. What is recorded is sent as the file of the same form. */
(() => {
  "use strict";
  const list = document.getElementById("voice");
  if (!list || !window.MediaRecorder || !navigator.mediaDevices) return;
  const kinds = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];
  const kind = kinds.filter((one) => MediaRecorder.isTypeSupported(one))[0];
  if (!kind) return;
  const words = list.dataset;
  const tell = (form, text) => {
    let line = form.querySelector("[role=status]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("role", "status");
      form.appendChild(line);
    }
    line.textContent = text;
  };
  const send = (form, sound) => {
    const body = new FormData(form);
    body.set("file", sound, "recording");
    fetch(form.action, { method: "POST", body: body, redirect: "manual" }).then((reply) => {
      if (reply.type !== "opaqueredirect") { tell(form, words.failed); return; }
      location.hash = form.parentNode.id;
      location.reload();
    }, () => tell(form, words.failed));
  };
  const record = (button, form) => navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } }).then((stream) => {
    const recorder = new MediaRecorder(stream, { mimeType: kind, audioBitsPerSecond: 16000 });
    const parts = [];
    recorder.ondataavailable = (event) => {
      if (event.data.size) { parts.push(event.data); button.disabled = false; }
    };
    recorder.onstop = () => {
      stream.getTracks().forEach((track) => track.stop());
      button.textContent = words.record;
      button.onclick = () => record(button, form);
      send(form, new Blob(parts, { type: kind }));
    };
    button.textContent = words.stop;
    button.disabled = true; /* until something is heard: an empty recording would be refused */
    button.onclick = () => recorder.stop();
    recorder.start(250);
  }).catch(() => tell(form, words.refused));
  list.querySelectorAll("form.keep").forEach((form) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "record";
    button.textContent = words.record;
    button.onclick = () => record(button, form);
    form.appendChild(button);
  });
})();
