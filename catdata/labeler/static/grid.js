// Many photos at once: choose some, answer for all of them.

import {
  ask, byId, complain, make, onAnswer, say, showCommon, start, tell, whyNone,
} from "./page.js";

const MOST = 24;

let photos = [];
let chosen = new Set();
let last = null; // where Shift-click begins
let busy = false;

function show(view) {
  const before = photos.map(({ key }) => key).join();
  photos = view.photos;
  byId("desk").setAttribute("aria-busy", String(!photos.length));
  if (photos.map(({ key }) => key).join() !== before || !photos.length) showTiles(view);
  showCommon(view, (key) => request("/back", { photo: key }));
}

function showTiles(view) {
  const keys = new Set(photos.map(({ key }) => key));
  chosen = new Set([...chosen].filter((key) => keys.has(key)));
  last = null;
  const old = new Map([...byId("tiles").children].map((tile) => [tile.dataset.key, tile]));
  const tiles = photos.map((photo) => old.get(photo.key) ?? makeTile(photo));
  const waiting = make("li", { class: "waiting" }, whyNone(view));
  byId("tiles").replaceChildren(...(tiles.length ? tiles : [waiting]));
  showChosen();
}

function makeTile(photo) {
  const button = make("button", { "aria-pressed": "false", title: photo.name });
  const notes = [photo.label, ...photo.models.map((model) => `${Math.round(100 * model.cat)} % cat`)];
  if (photo.near.length) notes.push("looks like a known one");
  const note = notes.filter(Boolean).join(", ");
  button.append(make("img", { src: photo.image, alt: "" }), make("span", {}, photo.name));
  if (note) button.append(make("small", {}, note));
  button.addEventListener("click", (event) => choose(photo.key, event.shiftKey));
  return make("li", { "data-key": photo.key }, button);
}

function choose(key, upTo) {
  const keys = photos.map((photo) => photo.key);
  const at = keys.indexOf(key);
  if (upTo && last !== null) {
    for (const between of keys.slice(Math.min(at, last), Math.max(at, last) + 1)) chosen.add(between);
  } else if (!chosen.delete(key)) {
    chosen.add(key);
  }
  last = at;
  showChosen();
}

function showChosen() {
  for (const tile of byId("tiles").querySelectorAll("[data-key]")) {
    tile.firstElementChild.setAttribute("aria-pressed", String(chosen.has(tile.dataset.key)));
  }
  byId("chosen").textContent = `${chosen.size} chosen`;
}

function chooseAll(all) {
  chosen = new Set(all ? photos.map(({ key }) => key) : []);
  showChosen();
  say(byId("chosen").textContent);
}

async function request(path, asked) {
  if (busy) return;
  busy = true;
  complain();
  let view = await ask(path, { most: MOST, ...asked });
  if (view) {
    const { answers } = view;
    if (view.photos.length < MOST && !view.finished) {
      view = (await ask("/state", { most: MOST })) ?? view;
    }
    show(view);
    tell(answers, `${view.photos.length} photos to choose from.`);
    if (asked.photos?.length > answers.length) complain("Another tab has some of them by now.");
  }
  busy = false;
}

onAnswer((word) => {
  if (word === "back") request("/back", { photo: null });
  else if (chosen.size) request("/answer", { photos: [...chosen], label: word });
  else complain("Choose photos first: click them, or press A for all.");
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.toLowerCase() === "a") chooseAll(true);
  if (event.key === "Escape") chooseAll(false);
});
byId("all").addEventListener("click", () => chooseAll(true));
byId("none").addEventListener("click", () => chooseAll(false));
showTiles({});
start(() => MOST, (view) => busy || show(view)).then(() => say(`${photos.length} photos to choose from.`));
