/* Select all rows of the page. Without it each row is ticked by hand. */
(() => {
  "use strict";
  const form = document.querySelector("form[data-many]");
  const boxes = form ? [...form.querySelectorAll("input[name=selected]")] : [];
  const many = form && form.querySelector(".td-many");
  if (!many || !boxes.length) return;
  const wrap = document.createElement("div");
  wrap.className = "usa-checkbox";
  wrap.innerHTML = '<input class="usa-checkbox__input" type="checkbox" id="select-all"><label class="usa-checkbox__label" for="select-all">Select all on this page</label>';
  many.prepend(wrap);
  const all = wrap.querySelector("input");
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  form.addEventListener("change", () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && ticked < boxes.length;
  });
})();
