// The scheduler FSRS-6: what is known of a learner's memory of a card, and when the card comes again.
//
// Source of the formulas: "The Algorithm" in the wiki of the project open-spaced-repetition/fsrs4anki.
// Nothing here reads the clock or the time zone, except `dayOf` and `startOfDay`. A review carries the day on which
// the learner made it, so that the same log gives the same states in every time zone.

/** Weights (w0 to w20) of FSRS-6, fitted by its authors to the reviews of many learners. */
export const WEIGHTS = Object.freeze([
  0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
  1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
]);

const MINUTE = 60_000;
const DAY = 86_400_000;
export const AGAIN = 1, HARD = 2, GOOD = 3, EASY = 4;
export const RETENTION = 0.9;
export const MAXIMUM_INTERVAL = 36_500;
/** Milliseconds between the reviews of a card that is learnt, or learnt again after a lapse. */
export const LEARNING_STEPS = Object.freeze([MINUTE, 10 * MINUTE]);
export const RELEARNING_STEPS = Object.freeze([10 * MINUTE]);
/** The hour at which a day begins, as in Anki. */
export const FIRST_HOUR = 4;

const LEAST_STABILITY = 0.001;
const DECAY = -WEIGHTS[20];
/** Chosen so that the retrievability after `stability` days is 90 %. */
const FACTOR = 0.9 ** (1 / DECAY) - 1;

/**
 * The state of a card that was never reviewed.
 *
 * `phase` is new, learning, review or relearning. A card in a learning phase is due at `dueTime` (milliseconds), a card
 * in review on `dueDay`. `interval` is in days, `stability` too; `difficulty` lies between 1 and 10.
 */
export const NEW = Object.freeze({
  phase: "new", step: 0, stability: null, difficulty: null, dueTime: null, dueDay: null, interval: 0,
  lastTime: null, lastDay: null, reps: 0, lapses: 0,
});

/** The number of a learner's day, counted from 1 January 1970; it begins at 4 a.m. local time. */
export function dayOf(time) {
  const local = new Date(time);
  const midnight = Date.UTC(local.getFullYear(), local.getMonth(), local.getDate());
  return midnight / DAY - (local.getHours() < FIRST_HOUR ? 1 : 0);
}

/** The local time, in milliseconds, at which a day begins. */
export function startOfDay(day) {
  const date = new Date(day * DAY);
  return new Date(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate(), FIRST_HOUR).getTime();
}

/** The probability that a card is recalled, `days` after its last review. */
export function retrievability(stability, days) {
  return (1 + (FACTOR * days) / stability) ** DECAY;
}

/** Whole days, from 1 to the maximum, after which the probability of recall falls to the wanted retention. */
export function intervalOf(stability, retention = RETENTION) {
  const days = Math.round((stability / FACTOR) * (retention ** (1 / DECAY) - 1));
  return Math.min(Math.max(days, 1), MAXIMUM_INTERVAL);
}

/**
 * Stability and difficulty after a review, `days` (whole, rounded down) after the last one.
 *
 * `memory` has null values before the first review.
 */
export function memoryAfter(memory, grade, days) {
  const { stability, difficulty } = memory;
  if (stability === null) {
    return { stability: Math.max(WEIGHTS[grade - 1], LEAST_STABILITY), difficulty: inRange(firstDifficulty(grade)) };
  }
  const next = days < 1 ? afterSameDay(stability, grade) : afterDays(stability, difficulty, grade, days);
  return { stability: Math.max(next, LEAST_STABILITY), difficulty: nextDifficulty(difficulty, grade) };
}

function firstDifficulty(grade) {
  return WEIGHTS[4] - Math.exp(WEIGHTS[5] * (grade - 1)) + 1;
}

function inRange(difficulty) {
  return Math.min(Math.max(difficulty, 1), 10);
}

function nextDifficulty(difficulty, grade) {
  // The closer to 10, the smaller the change; then a step back towards the difficulty of an easy card.
  const changed = difficulty - (WEIGHTS[6] * (grade - GOOD) * (10 - difficulty)) / 9;
  return inRange(WEIGHTS[7] * firstDifficulty(EASY) + (1 - WEIGHTS[7]) * changed);
}

function afterSameDay(stability, grade) {
  const increase = Math.exp(WEIGHTS[17] * (grade - GOOD + WEIGHTS[18])) * stability ** -WEIGHTS[19];
  return stability * (grade === AGAIN ? increase : Math.max(increase, 1));
}

function afterDays(stability, difficulty, grade, days) {
  const forgotten = 1 - retrievability(stability, days);
  if (grade === AGAIN) {
    const lapsed = WEIGHTS[11] * difficulty ** -WEIGHTS[12] * ((stability + 1) ** WEIGHTS[13] - 1)
      * Math.exp(WEIGHTS[14] * forgotten);
    return Math.min(lapsed, stability / Math.exp(WEIGHTS[17] * WEIGHTS[18]));
  }
  const bonus = grade === HARD ? WEIGHTS[15] : grade === EASY ? WEIGHTS[16] : 1;
  return stability * (1 + Math.exp(WEIGHTS[8]) * (11 - difficulty) * stability ** -WEIGHTS[9]
    * Math.expm1(WEIGHTS[10] * forgotten) * bonus);
}

/**
 * The state after a review `{grade, time, day}`: grade 1 to 4, time in milliseconds, day as of `dayOf`.
 */
export function reviewed(state, { grade, time, day }) {
  const days = state.lastDay === null ? 0 : Math.max(0, day - state.lastDay);
  const memory = memoryAfter(state, grade, days);
  const next = {
    ...state, ...memory, interval: intervalOf(memory.stability),
    lastTime: time, lastDay: day, reps: state.reps + 1, dueTime: null, dueDay: null,
  };
  if (state.phase === "review") {
    if (grade !== AGAIN) return inReview(next, day);
    return inSteps({ ...next, lapses: state.lapses + 1 }, "relearning", 0, RELEARNING_STEPS[0], time);
  }
  const phase = state.phase === "relearning" ? "relearning" : "learning";
  const steps = phase === "relearning" ? RELEARNING_STEPS : LEARNING_STEPS;
  if (grade === AGAIN) return inSteps(next, phase, 0, steps[0], time);
  if (grade === HARD) return inSteps(next, phase, state.step, hardStep(steps, state.step), time);
  if (grade === EASY || state.step + 1 >= steps.length) return inReview(next, day);
  return inSteps(next, phase, state.step + 1, steps[state.step + 1], time);
}

/** On the first step, the mean of the first two, or one and a half times the only one; else the same step again. */
function hardStep(steps, step) {
  if (step > 0) return steps[step];
  return steps.length > 1 ? (steps[0] + steps[1]) / 2 : steps[0] * 1.5;
}

function inReview(state, day) {
  return { ...state, phase: "review", step: 0, dueDay: day + state.interval };
}

function inSteps(state, phase, step, delay, time) {
  return { ...state, phase, step, dueTime: time + delay };
}

/** The state after all reviews of a card, which are in the order of their times. */
export function stateAfter(reviews) {
  return reviews.reduce(reviewed, NEW);
}
