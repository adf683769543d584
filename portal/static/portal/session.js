/* Warns two minutes before the session ends and lets the person stay. The server decides: this
   script only asks it, by requests that do not count as activity. */
(() => {
  "use strict";

  const ADDRESS = "/account/session/";
  const WARN_SECONDS = 120;
  const ASK_SECONDS = 60;
  let dialog = null;
  let timer = null;
  let endsAt = 0;

  const token = () => {
    const field = document.querySelector("input[name=csrfmiddlewaretoken]");
    return field ? field.value : "";
  };

  const ask = async (stay) => {
    const headers = stay ? { "X-CSRFToken": token() } : { "X-Tandem-Background": "1" };
    const response = await fetch(ADDRESS, {
      method: stay ? "POST" : "GET",
      headers,
      credentials: "same-origin",
      cache: "no-store",
    });
    const body = await response.json();
    return response.ok && body.signed_in ? body.seconds_left : 0;
  };

  let typedIn = null;
  document.addEventListener("input", (event) => {
    typedIn = event.target.closest("main form[method=post]") || typedIn;
  });

  // Called only after the server said that nobody is signed in any more. A form of a referral
  // that was typed into is sent as it stands: the server keeps it sealed for this person and
  // gives it back after sign-in. Any other page is asked for again, which leads to sign-in.
  const leave = () => {
    const inReferral = window.location.pathname.startsWith("/referrals/");
    if (typedIn && typedIn.isConnected && inReferral) {
      HTMLFormElement.prototype.submit.call(typedIn);
    } else {
      window.location.reload();
    }
  };

  const left = () => Math.max(0, Math.round((endsAt - Date.now()) / 1000));

  const inWords = (seconds) =>
    seconds >= 60 ? `${Math.ceil(seconds / 60)} min` : `${seconds} seconds`;

  const close = () => {
    if (dialog && dialog.open) dialog.close();
  };

  const stay = async () => {
    close();
    await check(true);
  };

  const build = () => {
    dialog = document.createElement("dialog");
    dialog.className = "td-dialog td-card";
    dialog.setAttribute("aria-labelledby", "session-title");
    const title = document.createElement("h2");
    title.id = "session-title";
    title.textContent = "Are you still there?";
    const words = document.createElement("p");
    words.dataset.words = "";
    words.setAttribute("aria-live", "polite");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "usa-button";
    button.textContent = "Stay signed in";
    button.addEventListener("click", stay);
    dialog.addEventListener("cancel", stay);
    const actions = document.createElement("div");
    actions.className = "td-actions";
    actions.append(button);
    dialog.append(title, words, actions);
    document.body.append(dialog);
  };

  const warn = () => {
    if (!dialog) build();
    const words = `You will be signed out in ${inWords(left())}. What you typed stays.`;
    dialog.querySelector("[data-words]").textContent = words;
    if (!dialog.open) dialog.showModal();
  };

  const plan = (seconds) => {
    endsAt = Date.now() + seconds * 1000;
    clearTimeout(timer);
    if (seconds > WARN_SECONDS) {
      close();
      const wait = Math.min(seconds - WARN_SECONDS, ASK_SECONDS * 5);
      timer = setTimeout(() => check(false), wait * 1000);
    } else {
      warn();
      timer = setTimeout(() => check(false), Math.min(seconds, 15) * 1000 + 500);
    }
  };

  const check = async (stayHere) => {
    try {
      const seconds = await ask(stayHere);
      if (seconds > 0) plan(seconds);
      else leave();
    } catch {
      timer = setTimeout(() => check(false), ASK_SECONDS * 1000);
    }
  };

  check(false);
})();
