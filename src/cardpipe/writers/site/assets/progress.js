// What a learner has done, in IndexedDB: the log of reviews, marks of cards and settings.
//
// The log is the truth. States of cards and sums of days are derived from it and stored only to open quickly; they are
// computed again when the log has another length than they say, or when `DERIVED` changes. Each change is one
// transaction, and the windows of a browser change it one after the other.
// Everything belongs to a note's GUID and a face, so that a release that corrects a card keeps its history.

import { addMissing, done, exclusively, finished, opened, put, records } from "./database.js";
import { NEW, reviewed, stateAfter } from "./fsrs.js";
import { isReview, LAST_TIME } from "./transfer.js";

/** To be increased when the rules of `fsrs.js` or `withReview` change. */
const DERIVED = 1;
const STORES = {
  reviews: ["guid", "face", "time"],
  marks: ["guid", "face"],
  states: ["guid", "face"],
  days: "day",
  meta: "name",
};
/** After so many lapses a card is a leech, and again after each half of them, as in Anki. */
export const LEECH_LAPSES = 8;
/** Days of the interval from which a card counts as mature, as in Anki. */
export const MATURE = 21;

export const SETTINGS = Object.freeze({
  newPerDay: 20, reviewsPerDay: 200, shortcuts: true, tags: [], decks: [], difficulties: [],
});
const NO_MARK = Object.freeze({ suspended: false, buried: null, leech: false, changed: 0 });

/** The key of a face in the maps of `Progress`. */
export const keyOf = (guid, face) => `${guid}/${face}`;
const faceKey = ({ guid, face }) => keyOf(guid, face);

export const isLeech = (lapses) =>
  lapses >= LEECH_LAPSES && (lapses - LEECH_LAPSES) % Math.ceil(LEECH_LAPSES / 2) === 0;

const noReviews = (day) => ({ day, reviews: 0, milliseconds: 0, fresh: 0, due: 0, young: [0, 0], mature: [0, 0] });

/**
 * The sums of a day with one more review.
 *
 * `young` and `mature` count recalled and forgotten cards among those that came after a day or more: the true retention.
 */
export function withReview(sums, before, review) {
  const next = {
    ...sums, young: [...sums.young], mature: [...sums.mature],
    reviews: sums.reviews + 1, milliseconds: sums.milliseconds + review.duration,
  };
  if (before.phase === "new") next.fresh += 1;
  if (before.phase === "review") {
    next.due += 1;
    if (review.day > before.lastDay) next[before.interval < MATURE ? "young" : "mature"][review.grade > 1 ? 0 : 1] += 1;
  }
  return next;
}

/** Why a review is not recorded: the card was reviewed in another window since it was shown. */
export class Outdated extends Error {}

/** Why a review is not recorded: the clock shows a time that no file of progress can hold. */
export class WrongClock extends Error {}

/** Open the progress of a deck; `told` is called when another window changes it. */
export async function openProgress(uid, told = () => {}) {
  const name = `cardpipe-study-${uid}`;
  // A browser does not keep a page with a lock when the reader leaves it. It would keep one that is just opening the
  // database, which then nobody could open.
  const database = await exclusively(name, () => opened(name, STORES));
  const progress = new Progress(name, database, new BroadcastChannel(name));
  progress.channel.onmessage = told;
  await progress.load();
  return progress;
}

const logOf = (store, guid, face) =>
  done(store("reviews").getAll(IDBKeyRange.bound([guid, face, 0], [guid, face, Infinity])));

/** A time for a change of a mark that is later than its last change, whatever the clock says. */
const changedAt = (time, former) => Math.min(Math.max(time, former.changed + 1), LAST_TIME);

/** Of several marks of a face, the one that was changed last; of equally old ones, the first. */
export function newestMarks(marks) {
  const newest = new Map();
  for (const mark of marks) {
    const known = newest.get(faceKey(mark));
    if (!known || mark.changed > known.changed) newest.set(faceKey(mark), mark);
  }
  return [...newest.values()];
}

class Progress {
  constructor(name, database, channel) {
    this.name = name;
    this.database = database;
    this.channel = channel;
    /** What `undo` takes back, the last at the end. */
    this.history = [];
    /** How many changes this window has made. */
    this.changes = 0;
  }

  /** Read everything but the log, in steps; derive states and sums first if they are not those of the log. */
  async load() {
    let changes;
    do {
      changes = this.changes;
      const settings = (await this.read("meta", "settings"))?.value;
      const derived = (await this.read("meta", "derived"))?.value;
      const reviews = await done((await this.begin("reviews")).objectStore("reviews").count());
      const isCurrent = derived?.version === DERIVED && derived.reviews === reviews;
      const marks = await this.map("marks", faceKey);
      const [states, days] = isCurrent
        ? [await this.map("states", faceKey), await this.map("days", ({ day }) => day)]
        : await this.exclusively(() => this.derive());
      Object.assign(this, { settings: { ...SETTINGS, ...settings }, marks, states, days, reviews });
      // Again, if something was reviewed meanwhile.
    } while (changes !== this.changes);
  }

