// The overview: today's counts, the choice of cards, statistics, settings, and the file of progress.

import { button, element, pause } from "./elements.js";
import { facesOf, forecast } from "./queue.js";
import { activity, FORECAST_DAYS, forecastColumns, retentionTable } from "./statistics.js";
import { LARGEST, parsed, Refused, textParts } from "./transfer.js";
import { shownNumber, word } from "./words.js";

const DIFFICULTIES = { 1: () => word("easy"), 2: () => word("medium"), 3: () => word("hard") };

/** How many suspended cards are listed at first, and with each “Show more”. */
const LISTED = 100;

/** Whether a card's ID or title has these words. */
function isNamed({ id, title }, words) {
  return `${id} ${title}`.toLowerCase().includes(words.trim().toLowerCase());
}

export class Overview {
  constructor(study) {
    this.study = study;
    this.today = element("section", { class: "study-today" });
    this.statistics = element("div", { class: "study-statistics" });
    this.stopped = element("div");
  }

  async show() {
    const heading = element("h1", { tabindex: "-1" }, word("Study"));
    this.study.view.replaceChildren(heading, this.today);
    this.showToday();
    if (this.study.hasBegun) heading.focus({ preventScroll: true });
    this.study.hasBegun = true;
    globalThis.scrollTo(0, 0);
    await pause();
    const choice = this.choice();
    await pause();
    this.study.view.append(choice, this.statistics, this.stopped, this.settings(), this.transfer());
    await pause();
    await this.showStatistics();
  }

  async refresh() {
    this.showToday();
    await this.showStatistics();
  }

  showToday() {
    const plan = this.study.plan();
    const sums = this.study.progress.sums(this.study.today());
    const counts = [
      [word("New"), plan.fresh, "new"], [word("Learning"), plan.learning, "learning"], [word("Due"), plan.due, "due"],
    ];
    const left = counts.some(([, list]) => list.length);
    const start = button(word("Study now"), () => this.study.showReview(), { class: "primary", disabled: !left });
    this.today.replaceChildren(
      element("dl", { class: "study-totals" }, counts.map(([name, list, kind]) =>
        element("div", { class: `count-${kind}` }, element("dt", {}, name), element("dd", {}, shownNumber(list.length))))),
      start,
      element("p", { class: "study-note" }, left ? "" : word("Finished for today."), " ",
        word("Reviews today: {reviews} ({time}). New cards: {fresh}.", {
          reviews: shownNumber(sums.reviews), fresh: shownNumber(sums.fresh),
          time: word("{count} min", { count: shownNumber(Math.round(sums.milliseconds / 60_000)) }),
        })));
  }

  async showStatistics() {
    const { progress, deck } = this.study;
    const today = this.study.today();
    const counts = forecast(deck.cards, progress, today, FORECAST_DAYS);
    await pause();
    const section = (title, ...content) => element("section", {}, element("h2", {}, title), content);
    this.statistics.replaceChildren(
      section(word("Activity"), activity(progress.days, today)),
      section(word("Forecast"), forecastColumns(counts, today)),
      section(word("True retention"), retentionTable(progress.days, today),
        element("p", { class: "study-note" },
          word("How many cards you recalled that came after a day or more. Mature cards have an interval of 21 days or more."))));
    await pause();
    this.showStopped();
  }

  /** Leeches and suspended cards, and what is left of cards that a release removed. */
  showStopped() {
    const { progress, cardsByGuid } = this.study;
    const leeches = [], suspended = [];
    for (const mark of progress.marks.values()) {
      if (mark.suspended && cardsByGuid.has(mark.guid)) (mark.leech ? leeches : suspended).push(mark);
    }
    const removed = new Set();
    for (const { guid } of progress.states.values()) if (!cardsByGuid.has(guid)) removed.add(guid);
    this.stopped.replaceChildren(...[
      this.stoppedList(word("Leeches"), leeches), this.stoppedList(word("Suspended cards"), suspended),
      removed.size ? element("p", { class: "study-note" },
        word("Your log also holds cards that the deck no longer has: {count}.", { count: shownNumber(removed.size) })) : null,
    ].filter(Boolean));
  }

