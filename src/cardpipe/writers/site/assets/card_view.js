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
      if (!value.startsWith("#")) one.setAttribute(name, absolute(value, address));
    }
  }
  for (const one of article.querySelectorAll("[srcset]")) one.removeAttribute("srcset");
  for (const one of article.querySelectorAll("[loading]")) one.removeAttribute("loading");
}

function absolute(value, base) {
  try {
    return new URL(value, base).href;
  } catch {
    return value; // an address that no browser follows
  }
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
  if (card.faces) return [...parts(section(article, face), "question"), input ?? null].filter(Boolean);
  if (card.kind === "reversed" && face === 1) {
    return [heading(word("Which question has this answer?")), ...parts(article, "answer")];
  }
  const question = parts(article, "question");
  if (card.kind === "cloze") showOthers(question, parts(article, "answer"), face + 1);
  return [card.heading ? null : heading(card.title), ...question, input ?? null].filter(Boolean);
}

/** The answer: nodes, besides the question. */
export function back(article, card, face) {
  const rest = ["details", "references"];
  if (card.faces) return [...parts(section(article, face), "answer"), ...parts(article, ...rest)];
  // A title that the question does not show stands with the answer; a cloze shows it again, since its text is repeated.
  const title = card.heading === "back" || (card.kind === "cloze" && !card.heading) ? [heading(card.title)] : [];
  if (card.kind === "reversed" && face === 1) return [...parts(article, "question"), ...parts(article, ...rest)];
  if (typedAnswer(card, face)) return [...title, ...parts(article, ...rest)];
  const made = parts(article, "answer", ...rest);
  if (card.kind === "cloze") deletions(made).forEach((one) => marked(one, isAsked(one, face + 1)));
  return [...title, ...made];
}

/** The answer to type; null if there is none. */
export function typedAnswer(card, face) {
  if (card.faces) return card.faces.find(({ number }) => number === face)?.typed ?? null;
  return card.kind === "typed" && card.typed ? card.typed : null;
}

/** The part of a note's page that holds a face. */
const section = (article, face) => article.querySelector(`section.face[data-face="${Number(face)}"]`) ?? article;

const heading = (text) => element("p", { class: "study-title" }, text);

/** The outermost deletions of a text, in order. */
function deletions(nodes) {
  return nodes.flatMap((node) => [...node.querySelectorAll("[data-cloze]")])
    .filter((one) => !one.parentElement.closest("[data-cloze]"));
}

/** Whether a deletion has a number; a formula with several of them has all of their numbers. */
function isAsked(deletion, number) {
  return deletion.dataset.cloze.split(" ").includes(String(number));
}

function marked(deletion, asked) {
  deletion.classList.remove("cloze");
  if (asked) deletion.classList.add("study-filled");
}

/**
 * Fill in the deletions of a question that are not asked.
 *
 * The question of a card's page has blanks for all of them, and its answer begins with the same text filled in.
 */
function showOthers(question, answer, number) {
  const filled = deletions(answer);
  deletions(question).forEach((blank, place) => {
    if (isAsked(blank, number)) {
      blank.classList.add("study-blank");
      blank.prepend(element("span", { class: "study-only-heard" }, `${word("blank")}: `));
    } else if (filled[place]) {
      marked(filled[place], false);
      blank.replaceWith(filled[place]);
    }
  });
}