  /** Compute states and sums from the log and store them. */
  async derive() {
    const states = new Map();
    const days = new Map();
    let reviews = 0;
    for await (const review of this.all("reviews")) {
      const key = faceKey(review);
      const before = states.get(key) ?? NEW;
      states.set(key, { ...reviewed(before, review), guid: review.guid, face: review.face });
      days.set(review.day, withReview(days.get(review.day) ?? noReviews(review.day), before, review));
      reviews += 1;
    }
    try {
      await this.change(["states", "days", "meta"], async (store) => {
        for (const [name, values] of [["states", states], ["days", days]]) {
          store(name).clear();
          await put(store(name), [...values.values()]);
        }
        store("meta").put({ name: "derived", value: { version: DERIVED, reviews } });
      });
    } catch {
      // There is no space: they are computed again the next time.
    }
    return [states, days];
  }

  async map(store, key) {
    const found = new Map();
    for await (const record of this.all(store)) found.set(key(record), record);
    return found;
  }

  state(guid, face) {
    return this.states.get(keyOf(guid, face)) ?? NEW;
  }

  mark(guid, face) {
    return this.marks.get(keyOf(guid, face)) ?? { ...NO_MARK, guid, face };
  }

  sums(day) {
    return this.days.get(day) ?? noReviews(day);
  }

  /**
   * Record a review `{guid, face, time, day, grade, duration}`; returns whether the card became a leech.
   *
   * `seen` is the state in which the card was shown: throws Outdated if it has another one now, and WrongClock.
   */
  review(given, seen) {
    const { guid, face } = given;
    return this.exclusively(async () => {
      const made = await this.change(Object.keys(STORES), async (store) => {
        // Not the stored state: it is not there if there was no space for it.
        const before = stateAfter(await logOf(store, guid, face));
        if (before.reps !== seen.reps || before.lastTime !== seen.lastTime) throw new Outdated();
        // A clock that was set back must not change the order of the reviews.
        const time = Math.max(given.time, (before.lastTime ?? -1) + 1);
        const review = { ...given, time, day: Math.max(given.day, before.lastDay ?? 0) };
        if (!isReview(review)) throw new WrongClock();
        const { isCurrent, reviews } = await this.count(store, 1);
        const former = await this.storedMark(store, guid, face);
        const stored = isCurrent ? await done(store("days").get(review.day)) ?? noReviews(review.day) : null;
        const sums = withReview(stored ?? this.sums(review.day), before, review);
        const after = { ...reviewed(before, review), guid, face };
        const leech = after.lapses > before.lapses && isLeech(after.lapses);
        const marks = leech ? [{ ...former, suspended: true, leech: true, changed: changedAt(time, former) }] : [];
        store("reviews").add(review);
        store("states").put(after);
        store("days").put(sums);
        marks.forEach((mark) => store("marks").put(mark));
        return { review, reviews, after, sums, leech, former: leech ? [former] : [], marks };
      });
      this.reviews = made.reviews;
      this.states.set(keyOf(guid, face), made.after);
      this.days.set(made.review.day, made.sums);
      this.marked(made.marks);
      this.history.push({ guid, face, review: made.review, former: made.former, marks: made.marks });
      this.tell();
      return made.leech;
    });
  }

  /** Change marks of faces, such as `{suspended: true}`; `time` decides which change is the newest. */
  setMarks(faces, change, time) {
    return this.exclusively(async () => {
      const former = [];
      const marks = await this.change(["marks"], async (store) => {
        for (const { guid, face } of faces) former.push(await this.storedMark(store, guid, face));
        const changed = former.map((mark) => ({ ...mark, ...change, changed: changedAt(time, mark) }));
        await put(store("marks"), changed);
        return changed;
      });
      this.marked(marks);
      this.history.push({ ...faces[0], review: null, former, marks });
      this.tell();
      return true;
    });
  }

  async storedMark(store, guid, face) {
    return (await done(store("marks").get([guid, face]))) ?? { ...NO_MARK, guid, face };
  }

  /** Marks that were stored. */
  marked(marks) {
    for (const mark of marks) this.marks.set(keyOf(mark.guid, mark.face), mark);
  }

  /** Take the last change back; returns it, or null if there is none. */
  async undo(time) {
    let isKnown = true;
    const last = await this.exclusively(async () => {
      const one = this.history.at(-1);
      if (!one) return null;
      const { marks, withdrawn } = await this.change(Object.keys(STORES), async (store) => {
        const stored = [];
        for (const { guid, face } of one.marks) stored.push(await this.storedMark(store, guid, face));
        // Newer than the change taken back, so that a merge does not bring that one again; what another window has
        // changed since stays.
        const back = one.former.map((mark, place) => ({ ...mark, changed: changedAt(time, stored[place]) }))
          .filter((_, place) => stored[place].changed === one.marks[place].changed);
        back.forEach((mark) => store("marks").put(mark));
        return { marks: back, withdrawn: one.review && await this.withdraw(store, one) };
      });
      this.history.pop();
      this.marked(marks);
      if (withdrawn) this.withdrawn(one, withdrawn);
      isKnown = !one.review || withdrawn !== null;
      this.tell();
      return one;
    });
    if (!isKnown) await this.load();
    return last;
  }

