"""Measures cardpipe on decks of several sizes: `python benchmarks/run.py --cards 1000 10000`.

Each command is a process of its own, in a folder made for it. Wall is what one waits; CPU is what all its processes
used; memory is the largest sum of what they held at a time (on Linux, shared pages counted once).
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from deck import write_deck

_BETWEEN_LOOKS = 0.05
_LOOKING = 50
"""How many times as long as a look the wait after it is at least, since looking at much memory holds up its owner."""
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

    def row(self) -> str:
        """A row of a Markdown table."""
        return f"| {self.what} | {self.wall:.2f} | {self.cpu:.2f} | {self.peak:.0f} |"


def measured(what: str, command: list[str], folder: Path, longest: float = 3600.0) -> Measurement:
    """Run a command in a folder; raises CalledProcessError where it fails, TimeoutExpired after so many seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - ours
    peak = 0
    while process.poll() is None:
        looked = time.perf_counter()
        peak = max(peak, _held(process.pid))
        time.sleep(max(_BETWEEN_LOOKS, _LOOKING * (time.perf_counter() - looked)))
        if time.perf_counter() - started > longest:
            process.kill()
            raise subprocess.TimeoutExpired(command, longest)
    wall = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measurement(what, wall, cpu, peak / 1024)


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


def edit(folder: Path) -> None:
    """Change a sentence of one card."""
    path = folder / "source/cards/000/BA0004.yaml"  # one with formulas
    path.write_text(path.read_text().replace("answer: |\n", "answer: |\n  A sentence more.\n", 1))


def measure(cards: int, folder: Path, formats: list[str], *, figures: bool) -> list[Measurement]:
    """Lint and each format: without a cache, with nothing changed, and with one card changed."""
    write_deck(folder, cards, figures=figures)
    cardpipe = [str(Path(sys.executable).with_name("cardpipe"))]
    found = []
    commands = [("lint", [*cardpipe, "lint"])]
    commands += [(name, [*cardpipe, "export", "--format", name]) for name in formats]
    for name, command in commands:
        shutil.rmtree(folder / ".cardpipe", ignore_errors=True)
        time.sleep(_SETTLED)
        found.append(measured(f"{name}, {cards} cards, no cache", command, folder))
        found.append(measured(f"{name}, {cards} cards, nothing changed", command, folder))
        edit(folder)
        found.append(measured(f"{name}, {cards} cards, one changed", command, folder))
    return found


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description="Measure cardpipe.")
    parser.add_argument("--cards", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--format", dest="formats", nargs="*", default=["anki"], help="beside lint")
    parser.add_argument("--without-figures", action="store_true", help="leave the figures out of the deck")
    asked = parser.parse_args()
    sys.stdout.write("| What | Wall, s | CPU, s | Memory, MiB |\n|---|---|---|---|\n")
    for cards in asked.cards:
        with tempfile.TemporaryDirectory() as folder:
            for found in measure(cards, Path(folder) / "deck", asked.formats, figures=not asked.without_figures):
                sys.stdout.write(f"{found.row()}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
