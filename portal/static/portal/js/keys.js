/* Keys for lists: / search, j and k rows, ? help. Loaded only for who has not switched it off. */
(() => {
  "use strict";
  const help = document.getElementById("keys-help");
  const rows = () => [...document.querySelectorAll(".td-referrals tbody th a, .td-news a")];
  const search = () => document.querySelector("[data-search], #find-reference, #id_reference");

  const typing = (place) =>
    place.closest("input, textarea, select, [contenteditable], dialog[open]") &&
    !place.matches("input[type=checkbox], input[type=radio], input[type=submit]");

  const step = (by) => {
    const links = rows();
    if (!links.length) return;
    const here = links.findIndex((link) => link.closest("tr, li").contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by;
    const link = links[Math.max(0, Math.min(links.length - 1, next))];
    link.focus();
    link.scrollIntoView({ block: "center" });
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => {
      const field = search();
      if (!field) return;
      const fold = field.closest("details");
      if (fold) fold.open = true;
      field.focus();
      field.select();
    },
    "?": () => { if (help && !help.open) help.showModal(); },
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const act = keys[event.key];
    if (!act || typing(event.target)) return;
    event.preventDefault();
    act();
  });
})();
