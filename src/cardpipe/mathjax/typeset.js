// Runs inside QuickJS after MathJax's own files; `cardpipe.check` and `cardpipe.typeset` answer with JSON.
//
// MathJax's input is configured as Anki 26.9 configures it (its `tex-chtml-full` with `textmacros` taken out), less
// what a formula must not be able to do here; see PACKAGES and REMOVED.
globalThis.cardpipe = (function () {
  const M = MathJax._;
  const { TeX } = M.input.tex_ts;
  const TexParser = M.input.tex.TexParser.default;
  const TexError = M.input.tex.TexError.default;
  const ParseOptions = M.input.tex.ParseOptions.default;
  const { MmlFactory } = M.core.MmlTree.MmlFactory;
  const { HTMLMathItem } = M.handlers.html.HTMLMathItem;
  const { HTMLDocument } = M.handlers.html.HTMLDocument;
  const { liteAdaptor } = M.adaptors.liteAdaptor;

  // Anki's list without: noerrors and noundefined (they hide faults), require (loads code), html (links, classes and
  // styles), action (needs a pointer), newcommand and configmacros (definitions), unicode (draws from system fonts).
  const PACKAGES = [
    "base", "ams", "amscd", "bbox", "boldsymbol", "braket", "bussproofs", "cancel", "cases", "centernot", "color",
    "colortbl", "empheq", "enclose", "extpfeil", "gensymb", "mathtools", "mhchem", "tagformat", "textcomp", "upgreek",
    "verb",
  ];

  // QuickJS has no `RegExp["$&"]`, by which MathJax reads `\ref` and `\eqref` within text.
  let lastMatch = "";
  const match = String.prototype.match;
  String.prototype.match = function (pattern) {
    const found = match.call(this, pattern);
    lastMatch = found ? found[0] : lastMatch;
    return found;
  };
  Object.defineProperty(RegExp, "$&", { configurable: true, get: () => lastMatch });

  // What would reach past its own formula or past mathematics: definitions, code, links, styles, settings. Most are in
  // no package above; the others are used by MathJax's own macros, so they are refused where an author writes them.
  const FORBIDDEN = new Set([
    "DeclareMathOperator", "DeclarePairedDelimiter", "DeclarePairedDelimiterX", "DeclarePairedDelimiterXPP",
    "DeclarePairedDelimiters", "DeclarePairedDelimitersX", "DeclarePairedDelimitersXPP", "Newextarrow", "class", "cssId",
    "def", "definecolor", "href", "let", "mathtip", "mathtoolsset", "mmlToken", "newcommand", "newenvironment",
    "newtagform", "renewcommand", "renewenvironment", "renewtagform", "require", "setOptions", "style", "texttip", "toggle",
    "unicode", "usetagform",
  ]);

  // The widest that a row is set where TeX asks for "the line": about a phone's screen. 1 em is 1000 units.
  const LINE_WIDTH = 24;
  const SCALE = 1000;

  // --- Where a fault is --------------------------------------------------------------------------------------------
  // Every parser remembers the text that it was made for (`source`), the place in it of the token it is at (`token`),
  // and how much of it macros have used up (`spent`). After an expansion only the tail of its string is still source.

  function shift(parser) {
    return parser.source.length - parser._string.length;
  }

  const pushParser = ParseOptions.prototype.pushParser;
  ParseOptions.prototype.pushParser = function (parser) {
    parser.source = parser._string;
    parser.token = parser.spent = 0;
    pushParser.call(this, parser);
  };

  Object.defineProperty(TexParser.prototype, "string", {
    configurable: true,
    get() {
      return this._string;
    },
    set(value) {
      this.spent = Math.max(this.spent, this.i + shift(this));
      this._string = value;
    },
  });

  const parse = TexParser.prototype.parse;
  TexParser.prototype.parse = function (kind, input) {
    spend(0.25);
    if (kind === "character") {
      const place = this.i - input[1].length + shift(this);
      if (place >= this.spent) {
        this.token = place;
      }
    }
    return parse.call(this, kind, input);
  };

  // --- Work --------------------------------------------------------------------------------------------------------
  // What a formula costs is counted, not timed, so that every machine refuses the same formulas. A unit is about what it
  // takes to make one node of MathML.

  const MOST_WORK = 20000;
  const MOST_REPEATED = 100; // columns that a number asks for
  const LONGEST_CHEMISTRY = 400; // characters; mhchem takes quadratic time
  const BEGINNING = 8; // what the shortest formula takes
  let work = 0;

  function spend(units) {
    work += units;
    if (work > MOST_WORK) {
      throw new TexError("TooMuchWork", "The formula is too much work for MathJax: more than %1 steps", MOST_WORK);
    }
  }

  const parseAll = TexParser.prototype.Parse;
  TexParser.prototype.Parse = function () {
    spend(1 + this._string.length / 20);
    return parseAll.call(this);
  };

  const getArgument = TexParser.prototype.GetArgument;
  TexParser.prototype.GetArgument = function (name, ...others) {
    const argument = getArgument.call(this, name, ...others);
    if (argument && /^\\begin\{/.test(name) && Number(argument) > MOST_REPEATED) {
      throw new TexError("TooManyColumns", "%1 asks for too many columns: more than %2", name, MOST_REPEATED);
    }
    if (argument && (name === "\\ce" || name === "\\pu")) {
      if (argument.length > LONGEST_CHEMISTRY) {
        throw new TexError("ChemistryTooLong", "The argument of %1 is too long: more than %2 characters", name, LONGEST_CHEMISTRY);
      }
      spend((argument.length * argument.length) / 100);
    }
    return argument;
  };

  const create = MmlFactory.prototype.create;
  MmlFactory.prototype.create = function (...given) {
    spend(1);
    return create.apply(this, given);
  };

  // Some nodes pass attributes on to a child twice, so that nested ones take exponential time; and an operator looks for
  // its place among all its neighbours.
  const { AbstractMmlNode } = M.core.MmlTree.MmlNode;
  const inherit = AbstractMmlNode.prototype.setInheritedAttributes;
  AbstractMmlNode.prototype.setInheritedAttributes = function (...given) {
    spend(0.5 + (this.kind === "mo" && this.parent ? this.parent.childNodes.length / 50 : 0));
    return inherit.apply(this, given);
  };

  const push = TexParser.prototype.Push;
  TexParser.prototype.Push = function (item) {
    if (item && item.isOpen && item.place === undefined) {
      item.place = this.token;
    }
    return push.call(this, item);
  };

  const UNCLOSED = new Set(["ExtraOpenMissingClose", "ExtraLeftMissingRight", "EnvMissingEnd", "MissingOrUnrecognizedDelim"]);

  function placeIn(parser, id) {
    if (UNCLOSED.has(id) && parser.i >= parser._string.length) {
      for (let n = 1, item; (item = parser.stack.Top(n)); n++) {
        if (item.place !== undefined && !item.isKind("start")) {
          return item.place;
        }
      }
    }
    return parser.token;
  }

  function locate(latex, parsers, id) {
    let place = 0;
    let end = latex.length;
    for (const parser of parsers.slice().reverse()) {
      const base = latex.lastIndexOf(parser.source, end - parser.source.length);
      if (base < place) {
        continue; // a text that a macro has put together: the macro is the place, or its argument further in
      }
      place = base + Math.min(placeIn(parser, id), parser.source.length);
      end = Math.max(place, base + Math.max(parser.i + shift(parser), parser.spent));
    }
    return Array.from(latex.slice(0, place)).length;
  }

  // --- Reading -----------------------------------------------------------------------------------------------------

  const adaptor = liteAdaptor();
  const paper = adaptor.parse("", "text/html");
  const factory = new MmlFactory();
  const input = new TeX({
    packages: PACKAGES,
    ams: { multlineWidth: LINE_WIDTH + "em" },
    formatError(jax, error) {
      error.offset = locate(jax.latex, jax.parseOptions.parsers, error.id);
      throw error;
    },
  });
  input.setAdaptor(adaptor);
  input.setMmlFactory(factory);

  let output = null; // made when the first formula is typeset: to check one needs no fonts
  let page = new HTMLDocument(paper, adaptor, { InputJax: input });
  page.outputJax = { getBBox: () => ({ w: 0, h: 0, d: 0 }) }; // bussproofs measures while it reads

  function refuseForbidden(latex) {
    for (const match of latex.matchAll(/\\(?:([a-zA-Z]+)|[^])/g)) {
      if (FORBIDDEN.has(match[1])) {
        const error = new TexError("Forbidden", "%1 is not allowed in a formula", match[0]);
        error.offset = Array.from(latex.slice(0, match.index)).length;
        throw error;
      }
    }
  }

  function compile(latex, display) {
    refuseForbidden(latex);
    work = BEGINNING;
    input.reset();
    const item = new HTMLMathItem(latex, input, display);
    item.setMetrics(16, 16 * 0.442, LINE_WIDTH * 16, 1000000, 1);
    item.root = input.compile(item, page);
    if (item.inputData.recompile) {
      item.root = input.compile(item, page); // a reference to a line further down knows its number now
    }
    return item;
  }

  function fault(error) {
    if (error instanceof TexError) {
      return { id: error.id, message: error.message, offset: error.offset || 0 };
    }
    throw error;
  }

  function check(latex, display) {
    try {
      compile(latex, display);
    } catch (error) {
      return JSON.stringify({ error: fault(error), work: Math.ceil(work) });
    }
    return JSON.stringify({ work: Math.ceil(work) });
  }

  // --- Layout ------------------------------------------------------------------------------------------------------

  // Glyphs beside the font's own, by variant and code; null for what no font at hand has, which is then drawn as text
  // in whatever font the reader has. They are not put into the font, where one variant inherits from another: what a
  // formula looks like must not depend on the formulas before it.
  const added = new Map();
  const missing = new Map();

  function start() {
    const { SVG } = M.output.svg_ts;
    const { TeXFont } = M.output.svg.fonts.tex_ts;
    output = new SVG({ font: new TeXFont(), fontCache: "none", mtextInheritFont: false });
    output.setAdaptor(adaptor);
    page = new HTMLDocument(paper, adaptor, { InputJax: input, OutputJax: output });
    const { font } = output;
    const getChar = font.getChar.bind(font);
    readCharacters(getChar);
    font.getChar = function (variant, code) {
      const glyph = getChar(variant, code);
      if (glyph || code < 128) {
        return glyph;
      }
      const key = variant + " " + code;
      if (!added.has(key)) {
        const made = accented(getChar, variant, code);
        if (!made) {
          missing.set(key, [variant, code, ...font.getCssFont(variant)]);
          return undefined;
        }
        added.set(key, made);
      }
      return added.get(key) || undefined;
    };
  }

  // TeX's fonts have no accented letters: they are set as a letter and an accent above it, as TeX's \" does.
  function accented(getChar, variant, code) {
    const parts = Array.from(String.fromCodePoint(code).normalize("NFD"), (c) => c.codePointAt(0));
    if (parts.length !== 2) {
      return null;
    }
    const dotless = { 0x69: 0x131, 0x6a: 0x237 }[parts[0]];
    const letter = (dotless && getChar(variant, dotless)) || getChar(variant, parts[0]);
    const accent = getChar(variant, parts[1]) || getChar("normal", parts[1]);
    if (!letter || !accent || !letter[3] || !accent[3] || !letter[3].p || !accent[3].p) {
      return null;
    }
    // Combining accents stand left of their origin and fit a letter as high as an x (430 units).
    const box = extent("M" + accent[3].p);
    const x = Math.round((letter[2] * SCALE) / 2 - (box[0] + box[2]) / 2 + (letter[3].sk || 0) * SCALE);
    const y = Math.round(Math.max(0, letter[0] * SCALE - 443));
    const path = letter[3].p + "ZM" + moved(accent[3].p, x, y);
    return [accent[0] + y / SCALE, letter[1], letter[2], { p: path }];
  }

  // Path data in MathJax's fonts: absolute commands M L Q T (pairs), H (x), V (y) and Z.
  function coordinates(path, use) {
    return path.replace(/([MLQTHVZ])([^MLQTHVZ]*)/g, (_, command, numbers) => {
      let first = command !== "V";
      const values = (numbers.match(/-?\d*\.?\d+/g) || []).map((number) => {
        const value = use(Number(number), first);
        first = command === "H" || (command !== "V" && !first);
        return value;
      });
      return command + values.join(" ");
    });
  }

  // The box around all of a path's points: left, bottom, right, top.
  function extent(path) {
    let [left, bottom, right, top] = [Infinity, Infinity, -Infinity, -Infinity];
    let isX = true;
    let command = "";
    for (const part of path.match(/[MLQTHVZ]|-?\d*\.?\d+/g) || []) {
      const value = Number(part);
      if (value !== value) {
        command = part;
        isX = command !== "V";
      } else if (isX) {
        left = value < left ? value : left;
        right = value > right ? value : right;
        isX = command === "H";
      } else {
        bottom = value < bottom ? value : bottom;
        top = value > top ? value : top;
        isX = command !== "V";
      }
    }
    return [left, bottom, right, top];
  }

  // Most formulas have the same glyphs, so that the boxes of these are kept.
  function glyphBox(path) {
    const glyph = characters[path];
    if (!glyph) {
      return extent(path);
    }
    if (glyph.length === 3) {
      glyph.push(extent(path));
    }
    return glyph[3];
  }

  function moved(path, x, y) {
    return coordinates("M" + path, (value, isX) => value + (isX ? x : y)).slice(1);
  }

  function define(glyphs) {
    for (const [variant, code, glyph, face] of JSON.parse(glyphs)) {
      added.set(variant + " " + code, glyph);
      if (glyph && face) {
        characters["M" + glyph[3].p + "Z"] = [face, String.fromCodePoint(code), glyph[2] * SCALE];
      }
    }
  }

  // By outline: in which font that glyph is which character, how wide it is there, and its box once that was needed. See
  // `characters.json`.
  // No Map: in QuickJS, one does not find a long string that was put together of others.
  const characters = Object.create(null);
  let table = {};

  function useFonts(json) {
    table = JSON.parse(json);
  }

  function readCharacters(getChar) {
    for (const [variant, faces] of Object.entries(table)) {
      for (const [face, runs] of Object.entries(faces)) {
        for (const [first, last, shift] of runs) {
          for (let code = first; code <= last; code++) {
            const [, , width, { p }] = getChar(variant, code);
            characters["M" + p + "Z"] = [face, String.fromCodePoint(code + shift), width * SCALE];
          }
        }
      }
    }
  }

  // Widths in per cent of a page and labels at its margin make an SVG without a size of its own. So lengths are made
  // absolute, and a label becomes the last column of its table.
  function prepare(root) {
    root.walkTree((node) => {
      if (!node.isKind("mtable")) {
        return;
      }
      const width = node.attributes.getExplicit("width");
      if (width && /%$/.test(width)) {
        node.attributes.set("width", (parseFloat(width) * LINE_WIDTH) / 100 + "em");
      }
      if (node.childNodes.some((row) => row.isKind("mlabeledtr"))) {
        labelColumn(node);
      }
    });
  }

  function labelColumn(table) {
    const cells = (row) => row.childNodes.length - (row.isKind("mlabeledtr") ? 1 : 0);
    const columns = Math.max(...table.childNodes.map(cells));
    const rows = table.childNodes.slice();
    table.childNodes = [];
    for (const row of rows) {
      const labelled = row.isKind("mlabeledtr");
      const children = row.childNodes.slice(labelled ? 1 : 0);
      while (labelled && children.length < columns) {
        children.push(factory.create("mtd", {}, []));
      }
      if (labelled) {
        children.push(row.childNodes[0]);
      }
      const made = factory.create("mtr", {}, []);
      made.attributes.setList(row.attributes.getAllAttributes());
      made.setChildren(children);
      table.appendChild(made);
    }
    const list = (name, last, fallback) => {
      const given = String(table.attributes.getExplicit(name) || fallback).trim().split(/\s+/);
      const wanted = Math.max(0, columns - (name === "columnalign" ? 0 : 1));
      const full = Array.from({ length: wanted }, (_, i) => given[Math.min(i, given.length - 1)]);
      table.attributes.set(name, full.concat(last).join(" "));
    };
    list("columnalign", "right", "center");
    list("columnspacing", "2em", "1em");
    table.attributes.set("displaystyle", table.attributes.get("displaystyle"));
  }

  // --- Parting -----------------------------------------------------------------------------------------------------
  // A displayed formula too wide for a page goes on in further lines, which MathJax 3 does in no picture. As in print,
  // lines begin with a relation or an operator, outside of brackets where that is possible, and are indented.

  // In em: what is the text's width in the study sheet.
  const MEASURE = 36;
  const INDENT = 2;
  const { TEXCLASS } = M.core.MmlTree.MmlNode;

  // What a formula consists of side by side: a single part for one that is set in rows already.
  function sideBySide(root) {
    let row = root.childNodes[0];
    while (row.childNodes.length === 1 && ["mrow", "inferredMrow", "TeXAtom"].includes(row.childNodes[0].kind)) {
      row = row.childNodes[0];
    }
    return row.childNodes.slice();
  }

  // How wide each part is in em, with the space around it.
  function widths(item, parts) {
    item.root.setTeXclass(null); // on which the space between two parts depends
    output.math = item;
    output.nodeMap = new Map();
    output.factory.wrap(item.root).getOuterBBox();
    const found = parts.map((part) => {
      const { w, L, R, rscale } = output.nodeMap.get(part).getOuterBBox();
      return (L + w + R) * rscale;
    });
    output.nodeMap = null;
    return found;
  }

  // How good it is to begin a line with each part: 0 for not at all.
  function breaks(parts) {
    let depth = 0;
    return parts.map((part, place) => {
      const before = place > 0 ? parts[place - 1] : null;
      depth = Math.max(0, depth - (part.texClass === TEXCLASS.CLOSE ? 1 : 0));
      const worth = depth ? 0.4 : 1;
      depth += part.texClass === TEXCLASS.OPEN ? 1 : 0;
      if (!before || before.isKind("mspace")) {
        return before && place > 1 && parts[place - 2].texClass === TEXCLASS.PUNCT ? worth : 0;
      }
      if (part.texClass === TEXCLASS.REL || (before.texClass === TEXCLASS.PUNCT && !part.isKind("mspace"))) {
        return worth;
      }
      return part.texClass === TEXCLASS.BIN ? worth * 0.8 : 0;
    });
  }

  // Where lines begin that are as wide as this at most: each as full as it can be, unless a better place is not far before.
  function lineStarts(wide, worth, measure) {
    const starts = [0];
    for (let first = 0; ; ) {
      const room = measure - (first ? INDENT : 0);
      let [used, best, most] = [wide[first], 0, 0];
      let place = first + 1;
      for (; place < wide.length && (used <= room || !best); used += wide[place], place++) {
        const value = worth[place] * Math.min(1, used / room);
        if (value > most) {
          [best, most] = [place, value];
        }
      }
      if (!best || (place === wide.length && used <= room)) {
        return starts;
      }
      starts.push((first = best));
    }
  }

  // The same number of lines, as narrow as that can be: no last line is a single term.
  function evenStarts(wide, worth) {
    let starts = lineStarts(wide, worth, MEASURE);
    for (let measure = MEASURE - 1; measure > MEASURE / 2; measure--) {
      const narrower = lineStarts(wide, worth, measure);
      if (narrower.length > starts.length) {
        break;
      }
      starts = narrower;
    }
    return starts;
  }

  // The formula in lines; null where it has no place to part. It is read anew, so that what was read stays whole.
  function parted(latex) {
    const item = compile(latex, true);
    prepare(item.root);
    const parts = sideBySide(item.root);
    const starts = evenStarts(widths(item, parts), breaks(parts));
    if (starts.length < 2) {
      return null;
    }
    const rows = starts.map((start, line) => {
      // With nothing before it, a sign would stand as in -1 and not as in a - 1.
      const before = line ? [factory.create("mspace", { width: INDENT + "em" }), factory.create("mi")] : [];
      const cell = factory.create("mtd", {}, [...before, ...parts.slice(start, starts[line + 1])]);
      return factory.create("mtr", {}, [cell]);
    });
    const table = factory.create("mtable", { columnalign: "left", displaystyle: true, rowspacing: ".4em" }, rows);
    item.root.childNodes[0].setChildren([table]);
    item.root.setInheritedAttributes({}, true, 0, false);
    return item;
  }

  function partedOrNot(latex) {
    try {
      return parted(latex);
    } catch (error) {
      return null; // a formula on one line is better than none
    }
  }

  // --- Writing -----------------------------------------------------------------------------------------------------
  // Only what is listed gets out, so that no style, link or class of a formula can.

  const SHAPES = new Set(["g", "svg", "path", "rect", "line", "ellipse", "circle", "polygon", "text"]);
  const HOLDERS = new Set(["g", "svg", "text"]);
  const NUMBERS = ["x", "y", "width", "height", "x1", "y1", "x2", "y2", "cx", "cy", "rx", "ry", "r", "stroke-width"];
  const COLOUR = /^(#?\w+|rgba?\([\d., %]+\))$/;
  const PATTERNS = [
    ["viewBox", /^[-\d. ]+$/], ["preserveAspectRatio", /^\w+$/],
    ["d", /^[-\d., MLQTHVZACS]+$/i], ["points", /^[-\d., ]+$/], ["transform", /^[a-z]+\([-\d., ]+\)( [a-z]+\([-\d., ]+\))*$/i],
    ["fill", COLOUR], ["stroke", COLOUR], ["stroke-dasharray", /^[\d., ]+$/],
    ["stroke-linecap", /^round$/], ["font-family", /^[\w, -]+$/], ["font-size", /^[\d.]+px$/], ["font-style", /^italic$/],
    ["font-weight", /^bold$/],
  ].concat(NUMBERS.map((name) => [name, /^-?[\d.]+(e-?\d+)?$/]));
  // The order in which attributes are written, whichever has been set first.
  const PLACES = new Map(PATTERNS.map(([name], place) => [name, place]));

  const NAMES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  const escape = (text) => text.replace(/[&<>"]/g, (sign) => NAMES[sign]);

  // What MathJax leaves to its style sheet; `ink` is the colour of what has none.
  function styled(node, ink) {
    const known = Object.assign({}, node.attributes);
    const classes = " " + (known.class || "") + " ";
    if (known["data-line"] || known["data-frame"]) {
      const width = Number(known["stroke-thickness"] || 0.07) || 0.07;
      known["stroke-width"] = String(known["stroke-thickness"] ? width : 70);
      if (known["data-frame"]) {
        known.fill = "none";
      }
      if (!known["stroke-dasharray"] && /mjx-dashed/.test(classes)) {
        known["stroke-dasharray"] = "140";
      }
      if (/mjx-dotted/.test(classes)) {
        known["stroke-linecap"] = "round";
        known["stroke-dasharray"] = known["stroke-dasharray"] || "0,140";
      }
    }
    for (const name of ["fill", "stroke"]) {
      if (known[name] === "currentColor") {
        known[name] = ink;
      }
    }
    return known;
  }

  // Where a shape's ink lies in its own coordinates.
  function shapeBox(kind, known) {
    const number = (name) => Number(known[name] || 0);
    switch (kind) {
      case "path":
        return glyphBox(known.d || "");
      case "rect":
      case "svg":
        return [number("x"), number("y"), number("x") + number("width"), number("y") + number("height")];
      case "line":
        return [
          Math.min(number("x1"), number("x2")), Math.min(number("y1"), number("y2")),
          Math.max(number("x1"), number("x2")), Math.max(number("y1"), number("y2")),
        ];
      case "ellipse":
        return [
          number("cx") - number("rx"), number("cy") - number("ry"), number("cx") + number("rx"), number("cy") + number("ry"),
        ];
      default:
        return null;
    }
  }

  function multiplied([a, b, c, d, e, f], [A, B, C, D, E, F]) {
    return [a * A + c * B, b * A + d * B, a * C + c * D, b * C + d * D, a * E + c * F + e, b * E + d * F + f];
  }

  function transformed(matrix, transform) {
    if (!transform) {
      return matrix;
    }
    for (const [, name, list] of transform.matchAll(/(\w+)\(([^)]*)\)/g)) {
      const [x, y, ...rest] = list.trim().split(/[ ,]+/).map(Number);
      if (name === "translate") {
        matrix = multiplied(matrix, [1, 0, 0, 1, x, y || 0]);
      } else if (name === "scale") {
        matrix = multiplied(matrix, [x, 0, 0, y === undefined ? x : y, 0, 0]);
      } else if (name === "matrix") {
        matrix = multiplied(matrix, [x, y, ...rest]);
      } else if (name === "rotate") {
        const [cos, sin] = [Math.cos((x * Math.PI) / 180), Math.sin((x * Math.PI) / 180)];
        matrix = multiplied(matrix, [cos, sin, -sin, cos, 0, 0]);
      }
    }
    return matrix;
  }

  function inked(ink, matrix, box, margin) {
    for (const [x, y] of [[box[0], box[1]], [box[2], box[1]], [box[0], box[3]], [box[2], box[3]]]) {
      const X = matrix[0] * x + matrix[2] * y + matrix[4];
      const Y = matrix[1] * x + matrix[3] * y + matrix[5];
      if (Number.isFinite(X) && Number.isFinite(Y)) {
        ink[0] = Math.min(ink[0], X - margin);
        ink[1] = Math.min(ink[1], Y - margin);
        ink[2] = Math.max(ink[2], X + margin);
        ink[3] = Math.max(ink[3], Y + margin);
      }
    }
  }

  function attributesOf(known) {
    let kept = "";
    const places = Object.keys(known).map((name) => PLACES.get(name)).filter((place) => place !== undefined);
    for (const place of places.sort((one, other) => one - other)) {
      const [name, pattern] = PATTERNS[place];
      const value = known[name];
      if (value === undefined) {
        continue;
      }
      if (name === "d" && value in characters) {
        kept += ' d="' + value + '"'; // an outline of our fonts, which are long
      } else if (pattern.test(value)) {
        kept += " " + name + '="' + escape(String(value)) + '"';
      }
    }
    return kept;
  }

  // The markup of a node in a colour; `ink` grows to hold what it draws.
  function written(node, matrix, ink, colour = "#000") {
    if (node.kind === "#text") {
      return escape(node.value);
    }
    const kind = node.kind === "a" ? "g" : node.kind;
    if (!node.children || !SHAPES.has(kind)) {
      return "";
    }
    const known = styled(node, colour);
    const attributes = attributesOf(known);
    const here = transformed(matrix, known.transform);
    const box = shapeBox(kind, known);
    if (box) {
      inked(ink, here, box, Number(known["stroke-width"] || 0) / 2);
    }
    // A nested svg shows a part of a stretched glyph: what is outside its box is cut off.
    const within = kind === "svg" ? [0, 0, 0, 0] : ink;
    const body = HOLDERS.has(kind) ? node.children.map((child) => written(child, here, within, colour)).join("") : "";
    if ((kind === "g" && (!body || !attributes)) || (kind === "text" && !body) || (kind === "path" && !known.d)) {
      return body;
    }
    return "<" + kind + attributes + (body ? ">" + body + "</" + kind + ">" : "/>");
  }

  // --- Setting in fonts --------------------------------------------------------------------------------------------
  // The same formula with its glyphs as text, where MathJax has placed them, in coordinates whose y points down. A glyph
  // that no font has, or that is stretched or cut, stays the shape that it is.

  const SIZES = { 707: " s", 500: " t" };
  const CURRENT = "currentColor";
  const NEAR = 0.6; // units; what a glyph may lie off its place, which at ten points is a twentieth of a dot of 600 dpi

  // Glyphs side by side in one font and size are one element, so that a word can be searched for.
  class Runs {
    constructor() {
      this.parts = [];
      this.run = null;
    }

    glyph(face, text, width, size, x, y, fill) {
      const { run } = this;
      const gap = run ? x - run.end : 0;
      if (!run || run.face !== face || run.size !== size || run.y !== y || run.fill !== fill || Math.abs(gap) > size) {
        this.end();
        this.run = { face, size, y, fill, xs: [x], widths: [width], text };
      } else {
        run.xs.push(x);
        run.widths.push(width);
        run.text += text;
      }
      this.run.end = x + (width * size) / SCALE;
    }

    // A space has no ink; within a run it parts words.
    space(size, x, y) {
      if (this.run && this.run.size === size && this.run.y === y) {
        this.glyph(this.run.face, " ", 250, size, x, y, this.run.fill);
      }
    }

    end() {
      const { run } = this;
      if (run) {
        const text = run.text.trimEnd();
        let place = run.xs[0];
        const inPlace = run.xs.slice(0, Array.from(text).length).every((x, i) => {
          const near = Math.abs(x - place) < NEAR;
          place += (run.widths[i] * run.size) / SCALE;
          return near;
        });
        const xs = inPlace ? [run.xs[0]] : run.xs.slice(0, Array.from(text).length);
        this.parts.push(textElement(run.face, run.size, xs.map(Math.round).join(" "), run.y, run.fill, "", text));
        this.run = null;
      }
    }

    add(markup) {
      this.end();
      this.parts.push(markup);
    }
  }

  function textElement(face, size, x, y, fill, more, text) {
    const of = SIZES[size] || "";
    const styles = (of || size === SCALE ? "" : ";font-size:" + size + "px") + more;
    const style = styles && ' style="' + styles.slice(1) + '"';
    const place = (x === "0" ? "" : ' x="' + x + '"') + (y === 0 ? "" : ' y="' + y + '"');
    const colour = fill === CURRENT ? "" : ' fill="' + escape(fill) + '"';
    return '<text class="' + face + of + '"' + place + style + colour + ">" + escape(text) + "</text>";
  }

  const short = (number) => String(Math.round(number * 10) / 10);

  // How large glyphs are, in units an em; 0 where they are turned or stretched.
  function sizeIn([a, b, c, d]) {
    return b === 0 && c === 0 && a > 0 && Math.abs(a + d) < 1e-6 ? Math.round(a * SCALE) : 0;
  }

  function asText(node, matrix, paint, runs) {
    const kind = node.kind === "a" ? "g" : node.kind;
    if (!node.children || !SHAPES.has(kind)) {
      return;
    }
    const known = styled(node, CURRENT);
    const here = transformed(matrix, known.transform);
    const inks = { fill: colourOr(known.fill, paint.fill), stroke: colourOr(known.stroke, paint.stroke) };
    const size = sizeIn(here);
    const [x, y] = [here[4], Math.round(here[5])];
    if (kind === "g" && !isMarked(node)) {
      node.children.forEach((child) => asText(child, here, inks, runs));
    } else if (kind === "path" && !known.d && size) {
      runs.space(size, x, y);
    } else if (kind === "path" && size && known.d in characters) {
      const [face, text, width] = characters[known.d];
      runs.glyph(face, text, width, size, x, y, inks.fill);
    } else if (kind === "rect" && size && !known["stroke-width"] && inks.fill !== "none") {
      const [left, top, width, height] = ["x", "y", "width", "height"].map((name) => Number(known[name] || 0) * here[0]);
      const place = ' x="' + short(left + x) + '" y="' + short(here[5] - top - height) + '"';
      const fill = inks.fill === CURRENT ? "" : ' fill="' + escape(inks.fill) + '"';
      runs.add("<rect" + place + ' width="' + short(width) + '" height="' + short(height) + '"' + fill + "/>");
    } else if (kind === "text" && here[1] === 0 && here[2] === 0) {
      runs.add(inUnknownFont(node, known, here, inks.fill));
    } else if (kind === "rect" && known.fill === "none" && known.stroke === "none") {
      return; // what a pointer would hit
    } else {
      const shape = written(node, matrix, [0, 0, 0, 0], CURRENT);
      const transform = "matrix(" + matrix.map((number) => String(Math.round(number * 1e4) / 1e4)).join(" ") + ")";
      const stroked = /stroke-width/.test(shape) ? { stroke: paint.stroke, "stroke-width": 0 } : {};
      const fill = paint.fill === CURRENT ? {} : { fill: paint.fill };
      runs.add(shape && "<g" + attributesOf({ transform, ...fill, ...stroked }) + ">" + shape + "</g>");
    }
  }

  function colourOr(given, other) {
    return given !== undefined && COLOUR.test(given) ? given : other;
  }

  // Whether a sign is put together of one and a mark on it: as text, it would read as the one without the mark.
  function isMarked(node) {
    const parts = node.attributes["data-c"] ? node.children : [];
    return parts.some((part) => part.kind === "path" && part.attributes.d && !(part.attributes.d in characters));
  }

  // A character that no font of ours has, in one that the page names for these.
  function inUnknownFont(node, known, matrix, fill) {
    const family = known["font-family"] || "";
    const face = /mono/.test(family) ? "H" : /sans/.test(family) ? "G" : "F";
    const size = Math.round(parseFloat(known["font-size"] || SCALE) * matrix[0]);
    const style = (known["font-style"] === "italic" ? ";font-style:italic" : "") + (known["font-weight"] === "bold" ? ";font-weight:700" : "");
    const text = node.children.map((child) => (child.kind === "#text" ? child.value : "")).join("");
    return text && textElement(face, size, String(Math.round(matrix[4])), Math.round(matrix[5]), fill, style, text);
  }

  function inFonts(nodes) {
    const runs = new Runs();
    nodes.forEach((node) => asText(node, [1, 0, 0, 1, 0, 0], { fill: CURRENT, stroke: CURRENT }, runs));
    runs.end();
    return runs.parts.join("");
  }

  // --- Telling -----------------------------------------------------------------------------------------------------
  // The formula as MathML, for programs that read it aloud. As above, only what is listed gets out.

  const TELLING = new Set([
    "mi", "mn", "mo", "mtext", "ms", "mrow", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover",
    "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "menclose",
  ]);
  const MEANING = [
    ["mathvariant", /^[a-z-]+$/], ["linethickness", /^0(px|em)?$/], ["accent", /^true$/], ["accentunder", /^true$/],
    ["notation", /^[a-z ]+$/],
  ];
  const VARIANTS = {
    "-tex-calligraphic": "script", "-tex-bold-calligraphic": "bold-script", "-tex-oldstyle": "normal",
    "-tex-bold-oldstyle": "bold", "-tex-mathit": "italic", "-tex-variant": "",
  };

  function meaning(node, name) {
    const value = node.attributes.getExplicit(name);
    const known = name === "mathvariant" && VARIANTS[value] !== undefined ? VARIANTS[value] : value;
    return known === undefined || known === null ? "" : String(known);
  }

  // Unicode's mathematical alphabets in the order of their blocks; letters that it had before are not in these.
  const LATIN = [
    "bold", "italic", "bold-italic", "script", "bold-script", "fraktur", "double-struck", "bold-fraktur", "sans-serif",
    "bold-sans-serif", "sans-serif-italic", "sans-serif-bold-italic", "monospace",
  ];
  const GREEK = ["bold", "italic", "bold-italic", "bold-sans-serif", "sans-serif-bold-italic"];
  const DIGITS = ["bold", "double-struck", "sans-serif", "bold-sans-serif", "monospace"];
  const EARLIER = {
    0x1d455: "ℎ", 0x1d49d: "ℬ", 0x1d4a0: "ℰ", 0x1d4a1: "ℱ", 0x1d4a3: "ℋ", 0x1d4a4: "ℐ", 0x1d4a7: "ℒ", 0x1d4a8: "ℳ",
    0x1d4ad: "ℛ", 0x1d4ba: "ℯ", 0x1d4bc: "ℊ", 0x1d4c4: "ℴ", 0x1d506: "ℭ", 0x1d50b: "ℌ", 0x1d50c: "ℑ", 0x1d515: "ℜ",
    0x1d51d: "ℨ", 0x1d53a: "ℂ", 0x1d53f: "ℍ", 0x1d545: "ℕ", 0x1d547: "ℙ", 0x1d548: "ℚ", 0x1d549: "ℝ", 0x1d551: "ℤ",
  };

  // A character in an alphabet; empty where that has no such character.
  function inAlphabet(character, variant) {
    const code = character.codePointAt(0);
    const places = [
      [LATIN, 0x1d400, 52, /[A-Z]/, 0x41, 0], [LATIN, 0x1d400, 52, /[a-z]/, 0x61, 26], [DIGITS, 0x1d7ce, 10, /[0-9]/, 0x30, 0],
      [GREEK, 0x1d6a8, 58, /[Α-ΡΣ-Ω]/, 0x391, 0], [GREEK, 0x1d6a8, 58, /[α-ω]/, 0x3b1, 26],
    ];
    for (const [alphabets, start, size, letters, first, shift] of places) {
      const place = alphabets.indexOf(variant);
      if (place >= 0 && letters.test(character)) {
        const found = start + place * size + shift + code - first;
        return EARLIER[found] || String.fromCodePoint(found);
      }
    }
    return "";
  }

  // The text of a leaf by itself where that says the same as with its variant, which takes more room; else empty.
  function plainly(node, variant) {
    const text = (node.childNodes || []).map((child) => (child.kind === "text" ? child.getText() : "")).join("");
    if (variant === "normal") {
      return node.kind === "mi" && !/[A-Za-zͰ-Ͽ]/.test(text) ? text : ""; // only letters would be slanted
    }
    const characters = Array.from(text);
    const found = characters.map((character) => inAlphabet(character, variant));
    return characters.length === 1 && node.kind !== "mtext" ? found.join("") : "";
  }

  // The markup of one node, and of several as what must be one.
  function told(node) {
    if (node.kind === "text") {
      return escape(node.getText());
    }
    if (node.kind === "mphantom" || node.kind === "mspace") {
      return "";
    }
    const children = (node.childNodes || []).filter((child) => child);
    if (node.kind === "inferredMrow" || !TELLING.has(node.kind)) {
      return children.length === 1 ? told(children[0]) : grouped(children);
    }
    const plain = plainly(node, meaning(node, "mathvariant"));
    const kept = MEANING.map(([name, pattern]) => [name, meaning(node, name), pattern]);
    const attributes = kept.filter(([name, value, pattern]) => pattern.test(value) && !(plain && name === "mathvariant"));
    const words = attributes.map(([name, value]) => " " + name + '="' + value + '"').join("");
    // Where each child has a part of its own, one of which nothing is told still has its place.
    const loose = ["mrow", "mi", "mn", "mo", "mtext", "ms", "mtr", "mtable"].includes(node.kind);
    const only = ["mtd", "msqrt", "menclose"].includes(node.kind) && children.length === 1;
    const parts = only ? [toldInside(children[0])] : children.map((child) => told(child) || (loose ? "" : "<mrow></mrow>"));
    const body = plain ? escape(plain) : parts.join("");
    if (node.kind === "mo" && !body) {
      return ""; // the closing side of \begin{cases}
    }
    return "<" + node.kind + words + ">" + body + "</" + node.kind + ">";
  }

  // What is in an element that needs no common one around several, as `<math>`.
  function toldInside(root) {
    let node = root;
    while (!TELLING.has(node.kind) && (node.childNodes || []).length === 1) {
      node = node.childNodes[0];
    }
    return TELLING.has(node.kind) || !node.childNodes ? told(node) : node.childNodes.filter((child) => child).map(told).join("");
  }

  function grouped(nodes) {
    const parts = nodes.map(told).filter((part) => part);
    return parts.length === 1 ? parts[0] : parts.length ? "<mrow>" + parts.join("") + "</mrow>" : "";
  }

  // The picture of a formula, and its box. Its text is put into the order in which it is seen.
  function drawn(item) {
    item.root.walkTree((node) => {
      const texts = node.isToken ? node.childNodes.filter((child) => child.kind === "text") : [];
      texts.forEach((text) => text.setText(visualOrder(text.getText())));
    });
    item.typesetRoot = output.typeset(item, page);
    const svg = adaptor.firstChild(item.typesetRoot);
    return [svg, ...(adaptor.getAttribute(svg, "viewBox") || "").split(" ").map(Number)];
  }

  function typeset(latex, display) {
    if (!output) {
      start();
    }
    missing.clear();
    let item;
    try {
      item = compile(latex, display);
      prepare(item.root);
    } catch (error) {
      return JSON.stringify({ error: fault(error) });
    }
    const mathml = toldInside(item.root);
    let [svg, left, top, width, height] = drawn(item);
    const lines = display && !missing.size && width > MEASURE * SCALE ? partedOrNot(latex) : null;
    if (lines) {
      [svg, left, top, width, height] = drawn(lines);
    }
    if (missing.size) {
      return JSON.stringify({ missing: Array.from(missing.values()) });
    }
    const ink = [left, top, left + width, top + height];
    const body = svg.children.map((child) => written(child, [1, 0, 0, 1, 0, 0], ink)).join("");
    return JSON.stringify({ body, text: inFonts(svg.children), width, ink, mathml });
  }

  return { check, typeset, define, useFonts };
})();
