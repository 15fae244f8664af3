r"""A fast path for simple formulas that MathJax is known to accept.

Most formulas are a few letters with indices. MathJax takes milliseconds for them, this parser microseconds.
The grammar is a small part of TeX's: letters, digits, operators and symbols; groups; one `_` and one `^` behind an
atom; fractions, roots, accents and alphabets with arguments in braces; pairs of `\left` and `\right`. Everything else
is checked by MathJax. A test generates formulas of the grammar and checks them with MathJax.
"""

from __future__ import annotations

import re
from typing import Final

_LONGEST: Final = 600
_DEEPEST: Final = 12
_TOKEN: Final = re.compile(
    r"\\(?:operatorname|text(?:bf|it)?)\{[A-Za-z]+(?:[ \-][A-Za-z]+)*\}"
    r"|\\[A-Za-z]+|\\[{},;:!|]|[A-Za-z0-9+\-=<>()\[\],.;:!|/*_^{}]|[ \n]+"
)
_SYMBOLS: Final = frozenset(
    r"""\alpha \beta \gamma \delta \epsilon \varepsilon \zeta \eta \theta \vartheta \iota \kappa \lambda \mu \nu \xi
    \pi \rho \sigma \tau \upsilon \phi \varphi \chi \psi \omega \Gamma \Delta \Theta \Lambda \Xi \Pi \Sigma \Upsilon
    \Phi \Psi \Omega \ell \partial \nabla \infty \emptyset \hbar \forall \exists \neg \top \bot \in \notin \subset
    \subseteq \supset \cup \cap \setminus \le \leq \ge \geq \ne \neq \ll \gg \approx \sim \simeq \equiv \propto \cdot
    \times \div \pm \mp \circ \ast \star \odot \oplus \otimes \wedge \vee \to \gets \mapsto \leftarrow \rightarrow
    \Leftarrow \Rightarrow \Leftrightarrow \iff \implies \mid \parallel \perp \colon \ldots \cdots \vdots \langle
    \rangle \lvert \rvert \lVert \rVert \lfloor \rfloor \lceil \rceil
    \{ \} \|""".split()  # noqa: SIM905 - a table reads better
)
_OPERATORS: Final = frozenset(
    r"""\sum \prod \int \max \min \sup \inf \lim \log \ln \exp \sin \cos \tan \tanh \sinh \cosh \arg \det \dim \ker \Pr
    \dots""".split()  # noqa: SIM905 - a table reads better
)
"""Symbols that cannot be a script without braces."""
_SPACES: Final = frozenset([r"\,", r"\;", r"\:", r"\!", r"\quad", r"\qquad"])
_ONE_ARGUMENT: Final = frozenset(
    r"""\mathbb \mathbf \mathcal \mathrm \mathit \mathsf \mathfrak \boldsymbol \hat \bar \tilde \vec \dot \ddot \widehat
    \widetilde \overline \underline \sqrt""".split()  # noqa: SIM905 - a table reads better
)
_MARKS: Final = frozenset("_^}")
_ATOMS: Final = _SYMBOLS | _OPERATORS
_SCRIPTS: Final = _SYMBOLS | frozenset("+-*")
_TWO_ARGUMENTS: Final = frozenset([r"\frac", r"\tfrac", r"\dfrac", r"\binom"])
_DELIMITERS: Final = frozenset(
    r"""( ) [ ] | . \{ \} \| \langle \rangle \lvert \rvert \lVert \rVert \lfloor \rfloor""".split()  # noqa: SIM905 - a table reads better
)


def is_plain(tex: str) -> bool:
    """Return whether MathJax certainly accepts a formula; False means unknown."""
    if len(tex) > _LONGEST:
        return False
    tokens = _TOKEN.findall(tex)
    if sum(map(len, tokens)) != len(tex):
        return False
    try:
        reader = _Reader([token for token in tokens if not token.isspace()])
        reader.row(frozenset())
    except _NotPlain:
        return False
    return reader.at_end()


class _NotPlain(Exception):  # noqa: N818 - not an error: MathJax decides
    """The formula is not in the grammar."""


class _Reader:
    """Reads a formula from left to right."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._position = 0
        self._depth = 0

    def at_end(self) -> bool:
        return self._peek() == ""

    def row(self, ends: frozenset[str]) -> None:
        """Atoms with their scripts, up to one of some tokens or the end."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _NotPlain
        while (token := self._peek()) and token not in ends:
            if token in _SPACES:
                self._next()
            else:
                self._atom()
                self._scripts()
        self._depth -= 1

    def _scripts(self) -> None:
        seen = set()
        while (mark := self._peek()) in {"_", "^"}:
            if mark in seen:
                raise _NotPlain
            seen.add(mark)
            self._next()
            self._argument()

    def _atom(self) -> None:
        sign = self._next()
        if sign == "{":
            self.row(frozenset("}"))
            self._expect("}")
        elif sign in _ONE_ARGUMENT:
            self._group()
        elif sign in _TWO_ARGUMENTS:
            self._group()
            self._group()
        elif sign == r"\left":
            self._delimiter()
            self.row(frozenset([r"\right"]))
            self._expect(r"\right")
            self._delimiter()
        elif sign in _MARKS or (len(sign) > 1 and sign not in _ATOMS and not sign.endswith("}")):
            raise _NotPlain

    def _argument(self) -> None:
        """Parse the argument of a script: one character, one symbol or a group."""
        if self._peek() == "{":
            self._group()
        elif (sign := self._next()) not in _SCRIPTS and not (len(sign) == 1 and sign.isalnum()):
            raise _NotPlain

    def _group(self) -> None:
        self._expect("{")
        self.row(frozenset("}"))
        self._expect("}")

    def _delimiter(self) -> None:
        if self._next() not in _DELIMITERS:
            raise _NotPlain

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise _NotPlain

    def _peek(self) -> str:
        """Return the next token; empty at the end."""
        return self._tokens[self._position]

    def _next(self) -> str:
        token = self._tokens[self._position]
        if token:
            self._position += 1
        return token
