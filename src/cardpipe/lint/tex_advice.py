r"""Messages for formulas that MathJax rejects, and suggestions.

The names of macros are those of LaTeX, amsmath and MathJax's documentation (https://docs.mathjax.org/en/v3.2-latest/).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import NamedTuple, TypeAlias

Nearest: TypeAlias = Callable[[str, Collection[str]], str | None]
"""A function that returns the known name closest to a word."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


OPERATORS = _words(
    "softmax softplus softmin sigmoid ReLU GELU SiLU Swish sech csch arsinh argmax argmin argsup arginf KL JS "
    "Var Cov Corr Std Bias MSE MAE RMSE BCE CE Attention MultiHead Concat LayerNorm BatchNorm RMSNorm FFN MLP CNN "
    "LSTM GRU Embed logit sign sgn diag tr Tr trace rank span supp erf erfc clip round floor ceil Bern Ber "
    "Binomial Normal Uniform Poisson Beta Dir Cat Unif IoU Dice TP FP TN FN precision recall card Im Re Ker "
    "Hom End lcm median mode prox proj conv pool stopgrad dist id"
)

_LIMIT_OPERATORS = {
    "argmax": "arg\\,max",
    "argmin": "arg\\,min",
    "argsup": "arg\\,sup",
    "arginf": "arg\\,inf",
}

_INSTEAD = {
    "R": "\\mathbb{R}",
    "N": "\\mathbb{N}",
    "Z": "\\mathbb{Z}",
    "Q": "\\mathbb{Q}",
    "C": "\\mathbb{C}",
    "E": "\\mathbb{E}",
    "F": "\\mathbb{F}",
    "P": "\\mathbb{P}",
    "Prob": "\\Pr",
    "bm": "\\boldsymbol{…}",
    "vb": "\\mathbf{…}",
    "mathds": "\\mathbb{…}",
    "mathbbm": "\\mathbb{…}",
    "mathbold": "\\boldsymbol{…}",
    "abs": "\\lvert … \\rvert",
    "norm": "\\lVert … \\rVert",
    "set": "\\{ … \\}",
    "ceil": "\\lceil … \\rceil",
    "floor": "\\lfloor … \\rfloor",
    "inner": "\\langle … \\rangle",
    "dv": "\\frac{\\mathrm{d}y}{\\mathrm{d}x}",
    "pdv": "\\frac{\\partial y}{\\partial x}",
    "dd": "\\mathrm{d}",
    "grad": "\\nabla",
    "divergence": "\\nabla \\cdot",
    "curl": "\\nabla \\times",
    "qty": "\\left( … \\right)",
    "T": "^\\top",
    "intercal": "^\\top",
    "given": "\\mid",
    "indep": "\\perp\\!\\!\\!\\perp",
    "independent": "\\perp\\!\\!\\!\\perp",
    "iid": "\\text{i.i.d.}",
    "SI": "5\\,\\mathrm{kg}",
    "si": "\\mathrm{kg}",
    "num": "the number itself",
    "intertext": "\\text{…} on a separate row",
    "ensuremath": "the formula itself",
    "mathbfit": "\\boldsymbol{…}",
    "degree": "^\\circ",
    "emph": "\\textit{…}",
    "textsc": "\\text{…}",
    "underscore": "\\_",
}

_SYMBOLS = frozenset(_words("R N Z Q C E F P Prob grad given iid indep independent degree underscore"))
"""Those of the above that stand for a symbol or letters, regardless of what follows."""

MACROS = _words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi varpi rho "
    "varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi "
    "Psi Omega frac dfrac tfrac cfrac binom dbinom tbinom sqrt sum prod coprod int iint iiint oint bigcup bigcap "
    "bigoplus bigotimes bigvee bigwedge lim limsup liminf max min sup inf log ln lg exp sin cos tan cot sec csc "
    "arcsin arccos arctan sinh cosh tanh coth det dim ker hom gcd deg arg Pr mathbb mathbf mathrm mathit mathsf "
    "mathtt mathcal mathfrak mathscr boldsymbol operatorname text textbf textit textrm texttt textsf hat widehat "
    "tilde widetilde bar overline underline vec dot ddot acute grave breve check overbrace underbrace overset "
    "underset stackrel xrightarrow xleftarrow left right middle big Big bigg Bigg bigl bigr Bigl Bigr lvert rvert "
    "lVert rVert langle rangle lceil rceil lfloor rfloor lbrace rbrace mid parallel nmid perp cdot cdots ldots dots "
    "vdots ddots times div pm mp ast star circ bullet oplus ominus otimes odot cap cup setminus in notin ni subset "
    "subseteq supset supseteq emptyset varnothing forall exists nexists neg land lor wedge vee implies iff to gets "
    "mapsto rightarrow leftarrow Rightarrow Leftarrow leftrightarrow Leftrightarrow longrightarrow hookrightarrow "
    "uparrow downarrow le leq ge geq ne neq approx equiv sim simeq cong propto ll gg prec succ infty partial nabla "
    "ell hbar top bot angle prime quad qquad boxed tag begin end hline displaystyle textstyle scriptstyle limits "
    "nolimits substack phantom hphantom vphantom cancel color textcolor pmod bmod mod triangleq coloneqq therefore "
    "because colon backslash S dagger"
)

