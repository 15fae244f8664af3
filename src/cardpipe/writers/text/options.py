"""The options of the text format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.writers.api import FIGURES_OPTION, WriterOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS: Final = (
    "id",
    "title",
    "question",
    "answer",
    "details",
    "figures",
    "references",
    "related",
    "difficulty",
    "notice",
    "deck",
    "tags",
)
"""The columns of the shape `columns`, named as in the format `csv`."""
_NAME: Final = f"(?:{'|'.join(COLUMNS)})"

SHAPE_OPTION: Final = WriterOption(
    name="shape",
    flag="shape",
    choices=("quizlet", "remnote", "mochi", "anki", "columns"),
    default="quizlet",
    help="The program that imports the text; columns: the columns of --text-columns, with a header.",
    named=True,
)
BACK_OPTION: Final = WriterOption(
    name="back",
    flag="back",
    choices=("auto", "all", "answer"),
    default="auto",
    help="The second side: everything, or only the short answer; auto: the answer for quizlet, else everything.",
)
SEPARATOR_OPTION: Final = WriterOption(
    name="card-separator",
    choices=("newline",),
    form="[!-~]{1,20}",
    form_name="TEXT",
    default="newline",
    help="What separates cards in the shape quizlet; newline: one card per line, its own line breaks become “ / ”; "
    "with another text, line breaks are kept.",
)
COLUMNS_OPTION: Final = WriterOption(
    name="columns",
    choices=(),
    form=f"{_NAME}(?:,{_NAME})*",
    form_name="NAME,NAME,…",
    default="question,answer",
    help=f"The columns of the shape columns: {', '.join(COLUMNS)}.",
)

OPTIONS: Final[Sequence[WriterOption]] = (SHAPE_OPTION, BACK_OPTION, SEPARATOR_OPTION, COLUMNS_OPTION, FIGURES_OPTION)
_DEFAULTS: Final = {option.name: option.default for option in OPTIONS}


def setting(options: Mapping[str, str], name: str) -> str:
    """Return the value of an option, or its default."""
    return options.get(name, _DEFAULTS[name])


def back_of(options: Mapping[str, str]) -> str:
    """Return what the second side shows: `all` or `answer`."""
    chosen = setting(options, "back")
    return chosen if chosen != "auto" else "answer" if setting(options, "shape") == "quizlet" else "all"
