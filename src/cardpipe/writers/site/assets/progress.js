// What a learner has done, in IndexedDB: the log of reviews, marks of cards and settings.
//
// The log is the truth. States of cards and sums of days are derived from it and stored only to open quickly; they are
// computed again when the log has another length than they say, or when `DERIVED` changes.
// Everything belongs to a note's GUID and a face, so that a release that corrects a card keeps its history.

import { NEW, reviewed, stateAfter } from "./fsrs.js";

/** To be increased when the rules of `fsrs.js` or `withReview` change. */
const DERIVED = 1;
const STORES = {
  reviews: ["guid", "face", "time"],
  marks: ["guid", "face"],
  states: ["guid", "face"],
  days: "day",
  meta: "name",
};
/** How many records are read or written at once, so that no step takes long. */
const CHUNK = 250;
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

/** Open the progress of a deck; `told` is called when another window changes it. */
export async function openProgress(uid, told = () => {}) {
  const name = `cardpipe-study-${uid}`;
  const opening = indexedDB.open(name, 1);
  opening.onupgradeneeded = () => {
    for (const [store, keyPath] of Object.entries(STORES)) opening.result.createObjectStore(store, { keyPath });
  };
  const progress = new Progress(await done(opening), new BroadcastChannel(name));
  progress.channel.onmessage = told;
  await progress.load();
  return progress;
}