_NAMES = (*MACROS, *OPERATORS)
_ENVIRONMENTS = _words(
    "align align* aligned alignat alignat* alignedat array bmatrix Bmatrix cases dcases equation equation* gather "
    "gather* gathered matrix multline multline* pmatrix smallmatrix split subarray vmatrix Vmatrix"
)

_UNDEFINED = re.compile(r"Undefined control sequence \\(\S+)")
_UNKNOWN_ENVIRONMENT = re.compile(r"Unknown environment '([^']*)'")

_HELP = (
    (r"Missing close brace|Extra open brace|missing close brace", "Each `{` needs its `}`; a brace itself is `\\{`."),
    (r"Extra close brace", "Each `}` needs its `{`; a brace itself is `\\}`."),
    (r"Missing argument", "Write what it applies to in braces after it."),
    (r"Double (sub|super)script|Double exponent", "Put braces around what belongs together: `x_{i_j}`, `{x_i}_j`."),
    (r"Missing or unrecognized delimiter", "A delimiter must follow, such as `(`, `[`, `|`, `\\{` or `.` for none."),
    (r"Extra \\left|Missing \\left", "Each `\\left` needs its `\\right`; `\\left.` and `\\right.` show nothing."),
    (r"Extra \\middle", "`\\middle` works only between `\\left` and `\\right`; elsewhere use `\\mid` or `\\big|`."),
    (r"Missing \\end|Missing \\begin|Extra \\end|\\begin\{.*ended with|ended by|Erroneous nesting", (
        "Each `\\begin{name}` needs its `\\end{name}`, and environments must be nested properly."
    )),
    (r"Misplaced &", "`&` separates cells in `aligned`, `cases` or a matrix; a literal ampersand is `\\&`."),
    (r"Misplaced \\hline|Misplaced \\cr|Misplaced", "It is allowed only at the start of a row in an array."),
    (r"Could not find closing '\]'", "Each `[` of an optional argument needs its `]`."),
    (r"^Multiple |multiply defined", "Keep one of them: a line has one number, and each label one line."),
    (r"macro parameter character", "A literal hash is `\\#`."),
    (r"dimension or its units", "Write a number and a unit: `1em`, `2pt`."),
    (r"limits is allowed only", "It follows an operator directly, such as `\\sum\\limits`."),
    (r"Math not terminated in text", "Inside `\\text{…}` each `$` needs a second one; a literal dollar sign is `\\$`."),
    (r"too many columns", "Write a smaller number."),
    (r"too (long|large|deep)|too much work|nested too deeply", "Split it into several formulas."),
)  # fmt: skip


def advice(message: str, place: str, nearest: Nearest) -> tuple[str, str | None]:
    """Return MathJax's message as a sentence, and a suggestion; `place` is the TeX where it stopped."""
    undefined = _UNDEFINED.search(message)
    if undefined:
        name = undefined.group(1)
        return f"Unknown macro \\{name} (MathJax as configured in Anki).", macro_help(name, nearest)
    environment = _UNKNOWN_ENVIRONMENT.search(message)
    if environment:
        near = nearest(environment.group(1), _ENVIRONMENTS)
        return (
            f"Unknown environment “{environment.group(1)}”.",
            f"Did you mean {near}?" if near else "Environments are aligned, cases, array, pmatrix, bmatrix and others.",
        )
    help_ = next((words for pattern, words in _HELP if re.search(pattern, message)), None)
    return f"MathJax rejects this formula at “{place}”: {message.rstrip('.')}.", help_


class Instead(NamedTuple):
    """The replacement for an unknown macro."""

    written: str
    is_certain: bool
    """Whether the replacement is certain, since the name itself is known."""


def macro_instead(name: str, nearest: Nearest) -> Instead | None:
    r"""Return the replacement of a macro: `\mathbb{R}` for `\R`, an operator for `\softmax`, a guess if misspelt."""
    if name in _SYMBOLS:
        return Instead(_INSTEAD[name], is_certain=True)
    if name in _INSTEAD:
        return None
    near = name if name in OPERATORS else nearest(name, _NAMES)
    if near is None:
        return None
    if near in MACROS:
        return Instead(f"\\{near}", is_certain=False)
    operator = f"*{{{_LIMIT_OPERATORS[near]}}}" if near in _LIMIT_OPERATORS else f"{{{near}}}"
    return Instead(f"\\operatorname{operator}", is_certain=near == name)


def macro_help(name: str, nearest: Nearest) -> str:
    r"""Return the help text for an unknown macro: `\sotfmax` suggests `\operatorname{softmax}`."""
    if name in _INSTEAD:
        return f"Write `{_INSTEAD[name]}`."
    near = name if name in OPERATORS else nearest(name, _NAMES)
    if near is None:
        return f"Write `\\operatorname{{{name}}}` for an operator, `\\text{{{name}}}` for a word."
    if near in MACROS:
        return f"Did you mean `\\{near}`? An operator of your own is `\\operatorname{{{name}}}`."
    if near in _LIMIT_OPERATORS:
        return f"Write `\\operatorname*{{{_LIMIT_OPERATORS[near]}}}`."
    return f"Write `\\operatorname{{{near}}}`."
