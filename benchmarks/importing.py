"""Measures `cardpipe import`: `python benchmarks/importing.py [--notes 10000] [--deck short long fields media]`.

Writes packages of generated notes into a temporary folder, imports and lints each in a process of its own, and prints
CPU seconds and the highest memory. The same numbers give the same packages: short notes have a line on each side, long
notes about 1,500 characters of HTML from an editor, with lists, tables, emphasis, colours and formulas; `fields` has
notes of a type with seven fields; `media` has a file of 40 KB for each note.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import genanki

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_WORDS: Final = [
    "nerve",
    "muscle",
    "cell",
    "membrane",
    "protein",
    "energy",
    "vector",
    "field",
    "matrix",
    "kernel",
    "gradient",
    "river",
    "mountain",
    "language",
    "verb",
    "noun",
    "king",
    "treaty",
    "market",
    "price",
    "demand",
    "enzyme",
    "receptor",
    "plasma",
    "orbit",
    "mass",
    "force",
    "charge",
    "current",
    "wave",
    "light",
    "heat",
    "theorem",
]
_FORMULAS: Final = (r"x^2", r"\frac{a}{b}", r"\sum_{i=1}^n x_i", r"\alpha \le \beta", r"\sqrt{1 - p}", r"A^\top b")
_MEDIA_BYTES: Final = 40_000


def _words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(count))


def _rich(chance: random.Random, number: int) -> str:
    """Return the HTML of a long field, about 1,500 characters."""
    formula = _FORMULAS[number % len(_FORMULAS)]
    items = "".join(f"<li><b>{_words(chance, 2)}</b>: {_words(chance, 8)}</li>" for _ in range(6))
    rows = "".join(f"<tr><td>{_words(chance, 2)}</td><td>{_words(chance, 3)}&nbsp;</td></tr>" for _ in range(4))
    return (
        f"<div>{_words(chance, 15)} <i>{_words(chance, 3)}</i> &lt; {number}.</div><div><br></div>"
        f"<ul>{items}</ul><div>{_words(chance, 10)} \\({formula}\\) "
        f'<span style="color: rgb(255, 0, 0);">{_words(chance, 4)}</span> {_words(chance, 12)}</div>'
        f"<table><tbody><tr><th>{_words(chance, 1)}</th><th>{_words(chance, 1)}</th></tr>{rows}</tbody></table>"
        f'<span style="font-size: 13px; background-color: rgb(255, 255, 255);">{_words(chance, 25)}</span>'
        f"<br>{_words(chance, 20)}<br>\\[{formula} = {number}\\]<br>{_words(chance, 20)}"
    )


def _short(chance: random.Random, number: int) -> list[str]:
    return [f"{_words(chance, 3)} {number}", f"<b>{_words(chance, 2)}</b>, {_words(chance, 4)}"]


def _long(chance: random.Random, number: int) -> list[str]:
    return [f"What is {_words(chance, 6)} {number}?", _rich(chance, number)]


def _fields(chance: random.Random, number: int) -> list[str]:
    return [f"{_words(chance, 2)} {number}", *(f"{_words(chance, 4)} <i>{_words(chance, 1)}</i>" for _ in range(6))]


def _media(chance: random.Random, number: int) -> list[str]:
    return [f'<img src="p{number}.svg"> {number}', _words(chance, 5)]


DECKS: Final[dict[str, tuple[Callable[[random.Random, int], list[str]], int]]] = {
    "short": (_short, 2),
    "long": (_long, 2),
    "fields": (_fields, 7),
    "media": (_media, 2),
}


def write_package(path: Path, deck: str, notes: int) -> None:
    """Write a package with so many notes of a kind of deck."""
    make, count = DECKS[deck]
    names = [f"Field {number}" for number in range(1, count + 1)]
    back = "<br>".join(f"{{{{{name}}}}}" for name in names[1:])
    faces = [{"name": "Card 1", "qfmt": f"{{{{{names[0]}}}}}", "afmt": f"{{{{FrontSide}}}}<hr id=answer>{back}"}]
    if count > 2:
        faces.append({"name": "Card 2", "qfmt": f"{{{{{names[1]}}}}} {{{{{names[2]}}}}}", "afmt": back})
    model = genanki.Model(1_700_000_001, "Generated", fields=[{"name": name} for name in names], templates=faces)
    made = genanki.Deck(1_700_000_002, f"Generated {deck} deck")
    chance = random.Random(1)  # noqa: S311 - words, not secrets
    files = []
    for number in range(notes):
        made.add_note(genanki.Note(model=model, fields=make(chance, number), guid=f"note-{number}"))
        if deck == "media":
            file = path.parent / f"p{number}.svg"
            noise = chance.randbytes(_MEDIA_BYTES // 2).hex()
            file.write_text(
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><desc>{noise}</desc></svg>',
                encoding="utf-8",
            )
            files.append(str(file))
    package = genanki.Package(made)
    package.media_files = files
    package.write_to_file(str(path))
    for file in files:
        Path(file).unlink()


def measured(arguments: Sequence[str]) -> tuple[int, float, float]:
    """Run cardpipe; return its exit code, CPU seconds, and the highest memory of a process in MiB."""
    process = subprocess.Popen(  # noqa: S603 - ours
        [sys.executable, "-m", "cardpipe", *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / unit


def main() -> None:
    """Measure the decks that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, default=10_000)
    parser.add_argument("--deck", nargs="+", choices=DECKS, default=list(DECKS))
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write("| deck | notes | package | command | CPU | memory\n|---|---|---|---|---|---|\n")
    for deck in options.deck:
        with tempfile.TemporaryDirectory() as name:
            package, target = Path(name) / "deck.apkg", Path(name) / "made"
            write_package(package, deck, options.notes)
            size = package.stat().st_size / 1024**2
            for arguments in (["import", str(package), "--into", str(target)], ["-C", str(target), "lint"]):
                code, seconds, memory = measured(arguments)
                command = "import" if "import" in arguments else "lint"
                sys.stdout.write(
                    f"| {deck} | {options.notes:,} | {size:.1f} MiB | {command} | {seconds:.1f} s | {memory:.0f} MiB\n"
                    if code in {0, 1}
                    else f"{command} ended with {code}\n"
                )
                sys.stdout.flush()


if __name__ == "__main__":
    main()
