/* Sends chosen files one after the other and shows how far each is. The form works without. */
(() => {
  "use strict";

  const UNREAD = "This file was not sent. Try again.";
  const SIGNED_OUT = "This file was not sent: you were signed out. Load this page again.";

  const row = (list, name) => {
    const line = document.createElement("li");
    const label = document.createElement("span");
    const bar = document.createElement("progress");
    label.textContent = name;
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", name);
    line.append(label, bar);
    list.append(line);
    return {
      at: (share) => { bar.value = share; },
      end: (words, good) => {
        bar.remove();
        const said = document.createElement("strong");
        said.textContent = words;
        said.className = good ? "td-progress__good" : "td-progress__bad";
        line.append(said);
      },
    };
  };

  const refusal = (request) => {
    try {
      const answer = JSON.parse(request.responseText);
      return answer.refused.length ? answer.refused.map((one) => one.why).join(" ") : "";
    } catch {
      if (new URL(request.responseURL || location.href).pathname === "/accounts/login/") return SIGNED_OUT;
      return request.status === 413 ? "This file is too large." : UNREAD;
    }
  };

  const sendOne = (form, file, number, shown) => new Promise((done) => {
    const body = new FormData(form);
    body.delete("files");
    body.append("files", file);
    body.set("attempt", `${body.get("attempt")}-${number}`);
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) shown.at(Math.round((100 * event.loaded) / event.total));
    });
    request.addEventListener("loadend", () => {
      const why = request.status ? refusal(request) : UNREAD;
      shown.end(why || "Added", !why);
      done(!why);
    });
    request.send(body);
  });

  /* Some went and some did not: the list above says what is there now, the lines what is not. */
  const refresh = async () => {
    if (!document.querySelector("[data-files]")) return;
    const page = await fetch(location.href, { headers: { Accept: "text/html" } });
    const read = new DOMParser().parseFromString(await page.text(), "text/html");
    const fresh = read.querySelector("[data-files]");
    if (fresh) document.querySelector("[data-files]").replaceWith(fresh);
  };

  const sendAll = async (form) => {
    const list = form.querySelector("[data-upload-progress]");
    const button = form.querySelector("button[type=submit]");
    list.replaceChildren();
    button.disabled = true;
    let good = true;
    const files = [...form.elements.files.files];
    for (const [number, file] of files.entries()) {
      good = (await sendOne(form, file, number, row(list, file.name))) && good;
    }
    button.disabled = false;
    form.elements.attempt.value = `${Date.now()}`.padEnd(24, form.elements.attempt.value);
    if (good) {
      location.reload();
      return;
    }
    form.elements.files.value = "";
    await refresh();
  };

  document.querySelectorAll("form[data-upload]").forEach((form) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      sendAll(form);
    });
  });
})();
