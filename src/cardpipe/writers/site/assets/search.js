// The search page: a scan of the texts of all cards, which are loaded once.

import { pause } from "./elements.js";

const MOST = 50;
const FIRST = 10; // results that are shown at once; the others follow
const AROUND = 70;
const LONGEST = 200; // characters of a query
const STEP = 8; // milliseconds of work until the browser can draw and handle input

const form = document.getElementById("search");
const box = document.getElementById("words");
const found = document.getElementById("found");
const results = document.getElementById("results");

const MARKS = /\p{M}+/gu;
const BEYOND_ASCII = /[^\x00-\x7f]/;

// A text without what makes no difference to a search: case, accents, vowel signs, widths of letters.
export const folded = text => !BEYOND_ASCII.test(text) ? text.toLowerCase() :
  text.normalize("NFKD").replace(MARKS, "").toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").replaceAll("ـ", "");

// Scripts without spaces: of what is not found as a whole there, all characters are looked for, best in pairs.
const UNSPACED = /^[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]{3,}$/u;
const characters = word => UNSPACED.test(word) ? [...word] : [word];
const pairs = word => characters(word).length > 1 ? [...word].slice(1).map((character, place) => [...word][place] + character) : [word];

// Weights of ID, title, tags, question and answer: what begins a text counts more than what begins a word in it,
// and that more than what is within a word.
const WEIGHTS = [40, 30, 16, 6, 3];
const isLetter = character => /[\p{L}\p{N}]/u.test(character);

export class Index {
  constructor(cards) {
    this.cards = cards;
    this.texts = [];
    this.last = {words: [], numbers: []};
  }

  // Fold all texts, in steps.
  async prepare() {
    let end = performance.now() + STEP;
    for (let number = 0; number < this.cards.length; number++) {
      this.textsOf(number);
      if (performance.now() > end) {
        await pause();
        end = performance.now() + STEP;
      }
    }
    return this;
  }

  textsOf(number) {
    return this.texts[number] ??= this.cards[number].map(folded);
  }

  // The numbers of the cards that have every word, the best first.
  search(query) {
    const words = folded(query).split(/\s+/).filter(Boolean);
    if (!words.length) return {words, numbers: []};
    // A query that only goes on where the last one ended is looked for in its results.
    const last = this.last;
    const goesOn = last.words.length > 0 && last.words.length <= words.length &&
      last.words.every((word, number) => words[number].startsWith(word));
    const numbers = this.withAll(words, goesOn ? last.numbers : this.cards.keys());
    this.last = {words, numbers};
    const single = words.flatMap(characters);
    if (numbers.length || single.length === words.length) return {words, numbers};
    const parts = words.flatMap(pairs);
    return {words: parts, numbers: this.withAll(single, this.cards.keys(), parts)};
  }

  // The numbers of the cards that have all words; those that have some of `better` come first.
  withAll(words, among, better = []) {
    const scored = [];
    for (const number of among) {
      const texts = this.textsOf(number);
      let score = 0;
      for (const word of words) {
        const own = scoreOf(texts, word);
        if (!own) { score = 0; break; }
        score += own;
      }
      if (score) for (const word of better) score += 100 * scoreOf(texts, word);
      if (score) scored.push([score, number]);
    }
    scored.sort((one, other) => other[0] - one[0] || one[1] - other[1]);
    return scored.map(([, number]) => number);
  }
}

function scoreOf(texts, word) {
  let best = 0;
  for (let field = 0; field < texts.length; field++) {
    const weight = WEIGHTS[field];
    if (weight * 4 <= best) break;
    const at = texts[field].indexOf(word);
    if (at < 0) continue;
    const score = at === 0 ? weight * 4 : isLetter(texts[field][at - 1]) ? weight : weight * 2;
    if (score > best) best = score;
  }
  return best;
}

// The places of the words in a text as it is shown: folding can change how long a text is.
export function places(text, words) {
  let plain = "";
  const from = [];
  let position = 0;
  for (const character of text) {
    const own = folded(character);
    for (let count = 0; count < own.length; count++) from.push(position);
    plain += own;
    position += character.length;
    if (!own && from.length) continue;
  }
  from.push(position);
  const spans = [];
  for (const word of words) {
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + word.length)) {
      spans.push([from[at], endOf(from, at + word.length)]);
    }
  }
  spans.sort((one, other) => one[0] - other[0] || other[1] - one[1]);
  const apart = [];
  for (const span of spans) {
    const before = apart.at(-1);
    if (before && span[0] <= before[1]) before[1] = Math.max(before[1], span[1]);
    else apart.push([...span]);
  }
  return apart;
}

