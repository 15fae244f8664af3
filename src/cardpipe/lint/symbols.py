r"""The symbols of a formula that need a definition in the text.

Excluded are words (`\text{…}`), chemistry, number sets, transposes, columns of arrays, cloze marks, and what the
formula itself binds (`\forall m`, `\sum_z`, `\lim_{h \to 0}`, `dt` in an integral) or defines (`L := …`).
"""

from __future__ import annotations

import functools
import re
import unicodedata
from string import ascii_letters
from typing import TYPE_CHECKING, Final

from cardpipe.lint.tex import text_spans

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_GREEK: Final = frozenset(
    """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho sigma tau
    upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Sigma Upsilon Phi Psi Omega ell""".split()  # noqa: SIM905 - a table reads better
)
_VARIANTS: Final = {"\\varepsilon": "\\epsilon", "\\vartheta": "\\theta", "\\varphi": "\\phi", "ℓ": "\\ell"}
UNNAMED: Final = frozenset("deijkxy")
"""Letters that need no definition: differentials, Euler's number, indices, and the axes of a plane."""

_PIECE: Final = re.compile(r"\\(?P<macro>[A-Za-z]+)|\\.|[A-Za-z]", re.DOTALL)
_BRACE: Final = re.compile(r"\\.|[{}]", re.DOTALL)
_NO_SYMBOLS: Final = re.compile(
    # Macros whose argument in braces is words, units, elements, names or lengths; number sets also without braces.
    r"\\(?:mathrm|mathsf|mathtt|operatorname\*?|label|tag\*?|color|textcolor|colorbox|ce|pu|hspace\*?|vspace|rule|class|style"
    r"|mathbb|Bbb|eqref|ref|begin|end)(?![A-Za-z])\s*(?=(?P<brace>\{)|[A-Za-z])"
)
_ARRAY: Final = re.compile(r"\\begin\s*\{(?:array|subarray|alignat\*?|alignedat|tabular)\}\s*(?:\[[^\]]*\])?\s*(?=\{)")
_CLOZE: Final = re.compile(r"\{\{c\d+::|::[^{}]*\}\}")
_TRANSPOSE: Final = re.compile(
    r"\^\s*(?:\{\s*-?\s*(?:\\[a-z]+\s*)?\{?\s*[TH]\s*\}?\s*\}|(?:\\[a-z]+\s*)?[TH])(?![A-Za-z])"
)
_UPPER_BOUND: Final = re.compile(
    r"\\(?:sum|prod|int|bigcup|bigcap|bigoplus|coprod)\s*(?:\\limits\s*)?(?:_\s*(?:\{[^{}]*\}|[A-Za-z0-9]))?\s*$"
)