  /** A list that opens, of which a part is shown at a time; null for no cards. */
  stoppedList(title, marks) {
    if (!marks.length) return null;
    const number = element("span", { class: "number" }, shownNumber(marks.length));
    const items = element("ul", { class: "study-list" });
    let waiting = [];
    const more = button(word("Show more"), () => {
      items.append(...waiting.splice(0, LISTED).map((mark) => this.stoppedItem(mark, resumed)));
      more.hidden = !waiting.length;
    });
    const restart = (words) => {
      waiting = marks.filter((mark) => isNamed(this.study.cardsByGuid.get(mark.guid), words));
      items.replaceChildren();
      more.click();
    };
    const filter = marks.length <= LISTED ? null : element("input", {
      type: "search", "aria-label": word("Search"), placeholder: word("Search"), autocomplete: "off",
      input: ({ target }) => restart(target.value),
    });
    const resumed = (mark, item) => {
      marks.splice(marks.indexOf(mark), 1);
      number.textContent = shownNumber(marks.length);
      const following = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button");
      item.remove();
      if (!marks.length) list.remove();
      (following ?? this.study.view.querySelector("h1")).focus();
    };
    const list = element("details", {}, element("summary", {}, title, " ", number), filter, items, more);
    restart("");
    return list;
  }

  stoppedItem(mark, resumed) {
    const card = this.study.cardsByGuid.get(mark.guid);
    const { lapses } = this.study.progress.state(mark.guid, mark.face);
    const number = facesOf(card).length > 1 ? ` (${shownNumber(mark.face + 1)})` : "";
    const resume = button(word("Resume"), async () => {
      const change = { suspended: false, leech: false };
      if (!(await this.study.storing(() => this.study.mark(card, [mark.face], change, word("The card comes again."))))) return;
      this.showToday();
      resumed(mark, item);
    }, { "aria-label": word("Resume {title}", { title: card.title + number }) });
    const item = element("li", {},
      element("a", { href: new URL(card.page, this.study.root).href }, card.title + number), " ",
      lapses ? element("span", { class: "study-note" }, word("forgotten: {count}", { count: shownNumber(lapses) })) : null,
      resume);
    return item;
  }

  choice() {
    const counts = { tags: new Map(), decks: new Map(), difficulties: new Map() };
    const count = (map, value) => map.set(value, (map.get(value) ?? 0) + 1);
    for (const { tags, deck, difficulty } of this.study.deck.cards) {
      tags.forEach((tag) => count(counts.tags, tag));
      count(counts.decks, deck);
      count(counts.difficulties, difficulty);
    }
    const named = {
      tags: (tag) => tag,
      decks: (deck) => deck || word("Other cards"),
      difficulties: (difficulty) => DIFFICULTIES[difficulty]?.() ?? (difficulty === null ? word("not given") : shownNumber(difficulty)),
    };
    const groups = [[word("Subdecks"), "decks"], [word("Difficulty"), "difficulties"], [word("Tags"), "tags"]]
      .filter(([, name]) => counts[name].size > 1)
      .map(([title, name]) => this.choices(title, name, counts[name], named[name]));
    if (!groups.length) return element("div");
    const { tags, decks, difficulties } = this.study.progress.settings;
    const isChosen = Boolean(tags.length + decks.length + difficulties.length);
    this.chosen = element("span", { class: "number" }, isChosen ? word("some") : word("all"));
    return element("details", { class: "study-choice", open: isChosen },
      element("summary", {}, word("Choose cards"), " ", this.chosen),
      element("p", { class: "study-note" }, word("Where nothing is ticked, all cards are studied.")), groups);
  }

