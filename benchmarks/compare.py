"""Measures cardpipe beside other tools: `python benchmarks/compare.py --cards 10 1000 10000 --tools FOLDER`.

Writes the figures to `benchmarks/results.json`, and from there a table and a plot into `docs/`; `--draw` makes these
two again without measuring. The forms that other tools read are written beforehand and not counted.
With `--deck shipped`, all tools get a deck full of formulas (`shipped.py`), and only the first table in `docs/` is
written.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deck import write_deck
from rivals import RIVALS, Note, Rival, installed, lost, notes_of
from run import Measurement, edited, measured, without_cache
from shipped import write_shipped_like_deck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOME = Path(__file__).parent
_RESULTS = _HOME / "results.json"
_TABLE = _HOME.parent / "docs/benchmarks.md"
_PLOT = _HOME.parent / "docs/images/benchmarks.svg"
_LONGEST = 900.0
"""Seconds; what takes longer is said to."""
_ONCE_IS_ENOUGH = 60.0
"""Seconds; what takes longer differs little from run to run."""
_MARKS = ("<!-- comparison begins -->", "<!-- comparison ends -->")
_SHIPPED_MARKS = ("<!-- shipped comparison begins -->", "<!-- shipped comparison ends -->")
_PICTURE = "\n![Seconds by number of cards, for each tool](images/benchmarks.svg)\n"
_COLD, _EDITED, _SAME = "cardpipe, no cache", "cardpipe, one card changed", "cardpipe, nothing changed"
_PLAIN = "cardpipe, no cache, cards without their figures"
_MORE = {
    _COLD: "lint, the figures",
    _PLAIN: "lint",
    _EDITED: "lint of what changed, its figures",
    _SAME: "lint of what changed",
}
"""What a tool does beside making the package; the others do nothing, and are given no figures."""


@dataclass(frozen=True, slots=True)
class Result:
    """One tool on one deck: the median of its runs."""

    tool: str
    cards: int
    wall: float
    cpu: float
    peak: float
    """MiB."""
    lost: tuple[str, ...] = ()
    """What of a rich card is not in its package."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All results of one machine and one day."""

    date: str
    machine: str
    repeat: int
    versions: Mapping[str, str]
    unavailable: Mapping[str, str]
    """By tool, or tool and number of cards: why there is no result."""
    results: Sequence[Result]

    @classmethod
    def read(cls, path: Path) -> Comparison:
        """What is kept in a file."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        results = [Result(**{**entry, "lost": tuple(entry["lost"])}) for entry in kept.pop("results")]
        return cls(**kept, results=results)


class Runs:
    """What was measured of each tool on one deck."""

    def __init__(self, cards: int) -> None:
        self._cards = cards
        self._runs: dict[str, list[Measurement]] = {}
        self._lost: dict[str, tuple[str, ...]] = {}

    def add(self, tool: str, run: Measurement, missing: list[str]) -> None:
        """Add a run of a tool, and what its package lacks."""
        self._runs.setdefault(tool, []).append(run)
        self._lost[tool] = tuple(missing)
        sys.stdout.write(f"{tool}, {self._cards} cards: {run.wall:.2f} s, {run.peak:.0f} MiB\n")
        sys.stdout.flush()

    def are_enough(self, tool: str) -> bool:
        """Whether a tool takes so long that one run tells enough."""
        return any(run.wall > _ONCE_IS_ENOUGH for run in self._runs.get(tool, ()))

    def results(self) -> list[Result]:
        """The medians."""
        return [self._median(tool, runs) for tool, runs in self._runs.items()]

    def _median(self, tool: str, runs: list[Measurement]) -> Result:
        return Result(
            tool,
            self._cards,
            round(statistics.median(run.wall for run in runs), 3),
            round(statistics.median(run.cpu for run in runs), 3),
            round(statistics.median(run.peak for run in runs), 1),
            self._lost[tool],
        )


def add_cardpipe(runs: Runs, program: str, folder: Path, rich: Note) -> None:
    """Measure our own tool without a cache, with one card changed, and with nothing changed."""
    command = [program, "export", "--format", "anki"]
    cold = measured("", command, folder, before=without_cache)
    one = measured("", command, folder, before=edited)
    same = measured("", command, folder)
    missing = lost(next(folder.glob("output/*.apkg")), rich)
    for name, run in ((_COLD, cold), (_EDITED, one), (_SAME, same)):
        runs.add(name, run, missing)


def add_cardpipe_without_figures(runs: Runs, program: str, folder: Path, rich: Note) -> None:
    """Measure our own tool without a cache on what the others get: the same cards without their figures."""
    run = measured("", [program, "export", "--format", "anki"], folder, before=without_cache)
    runs.add(_PLAIN, run, lost(folder / "output/bench.apkg", rich))


def add_rival(runs: Runs, rival: Rival, programs: Path, folder: Path, rich: Note) -> None:
    """Measure another tool; raises CalledProcessError where it fails."""
    run = measured("", rival.command(programs), folder, before=_without_package, longest=_LONGEST)
    [package] = folder.rglob("*.apkg")
    runs.add(rival.name, run, lost(package, rich))


def _without_package(folder: Path) -> None:
    for package in folder.rglob("*.apkg"):
        package.unlink()


def measure(asked: argparse.Namespace, tools: Path) -> Comparison:
    """All tools on decks of all sizes asked for, in turn, since a machine is not as fast in every minute."""
    results: list[Result] = []
    unavailable: dict[str, str] = {}
    versions: dict[str, str] = {}
    ready = {}
    for rival in RIVALS:
        programs, said = installed(rival, tools)
        if programs is None:
            unavailable[rival.name] = said
        else:
            versions[rival.name] = said
            ready[rival] = programs
    for cards in asked.cards:
        with tempfile.TemporaryDirectory() as name:
            home = Path(name)
            mixed = asked.deck == "mixed"
            if mixed:
                write_deck(home / "deck", cards)
                write_deck(home / "plain", cards, figures=False)
            else:
                write_shipped_like_deck(home / "deck", cards)
            notes = notes_of(home / "deck")
            rich = next(note for note in notes if ("```" if mixed else "\n|") in note.back)
            for rival in ready:
                (home / rival.name).mkdir()
                rival.write(notes, home / rival.name)
            runs = Runs(cards)
            for _ in range(asked.repeat):
                for rival, programs in ready.items():
                    if runs.are_enough(rival.name) or f"{rival.name}, {cards} cards" in unavailable:
                        continue
                    try:
                        add_rival(runs, rival, programs, home / rival.name, rich)
                    except (subprocess.SubprocessError, ValueError) as error:
                        unavailable[f"{rival.name}, {cards} cards"] = f"{type(error).__name__}"
                if mixed:
                    add_cardpipe_without_figures(runs, asked.cardpipe, home / "plain", rich)
                add_cardpipe(runs, asked.cardpipe, home / "deck", rich)
            results += runs.results()
    machine = f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    return Comparison(
        date=time.strftime("%Y-%m-%d"),
        machine=f"{machine}, {platform.system()}, Python {platform.python_version()}",
        repeat=asked.repeat,
        versions=versions,
        unavailable=unavailable,
        results=results,
    )


def table(found: Comparison, *, figures: bool = True) -> str:
    """The results on the largest deck, which may have figures, as Markdown."""
    largest = max(result.cards for result in found.results)
    runs = f"Medians of {found.repeat} runs" if found.repeat > 1 else "One run"
    lines = [
        f"{runs} on {found.date}: {found.machine}.",
        "All tools got the same cards, written beforehand in their own form.",
        "",
        f"| {largest:,} cards to `.apkg` | Wall, s | CPU, s | Memory, MiB | Also does | What a rich card loses |",
        "|---|---|---|---|---|---|",
    ]
    for result in sorted((one for one in found.results if one.cards == largest), key=lambda one: one.wall):
        tool = f"{result.tool} {found.versions.get(result.tool, '')}".rstrip()
        missing = ", ".join(result.lost) or "nothing"
        more = _MORE.get(result.tool, "nothing")
        more = more if figures else more.partition(",")[0]
        lines.append(f"| {tool} | {result.wall:.2f} | {result.cpu:.2f} | {result.peak:.0f} | {more} | {missing} |")
    lines += ["", *(f"- Not measured: {tool}: {why}." for tool, why in found.unavailable.items())]
    return "\n".join(lines).rstrip() + "\n"


def draw(found: Comparison) -> None:
    """Put the plot and the table into their places."""
    from plot import plot

    from cardpipe.figures import style
    from cardpipe.writers.api import FigureForm

    curves: dict[str, list[tuple[int, float]]] = {}
    for result in found.results:
        curves.setdefault(result.tool, []).append((result.cards, result.wall))
    drawing = style.paint(lambda figure: plot(figure, curves), FigureForm.SVG, width=720, height=420)
    _PLOT.write_bytes(drawing.data)
    _put(table(found) + _PICTURE, _MARKS)


def _put(content: str, marks: tuple[str, str]) -> None:
    """Put Markdown between two marks of the documentation."""
    before, _, rest = _TABLE.read_text(encoding="utf-8").partition(marks[0])
    _, _, after = rest.partition(marks[1])
    _TABLE.write_text(f"{before}{marks[0]}\n{content}{marks[1]}{after}", encoding="utf-8", newline="\n")


def main() -> None:
    """Measure, keep and draw."""
    parser = argparse.ArgumentParser(description="Measure cardpipe beside other tools.")
    parser.add_argument("--cards", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--deck", choices=["mixed", "shipped"], default="mixed")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cardpipe", default=str(Path(sys.executable).with_name("cardpipe")))
    parser.add_argument("--tools", type=Path, help="where the other tools are, or are to be installed")
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    asked = parser.parse_args()
    if not asked.draw:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(asked, (asked.tools or Path(folder)).resolve())
        if asked.deck == "shipped":
            _put(table(found, figures=False), _SHIPPED_MARKS)
            return
        _RESULTS.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    draw(Comparison.read(_RESULTS))


if __name__ == "__main__":
    main()
