"""What works on this machine, and why not: what `cardpipe doctor` tells."""

from __future__ import annotations

import enum
import platform
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.errors import CardpipeError
from cardpipe.files import git

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from packaging.requirements import Requirement

    from cardpipe.writers.pdf.engine import Engine

_OWN: Final = "cardpipe"
_PYTHON: Final = (3, 11)
_EXTRA: Final = re.compile(r"extra\s*==\s*['\"]([a-z]+)['\"]")
_EXTRAS: Final = {
    "cjk": "fonts for Chinese, Japanese and Korean in the PDF",
    "spelling": "rules that look words up",
    "verify": "`cardpipe verify`",
}
"""What users may want, and what for; that of an engine is told with the engine."""
_GROUPS: Final = (plugins.WRITERS, plugins.RULES, plugins.FIGURES, plugins.PDF_LAYOUTS, plugins.PDF_ENGINES)


class State(enum.Enum):
    """How something is."""

    WELL = "ok"
    ABSENT = "absent"
    """It is not needed, and not there."""
    FAULT = "fault"
    """It is needed, and missing or broken."""


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One thing that was looked at."""

    subject: str
    name: str
    state: State
    detail: str = ""
    """Its version, or what is wrong."""
    hint: str = ""
    """A way out."""


def findings(root: Path | None) -> Iterator[HealthFinding]:
    """Everything, in the order in which one would mend it; without a project its cache and git are left out."""
    yield _python()
    yield from _packages()
    yield from _plugins()
    yield _fonts()
    yield from _engines()
    yield from _extras()
    yield from _sandbox()
    yield from _git(root)
    if root is not None:
        yield _cache(root)


def _python() -> HealthFinding:
    wanted = ".".join(map(str, _PYTHON))
    state = State.WELL if sys.version_info >= _PYTHON else State.FAULT
    return HealthFinding("Python", "python", state, f"{platform.python_version()}, at least {wanted} is needed")


def _packages() -> Iterator[HealthFinding]:
    for requirement in _requirements():
        yield _package("package", requirement.name, str(requirement.specifier))


def _requirements() -> Iterator[Requirement]:
    """The packages that cardpipe needs on this system, extras left out."""
    from packaging.requirements import Requirement

    for text in sorted(metadata.requires(_OWN) or ()):
        if not _EXTRA.search(text):
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement


def _package(subject: str, name: str, wanted: str, needed: State = State.FAULT, hint: str = "") -> HealthFinding:
    from packaging.specifiers import SpecifierSet

    hint = hint or "Install cardpipe again, with its dependencies: pip install --force-reinstall cardpipe"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return HealthFinding(subject, name, needed, "not installed", hint)
    if not SpecifierSet(wanted).contains(version, prereleases=True):
        return HealthFinding(subject, name, State.FAULT, f"{version}, but {wanted} is needed", hint)
    return HealthFinding(subject, name, State.WELL, version)


def _plugins() -> Iterator[HealthFinding]:
    for group in _GROUPS:
        for fault in plugins.faults(group):
            yield HealthFinding("plug-in", group, State.FAULT, fault, "Update or remove that package.")


def _fonts() -> HealthFinding:
    from cardpipe.writers.pdf.composing.fonts import FONTS

    try:
        size = sum(len(font.data) for font in FONTS)
    except CardpipeError as error:
        return HealthFinding("PDF", "fonts", State.FAULT, error.message, error.hint or "")
    return HealthFinding("PDF", "fonts", State.WELL, f"{len(FONTS)} files, {size / 1e6:.1f} MB")


def _engines() -> Iterator[HealthFinding]:
    from cardpipe.writers.pdf.engine_choice import AUTO, ORDER, usable_engine

    # Of the first choice, the packages tell whether it belongs to a whole installation on this system.
    required = {requirement.name for requirement in _requirements()}
    for name, loaded in plugins.load_all(plugins.PDF_ENGINES):
        engine = cast("Engine", loaded)
        try:
            yield HealthFinding("PDF engine", name, State.WELL, engine.version())
        except CardpipeError as error:
            state = State.FAULT if name in required else State.ABSENT
            yield HealthFinding("PDF engine", name, state, error.message, error.hint or "")
    try:
        engine, _ = usable_engine()
    except CardpipeError as error:
        yield HealthFinding("PDF engine", AUTO, State.FAULT, error.message, error.hint or "")
    else:
        detail = f"{engine.name}: the first that works of {', '.join(ORDER)}"
        yield HealthFinding("PDF engine", AUTO, State.WELL, detail)


def _extras() -> Iterator[HealthFinding]:
    from packaging.requirements import Requirement

    for text in sorted(metadata.requires(_OWN) or ()):
        match = _EXTRA.search(text)
        requirement = Requirement(text)
        if match and match[1] in _EXTRAS and requirement.name != _OWN:
            found = _package(
                f"extra {match[1]}",
                requirement.name,
                str(requirement.specifier),
                State.ABSENT,
                f"For {_EXTRAS[match[1]]}: pip install '{_OWN}[{match[1]}]'",
            )
            yield found


def _sandbox() -> Iterator[HealthFinding]:
    from cardpipe.figures.sandbox import layers

    hint = "docs/figures.md says what each layer contains; `--trust-figures never` runs no script."
    found = layers()
    for name, held in found.items():
        state = State.WELL if held else State.ABSENT
        yield HealthFinding("figure scripts", name, state, held or "this system does not give it", "" if held else hint)
    if sys.platform != "linux":
        yield HealthFinding("figure scripts", "sandbox", State.ABSENT, "there is none on this system", hint)
    elif not found:
        yield HealthFinding("figure scripts", "sandbox", State.ABSENT, "its process could not be started", hint)


def _git(root: Path | None) -> Iterator[HealthFinding]:
    needed = "`diff`, `lint --changed` and `--trust-figures repo` need it."
    try:
        yield HealthFinding("git", "git", State.WELL, git.version())
    except CardpipeError as error:
        yield HealthFinding("git", "git", State.ABSENT, error.message, needed)
        return
    if root is None:
        return
    try:
        git.Git(root)
    except CardpipeError as error:
        yield HealthFinding("git", "repository", State.ABSENT, error.message, needed)


def _cache(root: Path) -> HealthFinding:
    from cardpipe.build.pipeline import CACHE_FOLDER, cache_of

    folder = root / CACHE_FOLDER
    if not folder.exists():
        return HealthFinding("cache", CACHE_FOLDER, State.WELL, "empty")
    hint = f"Nothing is lost with it: remove {CACHE_FOLDER}."
    if folder.is_symlink() or not folder.is_dir():
        return HealthFinding("cache", CACHE_FOLDER, State.ABSENT, "no folder of its own, so it is not used", hint)
    with cache_of(root) as cache:
        kinds = cache.contents()
    entries, size = sum(kind[1] for kind in kinds), sum(kind[2] for kind in kinds)
    if not entries and any(folder.glob("*.sqlite*")):
        return HealthFinding("cache", CACHE_FOLDER, State.ABSENT, "nothing in it can be read", hint)
    return HealthFinding("cache", CACHE_FOLDER, State.WELL, f"{entries} entries, {size / 1e6:.1f} MB")
