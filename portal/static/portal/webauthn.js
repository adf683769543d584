/* Binds the forms of passkeys and security keys to allauth's functions: each form names its
   parts in data attributes, so that no page needs a script of its own. */
(() => {
  "use strict";

  const namesOf = (form) => {
    const ids = { credential: form.dataset.credential };
    const step = form.dataset.webauthn;
    ids[step === "add" ? "add" : step === "login" ? "login" : "authenticate"] = form.dataset.button;
    if (form.dataset.options) ids.data = form.dataset.options;
    if (form.dataset.passwordless) ids.passwordless = form.dataset.passwordless;
    return ids;
  };

  const bind = (form) => {
    const act = window.allauth.webauthn.forms[`${form.dataset.webauthn}Form`];
    act({ ids: namesOf(form) });
  };

  document.querySelectorAll("form[data-webauthn]").forEach(bind);

  // A refusal by the device or the person is no fault of the page: say it in words.
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const form = document.querySelector("form[data-webauthn]:not([hidden])");
    const place = form || document.querySelector("main");
    const note = document.createElement("p");
    note.className = "usa-error-message";
    note.setAttribute("role", "alert");
    note.textContent = "The device did not confirm. Try again, or use another way.";
    place.querySelectorAll(".usa-error-message[role=alert]").forEach((old) => old.remove());
    place.append(note);
  });
})();
