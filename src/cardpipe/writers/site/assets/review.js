// One card after the other: question, answer, grade.

import { back, front, typedAnswer } from "./card_view.js";
import { button, element } from "./elements.js";
import { AGAIN, EASY, GOOD, HARD, reviewed } from "./fsrs.js";
import { Outdated } from "./progress.js";
import { facesOf, isOpen, next } from "./queue.js";
import { compared } from "./typed.js";
import { shownDays, shownDelay, shownNumber, shownTime, word } from "./words.js";

/** Milliseconds that are counted for one review at most, as in Anki. */
const LONGEST = 60_000;
const GRADES = [
  [AGAIN, "again", () => word("Again")],
  [HARD, "hard", () => word("Hard")],
  [GOOD, "good", () => word("Good")],
  [EASY, "easy", () => word("Easy")],
];

export class Review {
  constructor(study) {
    this.study = study;
    this.item = null;
    this.isAnswered = false;
    /** Whether the card is not shown yet, so that no key can answer, bury or suspend it unseen. */
    this.isLoading = false;
    /** What is loaded for a card that is no longer shown is dropped. */
    this.turn = 0;
    this.counts = element("p", { class: "study-counts" });
    this.undoButton = button(word("Undo"), () => this.undo(), { "aria-keyshortcuts": "u" });
    this.buryButton = button(word("Bury"), () => this.bury(), { "aria-keyshortcuts": "b" });
    this.suspendButton = button(word("Suspend"), () => this.suspend(), { "aria-keyshortcuts": "s" });
    this.card = element("article", { class: "study-card" });
    this.controls = element("div", { class: "study-controls" });
  }

  async show() {
    const leave = button(word("Overview"), () => this.study.showOverview(), { "aria-keyshortcuts": "Escape" });
    this.study.view.replaceChildren(
      element("h1", { class: "study-only-heard" }, word("Study")),
      element("div", { class: "study-bar" }, leave, this.counts,
        element("div", { class: "study-actions" }, this.undoButton, this.buryButton, this.suspendButton)),
      this.card, this.controls);
    await this.advance();
  }

  /** Called when progress changed in another window or the page is seen again. */
  async refresh() {
    if (!this.item) return this.advance();
    const { card: { guid }, face, state: shown } = this.item;
    const { progress } = this.study;
    const state = progress.state(guid, face);
    const isSame = state.reps === shown.reps && state.lastTime === shown.lastTime;
    if (isSame && (this.isTakenBack || isOpen(progress.mark(guid, face), this.study.today()))) {
      return this.updateBar(this.study.plan());
    }
    await this.advance();
    return this.study.tell(word("This card was changed in another window."));
  }

  /** Show the next card, or `wanted` after it was taken back. */
  async advance(wanted = null) {
    clearTimeout(this.waiting);
    if (this.study.current !== this) return undefined;
    const turn = (this.turn += 1);
    const plan = this.study.plan();
    this.item = wanted ?? next(plan, Date.now());
    this.isTakenBack = Boolean(wanted);
    this.isAnswered = false;
    this.article = null;
    this.isLoading = Boolean(this.item);
    this.updateBar(plan);
    if (!this.item) return this.finish(plan);
    const { card, face } = this.item;
    let article;
    try {
      article = await this.study.pages.article(card);
    } catch {
      if (turn === this.turn) this.unreachable();
      return undefined;
    }
    if (turn !== this.turn) return undefined;
    this.article = article;
    this.isLoading = false;
    this.shownAt = Date.now();
    this.question(card, face);
    this.prefetch(plan);
    return undefined;
  }

  updateBar({ learning, due, fresh }) {
    const count = (name, list, kind) => {
      const isCurrent = this.item && list.includes(this.item);
      return element("span", { class: `count-${kind}`, "aria-current": isCurrent ? "true" : null },
        element("span", { class: "name" }, name), " ", element("strong", {}, shownNumber(list.length)));
    };
    this.counts.replaceChildren(
      count(word("New"), fresh, "new"), count(word("Learning"), learning, "learning"), count(word("Due"), due, "due"));
    this.undoButton.disabled = !this.study.progress.history.length;
    this.buryButton.disabled = this.suspendButton.disabled = !this.item;
  }

  question(card, face) {
    this.input = null;
    if (typedAnswer(card, face)) {
      this.input = element("input", {
        type: "text", autocomplete: "off", autocapitalize: "none", spellcheck: "false",
        keydown: (event) => { if (event.key === "Enter" && !event.isComposing) this.answer(); },
      });
    }
    const field = this.input && element("label", { class: "study-typed-field" }, word("Your answer"), this.input);
    this.front = element("section", { class: "study-front", tabindex: "-1", "aria-label": word("Question") },
      front(this.article, card, face, field));
    this.card.replaceChildren(this.front);
    const show = button(word("Show answer"), () => this.answer(), { class: "primary", "aria-keyshortcuts": "Space" });
    this.controls.replaceChildren(show);
    globalThis.scrollTo(0, 0);
    (this.input ?? this.front).focus({ preventScroll: true });
    this.study.say(word("Question"));
  }

