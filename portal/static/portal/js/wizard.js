/* Comforts of the steps: folded groups open where they are needed, danger speaks at once. */
(() => {
  "use strict";

  const form = document.getElementById("step-form");
  if (!form) return;

  // A link to an answer inside a folded group opens the group and enters the answer.
  const reveal = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
    if (!target) return;
    const folded = target.closest("details");
    if (folded) folded.open = true;
    const inside = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
    if (inside) inside.focus();
    target.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", reveal);
  reveal();

  const chosen = (name) => {
    const found = form.elements.namedItem(name);
    return found ? found.value : "";
  };
  const unfold = () => {
    form.querySelectorAll("[data-opens]").forEach((folded) => {
      const [name, value] = folded.dataset.opens.split("=");
      if (chosen(name) === value) folded.open = true;
    });
  };
  const danger = document.querySelector("[data-danger]");
  form.addEventListener("change", (event) => {
    unfold();
    if (!danger || event.target.name !== "safety-danger_now") return;
    danger.hidden = event.target.value !== "true";
  });
  // One click says that the answer is unknown, or that the clinic obtains it.
  form.querySelectorAll(".tw-absent select").forEach((select) => {
    const label = form.querySelector(`label[for="${select.id}"]`);
    for (const value of ["unknown", "clinic_to_obtain"]) {
      const option = [...select.options].find((one) => one.value === value);
      if (!option) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "usa-button usa-button--unstyled tw-today";
      button.textContent = option.textContent;
      button.setAttribute("aria-describedby", label ? `${select.id}_what` : "");
      button.addEventListener("click", () => {
        select.value = value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      });
      select.after(button);
    }
    if (label) label.id = `${select.id}_what`;
  });

  form.addEventListener("tandem:saved", (event) => {
    const beside = document.querySelector("[data-beside]");
    if (beside && event.detail.beside) {
      const open = [...beside.querySelectorAll("details[open] > summary")].map((one) => one.textContent);
      beside.innerHTML = event.detail.beside;
      beside.querySelectorAll("details > summary").forEach((one) => { if (open.includes(one.textContent)) one.parentElement.open = true; });
    }
    if (danger && event.detail.danger) danger.hidden = false;
    const box = document.querySelector("[data-duplicates]");
    const known = document.querySelector(".usa-alert--warning");
    if (!box || known) return;
    const found = event.detail.duplicates;
    box.className = found.length ? "usa-alert usa-alert--warning usa-alert--slim td-alert" : "";
    box.replaceChildren();
    if (!found.length) return;
    const body = document.createElement("div");
    body.className = "usa-alert__body";
    body.append("Your practice has an open referral for this person at this clinic: ");
    found.forEach((one, n) => {
      const link = document.createElement("a");
      link.href = one.url;
      link.textContent = one.reference;
      body.append(n ? ", " : "", link);
    });
    body.append(". Write a second one only if it is about something else.");
    box.append(body);
  });
})();