_SYMBOL: Final = (
    r"(?:\\(?:" + "|".join(sorted(_GREEK, key=len, reverse=True)) + r")(?![A-Za-z])|(?<![\\A-Za-z])[A-Za-z])"
)
_SCRIPTS: Final = r"(?:\s*[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z0-9*'])|'){0,4}"
_ROW: Final = rf"{_SYMBOL}{_SCRIPTS}(?:\s*,\s*{_SYMBOL}{_SCRIPTS}){{0,8}}"
_QUANTIFIED: Final = re.compile(rf"\\(?:forall|exists|nexists)(?![A-Za-z])\s*!?(?:\\[,;:! ]|\s|\()*({_ROW})")
_SUBSCRIPT: Final = re.compile(
    r"(?:\\(?:sum|prod|coprod|bigcup|bigcap|bigoplus|bigotimes|bigvee|bigwedge|lim|limsup|liminf|max|min|sup|inf|arg|Pr"
    r"|int|iint|oint)(?![A-Za-z])|\\operatorname\*?\s*\{[^{}]*\}|\\mathbb\s*\{?\s*[EP]\s*\}?)"
    r"\s*(?:\\(?:no)?limits\s*)?(?:\^\s*(?:\{[^{}]*\}|\\?[A-Za-z0-9]+)\s*)?_\s*(?:\{((?:[^{}]|\{[^{}]*\})*)\}|"
    rf"({_SYMBOL}))"
)
_UNDER: Final = re.compile(r"\\under(?:set|line)?\s*\{((?:[^{}]|\{[^{}]*\})*)\}\s*\{?\s*\\(?:arg|min|max|lim|sup|inf)")
_RELATION: Final = re.compile(
    r"=|<|>|\\(?:in|notin|to|rightarrow|le|leq|leqslant|ge|geq|geqslant|ne|neq|mid|sim|subset|subseteq|ni|colon)(?![A-Za-z])|[|:]"
)
_INTEGRAL: Final = re.compile(r"\\(?:i{0,2}nt|i?i?int|oint)(?![A-Za-z])")
_DIFFERENTIAL: Final = re.compile(rf"(?:\\mathrm\s*\{{?\s*d\s*\}}?|(?<![A-Za-z\\])d)\s*({_SYMBOL}|[A-Za-z])")
_SET: Final = re.compile(
    rf"\\l?\\?(?:\{{|lbrace)\s*\(?\s*({_ROW})\s*\)?\s*(?:\\in\b[^|:]{{0,60}})?(?:\\mid|\\vert|\\colon|\||:)"
)
_MAPSTO: Final = re.compile(rf"\(?({_ROW})\s*\)?\s*\\(?:mapsto|longmapsto)")
_DEFINES: Final = re.compile(
    r":\s*=|\\(?:coloneqq|triangleq)(?![A-Za-z])|\\(?:overset|stackrel)\s*\{[^{}]*(?:\{[^{}]*\})?\s*\}\s*\{?\s*="
)
_STARTS_ANEW: Final = re.compile(r"&|\\\\|\\q?quad|[;=]|(?<=[)}\w]),\s")
_DEFINED_BACK: Final = re.compile(rf"=\s*:\s*({_ROW})")
_CELL: Final = re.compile(rf"(?:&|\\\\|\\begin\s*\{{[a-zA-Z]*matrix\*?\}})\s*({_SYMBOL}{_SCRIPTS})\s*(?=&|\\\\|\\end)")
_SAID: Final = re.compile(
    rf"({_SYMBOL}){_SCRIPTS}\s*(?:=\s*)?(?:\\[,;: ]|~|\\quad|\s)*\\text\w*\s*\{{\s*"
    r"(?:is|are|denotes?|means?|stands|ist|sind|bezeichnet|est|sont|désigne|es|son|denota|:|=|-|–)(?![A-Za-z])"
)
_EQUALS_WORDS: Final = re.compile(rf"({_SYMBOL}){_SCRIPTS}\s*=\s*\\(?:text\w*|mathrm)\s*\{{\s*[^\W\d_]{{2,}}")
_BRACED: Final = re.compile(
    rf"\\(?:under|over)brace\s*\{{\s*({_SYMBOL}){_SCRIPTS}\s*\}}\s*[_^]\s*\{{\s*\\(?:text|mathrm)"
)
_ROWS: Final = (
    (_QUANTIFIED, ("forall", "exists"), True),
    (_MAPSTO, ("mapsto",), True),
    (_SET, (r"\{", r"\l"), True),
    (_DEFINED_BACK, (":",), True),
    (_CELL, ("&", r"\\", "matrix"), False),
    (_SAID, (r"\text",), False),
    (_EQUALS_WORDS, (r"\text", "mathrm"), False),
    (_BRACED, ("brace",), False),
)
"""Patterns of symbols that a formula binds; what it must contain one of for the pattern to match; and whether words are
left out."""
_IN_DEFINITIONS: Final = (":", r"\coloneqq", r"\triangleq", r"\overset", r"\stackrel")
_PROBABILITY: Final = re.compile(r"(?:(?<![A-Za-z\\])P|\\Pr|\\mathbb\s*\{?\s*P\s*\}?)\s*(?:\\left\s*)?\(([^()]{0,80})")
_HEAD: Final = re.compile(
    rf"\s*(?:\\(?:hat|tilde|bar|vec|dot|mathbf|mathcal|boldsymbol)\s*\{{?\s*)?({_SYMBOL})\s*\}}?{_SCRIPTS}\s*(?:\([^()=]*\)\s*)?&?\s*="
)
_LETTER: Final = re.compile(r"\b[^\W\d_]\b")
_ASCII_LETTER: Final = re.compile(_LETTER.pattern, re.ASCII)
"""The same for ASCII texts, in half the time."""
_LETTERS: Final = frozenset(ascii_letters)
_EQUALS: Final = re.compile(r"\s*+=")
_NAME: Final = re.compile(r"[a-z]{2,7}")

_ONE_LETTER_WORDS: Final = {
    "en": "aAI",
    "es": "aeouyAEOUY",
    "fr": "ayAY",
    "it": "aeoiAEOI",
    "pt": "aeoAEO",
    "ca": "aeiyAEIY",
    "pl": "aiouwzAIOUWZ",
    "cs": "aiouskvzAIOUSKVZ",
    "sk": "aiouskvzAIOUSKVZ",
    "hr": "aiouskAIOUSK",
    "sv": "iåöIÅÖ",
    "da": "iåIÅ",
    "nb": "iåIÅ",
    "no": "iåIÅ",
    "hu": "aásAÁS",
    "ro": "aoAO",
}
"""Letters that are words, so in a sentence they are not symbols."""


def symbols(tex: str) -> Iterator[tuple[str, int, int]]:
    """Return the symbols that a formula does not bind or define, each with its position."""
    bare = _without_words(tex)
    bound = frozenset(_bound(tex, bare))
    for symbol, start, end in _letters(bare):
        if symbol not in bound:
            yield symbol, start, end


def subject(tex: str) -> Iterator[str]:
    """Return the symbol on the left of the formula's first equals sign, alone or with arguments."""
    match = _HEAD.match(_without_words(tex))
    if match is not None:
        yield from letters(match[1])


