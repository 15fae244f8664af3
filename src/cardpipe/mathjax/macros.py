r"""TeX macros of a deck, expanded before a formula is checked or rendered, so that all formats agree.

Only a deck's own macros are expanded, and nothing is defined in MathJax. As in TeX, a macro takes as many arguments as
it declares: a group in braces without them, a command, or one character.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.mathjax.formula import MAX_LENGTH, MathError
from cardpipe.text.nodes import ListNode, MapNode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cardpipe.model.deck import Figure, Macro
    from cardpipe.text.nodes import Node

MOST_STEPS: Final = 1_000
"""The maximum number of macros that a formula expands."""
MOST_LEVELS: Final = 50
"""The maximum number of macros within each other; more is a definition that contains itself."""
_CHARACTERS_A_STEP: Final = 50
"""The characters that are copied in the time of a step of `typeset.js`."""
_CALL: Final = 10
"""What a macro takes besides its characters, in characters."""

_COMMAND: Final = re.compile(r"\\(?:[A-Za-z]+|.|$)", re.DOTALL)
_PARAMETER: Final = re.compile(r"#([1-9])|\\.", re.DOTALL)
_SPACE: Final = re.compile(r"[ \t\n]*")
_ENDS_IN_COMMAND: Final = re.compile(r"\\[A-Za-z]+\Z")
_TAKES_ONE_TOKEN: Final = re.compile(
    r"(?:[_^]|(?<!\\)(?:\\\\)*\\(?:[tdc]?frac|[td]?binom|sqrt|math(?:bb|bf|cal|frak|it|rm|sf|scr|tt)|boldsymbol|bar|breve|"
    r"check|d{1,4}ot|grave|acute|hat|tilde|vec|wide(?:hat|tilde)|over(?:line|brace)|under(?:line|brace)))[ \t\n]*\Z"
)
"""Before an argument that TeX would take as one token, so that a macro there needs braces."""
_LABEL_FORMULA: Final = re.compile(r"(?<!\\)\$((?:\\.|[^$\\])*)\$", re.DOTALL)
_LOOKED_BACK: Final = 60
_PLAIN: Final = re.compile(r"\\(?:[A-Za-z]+)\Z|[A-Za-z0-9]\Z")


class Expansion(NamedTuple):
    """An expanded formula, and for each of its characters the index of its origin in the formula as written."""

    text: str
    origins: Sequence[int]
    from_macros: Sequence[str]
    """By character, the name of the macro whose definition it is from; empty for what the author wrote."""
    work: int = 0
    """What the expansion took, in steps of `typeset.js`."""

    def origin(self, offset: int) -> int:
        """Return the index in the formula as written of a character, or of the end."""
        if offset < len(self.origins):
            return self.origins[offset]
        return self.origins[-1] + 1 if self.origins else 0


class MacroError(ValueError):
    """A macro cannot be expanded: the message, and its position in the formula as written."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.error = MathError(message, offset)
        self.work = 0
        """What was done before it failed, in steps of `typeset.js`."""


def expanded(tex: str, macros: Mapping[str, Macro]) -> Expansion:
    """Return a formula with macros expanded; raises MacroError for a missing argument or beyond the limits."""
    start = Expansion(tex, range(len(tex)), [""] * len(tex))
    # A longer formula is refused anyway.
    if len(tex) > MAX_LENGTH or not is_used(tex, macros):
        return start
    run = _Expander(macros)
    try:
        return run.expand(start, 0)._replace(work=run.work)
    except MacroError as failed:
        failed.work = run.work
        raise


def expander(macros: Sequence[Macro]) -> Callable[[str], str]:
    """Return the function that expands a formula; one that cannot be expanded is returned as written."""
    if not macros:
        return lambda tex: tex
    table = by_name(macros)

    def expand(tex: str) -> str:
        try:
            return expanded(tex, table).text
        except MacroError:
            return tex

    return expand


def by_name(macros: Sequence[Macro]) -> Mapping[str, Macro]:
    """Return macros by name."""
    return {macro.name.text: macro for macro in macros}


def is_used(tex: str, macros: Mapping[str, Macro]) -> bool:
    """Return whether a formula uses one of the macros."""
    return "\\" in tex and any(name in macros for name in commands(tex))


def commands(tex: str) -> set[str]:
    """Return the names of the commands in a formula."""
    return {match[0][1:] for match in _COMMAND.finditer(tex)}


def with_macros(figure: Figure, macros: Sequence[Macro]) -> Figure:
    """Return a figure with the macros in the formulas of its labels expanded."""
    if not macros:
        return figure
    table, expand = by_name(macros), expander(macros)

    def node(given: Node) -> Node:
        if isinstance(given, MapNode):
            return replace(given, entries=tuple((key, node(value)) for key, value in given.entries))
        if isinstance(given, ListNode):
            return replace(given, items=tuple(map(node, given.items)))
        if "$" not in given.text or not is_used(given.text, table):
            return given
        made = _LABEL_FORMULA.sub(lambda match: f"${expand(match[1])}$", given.text)
        return given._replace(text=made)

    parameters = node(figure.parameters)
    return replace(figure, parameters=parameters) if isinstance(parameters, MapNode) else figure


