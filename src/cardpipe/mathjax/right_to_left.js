// Text from right to left within a formula, in the order in which it is seen: in MathJax's SVG, glyphs stand from left to
// right, each by itself. The formula itself runs from left to right, as in a browser.
globalThis.visualOrder = (function () {
  // Scripts that our fonts have. Others are text in a font of the reader, whose program orders it.
  const RIGHT = "[\\u0590-\\u06ff\\u07c0-\\u07ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]";
  const RUN = new RegExp(RIGHT + "(?:[^\\p{L}]*(?:" + RIGHT + "|\\p{Nd}))*", "gu");
  const CLUSTER = /\p{Nd}+(?:[.,:/٫٬]\p{Nd}+)*|[^]\p{M}*/gu;
  const MIRRORED = { "(": ")", ")": "(", "[": "]", "]": "[", "{": "}", "}": "{", "<": ">", ">": "<", "«": "»", "»": "«" };

  // The forms of Arabic letters in the order of Unicode's blocks of them: by itself, joined to the letter before, to the
  // one behind, to both.
  const forms = new Map();
  for (const [first, last] of [[0xfb50, 0xfbe7], [0xfbfc, 0xfbff], [0xfe80, 0xfefc]]) {
    for (let code = first; code <= last; code++) {
      const form = String.fromCharCode(code);
      const letter = form.normalize("NFKC");
      if (letter !== form) {
        forms.set(letter, [...(forms.get(letter) || []), form]);
      }
    }
  }
  const TATWEEL = "\u0640";
  const sides = (letter) => (letter === TATWEEL ? 4 : (forms.get(letter) || []).length);

  // The text with each letter in the form that joins its neighbours, and lam with alef as one.
  function joined(text) {
    const letters = text.match(/ل[اأإآ]|[^]/gu);
    const beside = (place, step) => {
      let at = place + step;
      while (/^\p{M}$/u.test(letters[at] || "")) {
        at += step;
      }
      return sides(letters[at]);
    };
    return letters.map((letter, place) => {
      if (letter === TATWEEL || sides(letter) < 2) {
        return letter;
      }
      const behind = sides(letter) === 4 && beside(place, 1) > 1 ? 2 : 0;
      return forms.get(letter)[(beside(place, -1) === 4 ? 1 : 0) + behind];
    }).join("");
  }

  return (text) =>
    text.replace(RUN, (run) => joined(run).match(CLUSTER).reverse().map((part) => MIRRORED[part] || part).join(""));
})();
