// What a learner has done and what is to come: activity, forecast and true retention.

import { drawing, element } from "./elements.js";
import { shownDay, shownMonth, shownNumber, shownPercent, shownWeekday, word } from "./words.js";

const WEEKS = 53;
const CELL = 13;
const TOP = 16;
export const FORECAST_DAYS = 14;
/** Reviews on a day from which it takes the next darker shade. */
const SHADES = [1, 10, 30, 60];
const FIRST_MONDAY = 4; // 5 January 1970, counted from 1 January 1970

/** A year of days in columns of weeks; older weeks are hidden where the page is narrow. */
export function activity(days, today) {
  const monday = today - ((((today - FIRST_MONDAY) % 7) + 7) % 7);
  const first = monday - 7 * (WEEKS - 1);
  const width = WEEKS * CELL;
  const height = TOP + 7 * CELL;
  const isMirrored = document.documentElement.dir === "rtl";
  const weeks = Array.from({ length: WEEKS }, (_, week) =>
    drawing("g", { transform: `translate(${(isMirrored ? WEEKS - 1 - week : week) * CELL} 0)` }));
  let lastLabel = -9;
  for (let day = first; day <= today; day += 1) {
    const week = Math.floor((day - first) / 7);
    const place = (day - first) % 7;
    const reviews = days.get(day)?.reviews ?? 0;
    const shade = SHADES.filter((least) => reviews >= least).length;
    const attributes = { class: `shade-${shade}`, x: 1, y: TOP + place * CELL + 1, width: 11, height: 11, rx: 2 };
    weeks[week].append(drawing("rect", attributes, drawing("title", {}, `${shownDay(day)}: ${shownNumber(reviews)}`)));
    const isFirstOfMonth = new Date(day * 86_400_000).getUTCDate() === 1;
    if (isFirstOfMonth && week - lastLabel > 2 && week < WEEKS - 2) {
      const label = isMirrored ? { x: CELL, y: 11, "text-anchor": "end" } : { x: 0, y: 11 };
      weeks[week].append(drawing("text", label, shownMonth(day)));
      lastLabel = week;
    }
  }
  const facts = summary(days, first, today);
  const chart = drawing("svg", {
    role: "img", "aria-label": facts, class: "study-activity", viewBox: `0 0 ${width} ${height}`,
    preserveAspectRatio: isMirrored ? "xMinYMid slice" : "xMaxYMid slice",
  }, weeks);
  new ResizeObserver(([{ contentRect }]) => {
    const hidden = WEEKS - Math.floor(contentRect.width / CELL);
    weeks.forEach((week, place) => { week.style.display = place < hidden ? "none" : ""; });
  }).observe(chart);
  return [chart, element("p", { class: "study-note" }, facts)];
}

function summary(days, first, today) {
  let [reviews, studied] = [0, 0];
  for (const [day, sums] of days) {
    if (day < first || !sums.reviews) continue;
    reviews += sums.reviews;
    studied += 1;
  }
  let streak = 0;
  // A day that has only begun does not end a streak.
  for (let day = days.get(today)?.reviews ? today : today - 1; days.get(day)?.reviews; day -= 1) streak += 1;
  return word("Reviews in the last year: {reviews}. Days studied: {days}. Current streak in days: {streak}.", {
    reviews: shownNumber(reviews), days: shownNumber(studied), streak: shownNumber(streak),
  });
}

/** Columns with the number of reviews on each of the next days. */
export function forecastColumns(counts, today) {
  const most = Math.max(...counts);
  if (!most) return element("p", { class: "study-note" }, word("Nothing is due in the next two weeks."));
  return element("ol", { class: "study-forecast", role: "list" }, counts.map((count, place) => {
    const bar = element("span", { class: "bar" });
    bar.style.blockSize = `${(count / most) * 5}rem`;
    return element("li", {},
      element("span", { class: "study-only-heard" }, `${shownDay(today + place)}: ${shownNumber(count)}`),
      element("span", { class: "column", "aria-hidden": "true" },
        element("span", { class: "count" }, count ? shownNumber(count) : ""), bar),
      element("span", { class: "weekday", "aria-hidden": "true" }, shownWeekday(today + place)));
  }));
}

/** How many cards were recalled that came after a day or more. */
export function retentionTable(days, today) {
  const spans = [[word("Today"), 1], [word("Last 7 days"), 7], [word("Last 30 days"), 30], [word("All days"), Infinity]];
  const head = [word("Days"), word("Young"), word("Mature"), word("All")];
  return element("table", { class: "study-table" },
    element("thead", {}, element("tr", {}, head.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, spans.map(([name, length]) => {
      const [young, mature] = added(days, today - length);
      const all = young.map((count, place) => count + mature[place]);
      return element("tr", {}, element("th", { scope: "row" }, name),
        [young, mature, all].map((counts) => element("td", {}, share(counts))));
    })));
}

function added(days, after) {
  const sum = [[0, 0], [0, 0]];
  for (const [day, { young, mature }] of days) {
    if (day <= after) continue;
    [young, mature].forEach((counts, kind) => counts.forEach((count, place) => { sum[kind][place] += count; }));
  }
  return sum;
}

function share([recalled, forgotten]) {
  const all = recalled + forgotten;
  if (!all) return "–";
  const counts = element("span", { class: "counts" }, `(${shownNumber(recalled)}/${shownNumber(all)})`);
  return [shownPercent(recalled / all), " ", counts];
}