  choices(title, name, counts, named) {
    const selected = new Set(this.study.progress.settings[name]);
    const ordered = [...counts].sort(([one], [other]) => (one < other ? -1 : 1));
    return element("fieldset", {}, element("legend", {}, title), element("div", { class: "study-chips" },
      ordered.map(([value, number]) => element("label", {},
        element("input", {
          type: "checkbox", checked: selected.has(value),
          change: (event) => {
            if (event.target.checked) selected.add(value);
            else selected.delete(value);
            this.save({ [name]: [...selected] });
          },
        }),
        element("span", {}, named(value), " ", element("span", { class: "number" }, shownNumber(number)))))));
  }

  async save(change) {
    const saved = this.study.progress.saveSettings(change).then(() => true);
    // The fields show again what is stored.
    if (!(await this.study.storing(() => saved))) return this.study.showOverview();
    const { tags, decks, difficulties } = this.study.progress.settings;
    if (this.chosen) this.chosen.textContent = tags.length + decks.length + difficulties.length ? word("some") : word("all");
    return this.showToday();
  }

  settings() {
    const { settings } = this.study.progress;
    const number = (text, name) => element("label", { class: "study-field" }, text,
      element("input", {
        type: "number", min: 0, max: 9999, step: 1, inputmode: "numeric", value: settings[name],
        change: ({ target }) => {
          const value = Number(target.value);
          if (target.value !== "" && Number.isInteger(value) && value >= 0 && value <= 9999) this.save({ [name]: value });
          else target.value = this.study.progress.settings[name];
        },
      }));
    const shortcuts = element("label", { class: "study-field" },
      element("input", {
        type: "checkbox", checked: settings.shortcuts, change: ({ target }) => this.save({ shortcuts: target.checked }),
      }),
      word("Single keys: space shows the answer and means good, 1 to 4 grade, u undoes, b buries, s suspends"));
    return element("details", {}, element("summary", {}, word("Settings")),
      number(word("New cards a day"), "newPerDay"), number(word("Reviews a day at most"), "reviewsPerDay"), shortcuts);
  }

  transfer() {
    const file = element("input", {
      type: "file", accept: ".json,application/json", class: "study-only-heard", tabindex: "-1", "aria-hidden": "true",
      change: () => this.importFile(file),
    });
    return element("details", {}, element("summary", {}, word("Your progress")),
      element("p", { class: "study-note" },
        word("Your progress is stored in this browser alone. Some browsers delete it if the site is not visited for a week, so export it now and then.")),
      element("div", { class: "study-buttons" },
        button(word("Export progress"), () => this.exportFile()),
        button(word("Import progress"), () => file.click()), file,
        button(word("Delete progress"), () => this.deleteAll(), { class: "danger" })));
  }

  async exportFile() {
    const { progress, deck } = this.study;
    const time = Date.now();
    const parts = await this.study.storing(() => textParts({
      uid: deck.uid, release: deck.release, day: this.study.today(), time, settings: progress.settings,
      marks: [...progress.marks.values()], reviews: progress.all("reviews"),
    }));
    if (!parts) return;
    const address = URL.createObjectURL(new Blob(parts, { type: "application/json" }));
    const name = `progress-${new Date(time).toISOString().slice(0, 10)}.json`;
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
    this.study.say(word("Progress exported."));
  }

  async importFile(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    try {
      if (file.size > LARGEST) throw new Refused("The file is too large.");
      const content = parsed(await file.text(), this.study.deck.uid);
      const added = await this.study.storing(() => this.study.progress.merge(content));
      if (added === undefined) return;
      await this.study.showOverview();
      this.study.tell(word("Progress imported. New reviews: {count}.", { count: shownNumber(added) }));
    } catch (error) {
      const reason = error instanceof Refused ? word(error.reason) : word("The file cannot be read.");
      const place = error.place ? ` (${error.place})` : "";
      this.study.tell(`${reason}${place} ${word("Nothing was imported.")}`);
    }
  }

  async deleteAll() {
    if (!globalThis.confirm(word("Delete all of your progress with this deck from this browser?"))) return;
    await this.study.storing(() => this.study.progress.clear());
    await this.study.showOverview();
  }
}
