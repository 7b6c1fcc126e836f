// Pages are whole without this. With it, times are in the reader's zone, a submission's page follows it, a scoreboard stays
// fresh, its clock counts, and a chosen file fills the form.
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

// Only the part of the page that lives is taken anew, so that what is typed elsewhere stays; the focus stays where it was.
async function takeAnew() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const at = document.getElementById("live");
  const next = fresh.getElementById("live");
  if (!at || !next) return;
  const places = root => [...root.querySelectorAll("a[href], button, input, select, textarea, [tabindex]")];
  const focused = places(at).indexOf(document.activeElement);
  localTimes(next);
  at.replaceWith(next);
  places(next)[focused]?.focus({ preventScroll: true });
}

// At most so often, in milliseconds.
function soonAfter(pause) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    setTimeout(async () => { waiting = false; await refresh(); }, pause);
  };
}

// A contest's clock counts on from what the page says of it.
const hours = ms => {
  const s = Math.floor(ms / 1000);
  const two = n => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
};
function tick() {
  for (const clock of document.querySelectorAll("[data-elapsed]")) {
    clock.since ??= performance.now();
    const duration = Number(clock.dataset.duration);
    const elapsed = Number(clock.dataset.elapsed) + performance.now() - clock.since;
    clock.textContent = `${hours(Math.min(elapsed, duration))} of ${hours(duration)}`;
  }
}

// A submission: until it is judged.
function follow(address) {
  const events = new EventSource(address);
  const soon = soonAfter(150);
  // It may have ended between the page and the first event.
  events.addEventListener("state", event => {
    if (JSON.parse(event.data).status === "done") events.close();
    soon();
  });
  for (const kind of ["compiling", "compiled", "test_done", "resync"]) events.addEventListener(kind, soon);
  events.addEventListener("judged", () => { events.close(); refresh(); });
}

// A contest: as long as the page is open. What was missed while the connection was lost is made up for by `contest`.
function watch(address) {
  const events = new EventSource(address);
  const soon = soonAfter(1000);
  for (const kind of ["contest", "state", "scoreboard", "clarification", "resync"]) events.addEventListener(kind, soon);
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
  tick();
  setInterval(tick, 1000);
  const followed = document.querySelector("[data-follow]");
  if (followed) follow(followed.dataset.follow);
  const watched = document.querySelector("[data-watch]");
  if (watched) watch(watched.dataset.watch);
  const isRefreshed = () => document.querySelector("[data-refresh]");
  if (isRefreshed()) setInterval(() => isRefreshed() && refresh(), 1000 * Number(isRefreshed().dataset.refresh));
  const file = document.getElementById("file");
  // Its text is in the form then, to be looked at; it is not sent twice.
  if (file) { file.removeAttribute("name"); fileInto(file); }
});
