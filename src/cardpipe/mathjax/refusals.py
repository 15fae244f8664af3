r"""What no formula may use, since it reaches beyond the formula: links, code, styles, definitions, settings.

The names of macros are those of LaTeX, amsmath and MathJax's documentation (https://docs.mathjax.org/en/v3.2-latest/).
Lint reports them, and the renderer shows a formula that has one as code, whatever the lint settings say.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class FormulaRefusal(NamedTuple):
    """A macro that is refused, where it stands in the TeX, why, and what to do instead."""

    start: int
    end: int
    macro: str
    why: str
    instead: str


def _all(names: str, why: str, instead: str) -> dict[str, tuple[str, str]]:
    return dict.fromkeys(names.split(), (why, instead))


REFUSED: Final[dict[str, tuple[str, str]]] = {
    **_all("href url hyperref hypertarget", "it makes a link", "Write a link in the text: [words](https://…)."),
    **_all("style class cssId data", "it sets HTML attributes of the page", "Remove it; \\color sets a colour."),
    **_all("require autoload input include", "it loads code", "Remove it; what Anki loads is there already."),
    **_all(
        "def gdef edef xdef let futurelet global long outer catcode csname begingroup endgroup newcommand renewcommand "
        "providecommand newenvironment renewenvironment DeclareMathOperator DeclarePairedDelimiter "
        "DeclarePairedDelimiterX DeclarePairedDelimiterXPP DeclarePairedDelimiters DeclarePairedDelimitersX "
        "DeclarePairedDelimitersXPP DeclareRobustCommand Newextarrow newtagform renewtagform usetagform newcolumntype "
        "begingroupReset begingroupSandbox",
        "a definition changes every later formula on the same page",
        "Write the meaning out where it is used; \\operatorname{name} makes an operator.",
    ),
    **_all("definecolor", "a definition changes every later formula on the same page", "Name the colour in \\color."),
    **_all("mathtoolsset setOptions", "it changes MathJax's settings for the whole page", "Remove it."),
    **_all("mmlToken unicode", "it writes raw MathML or characters past TeX", "Write the character itself."),
    **_all("toggle endtoggle mathtip texttip", "it needs a pointer, and paper has none", "Say it in the text."),
    **_all("special write openout read immediate", "it reaches for files or the device", "Remove it."),
    **_all("includegraphics", "a formula cannot load pictures", "Place it in the text: ![what it shows](name.png)."),
}
"""Why each macro is refused, and what to do instead."""

_MACRO: Final = re.compile(r"\\(?:([A-Za-z]+)|.|$)", re.DOTALL)
_COLOUR: Final = r"[ \t\n]*(?:\{[\w \t\n.,#-]*\}|[A-Za-z0-9])"
# Both put their arguments into the style of an element, whatever these hold.
_HARMLESS: Final = {
    "bbox": re.compile(
        r"[ \t\n]*(?:\[[\w \t\n.,#-]*(?:(?<=[\[,])[ \t\n]*border[ \t\n]*:[\w \t\n.#-]*)?\][ \t\n]*)?(?=[{\\A-Za-z0-9])"
    ),
    "fcolorbox": re.compile(rf"[ \t\n]*(?:\[[\w \t\n]*\])?{_COLOUR}{_COLOUR}"),
}
_STYLE: Final = ("it sets a style of the page here", "Write plain colours and sizes: `\\bbox[5px, yellow]{…}`.")


def refusals(tex: str) -> Iterator[FormulaRefusal]:
    """The refused macros of a formula in their order; those behind a `%` count too."""
    for match in _MACRO.finditer(tex) if "\\" in tex else ():
        name = match[1]
        if name in REFUSED:
            yield FormulaRefusal(match.start(), match.end(), name, *REFUSED[name])
        elif name in _HARMLESS and _HARMLESS[name].match(tex, match.end()) is None:
            yield FormulaRefusal(match.start(), match.end(), name, *_STYLE)


def is_refused(tex: str) -> bool:
    """Whether a formula has a refused macro."""
    return next(refusals(tex), None) is not None
