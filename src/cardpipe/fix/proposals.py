"""Takes the fixes that rules propose: those that fit together, change nothing else, and lead to no new finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.fix.splice import is_faithful, overlap, spliced, splices
from cardpipe.lint.project import lint_project

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cardpipe.cache import Cache
    from cardpipe.diagnostics import Diagnostic
    from cardpipe.fix.splice import Splice
    from cardpipe.lint.project import Linted
    from cardpipe.positions import SourceFile

_MOST_PASSES: Final = 10
"""A fix can bring another mistake to light; more rounds than these mean that two rules undo each other's work."""
_FORM: Final = ("YML", "SCH")
"""Families on the form of a file: where it is wrong, most other rules have not looked."""
_LOST: Final = "\ufffd"
"""What stands for a character that no source file may have: such a file cannot be written back as it was."""


@dataclass(slots=True)
class Fixed:
    """What fixing made of a project, in memory."""

    linted: Linted
    """What lint says afterwards."""
    before: dict[str, SourceFile] = field(default_factory=dict)
    """The files that changed, as they were."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """And as they are now."""
    made: list[Diagnostic] = field(default_factory=list)
    """The findings that were mended."""


def fixed(
    root: Path,
    cache: Cache,
    *,
    is_wanted: Callable[[Diagnostic], bool],
    unsafe: bool,
    contents: dict[str, bytes] | None = None,
) -> Fixed:
    """Mend all that can be mended among the findings that are wanted; nothing is written.

    Raises what `lint_project` raises.
    """
    given = dict(contents or {})
    state = Fixed(linted=lint_project(root, cache, contents=given))
    refused: set[tuple[str, str, str]] = set()
    for _ in range(_MOST_PASSES):
        chosen = [
            finding
            for finding in state.linted.diagnostics
            if is_wanted(finding) and _is_allowed(finding, unsafe=unsafe) and _name(finding) not in refused
        ]
        taken = [
            finding
            for path in dict.fromkeys(finding.span.path for finding in chosen)
            for finding in _fitting(state.linted.files[path], [one for one in chosen if one.span.path == path])
        ]
        if not taken:
            break
        if not _advance(root, cache, state, taken, given):
            for finding in taken:
                if not _advance(root, cache, state, [finding], given):
                    refused.add(_name(finding))
    return state


def _is_allowed(finding: Diagnostic, *, unsafe: bool) -> bool:
    return finding.fix is not None and finding.fix.rename is None and (unsafe or finding.fix.safe)


def _name(finding: Diagnostic) -> tuple[str, str, str]:
    """What tells a finding whatever its line."""
    return (finding.span.path, finding.code, finding.message)


def _edits(file: SourceFile, finding: Diagnostic) -> list[Splice]:
    return splices(file, finding.fix.edits) if finding.fix is not None else []


def _fitting(file: SourceFile, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
    """The findings whose fixes do not get in each other's way and keep the file what it is, first come first served."""
    taken: list[Diagnostic] = []
    done: list[Splice] = []
    for finding in findings:
        edits = _edits(file, finding)
        if _LOST not in file.text and not overlap(edits, done) and is_faithful(file, edits):
            taken.append(finding)
            done = sorted([*done, *edits])
    return taken


def _advance(root: Path, cache: Cache, state: Fixed, findings: Iterable[Diagnostic], given: dict[str, bytes]) -> bool:
    """Make some fixes; False, and nothing done, where that leads to a finding that was not there."""
    findings = [finding for finding in findings if finding in state.linted.diagnostics]
    by_path: dict[str, list[Splice]] = {}
    for finding in findings:
        file = state.linted.files[finding.span.path]
        by_path[file.path] = sorted([*by_path.get(file.path, []), *_edits(file, finding)])
    changed = {}
    for path, edits in by_path.items():
        file = state.linted.files[path]
        if not is_faithful(file, edits):
            return False
        changed[path] = spliced(file.text, edits).encode("utf-8")
    linted = lint_project(root, cache, contents={**given, **state.contents, **changed})
    if _is_worse(state.linted.diagnostics, findings, linted.diagnostics):
        return False
    for path in changed:
        state.before.setdefault(path, state.linted.files[path])
    state.contents.update(changed)
    state.made += findings
    state.linted = linted
    return True


def _is_worse(before: Iterable[Diagnostic], mended: Iterable[Diagnostic], after: Iterable[Diagnostic]) -> bool:
    """Whether something is found that was not there; what only a faulty form had hidden does not count."""
    left = Counter(_name(finding) for finding in before)
    left.subtract(_name(finding) for finding in mended)
    unhidden = {finding.span.path for finding in mended if finding.code.startswith(_FORM)}
    found = Counter(_name(one) for one in after if one.span.path not in unhidden or one.code.startswith(_FORM))
    return any(left[name] < count for name, count in found.items())
