"""Short flags of writers' options: who gets the value, and that nobody takes a flag away."""

from __future__ import annotations

import pytest

from cardpipe.cli.writer_flags import FlagTarget, flags, given, idle, parameters, spellings
from cardpipe.writers.api import WriterOption


def option(name: str, flag: str = "", choices: tuple[str, ...] = ("a", "b"), bare: str = "") -> WriterOption:
    return WriterOption(name=name, choices=choices, default=choices[0], help="Help.", flag=flag, bare=bare)


GROUP = option("group", "group-by")
TARGETS = (
    FlagTarget("html", GROUP),
    FlagTarget("pdf", GROUP),
    FlagTarget("pdf", option("paper", "paper", ("a4", "a5"))),
    FlagTarget("pdf", option("lines")),
)


def set_by(values: dict[str, str], targets: tuple[FlagTarget, ...] = TARGETS) -> dict[str, dict[str, str]]:
    found = flags(targets, {"format"})
    keys = {flag.name: flag.key for flag in found}
    return given(found, {keys[name]: value for name, value in values.items()})


def test_writers_that_share_a_flag_all_get_the_value() -> None:
    assert set_by({"group-by": "b"}) == {"html": {"group": "b"}, "pdf": {"group": "b"}}
    assert set_by({"paper": "a5"}) == {"pdf": {"paper": "a5"}}


def test_the_long_flag_is_kept_and_wins() -> None:
    assert set_by({"html-group": "a", "group-by": "b"}) == {"html": {"group": "a"}, "pdf": {"group": "b"}}
    assert set_by({"pdf-lines": "b"}) == {"pdf": {"lines": "b"}}


@pytest.mark.parametrize("flag", ["format", "pdf-paper", "Paper", "-x", "x", "paper=a4", "--help", "a b", ""])
def test_a_flag_that_is_another_s_or_none_at_all_is_left_out(flag: str) -> None:
    found = flags((*TARGETS, FlagTarget("shout", option("mark", flag))), {"format"})
    assert [one.name for one in found if "shout" in {target.writer for target in one.targets}] == ["shout-mark"]


def test_a_flag_with_other_values_stays_with_whom_it_belongs_to() -> None:
    thief = FlagTarget("shout", option("paper", "paper", ("wall", "floor")))
    twice = FlagTarget("pdf", option("sheet", "paper", ("a4", "a5")))
    found = flags((*TARGETS, thief, twice), ())
    (paper,) = [flag for flag in found if flag.name == "paper"]
    assert paper.targets == (TARGETS[2],)
    assert spellings(found, "shout", thief.option) == ("--shout-paper",)
    assert spellings(found, "pdf", TARGETS[2].option) == ("--paper", "--pdf-paper")
    assert len({flag.key for flag in found}) == len(found)


def test_help_shows_an_option_once() -> None:
    shown = [parameter for parameter in parameters(flags(TARGETS, ())) if not getattr(parameter, "hidden", False)]
    assert [parameter.opts[0] for parameter in shown] == ["--group-by", "--paper", "--pdf-lines"]
    assert "[html, pdf; default: a]" in str(getattr(shown[0], "help", ""))


def test_a_bare_flag_takes_no_value() -> None:
    found = flags((FlagTarget("pdf", option("grey", "grey", ("no", "yes"), bare="yes")),), ())
    short, long = parameters(found)
    assert getattr(short, "is_flag", False)
    assert not getattr(long, "is_flag", True)
    assert given(found, {found[0].key: "yes"}) == {"pdf": {"grey": "yes"}}


def test_a_flag_for_formats_that_are_not_written_is_idle() -> None:
    found = flags(TARGETS, ())
    keys = {flag.name: flag.key for flag in found}
    values = {keys["paper"]: "a5", keys["group-by"]: "b"}
    assert [flag.name for flag in idle(found, values, ["html"])] == ["paper"]
    assert not idle(found, values, ["pdf"])
