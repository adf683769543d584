/* Keeps the figures of a partner fresh while the page is looked at. Asking does not count as
   activity, so that a page left open signs nobody in for longer. Without it: reload. */
(() => {
  "use strict";

  const EVERY_SECONDS = 10;
  const place = document.querySelector("[data-counters]");
  if (!place) return;

  const ask = async () => {
    if (document.hidden) return true;
    const response = await fetch(place.dataset.counters, {
      headers: { "X-Tandem-Background": "1" },
      credentials: "same-origin",
      cache: "no-store",
    });
    if (response.status === 401 || response.redirected) return false;
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      place.replaceChildren(...page.body.childNodes);
    }
    return true;
  };

  const tick = async () => {
    let goOn = true;
    try {
      goOn = await ask();
    } catch {
      // The server is away for a moment: ask again.
    }
    if (goOn) setTimeout(tick, EVERY_SECONDS * 1000);
  };

  setTimeout(tick, EVERY_SECONDS * 1000);
})();
