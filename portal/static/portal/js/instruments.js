/* Digit keys choose and move on; a running total is shown until the server has scored. */
(() => {
  "use strict";

  const form = document.getElementById("step-form");
  if (!form) return;

  const items = (scale) => [...scale.querySelectorAll(".tw-item")];
  const radios = (item) => [...item.querySelectorAll("input[type=radio]")];
  const answer = (item) => {
    const chosen = radios(item).find((radio) => radio.checked);
    return chosen ? Number(chosen.value) : null;
  };
  const enter = (item) => {
    const all = radios(item);
    (all.find((radio) => radio.checked) || all[0]).focus();
  };

  const band = (scale, total) => {
    const found = scale.dataset.bands.split(";").find((text) => {
      const [, low, high] = /^(\d+)-(\d+) /.exec(text) || [];
      return low !== undefined && total >= Number(low) && total <= Number(high);
    });
    return found ? ` · ${found.slice(found.indexOf(" ") + 1)}` : "";
  };

  const running = (scale) => {
    const name = scale.dataset.scale;
    const answers = items(scale).map(answer);
    const scored = name === "pc-ptsd-5" ? answers.slice(1) : answers;
    if (name === "c-ssrs" || answers.every((one) => one === null)) return "";
    if (name === "pc-ptsd-5" && answers[0] === 0) return "Running total 0";
    const given = scored.filter((one) => one !== null);
    const sum = given.reduce((all, one) => all + one, 0);
    if (given.length < scored.length) return `${given.length} of ${scored.length} answered`;
    if (name === "peg") return `Running mean ${(sum / 3).toFixed(1)}`;
    return `Running total ${sum}${band(scale, sum)}`;
  };

  const show = (scale) => {
    scale.querySelector("[data-running]").textContent = running(scale);
    scale.querySelector("[data-score]").hidden = true;
  };

  const choose = (scale, item, value) => {
    const found = radios(item).find((radio) => radio.value === String(value));
    if (!found) return false;
    found.checked = true;
    found.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };

  // On a scale to 10 a 1 waits for a possible 0.
  let waiting = null;
  const goOn = (scale, item) => {
    const all = items(scale);
    const next = all[all.indexOf(item) + 1];
    if (next) enter(next);
  };
  const press = (scale, item, digit) => {
    const max = Math.max(...radios(item).map((radio) => Number(radio.value)));
    if (waiting) {
      clearTimeout(waiting.timer);
      const before = waiting;
      waiting = null;
      if (digit === "0" && before.item === item) {
        choose(scale, item, 10);
        goOn(scale, item);
        return;
      }
    }
    if (!choose(scale, item, digit)) return;
    if (max < 10 || digit !== "1") {
      goOn(scale, item);
      return;
    }
    waiting = { item, timer: setTimeout(() => { waiting = null; goOn(scale, item); }, 700) };
  };

  document.querySelectorAll("[data-scale]").forEach((scale) => {
    scale.addEventListener("keydown", (event) => {
      const item = event.target.closest(".tw-item");
      if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
      if (/^[0-9]$/.test(event.key)) {
        event.preventDefault();
        press(scale, item, event.key);
      } else if (event.key === "Backspace" || event.key === "Delete") {
        event.preventDefault();
        radios(item).forEach((radio) => { radio.checked = false; });
        item.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
    scale.addEventListener("change", (event) => {
      if (event.target.closest(".tw-item")) show(scale);
    });
  });

  form.addEventListener("tandem:saved", (event) => {
    document.querySelectorAll("[data-scale]").forEach((scale) => {
      const text = event.detail.scores[scale.dataset.scale];
      const score = scale.querySelector("[data-score]");
      score.textContent = text || "No result kept yet";
      score.hidden = false;
      scale.querySelector("[data-running]").textContent = "";
    });
  });

  // The usual date is today's; nobody should have to type it.
  document.querySelectorAll(".tw-scale__foot .td-field, .tw-total .td-field:last-of-type").forEach((field) => {
    const input = field.querySelector("input[name$='-on']");
    if (!input) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "usa-button usa-button--unstyled tw-today";
    button.textContent = "Today";
    button.addEventListener("click", () => {
      const now = new Date();
      const two = (number) => String(number).padStart(2, "0");
      input.value = `${two(now.getMonth() + 1)}/${two(now.getDate())}/${now.getFullYear()}`;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.focus();
    });
    input.after(button);
  });
})();
