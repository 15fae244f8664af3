"""Files for code hosts that `cardpipe init` writes: workflows, issue forms, templates, hooks."""

from __future__ import annotations

import os
import re
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe import __version__
from cardpipe.build.publish import write_file
from cardpipe.cli.streams import say
from cardpipe.errors import ProjectError, UsageError
from cardpipe.files.reading import read_below, refuse_links
from cardpipe.report.terminal import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.resources.abc import Traversable

_LARGEST: Final = 1_000_000
_ADDRESS: Final = re.compile(r"(git\+)?(https|ssh|file)://[\w.:/@~+-]+", re.ASCII)
"""An address of pip that needs no quotation marks in YAML and in shells."""
_PLACES: Final = {"gitlab/gitlab-ci.yml": ".gitlab-ci.yml", "pre-commit-config.yaml": ".pre-commit-config.yaml"}
"""Files with another name than a dot before their path here."""
_REPORTS: Final = {
    "github": "https://github.com/OWNER/REPOSITORY/issues/new?template=card-error.yml&title=Error+in+{id}&card={id}",
    "gitlab": "https://gitlab.com/GROUP/PROJECT/-/issues/new?issuable_template=Card%20error"
    "&issue%5Btitle%5D=Error+in+{id}",
}
"""Values of `report` in deck.yaml for which each card links to the form for errors."""


def add_forge_files(
    directory: Path, hosts: Sequence[str], *, dry_run: bool, overwrite: bool, install_from: str | None = None
) -> None:
    """Write the files for code hosts into a project, and say what was done with each.

    A file that is there and differs is kept unless `overwrite` is true. `install_from` is the address from which pip
    installs cardpipe in the workflows; without it, the package index.
    """
    kept = False
    for path, content in forge_files(hosts, install_from):
        state = _state(directory, path, content)
        kept = kept or (state == "differs" and not overwrite)
        if state == "same":
            say(f"  unchanged  {path.as_posix()}")
        elif state == "differs" and not overwrite:
            say(f"  kept       {path.as_posix()} (it differs)")
        else:
            verb = "overwrite" if state == "differs" else "create"
            say(f"  {verb:<9}  {path.as_posix()}")
            if not dry_run:
                _write(directory / path, content, directory)
    if kept:
        say("Files that differ were kept; --overwrite replaces them.")
    _hints(directory, hosts)


def refuse_linked(directory: Path, hosts: Sequence[str]) -> None:
    """Raise LinkError if a file for code hosts is a link or below one; a file could be read or written elsewhere."""
    for path, _ in forge_files(hosts):
        refuse_links(directory / path, directory)


def check_address(install_from: str | None) -> None:
    """Raise UsageError if files for code hosts cannot hold the address of a package."""
    if install_from is not None and not _ADDRESS.fullmatch(install_from):
        raise UsageError(
            "--install-from must be an address that pip can install from.",
            hint="For example: --install-from git+https://example.org/cardpipe@v1.0",
        )


def forge_files(hosts: Sequence[str], install_from: str | None = None) -> Iterator[tuple[Path, bytes]]:
    """Return the files for some hosts, by path in the project."""
    root = resources.files("cardpipe.cli") / "forge_kit"
    version = f"=={__version__}" if install_from is None else f" @ {install_from}"
    for host in hosts:
        yield from _below(root / host, host, version)
    yield from _below(root / "pre-commit-config.yaml", "pre-commit-config.yaml", version)


def _below(item: Traversable, name: str, version: str) -> Iterator[tuple[Path, bytes]]:
    if item.is_dir():
        for one in sorted(item.iterdir(), key=lambda one: one.name):
            yield from _below(one, f"{name}/{one.name}", version)
    else:
        text = item.read_text(encoding="utf-8").replace("==%%VERSION%%", version)
        yield Path(_PLACES.get(name, f".{name}")), text.encode()


def _state(directory: Path, path: Path, content: bytes) -> str:
    """Return whether a file is missing, the same, or differs; a folder and a large file differ."""
    try:
        found = read_below(directory, path.as_posix(), _LARGEST)
    except FileNotFoundError:
        return "missing"
    except (ProjectError, OSError):
        # Writing it says what is wrong.
        return "differs"
    return "same" if found.replace(b"\r\n", b"\n") == content else "differs"


def _write(target: Path, content: bytes, directory: Path) -> None:
    try:
        write_file(target, content, root=directory)
    except OSError as error:
        raise ProjectError(f"{target} could not be written: {error.strerror or error}.") from error


def _hints(directory: Path, hosts: Sequence[str]) -> None:
    from cardpipe.files.git import checkout_of

    top = checkout_of(directory) if directory.is_dir() else None
    if top is not None and top != directory.resolve():
        say(
            f"The repository begins in {safe(os.fspath(top))}: code hosts only read these files there. Move them, and "
            "add the folder of the deck to their commands (cardpipe -C DIR).",
            err=True,
        )
    say("\nFor a link “Report an error” on each card, set in source/deck.yaml:")
    for host in hosts:
        say(f"    report: {_REPORTS[host]}")
