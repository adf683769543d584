/* Keeps a draft while it is typed. The buttons do the same without this file. */
(() => {
  "use strict";

  const form = document.getElementById("step-form");
  // What was sent is changed with a reason, and all at once: nothing is kept by itself there.
  if (!form || form.dataset.autosave === undefined) return;
  const status = form.querySelector("[data-autosave-status]");
  const QUIET = 1200;
  const AGAIN = 10000;
  let timer = 0;
  let running = null;
  let stopped = false;
  let dirty = false;

  const say = (text) => { if (status.textContent !== text) status.textContent = text; };

  const tell = (name, detail) => form.dispatchEvent(new CustomEvent(name, { detail }));

  const later = (delay) => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, delay);
  };

  const moveIn = (answer) => {
    form.dataset.autosave = answer.autosave;
    form.action = answer.edit;
    history.replaceState(null, "", answer.edit);
    const attempt = form.elements.namedItem("attempt");
    if (attempt) attempt.remove();
  };

  const kept = (answer) => {
    if (!answer.saved) { dirty = true; return; }
    if (answer.edit) moveIn(answer);
    form.elements.namedItem("base").value = answer.base;
    const waiting = answer.waiting === 1 ? "1 answer needs another look." : `${answer.waiting} answers need another look.`;
    say(`Saved at ${answer.at}. ${answer.waiting ? waiting : ""}`.trim());
    tell("tandem:saved", answer);
  };

  const refused = (code) => {
    if (code === 409) {
      stopped = true;
      say("This page was saved from somewhere else. Save to see both.");
    } else if (code === 401 || code === 403) {
      stopped = true;
      say("You are signed out. Save, sign in, and go on: what you typed is kept.");
    } else {
      say("Not saved yet. Trying again in a moment.");
      dirty = true;
      later(AGAIN);
    }
  };

  const save = () => {
    if (running || stopped || !dirty) return running;
    dirty = false;
    const address = form.dataset.autosave || form.action;
    running = fetch(address, {
      method: "POST",
      body: new FormData(form),
      headers: { "X-Tandem-Background": "1", Accept: "application/json" },
      keepalive: true,
      redirect: "error",
    })
      .then((response) => (response.ok ? response.json().then(kept) : refused(response.status)))
      .catch(() => refused(0))
      .finally(() => {
        running = null;
        if (dirty) later(QUIET);
      });
    return running;
  };

  const typed = () => {
    dirty = true;
    later(QUIET);
  };
  form.addEventListener("input", typed);
  form.addEventListener("change", typed);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });

  // A press of a button waits for the save that is on its way, so that the two never cross.
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    stopped = true;
    if (!running) return;
    event.preventDefault();
    const button = event.submitter;
    running.finally(() => form.requestSubmit(button));
  });
})();
