// Small comforts. Every page works without this file; nothing here talks to anybody.

// Show or hide what was typed in a password field. The button is hidden until there is script to serve it.
for (const button of document.querySelectorAll("button[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = field.type === "password";
    field.type = shown ? "text" : "password";
    button.textContent = shown ? button.dataset.hide : button.dataset.show;
    field.focus();
  });
  // Browsers remember fields by type; a password must not be kept as ordinary text.
  field.form?.addEventListener("submit", () => { field.type = "password"; });
}

// The list of rules turns green one by one. What only the server can judge says so.
for (const list of document.querySelectorAll("[data-rules]")) {
  const first = document.getElementById(list.dataset.rules);
  const again = document.getElementById(list.dataset.again);
  const personal = list.dataset.personal.split("\n").map(fold).filter((word) => word.length > 2);
  const met = {
    length: (text) => [...text.normalize("NFC")].length >= Number(list.dataset.minimum),
    personal: (text) => text !== "" && !personal.some((word) => fold(text).includes(word)),
    same: (text) => text !== "" && text === again.value,
  };
  const judge = () => {
    for (const rule of list.querySelectorAll("[data-rule]")) {
      const isMet = met[rule.dataset.rule](first.value);
      if (rule.classList.toggle("met", isMet) !== rule.wasMet) {
        rule.wasMet = isMet;
        rule.querySelector("[data-state]").textContent = isMet ? list.dataset.met : list.dataset.unmet;
      }
    }
  };
  first.addEventListener("input", judge);
  again.addEventListener("input", judge);
  judge();
}

function fold(text) {
  return text.normalize("NFKC").toLowerCase();
}

// Times stand in UTC; here is somebody's own clock. What was written stays to be read by pointing at it.
const clock = new Intl.DateTimeFormat(
  { en: "en-GB" }[document.documentElement.lang] ?? document.documentElement.lang,
  { dateStyle: "long", timeStyle: "short" },
);
for (const time of document.querySelectorAll("time[data-utc]")) {
  time.textContent = time.textContent.replace(time.dataset.utc, () => clock.format(new Date(time.dateTime)));
  time.title = time.dataset.utc;
}
for (const note of document.querySelectorAll("[data-zone]")) note.hidden = true;

// On a narrow screen the strip of rooms shows the one that is open.
document.querySelector(".rooms > nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// What went wrong is read out first.
document.getElementById("summary")?.focus();

// A button pressed twice is a mistake of the hand. After five seconds, or by the browser's history, it is live again.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 5000);
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The language list closes by Escape or a press elsewhere.
for (const list of document.querySelectorAll("details.languages")) {
  addEventListener("click", (event) => { if (!list.contains(event.target)) list.open = false; });
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !list.open) return;
    list.open = false;
    list.querySelector("summary").focus();
  });
}
