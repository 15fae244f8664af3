"""Decks like those that people use, from `tests/cases/everyday/`: one for each language."""

from __future__ import annotations

import tempfile
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from cardpipe.lint.engine import lint
from cardpipe.source.load import load
from lint_sample import CACHE

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Diagnostic

FOLDER = Path(__file__).parent / "cases" / "everyday"
DECK = """uid: 5b0f6c1e-0000-4000-8000-000000000000
slug: everyday
name: Everyday
language: {language}
authors: [An Author]
description: Cards as people write them.
tags: open
subdecks: {{{subdecks}}}
"""


def files() -> list[Path]:
    """The files, whose names begin with the language of their deck; sorted."""
    return sorted(FOLDER.glob("*.yaml"))


def everyday_findings() -> list[tuple[Path, Diagnostic]]:
    """What lint says of these decks, each finding with its file."""
    found = []
    for language, group in groupby(files(), key=lambda path: path.stem.partition("-")[0]):
        paths = {f"source/cards/{path.name}": path for path in group}
        prefixes = sorted({path.read_text("utf-8").split()[2].rstrip("0123456789") for path in paths.values()})
        deck = DECK.format(language=language, subdecks=", ".join(f"{prefix}: {prefix}" for prefix in prefixes))
        contents = {name: path.read_bytes() for name, path in paths.items()}
        with tempfile.TemporaryDirectory() as folder:
            loaded = load(Path(folder), contents={"source/deck.yaml": deck.encode(), **contents})
        found += [(paths[finding.span.path], finding) for finding in lint(loaded.deck, loaded.findings, CACHE)]
    return found
