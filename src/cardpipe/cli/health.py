"""The checks of the installation for `cardpipe doctor`."""

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
from cardpipe.files import git, git_process
from cardpipe.plugins.extras import install_command

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
    "indic": "fonts for Devanagari, Bengali, Tamil and Telugu in the PDF",
    "serve": "`cardpipe serve`: quick notice of saves, pictures of PDF pages",
    "spelling": "spelling checks",
    "verify": "`cardpipe verify`",
}
"""Optional extras and their purpose; extras of PDF engines are listed with the engines."""
_GROUPS: Final = (plugins.WRITERS, plugins.RULES, plugins.FIGURES, plugins.PDF_LAYOUTS, plugins.PDF_ENGINES)


class State(enum.Enum):
    """The state of a component."""

    WELL = "ok"
    ABSENT = "absent"
    """Optional, and not installed."""
    FAULT = "fault"
    """Required, and missing or broken."""


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """The result of one check."""

    subject: str
    name: str
    state: State
    detail: str = ""
    """The version, or the fault."""
    hint: str = ""
    """How to fix it."""


def findings(root: Path | None) -> Iterator[HealthFinding]:
    """Return all results, in the order in which to fix them; without a project, git and cache are left out."""
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
    """Return the packages that cardpipe requires on this system, without extras."""
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

    # The dependencies say whether the default engine is required on this system.
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
        detail = f"{engine.name}: the first available one of {', '.join(ORDER)}"
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
                f"For {_EXTRAS[match[1]]}: {install_command(match[1])}",
            )
            yield found


def _sandbox() -> Iterator[HealthFinding]:
    from cardpipe.figures.sandbox import layers

    hint = "docs/figures.md describes the layers; `--trust-figures never` runs no script."
    found = layers()
    for name, held in found.items():
        state = State.WELL if held else State.ABSENT
        yield HealthFinding("figure scripts", name, state, held or "not available on this system", "" if held else hint)
    if sys.platform != "linux":
        yield HealthFinding("figure scripts", "sandbox", State.ABSENT, "not available on this system", hint)
    elif not found:
        yield HealthFinding("figure scripts", "sandbox", State.ABSENT, "the process could not be started", hint)


def _git(root: Path | None) -> Iterator[HealthFinding]:
    needed = "`lint --changed`, `review`, `--trust-figures repo` and a `diff` with a revision need it."
    try:
        yield HealthFinding("git", "git", State.WELL, git_process.version())
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
    hint = f"Remove {CACHE_FOLDER}; it will be rebuilt."
    if folder.is_symlink() or not folder.is_dir():
        return HealthFinding("cache", CACHE_FOLDER, State.ABSENT, "not a real folder, so it is not used", hint)
    with cache_of(root) as cache:
        kinds = cache.contents()
    entries, size = sum(kind[1] for kind in kinds), sum(kind[2] for kind in kinds)
    if not entries and any(folder.glob("*.sqlite*")):
        return HealthFinding("cache", CACHE_FOLDER, State.ABSENT, "it cannot be read", hint)
    return HealthFinding("cache", CACHE_FOLDER, State.WELL, f"{entries} entries, {size / 1e6:.1f} MB")
