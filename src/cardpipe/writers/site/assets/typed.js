// The comparison of a typed answer with the right one, with the result that Anki shows.

/**
 * Return whether an answer is right, and the parts of what was typed and of what was expected.
 *
 * Each part is `{kind, text}` with a kind of good, bad or missed. Upper and lower case differ, as in Anki; how
 * accents are composed makes no difference.
 */
export function compared(expected, typed) {
  const right = [...expected.normalize("NFC")];
  const given = [...typed.normalize("NFC")];
  const typedParts = [], expectedParts = [];
  let [atGiven, atRight] = [0, 0];
  for (const [start, place, length] of [...blocks(given, right), [given.length, right.length, 0]]) {
    const [wrong, missing] = [given.slice(atGiven, start), right.slice(atRight, place)];
    if (wrong.length) typedParts.push(part("bad", wrong));
    else if (missing.length) typedParts.push(part("missed", missing.map(() => "-")));
    if (missing.length) expectedParts.push(part("missed", missing));
    if (length) {
      typedParts.push(part("good", given.slice(start, start + length)));
      expectedParts.push(part("good", right.slice(place, place + length)));
    }
    [atGiven, atRight] = [start + length, place + length];
  }
  return { right: given.join("") === right.join(""), typed: typedParts, expected: expectedParts };
}

const part = (kind, characters) => ({ kind, text: characters.join("") });

/** Matching blocks in order: the longest common run, then those on its left and on its right (Ratcliff, Obershelp). */
function blocks(one, other) {
  const places = new Map();
  other.forEach((character, place) => places.set(character, [...(places.get(character) ?? []), place]));
  const found = [];
  const open = [[0, one.length, 0, other.length]];
  while (open.length) {
    const [low, high, left, right] = open.pop();
    const [start, place, length] = longest(one, places, low, high, left, right);
    if (!length) continue;
    found.push([start, place, length]);
    open.push([low, start, left, place], [start + length, high, place + length, right]);
  }
  found.sort((a, b) => a[0] - b[0]);
  return joined(found);
}

/** The longest run that both have in common; the first of several. */
function longest(one, places, low, high, left, right) {
  let best = [low, left, 0];
  let before = new Map();
  for (let start = low; start < high; start += 1) {
    const lengths = new Map();
    for (const place of places.get(one[start]) ?? []) {
      if (place < left) continue;
      if (place >= right) break;
      const length = (before.get(place - 1) ?? 0) + 1;
      lengths.set(place, length);
      if (length > best[2]) best = [start - length + 1, place - length + 1, length];
    }
    before = lengths;
  }
  return best;
}

function joined(found) {
  const whole = [];
  for (const block of found) {
    const last = whole.at(-1);
    if (last && last[0] + last[2] === block[0] && last[1] + last[2] === block[1]) last[2] += block[2];
    else whole.push([...block]);
  }
  return whole;
}
