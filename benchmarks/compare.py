"""Measures cardpipe beside other tools: `python benchmarks/compare.py --cards 10 1000 10000 --tools FOLDER`.

Writes the figures to `benchmarks/results.json`, and from there a table and a plot into `docs/`; `--draw` makes these
two again without measuring. The forms that other tools read are written beforehand and not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
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
from run import Measurement, edit, measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HOME = Path(__file__).parent
_RESULTS = _HOME / "results.json"
_TABLE = _HOME.parent / "docs/benchmarks.md"
_PLOT = _HOME.parent / "docs/images/benchmarks.svg"
_SETTLED = 2.5
"""Seconds after which cardpipe believes a file's times."""
_LONGEST = 900.0
"""Seconds; what takes longer is said to."""
_ONCE_IS_ENOUGH = 60.0
"""Seconds; what takes longer differs little from run to run."""
_MARKS = ("<!-- comparison begins -->", "<!-- comparison ends -->")
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


def _median(tool: str, cards: int, runs: list[Measurement], missing: list[str]) -> Result:
    return Result(
        tool,
        cards,
        round(statistics.median(run.wall for run in runs), 3),
        round(statistics.median(run.cpu for run in runs), 3),
        round(statistics.median(run.peak for run in runs), 1),
        tuple(missing),
    )


def of_cardpipe(program: str, folder: Path, rich: Note, cards: int, repeat: int) -> list[Result]:
    """Our own tool without a cache, with one card changed, and with nothing changed."""
    command = [program, "export", "--format", "anki"]
    runs: dict[str, list[Measurement]] = {_COLD: [], _EDITED: [], _SAME: []}
    for _ in range(repeat):
        shutil.rmtree(folder / ".cardpipe", ignore_errors=True)
        time.sleep(_SETTLED)
        runs[_COLD].append(measured("", command, folder))
        edit(folder)
        time.sleep(_SETTLED)
        runs[_EDITED].append(measured("", command, folder))
        runs[_SAME].append(measured("", command, folder))
    missing = lost(folder / "output/bench.apkg", rich)
    return [_median(name, cards, found, missing) for name, found in runs.items()]


def of_cardpipe_without_figures(program: str, rich: Note, cards: int, repeat: int) -> Result:
    """Our own tool without a cache on what the others get: the same cards without their figures."""
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "deck"
        write_deck(folder, cards, figures=False)
        for _ in range(repeat):
            shutil.rmtree(folder / ".cardpipe", ignore_errors=True)
            time.sleep(_SETTLED)
            runs.append(measured("", [program, "export", "--format", "anki"], folder))
        missing = lost(folder / "output/bench.apkg", rich)
    return _median(_PLAIN, cards, runs, missing)


def of_rival(rival: Rival, programs: Path, notes: list[Note], rich: Note, repeat: int) -> Result:
    """Another tool; raises CalledProcessError where it fails."""
    runs = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rival.write(notes, folder)
        for _ in range(repeat):
            for package in folder.rglob("*.apkg"):
                package.unlink()
            runs.append(measured("", rival.command(programs), folder, longest=_LONGEST))
            if runs[-1].wall > _ONCE_IS_ENOUGH:
                break
        [package] = folder.rglob("*.apkg")
        missing = lost(package, rich)
    return _median(rival.name, len(notes), runs, missing)


def measure(asked: argparse.Namespace, tools: Path) -> Comparison:
    """All tools on decks of all sizes asked for."""
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
            folder = Path(name) / "deck"
            write_deck(folder, cards)
            notes = notes_of(folder)
            rich = next(note for note in notes if "```" in note.back)
            for rival, programs in ready.items():
                try:
                    results.append(of_rival(rival, programs, notes, rich, asked.repeat))
                except (subprocess.SubprocessError, ValueError) as error:
                    unavailable[f"{rival.name}, {cards} cards"] = f"{type(error).__name__}"
                else:
                    _tell(results[-1])
            results.append(of_cardpipe_without_figures(asked.cardpipe, rich, cards, asked.repeat))
            _tell(results[-1])
            for result in of_cardpipe(asked.cardpipe, folder, rich, cards, asked.repeat):
                results.append(result)
                _tell(result)
    machine = f"{len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()} cores"
    return Comparison(
        date=time.strftime("%Y-%m-%d"),
        machine=f"{machine}, {platform.system()}, Python {platform.python_version()}",
        repeat=asked.repeat,
        versions=versions,
        unavailable=unavailable,
        results=results,
    )


def _tell(result: Result) -> None:
    sys.stdout.write(f"{result.tool}, {result.cards} cards: {result.wall:.2f} s, {result.peak:.0f} MiB\n")
    sys.stdout.flush()


def table(found: Comparison) -> str:
    """The results on the largest deck as Markdown."""
    largest = max(result.cards for result in found.results)
    lines = [
        f"Medians of {found.repeat} runs on {found.date}: {found.machine}.",
        "All tools got the same cards, written beforehand in their own form.",
        "",
        f"| {largest:,} cards to `.apkg` | Wall, s | CPU, s | Memory, MiB | Also does | What a rich card loses |",
        "|---|---|---|---|---|---|",
    ]
    for result in sorted((one for one in found.results if one.cards == largest), key=lambda one: one.wall):
        tool = f"{result.tool} {found.versions.get(result.tool, '')}".rstrip()
        missing = ", ".join(result.lost) or "nothing"
        more = _MORE.get(result.tool, "nothing")
        lines.append(f"| {tool} | {result.wall:.2f} | {result.cpu:.2f} | {result.peak:.0f} | {more} | {missing} |")
    lines += ["", *(f"- Not measured: {tool}: {why}." for tool, why in found.unavailable.items())]
    return "\n".join(lines).rstrip() + "\n\n![Seconds by number of cards, for each tool](images/benchmarks.svg)\n"


def draw(found: Comparison) -> None:
    """Put the plot and the table into their places."""
    from plot import plot

    from cardpipe.figures import style
    from cardpipe.rendered import FigureForm

    curves: dict[str, list[tuple[int, float]]] = {}
    for result in found.results:
        curves.setdefault(result.tool, []).append((result.cards, result.wall))
    drawing = style.paint(lambda figure: plot(figure, curves), FigureForm.SVG, width=720, height=420)
    _PLOT.write_bytes(drawing.data)
    text = _TABLE.read_text(encoding="utf-8")
    before, _, rest = text.partition(_MARKS[0])
    _, _, after = rest.partition(_MARKS[1])
    _TABLE.write_text(f"{before}{_MARKS[0]}\n{table(found)}{_MARKS[1]}{after}", encoding="utf-8", newline="\n")


def main() -> None:
    """Measure, keep and draw."""
    parser = argparse.ArgumentParser(description="Measure cardpipe beside other tools.")
    parser.add_argument("--cards", type=int, nargs="+", default=[10, 1000, 10_000])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cardpipe", default=str(Path(sys.executable).with_name("cardpipe")))
    parser.add_argument("--tools", type=Path, help="where the other tools are, or are to be installed")
    parser.add_argument("--draw", action="store_true", help="measure nothing")
    asked = parser.parse_args()
    if not asked.draw:
        with tempfile.TemporaryDirectory() as folder:
            found = measure(asked, (asked.tools or Path(folder)).resolve())
        _RESULTS.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")
    draw(Comparison.read(_RESULTS))


if __name__ == "__main__":
    main()
