// Pages are whole without this. With it, times are in the reader's zone, a submission's page follows it, a scoreboard stays
// fresh, and a chosen file fills the form.
"use strict";

function localTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) time.textContent = date.toLocaleString();
  }
}

// Takes the page's main part anew, one after another, so that no older one comes last.
let isBusy = false;
let isStale = false;
async function refresh() {
  isStale = true;
  if (isBusy) return;
  isBusy = true;
  try {
    while (isStale) {
      isStale = false;
      await takeAnew();
    }
  } finally {
    isBusy = false;
  }
}

// What is typed or focused elsewhere stays.
async function takeAnew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.querySelector("main");
  const next = fresh.querySelector("main");
  if (main && next) {
    main.replaceChildren(...next.childNodes);
    localTimes(main);
  }
}

function follow(address) {
  const events = new EventSource(address);
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => { waiting = false; await refresh(); }, 150);
  };
  // It may have ended between the page and the first event.
  events.addEventListener("state", event => {
    if (JSON.parse(event.data).status === "done") events.close();
    soon();
  });
  for (const kind of ["compiling", "compiled", "test_done", "resync"]) events.addEventListener(kind, soon);
  events.addEventListener("judged", () => { events.close(); refresh(); });
}

function fileInto(input) {
  const source = document.getElementById("source");
  const language = document.getElementById("language");
  input.addEventListener("change", async () => {
    const file = input.files[0];
    if (!file) return;
    source.value = await file.text();
    const ending = file.name.split(".").pop().toLowerCase();
    for (const option of language.options) {
      if ((option.dataset.endings || "").split(" ").includes(ending)) { language.value = option.value; break; }
    }
  });
}

document.addEventListener("DOMContentLoaded", () => {
  localTimes(document);
  const followed = document.querySelector("[data-follow]");
  if (followed) follow(followed.dataset.follow);
  const isRefreshed = () => document.querySelector("[data-refresh]");
  if (isRefreshed()) setInterval(() => isRefreshed() && refresh(), 1000 * Number(isRefreshed().dataset.refresh));
  const file = document.getElementById("file");
  if (file) { file.closest("label").hidden = false; fileInto(file); }
});
