// The words of the page: English, or the translations that the page holds as JSON by the English words.

import { pause } from "./elements.js";

const given = document.getElementById("study-words");
const translated = given ? JSON.parse(given.textContent) : {};
const language = document.documentElement.lang || "en";

/** The words in the page's language, with values in place of `{name}`. */
export function word(english, values = {}) {
  const text = translated[english] || english;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const DAY = 86_400_000;

/** What formats values: made when it is needed, since making each takes some milliseconds. */
const makers = {
  number: () => new Intl.NumberFormat(language, { maximumFractionDigits: 1 }),
  percent: () => new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 }),
  date: () => new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" }),
  weekday: () => new Intl.DateTimeFormat(language, { weekday: "narrow", timeZone: "UTC" }),
  month: () => new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" }),
  clock: () => new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }),
};
const made = {};

function format(name, value) {
  made[name] ??= makers[name]();
  return made[name].format(value);
}

/** Make what formats values in several steps. */
export async function prepareFormats() {
  for (const name of Object.keys(makers)) {
    format(name, 0);
    await pause();
  }
}

export const shownNumber = (value) => format("number", value);
export const shownPercent = (value) => format("percent", value);
export const shownDay = (day) => format("date", day * DAY);
export const shownWeekday = (day) => format("weekday", day * DAY);
export const shownMonth = (day) => format("month", day * DAY);
export const shownTime = (time) => format("clock", time);

/** A number of days in the largest unit that suits it, such as “4 d” or “1.2 y”. */
export function shownDays(days) {
  if (days < 31) return word("{count} d", { count: shownNumber(days) });
  if (days < 365) return word("{count} mo", { count: shownNumber(days / 30.4) });
  return word("{count} y", { count: shownNumber(days / 365) });
}

/** Milliseconds as minutes or hours, such as “10 min”. */
export function shownDelay(milliseconds) {
  const minutes = Math.max(1, Math.round(milliseconds / 60_000));
  if (minutes < 90) return word("{count} min", { count: shownNumber(minutes) });
  return word("{count} h", { count: shownNumber(minutes / 60) });
}
