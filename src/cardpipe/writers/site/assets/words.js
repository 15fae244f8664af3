// The words of the page: English, or the translations that the page holds as JSON by the English words.

const given = document.getElementById("study-words");
const translated = given ? JSON.parse(given.textContent) : {};
const language = document.documentElement.lang || "en";

/** The words in the page's language, with values in place of `{name}`. */
export function word(english, values = {}) {
  const text = translated[english] || english;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const weekday = new Intl.DateTimeFormat(language, { weekday: "narrow", timeZone: "UTC" });
const month = new Intl.DateTimeFormat(language, { month: "short", timeZone: "UTC" });
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const DAY = 86_400_000;

export const shownNumber = (value) => number.format(value);
export const shownPercent = (value) => percent.format(value);
export const shownDay = (day) => date.format(day * DAY);
export const shownWeekday = (day) => weekday.format(day * DAY);
export const shownMonth = (day) => month.format(day * DAY);
export const shownTime = (time) => clock.format(time);

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
