// Shows those of the page's attempts that are asked for. Reads attributes and text, and writes none but its own choices.
"use strict";

const at = (id) => document.getElementById(id);
const attempts = [...document.querySelectorAll("#list .attempt")];
const places = [...document.querySelectorAll("#list .place")];
const names = ["problem", "place", "outcome", "error"];

function offer(name, values) {
  for (const value of [...new Set(values)].filter(Boolean)) at(`by-${name}`).add(new Option(value, value));
}

function fits(attempt, text) {
  const same = names.every((name) => name === "place" || !at(`by-${name}`).value || attempt.dataset[name] === at(`by-${name}`).value);
  return same && (!text || attempt.textContent.toLowerCase().includes(text));
}

function show() {
  const text = at("by-text").value.toLowerCase();
  const [left, right] = [at("by-place").value, at("by-beside").value];
  let count = 0;
  for (const place of places) {
    const name = place.dataset.place;
    const wanted = (!left && !right) || name === left || name === right;
    for (const attempt of place.querySelectorAll(".attempt")) {
      attempt.hidden = !wanted || !fits(attempt, text);
      count += !attempt.hidden;
    }
    place.hidden = !wanted;
  }
  at("list").classList.toggle("two", Boolean(left && right && left !== right));
  at("found").textContent = `${count} of ${attempts.length} attempts`;
}

if (attempts.length) {
  for (const name of names) offer(name, attempts.map((attempt) => attempt.dataset[name]));
  offer("beside", places.map((place) => place.dataset.place));
  at("filter").addEventListener("input", show);
  at("filter").hidden = false;
  show();
}
