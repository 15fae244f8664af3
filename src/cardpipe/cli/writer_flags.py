"""The options of the writers as flags: `--csv-dialect` for one format, and `--dialect` where an option has a flag.

Writers that declare the same flag for the same values share it. Our own writers come first and the command's own
options before them, so that no plug-in takes a flag away or changes what it means.
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
        """The flag that sets it and nothing else, without dashes."""
        return f"{self.writer}-{self.option.name}"


@dataclass(frozen=True, slots=True)
class Flag:
    """A flag, without dashes, and what it sets: the first target says how it reads."""

    name: str
    targets: tuple[FlagTarget, ...]

    @property
    def short(self) -> bool:
        """Whether it is the flag that an option asks for, and not the one that every option has."""
        return self.name != self.targets[0].long

    @property
    def key(self) -> str:
        """Its name as a parameter."""
        return f"{_SEPARATOR}{self.name.replace('-', '__')}"


def flags(targets: Sequence[FlagTarget], reserved: Collection[str]) -> tuple[Flag, ...]:
    """Each option's long flag, after the short one that it shares; targets come in order of precedence.

    An option does without its short flag where that is reserved, is another's long one, or has other values already.
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
    """The flags for the command line; help leaves out the long one of an option that has a short one."""
    every = list(found)
    covered = {target.long for flag in every if flag.short for target in flag.targets}
    return [_parameter(flag, hidden=not flag.short and flag.name in covered) for flag in every]


def given(found: Iterable[Flag], values: Mapping[str, str | None]) -> dict[str, dict[str, str]]:
    """The values by writer and option; a long flag wins over a short one."""
    options: dict[str, dict[str, str]] = {}
    for flag in sorted(found, key=lambda flag: not flag.short):
        value = values.get(flag.key)
        if value is not None:
            for target in flag.targets:
                # `A4` is a4; a text that is free keeps its capitals.
                small = value.lower() if not target.option.takes(value) else value
                options.setdefault(target.writer, {})[target.option.name] = (
                    small if target.option.takes(small) else value
                )
    return options


def spellings(found: Iterable[Flag], writer: str, option: WriterOption) -> tuple[str, ...]:
    """What an option is called on the command line, with dashes, the short flag first."""
    target = FlagTarget(writer, option)
    return tuple(f"--{flag.name}" for flag in sorted(found, key=lambda flag: not flag.short) if target in flag.targets)


def idle(found: Iterable[Flag], values: Mapping[str, str | None], formats: Collection[str]) -> tuple[Flag, ...]:
    """The flags that were given and set nothing of these formats."""
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
        # A value beside the choices is judged where those of `deck.yaml` are.
        type=click.Choice(option.choices, case_sensitive=False) if option.choices and not option.form else str,
        metavar=f"[{'|'.join(option.values)}]" if option.form else None,
        help=f"{option.help} [{formats}; default: {option.default}]",
        hidden=hidden,
    )
