// What a learner is asked next: learning cards that are due, then due reviews, then new cards.

import { keyOf } from "./progress.js";
import { NEW } from "./fsrs.js";

/** Milliseconds by which a learning card may come early when nothing else is left, as in Anki. */
export const AHEAD = 20 * 60_000;

/** The faces of a card: numbers of Anki's templates, or numbers of its clozes minus one. */
export function facesOf(card) {
  if (card.faces) return card.faces.map(({ number }) => number);
  if (card.kind === "cloze") return card.clozes.map((number) => number - 1);
  return card.kind === "reversed" ? [0, 1] : [0];
}

/** Whether a card belongs to the learner's choice; an empty list chooses all. */
export function isChosen(card, { tags, decks, difficulties }) {
  const among = (list, value) => !list.length || list.includes(value);
  return among(decks, card.deck) && among(difficulties, card.difficulty)
    && (!tags.length || card.tags.some((tag) => tags.includes(tag)));
}

/**
 * What is to be studied on a day: lists of `{card, face, state}`.
 *
 * Of the faces of a card one is asked each day; the others are buried, except those that are being learnt. `states` and
 * `marks` are maps by `keyOf`, `sums` are today's.
 */
export function plan(cards, { states, marks, settings, sums }, day) {
  const learning = [], due = [], fresh = [];
  for (const card of cards) {
    if (!isChosen(card, settings)) continue;
    const faces = facesOf(card).map((face) => ({ card, face, state: states.get(keyOf(card.guid, face)) ?? NEW }));
    let isAsked = faces.some(({ state }) => state.lastDay === day);
    const open = faces.filter(({ face }) => isOpen(marks.get(keyOf(card.guid, face)), day));
    for (const item of open) {
      if (item.state.dueTime !== null) {
        learning.push(item);
        isAsked = true;
      }
    }
    if (isAsked) continue;
    const review = open.filter(({ state }) => state.dueDay !== null && state.dueDay <= day).sort(byDay)[0];
    const first = review ?? open.find(({ state }) => state.phase === "new");
    if (first) (review ? due : fresh).push(first);
  }
  learning.sort((one, other) => one.state.dueTime - other.state.dueTime);
  due.sort(byDay);
  return {
    learning,
    due: due.slice(0, Math.max(0, settings.reviewsPerDay - sums.due)),
    fresh: fresh.slice(0, Math.max(0, settings.newPerDay - sums.fresh)),
  };
}

const byDay = (one, other) => one.state.dueDay - other.state.dueDay;

/** Whether a face may be asked on a day. */
export function isOpen(mark, day) {
  return !mark || (!mark.suspended && (mark.buried === null || mark.buried <= day));
}

/** The next item of a plan at a time, or null. */
export function next({ learning, due, fresh }, time) {
  const [first] = learning;
  if (first && first.state.dueTime <= time) return first;
  return due[0] ?? fresh[0] ?? (first && first.state.dueTime <= time + AHEAD ? first : null);
}

/** How many reviews come on each of the next days; what is overdue counts for today. */
export function forecast(cards, { states, marks }, day, length) {
  const counts = new Array(length).fill(0);
  for (const card of cards) {
    for (const face of facesOf(card)) {
      const state = states.get(keyOf(card.guid, face));
      if (!state || marks.get(keyOf(card.guid, face))?.suspended) continue;
      const ahead = state.dueDay === null ? 0 : Math.max(0, state.dueDay - day);
      if (ahead < length) counts[ahead] += 1;
    }
  }
  return counts;
}
