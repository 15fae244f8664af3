// The study page: opens the deck and the learner's progress, and changes between the overview and the reviews.

import { button, element } from "./elements.js";
import { dayOf } from "./fsrs.js";
import { Overview } from "./overview.js";
import { openProgress, Outdated, WrongClock } from "./progress.js";
import { plan } from "./queue.js";
import { Review } from "./review.js";
import { CardPages } from "./card_view.js";
import { prepareFormats, word } from "./words.js";

/** The page's state, shared by its views. */
class Study {
  constructor(main) {
    this.main = main;
    this.view = element("div", { class: "study-view" });
    this.status = element("p", { class: "study-only-heard", role: "status", "aria-live": "polite" });
    this.notice = element("div", { class: "study-notice", role: "alert" });
    main.replaceChildren(this.notice, this.view, this.status);
    this.current = null;
  }

  async start() {
    this.view.replaceChildren(element("h1", {}, word("Study")), element("p", {}, word("Loading …")));
    const address = new URL(this.main.dataset.cards, document.baseURI);
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(`${answer.status}`);
      this.deck = await answer.json();
      if (this.deck.format !== 1 || !Array.isArray(this.deck.cards)) throw new Error("format");
    } catch {
      return this.failed(word("The cards could not be loaded. Check the connection and load the page again."));
    }
    this.root = new URL("..", address);
    this.pages = new CardPages(this.root);
    this.cardsByGuid = new Map(this.deck.cards.map((card) => [card.guid, card]));
    try {
      this.progress = await openProgress(this.deck.uid, () => this.changedElsewhere());
    } catch {
      return this.failed(word("Progress cannot be stored: this window does not allow it. Private windows often do not."));
    }
    document.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.current?.refresh?.();
    });
    await prepareFormats();
    await this.showOverview();
  }

  failed(text) {
    this.view.replaceChildren(element("h1", {}, word("Study")), element("p", { class: "study-failure" }, text));
  }

  /** The local day; it begins at 4 a.m. */
  today() {
    return dayOf(Date.now());
  }

  plan() {
    const { states, marks, settings } = this.progress;
    const day = this.today();
    return plan(this.deck.cards, { states, marks, settings, sums: this.progress.sums(day) }, day);
  }

  async showOverview() {
    this.current = new Overview(this);
    await this.current.show();
  }

  async showReview() {
    // Asked for when a learner begins, which browsers count in favour.
    navigator.storage?.persist?.().catch(() => {});
    this.current = new Review(this);
    await this.current.show();
  }

  /** Say something to a screen reader. */
  say(text) {
    this.status.textContent = text;
  }

  /** Show an important message until it is closed; `more` are further buttons. */
  tell(text, ...more) {
    const close = button(word("Close"), () => this.notice.replaceChildren());
    this.notice.replaceChildren(element("p", {}, text), ...more, close);
  }

  /** Do something that changes what is stored; returns undefined, with a message, if that fails. */
  async storing(work) {
    try {
      return await work();
    } catch (error) {
      this.tellFailure(error);
      return undefined;
    }
  }

  tellFailure(error) {
    this.tell(reasonOf(error));
  }

  changedElsewhere() {
    clearTimeout(this.reading);
    this.reading = setTimeout(() => this.readAgain(), 200);
  }

  /** Show what another window has changed. */
  readAgain() {
    return this.storing(async () => {
      await this.progress.load();
      await this.current?.refresh?.();
    });
  }

  /** Bury a card until tomorrow, or suspend it: all of its faces. */
  async mark(card, faces, change, said) {
    const chosen = faces.map((face) => ({ guid: card.guid, face }));
    await this.progress.setMarks(chosen, change, Date.now());
    this.say(said);
    return true;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const { target } = event;
    if (target instanceof Element && target.closest("input, select, textarea, [contenteditable]")) return;
    const isControl = target instanceof Element && target.closest("button, a, summary, label, audio, video");
    if (isControl && [" ", "Enter"].includes(event.key)) return;
    if (!this.progress.settings.shortcuts && event.key.length === 1) return;
    if (this.current?.key?.(event.key)) event.preventDefault();
  }
}

function reasonOf(error) {
  if (error instanceof Outdated) return word("This card was changed in another window.");
  if (error instanceof WrongClock) return word("Nothing was stored: the clock of this device is wrong.");
  if (error?.name === "QuotaExceededError") {
    return word("Nothing was stored: the browser has no space left for this site. Export your progress, then free some space.");
  }
  return word("The change could not be stored: {reason}", { reason: error?.message || error?.name || String(error) });
}

const main = document.getElementById("study");
if (main) new Study(main).start();
