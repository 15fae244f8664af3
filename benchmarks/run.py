"""Measures cardpipe on decks of several sizes: `python benchmarks/run.py --cards 1000 10000 --deck shipped mixed`.

Each command is a process of its own, in a folder made for it. Wall is what one waits; CPU is what all its processes
used; memory is the largest sum of what they held at a time (on Linux, shared pages counted once). To look at memory
holds up whoever holds it, so a command is run once for its time, and once more for its memory.
"""

from __future__ import annotations

import argparse
import compileall
import functools
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from deck import write_deck
from shipped import write_shipped_like_deck

if TYPE_CHECKING:
    from collections.abc import Callable

_DECKS = {"shipped": "like the shipped one", "mixed": "eight of ten of prose"}
_BETWEEN_LOOKS = 0.05
_LONG = 60.0
"""Seconds after which a command is not run again for its memory, but looked at while it goes on."""
_SETTLED = 2.5
"""Seconds after which cardpipe believes a file's times."""


@dataclass(frozen=True)
class Measurement:
    """One command, measured."""

    what: str
    wall: float
    cpu: float
    peak: float
    """MiB."""
    size: float = 0.0
    """KB of what was written, for each card."""
    share: float = 0.0
    """CPU time as a part of that without a cache."""

    def row(self) -> str:
        """A row of a Markdown table."""
        size = f"{self.size:.1f}" if self.size else ""
        share = f"{self.share:.0%}" if self.share else ""
        return f"| {self.what} | {self.wall:.2f} | {self.cpu:.2f} | {share} | {self.peak:.0f} | {size} |"


def measured(
    what: str,
    command: list[str],
    folder: Path,
    *,
    before: Callable[[Path], None] = lambda _: None,
    longest: float = 3600.0,
) -> Measurement:
    """Run a command in a folder, each time after bringing the folder into the state that it is to be in.

    Raises CalledProcessError where it fails, TimeoutExpired after so many seconds.
    """
    before(folder)
    wall, cpu, peak = _run(command, folder, watched_after=_LONG, longest=longest)
    if wall < _LONG:
        before(folder)
        peak = _run(command, folder, watched_after=0, longest=longest)[2]
    return Measurement(what, wall, cpu, peak / 1024)


def _run(command: list[str], folder: Path, *, watched_after: float, longest: float) -> tuple[float, float, int]:
    """Seconds on the clock and of the processors, and KiB at most, looked at only after so many seconds."""
    environment = _as_installed()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - ours
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    held, ended = [0], threading.Event()

    def watch() -> None:
        wait = watched_after
        while not ended.wait(wait):
            held.append(_held(process.pid))
            wait = _BETWEEN_LOOKS
            if time.perf_counter() - started > longest:
                process.kill()

    # To wait with a limit would look only every twentieth of a second.
    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    wall = time.perf_counter() - started
    ended.set()
    watcher.join()
    if wall > longest:
        raise subprocess.TimeoutExpired(command, longest)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, max(held)


@functools.cache
def _as_installed() -> dict[str, str]:
    """An environment in which Python finds cardpipe's modules compiled, as those of what pip has installed are."""
    home = importlib.util.find_spec("cardpipe")
    for folder in (home.submodule_search_locations if home is not None else None) or ():
        compileall.compile_dir(folder, quiet=2)
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _held(process: int) -> int:
    """KiB that a process and all below it hold; 0 where the system does not tell."""
    total, waiting = 0, [process]
    while waiting:
        number = waiting.pop()
        try:
            facts = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in facts if line.startswith("Pss:"))
            for thread in Path(f"/proc/{number}/task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, StopIteration):  # it ended meanwhile, or there is no /proc
            continue
    return total


def without_cache(folder: Path) -> None:
    """A project of which nothing is known yet."""
    shutil.rmtree(folder / ".cardpipe", ignore_errors=True)


def edited(folder: Path) -> None:
    """A project of which all is known but a sentence of one card."""
    path = sorted(folder.glob("source/cards/000/*.yaml"))[4]  # one with formulas
    path.write_text(path.read_text().replace("answer: |\n", "answer: |\n  A sentence more.\n", 1))
    time.sleep(_SETTLED)


def written(folder: Path) -> int:
    """Bytes of what an export has written; 0 where there was none."""
    return sum(file.stat().st_size for file in folder.glob("output/**/*") if file.is_file() and file.name[0] != ".")


def measure(deck: str, cards: int, folder: Path, formats: list[str], *, figures: bool) -> list[Measurement]:
    """Lint and each format: without a cache, with nothing changed, and with one card changed."""
    if deck == "shipped":
        write_shipped_like_deck(folder, cards)
    else:
        write_deck(folder, cards, figures=figures)
    time.sleep(_SETTLED)
    cardpipe = [str(Path(sys.executable).with_name("cardpipe"))]
    found = []
    commands = [("lint", [*cardpipe, "lint"])]
    commands += [(name, [*cardpipe, "export", "--format", name]) for name in formats]
    for name, command in commands:
        shutil.rmtree(folder / "output", ignore_errors=True)
        first = measured(f"{name}, {cards} cards, no cache", command, folder, before=without_cache)
        found.append(replace(first, size=written(folder) / 1000 / cards))
        same = measured(f"{name}, {cards} cards, nothing changed", command, folder)
        one = measured(f"{name}, {cards} cards, one changed", command, folder, before=edited)
        found += [replace(run, share=run.cpu / first.cpu) for run in (same, one)]
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description="Measure cardpipe.")
    parser.add_argument("--cards", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--format", dest="formats", nargs="*", default=["anki", "html", "site"], help="beside lint")
    parser.add_argument("--deck", dest="decks", choices=_DECKS, nargs="+", default=list(_DECKS))
    parser.add_argument("--without-figures", action="store_true", help="leave the figures out of the deck")
    asked = parser.parse_args()
    for deck, cards in product(asked.decks, asked.cards):
        sys.stdout.write(
            f"\n{_DECKS[deck].capitalize()}:\n\n"
            "| What | Wall, s | CPU, s | Of no cache | Memory, MiB | KB a card |\n|---|---|---|---|---|---|\n"
        )
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "deck"
            for found in measure(deck, cards, place, asked.formats, figures=not asked.without_figures):
                sys.stdout.write(f"{found.row()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