class _Expander:
    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = macros
        self._steps = 0
        self._copied = 0

    @property
    def work(self) -> int:
        """What was done so far, in steps of `typeset.js`."""
        return self._copied // _CHARACTERS_A_STEP

    def expand(self, given: Expansion, level: int) -> Expansion:
        made = _Writer()
        position = 0
        while (match := _COMMAND.search(given.text, position)) is not None:
            macro = self._macros.get(match[0][1:])
            made.add(given, position, match.start())
            position = match.end()
            if macro is None:
                made.add(given, match.start(), position)
                continue
            at = given.origins[match.start()]
            self._steps += 1
            if self._steps > MOST_STEPS or level >= MOST_LEVELS:
                raise MacroError(f"The macro \\{macro.name.text} expands without end", at)
            arguments, position = _arguments(given, macro, position, at)
            written = _substituted(macro, arguments, at)
            self._copied += _CALL + len(written.text)
            body = self.expand(written, level + 1)
            made.add_macro(body, at, macro.name.text)
            if len(made.text) > MAX_LENGTH:
                raise MacroError(f"The formula is too long: with its macros, more than {MAX_LENGTH} characters", at)
        made.add(given, position, len(given.text))
        return made.finished()


class _Writer:
    def __init__(self) -> None:
        self.text = ""
        self._origins: list[int] = []
        self._from: list[str] = []

    def add(self, given: Expansion, start: int, end: int) -> None:
        """Add a stretch; a space separates a command from a letter after it."""
        if start == end:
            return
        if given.text[start].isalpha() and _ENDS_IN_COMMAND.search(self.text[-_LOOKED_BACK:]):
            self._append(" ", [given.origins[start]], [given.from_macros[start]])
        self._append(given.text[start:end], given.origins[start:end], given.from_macros[start:end])

    def add_macro(self, body: Expansion, at: int, name: str) -> None:
        """Add an expanded macro, in braces where TeX would take only its first token."""
        braced = _TAKES_ONE_TOKEN.search(self.text[-_LOOKED_BACK:]) is not None and not _is_one_token(body.text)
        if braced:
            self._append("{", [at], [name])
        self.add(body, 0, len(body.text))
        if braced:
            self._append("}", [at], [name])

    def finished(self) -> Expansion:
        return Expansion(self.text, self._origins, self._from)

    def _append(self, text: str, origins: Sequence[int], names: Sequence[str]) -> None:
        self.text += text
        self._origins += origins
        self._from += names


def _is_one_token(tex: str) -> bool:
    is_group = tex.startswith("{") and _argument_end(tex, 0) == len(tex)
    return is_group or _PLAIN.fullmatch(tex) is not None


def _substituted(macro: Macro, arguments: Sequence[Expansion], at: int) -> Expansion:
    body, name = macro.body.text, macro.name.text
    source = Expansion(body, [at] * len(body), [name] * len(body))
    made = _Writer()
    position = 0
    for match in _PARAMETER.finditer(body):
        if match[1] is None:
            continue
        made.add(source, position, match.start())
        position = match.end()
        if int(match[1]) <= len(arguments):
            argument = arguments[int(match[1]) - 1]
            made.add(argument, 0, len(argument.text))
        if len(made.text) > MAX_LENGTH:
            raise MacroError(f"The formula is too long: with its macros, more than {MAX_LENGTH} characters", at)
    made.add(source, position, len(body))
    return made.finished()


def _arguments(given: Expansion, macro: Macro, position: int, at: int) -> tuple[list[Expansion], int]:
    found = []
    for _ in range(macro.args):
        match = _SPACE.match(given.text, position)
        start = match.end() if match else position
        end = _argument_end(given.text, start)
        if end is None:
            count = f"{macro.args} argument{'s' if macro.args > 1 else ''}"
            raise MacroError(f"The macro \\{macro.name.text} needs {count}", at)
        inner = (start + 1, end - 1) if given.text[start] == "{" else (start, end)
        part = slice(*inner)
        found.append(Expansion(given.text[part], given.origins[part], given.from_macros[part]))
        position = end
    return found, position


def _argument_end(text: str, start: int) -> int | None:
    """Return the end of the argument at an index; None if there is none."""
    if start >= len(text) or text[start] in "}&":
        return None
    if text[start] != "{":
        command = _COMMAND.match(text, start)
        return command.end() if command else start + 1
    depth, position = 0, start
    while position < len(text):
        sign = text[position]
        depth += (sign == "{") - (sign == "}")
        position += 2 if sign == "\\" else 1
        if not depth:
            return position
    return None