@functools.lru_cache(maxsize=1024)
def letters(tex: str) -> frozenset[str]:
    """Return all symbols of a formula, bound or not; cached, since cards repeat short formulas."""
    bare = _without_words(tex)
    if "\\" not in bare:
        return _LETTERS.intersection(bare)
    return frozenset(symbol for symbol, _, _ in _letters(bare))


def named_in(prose: str, language: str, *, names: bool) -> Iterator[str]:
    """Return the symbols that a sentence mentions as letters, and by name: *F is the force*, *the angle α*, *sigma*.

    Greek letters by their English names are looked for with `names` only.
    """
    words = _ONE_LETTER_WORDS.get(language, "")
    # An underscore, which can be emphasis, is not a letter of a word.
    for match in (_ASCII_LETTER if prose.isascii() else _LETTER).finditer(prose.replace("_", " ")):
        letter = match[0]
        # With emphasis or a following sign, a letter that is a word counts as a symbol.
        is_marked = prose[match.start() - 1 : match.start()] in {"*", "_"} and match.start() > 0
        if letter.isascii():
            if letter not in words or is_marked or _EQUALS.match(prose, match.end()):
                yield letter
        else:
            yield from _greek(letter)
    if names:
        yield from (f"\\{name}" for name in _GREEK.intersection(_NAME.findall(prose)))


def _greek(letter: str) -> Iterator[str]:
    name = unicodedata.name(letter, "")
    if name.startswith("GREEK SMALL LETTER "):
        yield f"\\{name.rpartition(' ')[2].lower().replace('lamda', 'lambda')}"
    elif name.startswith("GREEK CAPITAL LETTER "):
        yield f"\\{name.rpartition(' ')[2].capitalize().replace('Lamda', 'Lambda')}"


def _letters(tex: str) -> Iterator[tuple[str, int, int]]:
    for match in _PIECE.finditer(tex):
        macro = match["macro"]
        if macro in _GREEK or (macro is None and match[0][0] != "\\"):
            yield _VARIANTS.get(match[0], match[0]), match.start(), match.end()


@functools.lru_cache(maxsize=64)
def _without_words(tex: str) -> str:
    """Return the formula with spaces in place of everything that is not a symbol, so that indices stay valid."""
    if "\\" not in tex and "^" not in tex and "{" not in tex:
        return tex
    spans = [(match.start(), match.end()) for match in _CLOZE.finditer(tex)]
    spans += text_spans(tex)
    for match in _ARRAY.finditer(tex):
        spans.append((match.start(), _after_group(tex, match.end())))
    for match in _NO_SYMBOLS.finditer(tex):
        spans.append((match.start(), _after_group(tex, match.end()) if match["brace"] else match.end() + 1))
    for match in _TRANSPOSE.finditer(tex):
        if _UPPER_BOUND.search(tex, max(0, match.start() - 80), match.start()) is None:
            spans.append(match.span())
    return _blanked(tex, spans)


def _blanked(tex: str, spans: Iterable[tuple[int, int]]) -> str:
    pieces = []
    position = 0
    for start, end in sorted(spans):
        if end > position:
            begin = max(start, position)
            pieces += [tex[position:begin], " " * (end - begin)]
            position = end
    return "".join([*pieces, tex[position:]])


def _after_group(tex: str, position: int) -> int:
    """Return the index after the group in braces that begins at an index."""
    depth = 0
    for match in _BRACE.finditer(tex, position):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if depth <= 0:
            return match.end()
    return len(tex)


def _bound(tex: str, bare: str) -> Iterator[str]:
    """Return the symbols that the formula binds or defines itself; `bare` is the formula without its words."""
    rows = []
    for pattern, needles, of_bare in _ROWS:
        if any(needle in tex for needle in needles):
            rows += [match[1] for match in pattern.finditer(bare if of_bare else tex)]
    for match in _DEFINES.finditer(bare) if any(needle in tex for needle in _IN_DEFINITIONS) else ():
        rows.append(_STARTS_ANEW.split(bare[max(0, match.start() - 80) : match.start()])[-1])
    for match in _SUBSCRIPT.finditer(tex) if "_" in tex else ():
        rows.append(_left_of_relation(match[1] or match[2] or ""))
    rows += [_left_of_relation(match[1]) for match in _UNDER.finditer(tex)] if "\\under" in tex else []
    for match in _PROBABILITY.finditer(tex) if "P" in tex else ():
        # Events, and the P.
        yield "P"
        yield from (symbol for symbol in letters(match[1]) if symbol.isupper())
    if "nt" in tex and _INTEGRAL.search(tex):
        rows += [match[1] for match in _DIFFERENTIAL.finditer(tex)]
    for row in rows:
        yield from letters(row)


def _left_of_relation(subscript: str) -> str:
    relation = _RELATION.search(subscript)
    return subscript[: relation.start()] if relation else subscript