  answer() {
    if (!this.article || this.isAnswered) return;
    this.isAnswered = true;
    const { card, face, state } = this.item;
    const compare = this.input ? comparison(typedAnswer(card, face), this.input.value) : null;
    this.input?.closest("label").remove();
    this.back = element("section", { class: "study-back", tabindex: "-1", "aria-label": word("Answer") },
      compare, back(this.article, card, face),
      element("p", { class: "study-source" },
        element("a", { href: new URL(card.page, this.study.root).href }, word("Page of card {id}", { id: card.id }))));
    // A cloze shows its whole text again, now with the words that were asked.
    if (card.kind === "cloze") this.card.replaceChildren(this.back);
    else this.card.append(this.back);
    const time = Date.now();
    const day = this.study.today();
    const grades = GRADES.map(([grade, name, text]) => {
      const after = reviewed(state, { grade, time, day });
      const due = after.dueTime === null ? shownDays(after.dueDay - day) : shownDelay(after.dueTime - time);
      return button(element("span", { class: "grade" }, text()), () => this.grade(grade),
        { class: `grade-${name}`, "aria-keyshortcuts": String(grade), "data-due": due });
    });
    for (const one of grades) one.append(" ", element("span", { class: "due" }, one.dataset.due));
    this.controls.replaceChildren(
      element("div", { class: "study-grades", role: "group", "aria-label": word("How well did you know it?") }, grades));
    this.back.focus({ preventScroll: true });
    // The question stays in sight unless the answer would begin too low.
    if (this.back.getBoundingClientRect().top > globalThis.innerHeight * 0.6) this.back.scrollIntoView();
    this.study.say(word("Answer"));
  }

  async grade(grade) {
    if (!this.item || !this.isAnswered || this.busy) return;
    const { card, face, state } = this.item;
    const time = Date.now();
    const duration = Math.min(LONGEST, Math.max(0, time - this.shownAt));
    const given = { guid: card.guid, face, time, day: this.study.today(), grade, duration };
    const leech = await this.storing(() => this.study.progress.review(given, state));
    if (leech === undefined) return;
    if (leech) {
      this.study.tell(word("{title} is a leech: it was forgotten {count} times. It is suspended; the overview lists it.",
        { title: card.title, count: shownNumber(this.study.progress.state(card.guid, face).lapses) }));
    }
    await this.advance();
  }

  async bury() {
    if (!this.item || this.isLoading || this.busy) return;
    const { card } = this.item;
    const change = { buried: this.study.today() + 1 };
    if (await this.storing(() => this.study.mark(card, facesOf(card), change, word("Buried until tomorrow.")))) {
      await this.advance();
    }
  }

  async suspend() {
    if (!this.item || this.isLoading || this.busy) return;
    const { card } = this.item;
    if (await this.storing(() => this.study.mark(card, facesOf(card), { suspended: true }, word("Suspended.")))) {
      await this.advance();
    }
  }

  /** Change what is stored while no key or button does anything else. */
  async storing(work) {
    this.busy = true;
    try {
      return await work();
    } catch (error) {
      this.study.tellFailure(error);
      // Another window has changed what is shown.
      if (error instanceof Outdated) await this.study.readAgain();
      return undefined;
    } finally {
      this.busy = false;
    }
  }

  async undo() {
    if (this.busy) return;
    const last = await this.storing(() => this.study.progress.undo(Date.now()));
    if (!last) return;
    const card = this.study.cardsByGuid.get(last.guid);
    const state = this.study.progress.state(last.guid, last.face);
    await this.advance(card ? { card, face: last.face, state } : null);
    this.study.say(word("Undone."));
  }

  finish(plan) {
    const texts = [element("p", { class: "study-title" }, word("Finished for today."))];
    const [first] = plan.learning;
    if (first) {
      const at = first.state.dueTime;
      texts.push(element("p", {}, word("The next card comes at {time}.", { time: shownTime(at) })));
      this.waiting = setTimeout(() => this.advance(), Math.min(at - Date.now() + 500, 2 ** 30));
    }
    const end = element("section", { class: "study-front", tabindex: "-1" }, texts);
    this.card.replaceChildren(end);
    this.controls.replaceChildren(button(word("Overview"), () => this.study.showOverview(), { class: "primary" }));
    end.focus({ preventScroll: true });
  }

  unreachable() {
    this.isLoading = false;
    const { card } = this.item;
    const text = word("The page of card {id} cannot be loaded. Check the connection.", { id: card.id });
    this.card.replaceChildren(element("p", { class: "study-failure", role: "alert" }, text));
    this.controls.replaceChildren(
      button(word("Try again"), () => this.advance(), { class: "primary" }),
      button(word("Bury"), () => this.bury()));
  }

  /** Fetch what probably comes next, so that it appears at once. */
  prefetch({ learning, due, fresh }) {
    for (const { card } of [...due.slice(0, 2), ...fresh.slice(0, 2), ...learning.slice(0, 1)]) {
      this.study.pages.article(card).catch(() => {});
    }
  }

  /** Returns whether the key was used. */
  key(key) {
    if (key === "Escape") this.study.showOverview();
    else if (key === "u") this.undo();
    else if (key === "b" || key === "-") this.bury();
    else if (key === "s" || key === "@") this.suspend();
    else if (key === " " || key === "Enter") {
      if (!this.item) return false;
      if (this.isAnswered) this.grade(GOOD);
      else this.answer();
    } else if (/^[1-4]$/.test(key) && this.isAnswered) this.grade(Number(key));
    else return false;
    return true;
  }
}

/** What was typed over what was expected, as Anki shows it. */
function comparison(expected, typed) {
  const { right, typed: given, expected: wanted } = compared(expected, typed);
  const said = !typed ? word("No answer typed.") : right ? word("Right.") : word("Not quite.");
  const line = (parts) => element("code", {}, parts.map(({ kind, text }) => element("span", { class: kind }, text)));
  const lines = !typed ? [element("code", {}, expected)] : right ? [line(given)] : [line(given), line(wanted)];
  return element("div", { class: "study-typed" },
    element("p", {}, said),
    lines.map((one, place) => element("p", {},
      element("span", { class: "study-only-heard" }, (place || !typed || right ? word("Answer") : word("Your answer")) + ": "), one)));
}
