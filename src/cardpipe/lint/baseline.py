"""The baseline of a deck: known warnings that are not reported until their card changes.

A finding is identified by its rule, its file and the text of its line, not by the line number. Errors are never part
of a baseline: they always stop an export.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError
from cardpipe.files.reading import read_whole
from cardpipe.model.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

BASELINE_PATH: Final = "source/lint-baseline.json"
_VERSION: Final = 1
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes; a finding takes about 80."""


def dump(diagnostics: Iterable[Diagnostic], files: Mapping[str, SourceFile]) -> str:
    """Return the baseline as JSON text: the known findings of each file, sorted, one per line."""
    known: dict[str, Counter[str]] = {}
    for diagnostic in diagnostics:
        if diagnostic.severity is not Severity.ERROR:
            known.setdefault(diagnostic.span.path, Counter())[_key(diagnostic, files)] += 1
    content = {path: dict(sorted(found.items())) for path, found in sorted(known.items())}
    return _written(content)


def with_new_paths(text: str, moves: Mapping[str, str]) -> str:
    """Return a baseline in which files have their new paths; raises ProjectError if it is invalid."""
    known = parse(text)
    if known.keys().isdisjoint(moves):
        return text
    content = {moves.get(path, path): dict(sorted(found.items())) for path, found in known.items()}
    return _written(dict(sorted(content.items())))


def _written(content: Mapping[str, Mapping[str, int]]) -> str:
    return json.dumps({"version": _VERSION, "findings": content}, indent=1, ensure_ascii=False) + "\n"


def read_baseline(root: Path) -> dict[str, Counter[str]]:
    """Return the baseline of a project, empty if it has none; raises ProjectError if it cannot be read."""
    try:
        return parse(read_whole(root, BASELINE_PATH, _LARGEST).decode("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ProjectError(f"{BASELINE_PATH} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{BASELINE_PATH} cannot be read: it is not UTF-8.") from error


def parse(text: str) -> dict[str, Counter[str]]:
    """Parse a baseline; raises ProjectError if it is invalid."""
    try:
        content = json.loads(text)
        known: dict[str, dict[str, int]] = {1: content["findings"]}[content["version"]]
        return {
            str(path): Counter({str(key): int(count) for key, count in found.items() if int(count) > 0})
            for path, found in known.items()
        }
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
        raise ProjectError(
            f"{BASELINE_PATH} is not a valid baseline.",
            hint="`cardpipe lint --write-baseline` writes it again.",
        ) from error


def without_known(
    diagnostics: Iterable[Diagnostic], files: Mapping[str, SourceFile], known: Mapping[str, Counter[str]]
) -> tuple[list[Diagnostic], int]:
    """Return the findings that the baseline does not list, and the number of its entries that no longer occur."""
    left = {path: Counter(found) for path, found in known.items()}
    kept = []
    for diagnostic in diagnostics:
        found = left.get(diagnostic.span.path, Counter())
        key = _key(diagnostic, files)
        if diagnostic.severity is not Severity.ERROR and found[key] > 0:
            found[key] -= 1
        else:
            kept.append(diagnostic)
    return kept, sum(sum((+found).values()) for found in left.values())


def _key(diagnostic: Diagnostic, files: Mapping[str, SourceFile]) -> str:
    file = files.get(diagnostic.span.path)
    line = " ".join(file.line(diagnostic.span.line).split()) if file is not None else ""
    told = f"{diagnostic.message}\n{line}"
    return f"{diagnostic.code} {hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"
