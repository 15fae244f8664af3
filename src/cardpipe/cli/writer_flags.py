"""Command-line flags for the options of writers: `--csv-dialect`, and `--dialect` if the option has a short flag.

Writers that declare the same flag for the same values share it. Built-in writers come first and the command's own
options before them, so that plug-ins cannot take over or change a flag.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from cardpipe.writers.api import WriterOption

_FORM: Final = re.compile(r"[a-z]{2,}(?:-[a-z]+)*")
_SEPARATOR: Final = "__option__"


@dataclass(frozen=True, slots=True)
class FlagTarget:
    """An option of a writer."""

    writer: str
    option: WriterOption

    @property
    def long(self) -> str:
        """The flag that sets only this option, without dashes."""
        return f"{self.writer}-{self.option.name}"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag, without dashes, and its targets: the first one defines type and help."""

    name: str
    targets: tuple[FlagTarget, ...]

    @property
    def short(self) -> bool:
        """Whether it is a short flag that an option declares, not the long one that every option has."""
        return self.name != self.targets[0].long

    @property
    def key(self) -> str:
        """The parameter name."""
        return f"{_SEPARATOR}{self.name.replace('-', '__')}"


def flags(targets: Sequence[FlagTarget], reserved: Collection[str]) -> tuple[Flag, ...]:
    """Return the short and long flags of all options; targets come in order of precedence.

    An option has no short flag if that is reserved, is another option's long one, or has different values.
    """
    taken = {*reserved, *(target.long for target in targets)}
    shared: dict[str, list[FlagTarget]] = {}
    for target in targets:
        name = target.option.flag
        if not _FORM.fullmatch(name) or name in taken:
            continue
        holders = shared.setdefault(name, [])
        if not holders or (_values(holders[0]) == _values(target) and target.writer not in _writers(holders)):
            holders.append(target)
    found: dict[str, Flag] = {}
    for target in targets:
        name = target.option.flag
        if target in shared.get(name, ()):
            found[name] = Flag(name, tuple(shared[name]))
        found.setdefault(target.long, Flag(target.long, (target,)))
    return tuple(found.values())


def parameters(found: Iterable[Flag]) -> list[click.Parameter]:
    """Return the click options; long flags are hidden from help if there is a short one."""
    every = list(found)
    covered = {target.long for flag in every if flag.short for target in flag.targets}
    return [_parameter(flag, hidden=not flag.short and flag.name in covered) for flag in every]


def given(found: Iterable[Flag], values: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """Return the values by writer and option; long flags take precedence over short ones."""
    options: dict[str, dict[str, str]] = {}
    for flag in sorted(found, key=lambda flag: not flag.short):
        value = values.get(flag.key)
        if value is not None:
            for target in flag.targets:
                # `A4` is a4; free text keeps its case.
                small = value.lower() if not target.option.takes(value) else value
                options.setdefault(target.writer, {})[target.option.name] = (
                    small if target.option.takes(small) else value
                )
    return options


def spellings(found: Iterable[Flag], writer: str, option: WriterOption) -> tuple[str, ...]:
    """Return the flags of an option, with dashes, the short one first."""
    target = FlagTarget(writer, option)
    return tuple(f"--{flag.name}" for flag in sorted(found, key=lambda flag: not flag.short) if target in flag.targets)


def idle(found: Iterable[Flag], values: Mapping[str, str | None], formats: Collection[str]) -> tuple[Flag, ...]:
    """Return the flags that were given but have no effect on these formats."""
    return tuple(
        flag for flag in found if values.get(flag.key) is not None and not _writers(flag.targets) & set(formats)
    )


def _writers(targets: Iterable[FlagTarget]) -> set[str]:
    return {target.writer for target in targets}


def _values(target: FlagTarget) -> tuple[tuple[str, ...], str, str]:
    return target.option.choices, target.option.form, target.option.bare


def _parameter(flag: Flag, *, hidden: bool) -> click.Option:
    option = flag.targets[0].option
    names = [f"--{flag.name}", flag.key]
    formats = ", ".join(target.writer for target in flag.targets)
    if flag.short and option.bare:
        help_text = f"{option.help} [{formats}]"
        return click.Option(names, is_flag=True, flag_value=option.bare, default=None, help=help_text)
    return click.Option(
        names,
        # Free values are validated together with those of `deck.yaml`.
        type=click.Choice(option.choices, case_sensitive=False) if option.choices and not option.form else str,
        metavar=f"[{'|'.join(option.values)}]" if option.form else None,
        help=f"{option.help} [{formats}; default: {option.default}]",
        hidden=hidden,
    )
