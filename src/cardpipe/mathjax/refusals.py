r"""Macros that are not allowed since they affect more than the formula: links, code, styles, definitions, settings.

The names of macros are those of LaTeX, amsmath and MathJax's documentation (https://docs.mathjax.org/en/v3.2-latest/).
Lint reports them, and the renderer shows a formula that has one as code, whatever the lint settings say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class FormulaRefusal(NamedTuple):
    """A macro that is not allowed: its position in the TeX, the reason, and what to do instead."""

    start: int
    end: int
    macro: str
    why: str
    instead: str


def _all(names: str, why: str, instead: str) -> dict[str, tuple[str, str]]:
    return dict.fromkeys(names.split(), (why, instead))


REFUSED: Final[dict[str, tuple[str, str]]] = {
    **_all("href url hyperref hypertarget", "it creates a link", "Write a link in the text: [words](https://…)."),
    **_all("style class cssId data", "it sets HTML attributes of the page", "Remove it; \\color sets a colour."),
    **_all("require autoload input include", "it loads code", "Remove it; Anki's extensions are already loaded."),
    **_all(
        "def gdef edef xdef let futurelet global long outer catcode csname begingroup endgroup newcommand renewcommand "
        "providecommand newenvironment renewenvironment DeclareMathOperator DeclarePairedDelimiter "
        "DeclarePairedDelimiterX DeclarePairedDelimiterXPP DeclarePairedDelimiters DeclarePairedDelimitersX "
        "DeclarePairedDelimitersXPP DeclareRobustCommand Newextarrow newtagform renewtagform usetagform newcolumntype "
        "begingroupReset begingroupSandbox",
        "a definition changes every later formula on the same page",
        "Write out the definition; \\operatorname{name} creates an operator.",
    ),
    **_all("definecolor", "a definition changes every later formula on the same page", "Name the colour in \\color."),
    **_all("mathtoolsset setOptions", "it changes MathJax's settings for the whole page", "Remove it."),
    **_all("mmlToken unicode", "it writes raw MathML or characters", "Write the character itself."),
    **_all("toggle endtoggle mathtip texttip", "it does not work on paper", "Say it in the text."),
    **_all("special write openout read immediate", "it accesses files or devices", "Remove it."),
    **_all("includegraphics", "a formula cannot load pictures", "Put it in the text: ![what it shows](name.png)."),
}
"""The reason why each macro is not allowed, and what to do instead."""

_MACRO: Final = re.compile(r"\\(?:([A-Za-z]+)|.|$)", re.DOTALL)
_COLOUR: Final = r"[ \t\n]*(?:\{[\w \t\n.,#-]*\}|[A-Za-z0-9])"
# Both put their arguments into the style of an element unchecked.
_HARMLESS: Final = {
    "bbox": re.compile(
        r"[ \t\n]*(?:\[[\w \t\n.,#-]*(?:(?<=[\[,])[ \t\n]*border[ \t\n]*:[\w \t\n.#-]*)?\][ \t\n]*)?(?=[{\\A-Za-z0-9])"
    ),
    "fcolorbox": re.compile(rf"[ \t\n]*(?:\[[\w \t\n]*\])?{_COLOUR}{_COLOUR}"),
}
_STYLE: Final = ("it sets a CSS style", "Use plain colours and sizes: `\\bbox[5px, yellow]{…}`.")


def refusals(tex: str) -> Iterator[FormulaRefusal]:
    """Return the macros of a formula that are not allowed, in order, including those in comments."""
    for match in _MACRO.finditer(tex) if "\\" in tex else ():
        name = match[1]
        if name in REFUSED:
            yield FormulaRefusal(match.start(), match.end(), name, *REFUSED[name])
        elif name in _HARMLESS and _HARMLESS[name].match(tex, match.end()) is None:
            yield FormulaRefusal(match.start(), match.end(), name, *_STYLE)


def is_refused(tex: str) -> bool:
    """Return whether a formula has a macro that is not allowed."""
    return next(refusals(tex), None) is not None
