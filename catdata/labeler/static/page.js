// What both views share: talking to the server, the strip, the counts, and what is said aloud.

const POLL = 15000; // ms between two signs of life; the server lends photos for a minute

export const byId = (id) => document.getElementById(id);

// A tab keeps its name over a reload. It is in the store only while no page is shown, so that a
// duplicated tab is another one.
const tab = sessionStorage.getItem("tab") ?? crypto.randomUUID();
sessionStorage.removeItem("tab");

let changes = 0; // requests so far that change what is to be shown

/** Ask the server something; resolves to its answer, or to null after saying what is wrong. */
export async function ask(path, request) {
  if (path !== "/state") changes += 1;
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ tab, ...request }),
    });
  } catch {
    complain("The program has stopped. Nothing is lost: start it again with catdata label.");
    return null;
  }
  if (response.status === 403) {
    complain("The program was started again: open the address that it printed.");
    return null;
  }
  const answer = await response.json().catch(() => ({ error: "The program failed.", hint: "" }));
  if (!response.ok) {
    complain([answer.error, answer.hint].filter(Boolean).join(" "));
    return null;
  }
  return answer;
}

let standing = ""; // what stays wrong, said before whatever else is

/** Show what is wrong, or with no text take it away. */
export function complain(text = "") {
  const said = [standing, text].filter(Boolean).join(" ");
  byId("trouble").textContent = said;
  byId("trouble").hidden = !said;
}

/** Have a screen reader say something. */
export function say(text) {
  byId("live").textContent = text;
}

/** Make an element with text or children; attributes that are null are left out. */
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/** Tell why no photo is shown while some are left. */
export const whyNone = (view) =>
  view.elsewhere
    ? "The photos that are left are open in other tabs; a closed tab gives them back in a minute."
    : "Preparing photos…";

/** Show everything of an answer that both views have. */
export function showCommon(view, onBack) {
  if (view.trouble !== standing) {
    standing = view.trouble;
    complain();
    byId("finished").querySelector("h2").textContent = "There is nothing more to show";
  }
  showProgress(view.progress);
  showStrip(view.strip, onBack);
  showRefused(view.refused);
  byId("desk").hidden = view.finished;
  byId("finished").hidden = !view.finished;
  byId("again").hidden = !view.progress.skipped;
  if (view.finished) say("No photo is left. Done ends the program and says what to type next.");
}

function showProgress(progress) {
  const bar = byId("bar");
  bar.max = Math.max(progress.total, 1);
  bar.value = progress.total - progress.left;
  const { labelled, dataset } = progress;
  const parts = [
    `${progress.left}${progress.listing ? "+" : ""} left`,
    `this time: ${labelled.cat} cat, ${labelled["non-cat"]} non-cat`,
    `dataset: ${dataset.cat} cat, ${dataset["non-cat"]} non-cat`,
  ];
  if (progress.skipped) parts.push(`${progress.skipped} skipped`);
  if (progress.per_minute) parts.push(`${Math.round(progress.per_minute)} a minute`);
  byId("counts").replaceChildren(...parts.map((part) => make("span", {}, part)));
}

function showStrip(strip, onBack) {
  const items = strip.map((answer) => {
    const what = `${answer.name}: ${answer.label}. Take it back`;
    const button = make("button", { class: answer.label, "aria-label": what, title: what });
    button.append(make("img", { src: answer.square, alt: "" }), make("span", {}, answer.label));
    button.addEventListener("click", () => onBack(answer.key));
    return make("li", {}, button);
  });
  byId("strip").replaceChildren(...items.reverse());
}

function showRefused(refused) {
  const details = byId("refused");
  details.hidden = !refused.length;
  details.querySelector("summary").textContent = `${refused.length} not taken`;
  const items = refused.map(({ name, reason, hint }) =>
    make("li", {}, make("b", {}, name), ` ${reason}. ${hint}`),
  );
  details.querySelector("ul").replaceChildren(...items.reverse());
}

/** Say what became of answers; refusals are shown with their reason. */
export function tell(answers, next) {
  const bad = answers.filter(({ outcome }) => ["refused", "known"].includes(outcome));
  complain(bad.map(({ name, reason }) => `${name} was not taken: ${reason}.`).join(" "));
  const [first] = answers;
  const done = answers.filter((answer) => !bad.includes(answer));
  let text = "";
  if (done.length === 1) text = `${first.name}: ${first.label}. `;
  if (done.length > 1) text = `${done.length} photos: ${first.label}. `;
  say(text + next);
}

const KEYS = { c: "cat", 1: "cat", n: "non-cat", 0: "non-cat", s: "skip", b: "back" };

/** Call *answer* with cat, non-cat, skip or back when its key or button is used. */
export function onAnswer(answer) {
  document.addEventListener("keydown", (event) => {
    const word = KEYS[event.key.toLowerCase()];
    if (!word || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    answer(word);
  });
  for (const button of document.querySelectorAll("[data-answer]")) {
    button.addEventListener("click", () => answer(button.dataset.answer));
  }
}

/** Keep asking for the state, show it by *show*, and give photos back when the page goes. */
export function start(most, show) {
  const look = async () => {
    const before = changes;
    const view = await ask("/state", { most: most() });
    if (view && before === changes) show(view); // else it is out of date
  };
  byId("again").addEventListener("click", async () => {
    const view = await ask("/again", { most: most() });
    if (view) show(view);
  });
  setInterval(look, POLL);
  addEventListener("pagehide", () => {
    sessionStorage.setItem("tab", tab);
    const body = new Blob([JSON.stringify({ tab })], { type: "application/json" });
    navigator.sendBeacon("/leave", body);
  });
  addEventListener("pageshow", (event) => event.persisted && location.reload());
  return look();
}
