// One photo large. The next ones are fetched and decoded while this one is looked at.

import {
  ask, byId, complain, make, onAnswer, say, showCommon, start, tell, whyNone,
} from "./page.js";

const AHEAD = 5; // photos that this tab holds, the shown one included

let photos = [];
let pictures = new Map(); // by key: the elements of a photo, fetched ahead
let shown = null;
let busy = false;

function fetchAhead() {
  const wanted = new Map();
  for (const photo of photos) {
    wanted.set(photo.key, pictures.get(photo.key) ?? fetchPictures(photo));
  }
  pictures = wanted;
}

function fetchPictures(photo) {
  const image = make("img", { src: photo.image, alt: `Photo ${photo.name}`, id: "picture" });
  const square = make("img", { src: photo.square, alt: "The photo as small as the network sees it" });
  image.decode().catch(() => {}); // so that showing it later costs nothing
  square.decode().catch(() => {});
  return { image, square };
}

function show(view) {
  photos = view.photos;
  fetchAhead();
  const [photo] = photos;
  byId("desk").setAttribute("aria-busy", String(!photo));
  if (photo) showPhoto(photo);
  else clear(view);
  showCommon(view, takeBack);
}

function showPhoto(photo) {
  if (photo.key !== shown) {
    const { image, square } = pictures.get(photo.key);
    byId("frame").replaceChildren(image);
    byId("square").replaceChildren(square);
    byId("name").textContent = photo.name;
    byId("photo").dataset.key = photo.key;
    shown = photo.key;
  }
  byId("facts").replaceChildren(...facts(photo).flatMap(([term, value]) => [
    make("dt", {}, term),
    make("dd", {}, value),
  ]));
  showNear(photo.near[0]);
}

function facts(photo) {
  const list = photo.size ? [["Size", photo.size]] : [];
  if (photo.label) list.push(["Label now", photo.label]);
  if (photo.believed !== null) list.push(["Label believed", percent(photo.believed)]);
  for (const model of photo.models) list.push([`${model.name} says`, `${percent(model.cat)} cat`]);
  for (const warning of photo.warnings) list.push(["Note", warning]);
  return list;
}

const percent = (share) => `${Math.round(100 * share)} %`;

function showNear(near) {
  byId("near").hidden = !near;
  if (!near) return;
  const text = `Looks like ${near.name}, which is labelled ${near.label}`;
  const [present] = byId("near-picture").children;
  if (present?.getAttribute("src") !== near.image) {
    byId("near-picture").replaceChildren(make("img", { src: near.image, alt: text }));
  }
  byId("near-name").replaceChildren(
    `Looks like ${near.name}, which is labelled `,
    make("b", {}, near.label),
  );
}

function clear(view) {
  shown = null;
  byId("frame").replaceChildren(make("p", { class: "waiting" }, whyNone(view)));
  byId("square").replaceChildren();
  byId("facts").replaceChildren();
  byId("name").textContent = "";
  delete byId("photo").dataset.key;
  showNear(null);
}

async function request(path, asked) {
  if (busy) return;
  busy = true;
  complain();
  let view = await ask(path, { most: AHEAD, ...asked });
  if (view) {
    const { answers } = view;
    if (!view.photos.length && !view.finished) {
      clear(view);
      view = (await ask("/state", { most: AHEAD })) ?? view;
    }
    show(view);
    const [next] = view.photos;
    tell(answers, next ? `Next: ${next.name}.` : "");
    if (path === "/answer" && !answers.length) complain("Another tab has that photo by now.");
  }
  busy = false;
}

const takeBack = (key) => request("/back", { photo: key });

onAnswer((word) => {
  if (word === "back") takeBack(null);
  else if (photos.length) request("/answer", { photos: [photos[0].key], label: word });
});
clear({});
start(() => AHEAD, (view) => busy || show(view)).then(() => {
  if (photos.length) say(`First: ${photos[0].name}.`);
});
