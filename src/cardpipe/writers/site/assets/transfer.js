// The file of progress that learners export and import: its format and its checks (docs/study.md).

export const FORMAT = "cardpipe-progress";
export const VERSION = 1;
/** Bytes of the largest file that is read: about 600,000 reviews, or eight years of 200 a day. */
export const LARGEST = 64 * 1024 * 1024;
const DAY = 86_400_000;
/** The end of the year 9999, in milliseconds. */
export const LAST_TIME = 253_402_300_799_999;
const LAST_DAY = Math.floor(LAST_TIME / DAY);
const MOST_FACES = 500;
const LONGEST_DURATION = DAY;
const CHUNK = 2_000;

/** Parts of the text of a file, for a Blob; one review stands on each line. Pauses between parts. */
export async function textParts({ uid, release, day, time, settings, marks, reviews }) {
  const head = { format: FORMAT, version: VERSION, uid, release, exported: time, day, settings };
  const parts = [JSON.stringify(head).slice(0, -1), ',\n"marks": [', marks.map(asLine).join(","), '\n],\n"reviews": ['];
  let chunk = [];
  let first = true;
  for await (const { guid, face, time: at, day: on, grade, duration } of reviews) {
    chunk.push(asLine({ guid, face, time: at, day: on, grade, duration }));
    if (chunk.length === CHUNK) {
      parts.push(first ? "" : ",", chunk.join(","));
      chunk = [];
      first = false;
    }
  }
  if (chunk.length) parts.push(first ? "" : ",", chunk.join(","));
  parts.push("\n]}\n");
  return parts;
}

const asLine = (record) => "\n" + JSON.stringify(record);

/** Why a file is refused: `reason` is one of the page's words. */
export class Refused extends Error {
  constructor(reason, place = "") {
    super(reason);
    this.reason = reason;
    this.place = place;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isWhole = (value, least, most) => Number.isInteger(value) && value >= least && value <= most;
const isTime = (value) => isWhole(value, 0, LAST_TIME);
/** Time zones, and days that begin at 4 a.m., move the day of a time by less than two. */
const isDayOf = (day, time) => Number.isInteger(day) && Math.abs(day + 0.5 - time / DAY) < 2;
const GUID = /^(?! )[^\x00-\x1f\x7f-\xa0\xad\u1680\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff\ud800-\udfff]{1,255}(?<! )$/u;
const isFace = ({ guid, face }) => typeof guid === "string" && GUID.test(guid) && isWhole(face, 0, MOST_FACES - 1);
const areTexts = (value) => Array.isArray(value) && value.every((text) => typeof text === "string");

/** The content of a file for the deck `uid`: reviews, marks and settings. Throws Refused for anything else. */
export function parsed(text, uid) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Refused("The file is not JSON.");
  }
  if (!isObject(content) || content.format !== FORMAT) throw new Refused("The file is not progress of this site.");
  if (content.version !== VERSION) throw new Refused("The file was written by a newer version of the site.");
  if (content.uid !== uid) throw new Refused("The file is the progress of another deck.");
  const { reviews, marks = [], settings, day } = content;
  if (!Array.isArray(reviews) || !Array.isArray(marks)) throw new Refused("The file is damaged.");
  if (!isWhole(day, 0, LAST_DAY)) throw new Refused("The file is damaged.", "day");
  return {
    reviews: reviews.map((record, number) => review(record) ?? damaged("reviews", number)),
    marks: marks.map((record, number) => mark(record) ?? damaged("marks", number)),
    settings: isObject(settings) ? knownSettings(settings) : null,
  };
}

function damaged(list, number) {
  throw new Refused("The file is damaged.", `${list}[${number}]`);
}

function review(record) {
  if (!isObject(record) || !isFace(record) || !isTime(record.time) || !isDayOf(record.day, record.time)) return null;
  const { guid, face, time, day, grade, duration } = record;
  if (!isWhole(grade, 1, 4) || !isWhole(duration, 0, LONGEST_DURATION)) return null;
  return { guid, face, time, day, grade, duration };
}

/** Whether a file can hold a review. */
export const isReview = (record) => review(record) !== null;

function mark(record) {
  if (!isObject(record) || !isFace(record) || !isTime(record.changed)) return null;
  const { guid, face, suspended, buried, leech, changed } = record;
  if (typeof suspended !== "boolean" || typeof leech !== "boolean") return null;
  if (buried !== null && !isWhole(buried, 0, LAST_DAY)) return null;
  return { guid, face, suspended, buried, leech, changed };
}

function knownSettings({ newPerDay, reviewsPerDay, shortcuts, tags, decks, difficulties }) {
  const found = {};
  if (isWhole(newPerDay, 0, 9999)) found.newPerDay = newPerDay;
  if (isWhole(reviewsPerDay, 0, 9999)) found.reviewsPerDay = reviewsPerDay;
  if (typeof shortcuts === "boolean") found.shortcuts = shortcuts;
  if (areTexts(tags)) found.tags = tags;
  if (areTexts(decks)) found.decks = decks;
  // The choice of cards whose difficulty is not given is null.
  const isLevel = (level) => level === null || Number.isFinite(level);
  if (Array.isArray(difficulties) && difficulties.every(isLevel)) found.difficulties = difficulties;
  return found;
}