/** A promise of the result of a request. */
function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** A promise of the end of a transaction. */
function finished(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

class Progress {
  constructor(database, channel) {
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
      const reviews = await done(this.store("reviews").count());
      const isCurrent = derived?.version === DERIVED && derived.reviews === reviews;
      const marks = await this.map("marks", faceKey);
      const [states, days] = isCurrent
        ? [await this.map("states", faceKey), await this.map("days", ({ day }) => day)]
        : await this.derive();
      Object.assign(this, { settings: { ...SETTINGS, ...settings }, marks, states, days, reviews });
      // Again, if something was reviewed meanwhile.
    } while (changes !== this.changes);
  }

  /** Compute states and sums from the log and store them. */
  async derive() {
    const states = new Map();
    const days = new Map();
    let reviews = 0;
    await this.write("meta", [{ name: "derived", value: null }]);
    for await (const review of this.all("reviews")) {
      const key = faceKey(review);
      const before = states.get(key) ?? NEW;
      states.set(key, { ...reviewed(before, review), guid: review.guid, face: review.face });
      days.set(review.day, withReview(days.get(review.day) ?? noReviews(review.day), before, review));
      reviews += 1;
    }
    for (const [store, values] of [["states", states], ["days", days]]) {
      await done(this.store(store, "readwrite").clear());
      await this.write(store, [...values.values()]);
    }
    await this.write("meta", [{ name: "derived", value: { version: DERIVED, reviews } }]);
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

  /** Record a review `{guid, face, time, day, grade, duration}`; returns whether the card became a leech. */
  async review(given) {
    const { guid, face } = given;
    const transaction = this.database.transaction(Object.keys(STORES), "readwrite");
    const store = (name) => transaction.objectStore(name);
    // Another window may have reviewed the card or another one of this day since this one has read the states.
    const before = (await done(store("states").get([guid, face]))) ?? NEW;
    // A clock that was set back must not change the order of the reviews.
    const time = Math.max(given.time, (before.lastTime ?? -1) + 1);
    const review = { ...given, time, day: Math.max(given.day, before.lastDay ?? 0) };
    const sums = (await done(store("days").get(review.day))) ?? noReviews(review.day);
    const reviews = await this.count(transaction, 1);
    const after = { ...reviewed(before, review), guid, face };
    const leech = after.lapses > before.lapses && isLeech(after.lapses);
    const former = this.mark(guid, face);
    const mark = leech ? { ...former, suspended: true, leech: true, changed: review.time } : former;
    store("reviews").add(review);
    store("states").put(after);
    store("days").put(withReview(sums, before, review));
    if (leech) store("marks").put(mark);
    await finished(transaction);
    this.reviews = reviews;
    this.states.set(keyOf(guid, face), after);
    this.days.set(review.day, withReview(sums, before, review));
    if (leech) this.marks.set(keyOf(guid, face), mark);
    this.history.push({ kind: "review", guid, face, review, marks: leech ? [former] : [] });
    this.tell();
    return leech;
  }

  /** Change marks of faces, such as `{suspended: true}`; `time` decides which change is the newest. */
  async setMarks(faces, change, time) {
    const former = faces.map(({ guid, face }) => this.mark(guid, face));
    await this.putMarks(former.map((mark) => ({ ...mark, ...change, changed: time })));
    this.history.push({ kind: "marks", ...faces[0], marks: former });
    return true;
  }

  async putMarks(marks) {
    await this.write("marks", marks);
    for (const mark of marks) this.marks.set(keyOf(mark.guid, mark.face), mark);
    this.tell();
  }

  /** Take the last change back; returns it, or null if there is none. */
  async undo(time) {
    const last = this.history.pop();
    if (!last) return null;
    const { guid, face } = last;
    if (last.kind === "review") await this.withdraw(guid, face, last.review);
    // A newer change than the one taken back, so that a merge does not bring that one again.
    if (last.marks.length) await this.putMarks(last.marks.map((mark) => ({ ...mark, changed: time })));
    this.tell();
    return last;
  }

  async withdraw(guid, face, review) {
    const transaction = this.database.transaction(["reviews", "states", "days", "meta"], "readwrite");
    const store = (name) => transaction.objectStore(name);
    const all = await done(store("reviews").getAll(IDBKeyRange.bound([guid, face, 0], [guid, face, Infinity])));
    const log = all.filter(({ time }) => time < review.time);
    if (all.length !== log.length + 1 || all.at(-1).time !== review.time) {
      // Another window changed the log of this card, so that sums of other days may change too.
      store("reviews").delete([guid, face, review.time]);
      store("meta").put({ name: "derived", value: null });
      await finished(transaction);
      return this.load();
    }
    const before = { ...stateAfter(log), guid, face };
    const sums = without((await done(store("days").get(review.day))) ?? noReviews(review.day), before, review);
    const reviews = await this.count(transaction, -1);
    store("reviews").delete([guid, face, review.time]);
    if (log.length) store("states").put(before);
    else store("states").delete([guid, face]);
    store("days").put(sums);
    await finished(transaction);
    this.reviews = reviews;
    if (log.length) this.states.set(keyOf(guid, face), before);
    else this.states.delete(keyOf(guid, face));
    this.days.set(review.day, sums);
    return undefined;
  }

  /** The number of reviews after a change of the log. States that fit the log before it are noted to fit it then. */
  async count(transaction, change) {
    const meta = transaction.objectStore("meta");
    const before = await done(transaction.objectStore("reviews").count());
    const derived = (await done(meta.get("derived")))?.value;
    const isCurrent = derived?.version === DERIVED && derived.reviews === before;
    const reviews = before + change;
    meta.put({ name: "derived", value: isCurrent ? { version: DERIVED, reviews } : null });
    return reviews;
  }

  async saveSettings(change) {
    this.settings = { ...this.settings, ...change };
    await this.write("meta", [{ name: "settings", value: this.settings }]);
    this.tell();
  }

  /** Add what a checked file of progress holds (see `transfer.js`); returns how many reviews were new. */
  async merge({ reviews, marks, settings }) {
    const before = this.reviews;
    if (settings && !before && !(await this.read("meta", "settings"))) await this.saveSettings(settings);
    // The key is GUID, face and time, so that a review that is there already is only written again.
    await this.write("meta", [{ name: "derived", value: null }]);
    await this.write("reviews", reviews);
    await this.putMarks(marks.filter((mark) => mark.changed > this.mark(mark.guid, mark.face).changed));
    this.history = [];
    await this.load();
    this.tell();
    return this.reviews - before;
  }

  /** Delete everything. */
  async clear() {
    const transaction = this.database.transaction(Object.keys(STORES), "readwrite");
    for (const name of Object.keys(STORES)) transaction.objectStore(name).clear();
    await finished(transaction);
    this.history = [];
    await this.load();
    this.tell();
  }

  tell() {
    this.changes += 1;
    this.channel.postMessage("changed");
  }

  store(name, mode = "readonly") {
    return this.database.transaction(name, mode).objectStore(name);
  }

  read(name, key) {
    return done(this.store(name).get(key));
  }

  async write(name, records) {
    for (let start = 0; start < records.length; start += CHUNK) {
      const transaction = this.database.transaction(name, "readwrite");
      for (const record of records.slice(start, start + CHUNK)) transaction.objectStore(name).put(record);
      await finished(transaction);
    }
  }

  /** All records of a store in the order of their keys. */
  async *all(name) {
    const path = STORES[name];
    let range = null;
    for (;;) {
      const records = await done(this.store(name).getAll(range, CHUNK));
      yield* records;
      if (records.length < CHUNK) return;
      const last = records.at(-1);
      range = IDBKeyRange.lowerBound(Array.isArray(path) ? path.map((part) => last[part]) : last[path], true);
    }
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
