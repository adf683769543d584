/* Keeps a message while it is typed. The button does the same without this file. */
(() => {
  "use strict";

  const form = document.querySelector("form[data-message-draft]");
  if (!form) return;
  const area = form.elements.body;
  const status = form.querySelector("[data-draft-status]");
  const QUIET = 1500;
  let timer = 0;
  let kept = area.value;

  const say = (text) => { if (status) status.textContent = text; };

  const save = () => {
    if (area.value === kept) return;
    const typed = area.value;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("body", typed);
    fetch(form.dataset.messageDraft, {
      method: "POST",
      body: new URLSearchParams(body),
      headers: { "X-Tandem-Background": "1", Accept: "application/json" },
      keepalive: true,
      redirect: "error",
    })
      .then((response) => {
        if (!response.ok) throw new Error(response.status);
        kept = typed;
        say("Kept as a draft.");
      })
      .catch(() => say("Not kept yet. Sending it keeps what you typed."));
  };

  area.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, QUIET);
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") save();
  });
  form.addEventListener("submit", () => clearTimeout(timer));
})();