  /** Delete a review in a transaction; returns the state and sums without it, or null if the log must be read again. */
  async withdraw(store, { guid, face, review }) {
    const all = await logOf(store, guid, face);
    const log = all.filter(({ time }) => time < review.time);
    const isLast = all.length === log.length + 1 && all.at(-1).time === review.time;
    store("reviews").delete([guid, face, review.time]);
    const { isCurrent, reviews } = await this.count(store, -1, isLast);
    if (!isCurrent) return null;
    const state = { ...stateAfter(log), guid, face };
    const sums = without((await done(store("days").get(review.day))) ?? noReviews(review.day), state, review);
    if (log.length) store("states").put(state);
    else store("states").delete([guid, face]);
    store("days").put(sums);
    return { state: log.length ? state : null, sums, reviews };
  }

  withdrawn({ guid, face, review }, { state, sums, reviews }) {
    this.reviews = reviews;
    if (state) this.states.set(keyOf(guid, face), state);
    else this.states.delete(keyOf(guid, face));
    this.days.set(review.day, sums);
  }

  /**
   * The number of reviews after a change of the log, and whether the stored states fit the log.
   *
   * States that fit the log before the change are noted to fit it then, unless `isFitting` is false.
   */
  async count(store, change, isFitting = true) {
    const before = await done(store("reviews").count());
    const derived = (await done(store("meta").get("derived")))?.value;
    const isCurrent = isFitting && derived?.version === DERIVED && derived.reviews === before;
    const reviews = before + change;
    store("meta").put({ name: "derived", value: isCurrent ? { version: DERIVED, reviews } : null });
    return { isCurrent, reviews };
  }

  async saveSettings(change) {
    await this.exclusively(async () => {
      const value = await this.change(["meta"], async (store) => {
        const stored = (await done(store("meta").get("settings")))?.value;
        const changed = { ...SETTINGS, ...stored, ...change };
        store("meta").put({ name: "settings", value: changed });
        return changed;
      });
      this.settings = value;
    });
    this.tell();
  }

  /** Add what a checked file of progress holds (see `transfer.js`), or nothing; returns how many reviews were new. */
  async merge({ reviews, marks, settings }) {
    const added = await this.exclusively(() => this.change(Object.keys(STORES), async (store) => {
      const before = await done(store("reviews").count());
      const hasSettings = Boolean(await done(store("meta").get("settings")));
      if (settings && !before && !hasSettings) store("meta").put({ name: "settings", value: { ...SETTINGS, ...settings } });
      store("meta").put({ name: "derived", value: null });
      // The key is GUID, face and time: a review that is there already stays as it is.
      await addMissing(store("reviews"), reviews);
      const stored = await done(store("marks").getAll());
      await put(store("marks"), newestMarks([...stored, ...marks]));
      return (await done(store("reviews").count())) - before;
    }));
    this.history = [];
    await this.load();
    this.tell();
    return added;
  }

  /** Delete everything. */
  async clear() {
    await this.exclusively(() => this.change(Object.keys(STORES), async (store) => {
      for (const name of Object.keys(STORES)) store(name).clear();
    }));
    this.history = [];
    await this.load();
    this.tell();
  }

  tell() {
    this.changes += 1;
    this.channel.postMessage("changed");
  }

  exclusively(work) {
    return exclusively(this.name, work);
  }

  /** Do `work` in one transaction, after which all or nothing is stored; `store` gives it a store by name. */
  async change(names, work) {
    const transaction = await this.begin(names, "readwrite");
    const end = finished(transaction);
    let result;
    try {
      result = await work((name) => transaction.objectStore(name));
    } catch (error) {
      end.catch(() => {});
      // What caused the end of the transaction says more than what failed after it.
      const cause = transaction.error;
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw cause ?? error;
    }
    await end;
    return result;
  }

  /** A transaction; a connection that the browser has closed is opened again. */
  async begin(names, mode = "readonly") {
    try {
      return this.database.transaction(names, mode);
    } catch (error) {
      if (error.name !== "InvalidStateError") throw error;
      this.database = await opened(this.name, STORES);
      return this.database.transaction(names, mode);
    }
  }

  async read(name, key) {
    return done((await this.begin(name)).objectStore(name).get(key));
  }

  /** All records of a store in the order of their keys. */
  all(name) {
    return records(() => this.begin(name), name, STORES[name]);
  }
}

/** The sums of a day with one review less: the inverse of `withReview`. */
export function without(sums, before, review) {
  const one = withReview(noReviews(sums.day), before, review);
  const less = (name) => sums[name] - one[name];
  return {
    day: sums.day, reviews: less("reviews"), milliseconds: less("milliseconds"), fresh: less("fresh"), due: less("due"),
    young: sums.young.map((count, place) => count - one.young[place]),
    mature: sums.mature.map((count, place) => count - one.mature[place]),
  };
}
