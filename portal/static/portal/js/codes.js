/* A diagnosis field offers codes while words are typed. Without it the form offers them on saving. */
(() => {
  "use strict";

  const form = document.getElementById("step-form");
  const address = form && form.dataset.codes;
  if (!address) return;
  const QUIET = 200;
  const token = () => form.elements.namedItem("csrfmiddlewaretoken").value;
  // What stands after the last comma is being typed.
  const head = (input) => input.value.slice(0, input.value.lastIndexOf(",") + 1);
  const tail = (input) => input.value.slice(input.value.lastIndexOf(",") + 1).trim();

  const equip = (input) => {
    const list = document.createElement("ul");
    list.id = `${input.id}_codes`;
    list.className = "tw-codes";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Codes that fit");
    list.hidden = true;
    input.after(list);
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", list.id);
    let timer = 0;
    let at = -1;
    let asked = 0;

    const options = () => [...list.children];
    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (number) => {
      const all = options();
      at = (number + all.length) % all.length;
      all.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
      all[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", all[at].id);
    };
    const choose = (option) => {
      const before = head(input);
      input.value = `${before}${before ? " " : ""}${option.dataset.code}`;
      close();
      input.dispatchEvent(new Event("input", { bubbles: true }));
      input.focus();
    };
    const row = (code, number) => {
      const one = document.createElement("li");
      one.id = `${list.id}_${number}`;
      one.setAttribute("role", "option");
      one.setAttribute("aria-selected", "false");
      one.dataset.code = code.code;
      const strong = document.createElement("strong");
      strong.textContent = code.code;
      one.append(strong, ` ${code.name}`);
      if (!code.billable) {
        const more = document.createElement("span");
        more.className = "td-soft";
        more.textContent = " heading, a code below it is needed";
        one.append(more);
      }
      one.addEventListener("mousedown", (event) => event.preventDefault());
      one.addEventListener("click", () => choose(one));
      return one;
    };
    const show = (found) => {
      list.replaceChildren(...found.map(row));
      list.hidden = !found.length || document.activeElement !== input;
      at = -1;
      input.setAttribute("aria-expanded", String(!list.hidden));
    };
    const ask = () => {
      const typed = tail(input);
      asked += 1;
      const mine = asked;
      if (typed.length < 2) { close(); return; }
      const body = new FormData();
      body.append("q", typed);
      fetch(address, {
        method: "POST", body, redirect: "error",
        headers: { "X-CSRFToken": token(), "X-Tandem-Background": "1", Accept: "application/json" },
      })
        .then((response) => (response.ok ? response.json() : { results: [] }))
        .then((answer) => { if (mine === asked) show(answer.results.filter((one) => one.code !== typed.toUpperCase())); })
        .catch(close);
    };

    input.addEventListener("input", (event) => {
      if (!event.isTrusted) return;
      clearTimeout(timer);
      timer = setTimeout(ask, QUIET);
    });
    input.addEventListener("keydown", (event) => {
      if (list.hidden) return;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        mark(at < 0 && event.key === "ArrowUp" ? -1 : at + (event.key === "ArrowDown" ? 1 : -1));
      } else if (event.key === "Enter" && at >= 0) {
        event.preventDefault();
        choose(options()[at]);
      } else if (event.key === "Escape") {
        event.stopPropagation();
        close();
      }
    });
    input.addEventListener("blur", () => { asked += 1; close(); });
  };

  form.querySelectorAll("input[data-codes]").forEach(equip);
})();
