// The sides of a card, taken out of its page.

import { element } from "./elements.js";
import { word } from "./words.js";

const KEPT = 40;
const ADDRESSES = ["src", "href", "poster", "data"];

/** Pages of cards, fetched when they are needed; the last ones are kept. */
export class CardPages {
  constructor(root) {
    this.root = root;
    this.kept = new Map();
  }

  /** The element of a card; rejects if its page cannot be fetched or does not have it. */
  async article(card) {
    const found = this.kept.get(card.guid) ?? this.fetched(card);
    this.kept.delete(card.guid);
    this.kept.set(card.guid, found);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
    try {
      return await found;
    } catch (error) {
      this.kept.delete(card.guid);
      throw error;
    }
  }

  async fetched(card) {
    const address = new URL(card.page, this.root);
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const article = [...page.querySelectorAll("article[data-guid]")].find((one) => one.dataset.guid === card.guid);
    if (!article) throw new Error("no card");
    makeAbsolute(article, answer.url || address);
    return article;
  }
}

function makeAbsolute(article, address) {
  for (const name of ADDRESSES) {
    for (const one of article.querySelectorAll(`[${name}]`)) {
      const value = one.getAttribute(name);
      if (!value.startsWith("#")) one.setAttribute(name, new URL(value, address).href);
    }
  }
  for (const one of article.querySelectorAll("[srcset]")) one.removeAttribute("srcset");
  for (const one of article.querySelectorAll("[loading]")) one.removeAttribute("loading");
}

/** Copies of parts of a card, such as its question. */
function parts(article, ...names) {
  const chosen = names.map((name) => `.${name}`).join(",");
  return [...article.querySelectorAll(chosen)]
    .filter((part) => !part.parentElement.closest(chosen))
    .map((part) => {
      const copy = document.importNode(part, true);
      copy.hidden = false;
      return copy;
    });
}

/** What is asked: nodes. `input` is the field for a typed answer. */
export function front(article, card, face, input) {
  if (card.kind === "reversed" && face === 1) {
    return [heading(word("Which question has this answer?")), ...parts(article, "answer")];
  }
  const question = parts(article, "question");
  if (card.kind === "cloze") question.forEach((part) => blanked(part, face + 1));
  return [heading(card.title), ...question, input ?? null].filter(Boolean);
}

/** The answer: nodes, besides the question. */
export function back(article, card, face) {
  const rest = ["details", "figures"];
  if (card.kind === "cloze") {
    const text = parts(article, "question");
    text.forEach((part) => filledIn(part, face + 1));
    return [...text, ...parts(article, "answer", ...rest)];
  }
  if (card.kind === "reversed" && face === 1) return [...parts(article, "question"), ...parts(article, ...rest)];
  if (card.typed !== null && card.typed !== undefined) return parts(article, ...rest);
  return parts(article, "answer", ...rest);
}

const heading = (text) => element("p", { class: "study-title" }, text);

function isAsked(blank, number) {
  return blank.dataset.cloze.split(/[ ,]+/).includes(String(number));
}

function blanked(part, number) {
  for (const blank of part.querySelectorAll("[data-cloze]")) {
    if (!isAsked(blank, number)) {
      blank.classList.remove("cloze");
      continue;
    }
    const hint = blank.dataset.hint || "…";
    blank.replaceWith(element("span", { class: "study-blank" }, element("span", { class: "study-only-heard" },
      word("blank") + ": "), `[${hint}]`));
  }
}

function filledIn(part, number) {
  for (const blank of part.querySelectorAll("[data-cloze]")) {
    blank.classList.remove("cloze");
    if (isAsked(blank, number)) blank.classList.add("study-filled");
  }
}