// Where the character begins that follows the last one of a word.
function endOf(from, at) {
  const last = from[at - 1];
  while (at < from.length - 1 && from[at] === last) at++;
  return from[at];
}

function marked(text, words, short) {
  let spans = places(text, words);
  let start = 0;
  let end = text.length;
  if (short && end > 2 * AROUND) {
    const middle = spans.length ? spans[0][0] : 0;
    start = middle > AROUND ? text.indexOf(" ", middle - AROUND) + 1 : 0;
    if (start <= 0 || start > middle) start = Math.max(0, middle - AROUND);
    end = Math.min(text.length, start + 2 * AROUND);
    if (end < text.length) end = Math.max(text.lastIndexOf(" ", end), spans.length ? spans[0][1] : 0) || end;
    spans = spans.filter(span => span[0] >= start && span[1] <= end);
  }
  const parts = document.createDocumentFragment();
  if (start) parts.append("…");
  let position = start;
  for (const [from, to] of spans) {
    const mark = document.createElement("mark");
    mark.textContent = text.slice(from, to);
    parts.append(text.slice(position, from), mark);
    position = to;
  }
  parts.append(text.slice(position, end));
  if (end < text.length) parts.append("…");
  return parts;
}

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function item(card, words) {
  const [id, title, , question, answer] = card;
  const link = element("a", "", element("span", "id", marked(id, words)), " ", element("span", "name", marked(title, words)));
  link.href = `${form.dataset.root}card/${id}/`;
  const inAnswer = !places(question, words).length && places(answer, words).length > 0;
  return element("li", "", link, element("p", "excerpt", marked(inAnswer ? answer : question, words, true)));
}

let shown = 0;

async function show(index) {
  const turn = ++shown;
  const {words, numbers} = index.search(box.value.slice(0, LONGEST));
  const items = (from, to) => numbers.slice(from, to).map(number => item(index.cards[number], words));
  results.replaceChildren(...items(0, FIRST));
  found.textContent = !words.length ? "" : numbers.length ? `${found.dataset.found} ${numbers.length}` : found.dataset.none;
  await pause();
  if (turn !== shown) return;
  results.append(...items(FIRST, MOST));
  remember();
}

// The query in the address, so that it is there again when a reader comes back.
function remember() {
  const query = box.value.trim();
  const address = new URL(location.href);
  if (address.searchParams.get("q") === (query || null)) return;
  if (query) address.searchParams.set("q", query);
  else address.searchParams.delete("q");
  history.replaceState(null, "", address);
}

async function loaded() {
  const response = await fetch(form.dataset.cards);
  if (!response.ok) throw new Error(`${response.status}`);
  const {format, cards} = await response.json();
  if (format !== 1) throw new Error("format");
  await pause();
  return new Index(cards).prepare();
}

function step(event, by) {
  const links = [...results.querySelectorAll("a")];
  const now = links.indexOf(document.activeElement);
  const next = now + by;
  if (!links.length || (now < 0 && by < 0)) return;
  event.preventDefault();
  if (next < 0) box.focus();
  else links[Math.min(next, links.length - 1)].focus();
}

if (form) {
  found.replaceChildren();
  let index = null;
  const update = async () => {
    index ??= loaded();
    if (box.value.trim() && !results.childElementCount) found.textContent = found.dataset.loading;
    try {
      show(await index);
    } catch {
      index = null; // the next key tries again
      found.textContent = found.dataset.failed;
    }
  };
  box.value = (new URL(location.href).searchParams.get("q") ?? "").slice(0, LONGEST);
  box.addEventListener("input", update);
  form.addEventListener("submit", event => {
    event.preventDefault();
    results.querySelector("a")?.click();
  });
  document.addEventListener("keydown", event => {
    if (event.key === "ArrowDown" && (event.target === box || results.contains(event.target))) step(event, 1);
    if (event.key === "ArrowUp" && results.contains(event.target)) step(event, -1);
    if (event.key === "Escape" && results.contains(event.target)) box.focus();
  });
  update();
}
