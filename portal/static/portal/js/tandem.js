/* Small comforts. Every page works without them. */
(() => {
  "use strict";

  const summary = document.querySelector("[data-error-summary]");
  if (summary) summary.focus();

  // A link of the summary puts the cursor into the field, not only the scroll beside it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-error-summary] a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.focus();
    (field.closest(".td-field") || field).scrollIntoView({ block: "start" });
  });

  // Long tables begin folded on a phone; without this they are open.
  if (window.matchMedia("(max-width: 39.99em)").matches) {
    document.querySelectorAll("details[data-fold-narrow]").forEach((one) => one.removeAttribute("open"));
  }

  const menus = () => document.querySelectorAll("details[data-menu][open]");
  document.addEventListener("click", (event) => {
    menus().forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open"));
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    menus().forEach((menu) => {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    });
  });

  // Said aloud a second after the last key, not at each one.
  document.querySelectorAll("textarea[data-limit]").forEach((area) => {
    const count = document.getElementById(`${area.id}_count`);
    if (!count) return;
    const limit = Number(area.dataset.limit);
    let timer;
    const spoken = document.createElement("div");
    spoken.className = "usa-sr-only";
    spoken.setAttribute("aria-live", "polite");
    count.after(spoken);
    const show = () => {
      const left = limit - area.value.length;
      const unit = Math.abs(left) === 1 ? "character" : "characters";
      count.textContent = left < 0 ? `${-left} ${unit} too many` : `${left} ${unit} left`;
      count.classList.toggle("td-count--over", left < 0);
      return count.textContent;
    };
    area.addEventListener("input", () => {
      const text = show();
      clearTimeout(timer);
      timer = setTimeout(() => { spoken.textContent = text; }, 1000);
    });
    if (area.value) show();
  });
})();
