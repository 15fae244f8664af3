"""Takes the fixes that rules propose: those that fit together, change nothing else, and lead to no new finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import check
from cardpipe.fix.splice import Places, is_faithful, spliced, splices
from cardpipe.model.diagnostics import MORE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from cardpipe.build.pipeline import Checked
    from cardpipe.cache.store import Cache
    from cardpipe.fix.splice import Splice
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_MOST_PASSES: Final = 10
"""A fix can bring another mistake to light; more rounds than these mean that two rules undo each other's work."""
_MOST_READ: Final = 2_000_000
"""Characters of a file that are read again to find out which fixes go together."""
_FEWEST_READS: Final = 2
"""How often a file is read again however large it is."""
_FORM: Final = ("YML", "SCH")
"""Families on the form of a file: where it is wrong, most other rules have not looked."""
_UNREAD: Final = "SCH007"
"""Says that the rest of a file was not read."""
_LOST: Final = "\ufffd"
"""What stands for a character that no source file may have: such a file cannot be written back as it was."""


@dataclass(slots=True)
class Fixed:
    """What fixing made of a project, in memory."""

    linted: Checked
    """What lint says afterwards."""
    before: dict[str, SourceFile] = field(default_factory=dict)
    """The files that changed, as they were."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """And as they are now."""
    made: list[Diagnostic] = field(default_factory=list)
    """The findings that were fixed."""


def fixed(
    root: Path,
    cache: Cache,
    *,
    is_wanted: Callable[[Diagnostic], bool],
    unsafe: bool,
    contents: dict[str, bytes] | None = None,
) -> Fixed:
    """Fix all that can be fixed among the findings that are wanted; nothing is written.

    Raises what `check` raises.
    """
    given = dict(contents or {})
    state = Fixed(linted=check(root, cache=cache, contents=given, baseline=False))
    work = _Work(root, cache, state, given)
    for _ in range(_MOST_PASSES):
        chosen = [
            finding
            for finding in state.linted.diagnostics
            if is_wanted(finding) and _is_allowed(finding, unsafe=unsafe) and _name(finding) not in work.refused
        ]
        taken = work.fitting(chosen)
        if not taken:
            break
        work.advance(taken)
    return state


def _is_allowed(finding: Diagnostic, *, unsafe: bool) -> bool:
    return finding.fix is not None and finding.fix.rename is None and (unsafe or finding.fix.safe)


def _name(finding: Diagnostic) -> tuple[str, str, str]:
    """What tells a finding whatever its line."""
    return (finding.span.path, finding.code, finding.message)


def _edits(file: SourceFile, finding: Diagnostic) -> list[Splice]:
    return splices(file, finding.fix.edits) if finding.fix is not None else []


class _Work:
    """Makes fixes, and lets go of those that do not go together with the others.

    A group of fixes that cannot be made is divided, until those to blame are alone. Each time its files are read again,
    so that one of a megabyte has few chances and one of a kilobyte as many as it needs.
    """

    def __init__(self, root: Path, cache: Cache, state: Fixed, given: dict[str, bytes]) -> None:
        self._root = root
        self._cache = cache
        self._state = state
        self._given = given
        self._reads: Counter[str] = Counter()
        self.refused: set[tuple[str, str, str]] = set()

    def fitting(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Those findings whose fixes leave each other alone and keep their files what they are."""
        by_path: dict[str, list[Diagnostic]] = {}
        for finding in findings:
            by_path.setdefault(finding.span.path, []).append(finding)
        return [finding for path, found in by_path.items() for finding in self._fitting(path, found)]

    def _fitting(self, path: str, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        file = self._state.linted.files[path]
        if _LOST in file.text:
            return []
        taken: list[Diagnostic] = []
        written, deleted = Places(), Places()
        for finding in findings:
            edits = _edits(file, finding)
            # Only deletions may lie side by side: what comes of them is the same in any order.
            if any(
                written.touched_by(edit.start, edit.end)
                or (
                    deleted.touched_by(edit.start, edit.end)
                    if edit.new
                    else deleted.overlapped_by(edit.start, edit.end)
                )
                for edit in edits
            ):
                continue
            taken.append(finding)
            for edit in edits:
                (written if edit.new else deleted).add(edit.start, edit.end)
        return self._faithful(file, taken)

    def _faithful(self, file: SourceFile, findings: list[Diagnostic]) -> list[Diagnostic]:
        if not findings or not self._may_read(file.path):
            return []
        if is_faithful(file, sorted(edit for finding in findings for edit in _edits(file, finding))):
            return findings
        if len(findings) == 1:
            self.refused.add(_name(findings[0]))
            return []
        middle = len(findings) // 2
        first, second = (self._faithful(file, half) for half in (findings[:middle], findings[middle:]))
        # Each half may be right by itself and not with the other, which then has its turn in the next pass.
        return first or second

    def advance(self, findings: Sequence[Diagnostic]) -> None:
        """Make fixes that keep their files what they are, or as many as lead to no finding that was not there."""
        readable = {path: self._may_read(path) for path in {finding.span.path for finding in findings}}
        self.refused.update(_name(finding) for finding in findings if not readable[finding.span.path])
        findings = [finding for finding in findings if readable[finding.span.path]]
        if not findings or self._made(findings):
            return
        if len(findings) == 1:
            self.refused.add(_name(findings[0]))
            return
        middle = len(findings) // 2
        for half in (findings[:middle], findings[middle:]):
            # What was made of the first half may have moved the second, which then has its turn in the next pass.
            there = set(self._state.linted.diagnostics)
            self.advance(self.fitting([finding for finding in half if finding in there]))

    def _made(self, findings: Sequence[Diagnostic]) -> bool:
        """Make some fixes; False, and nothing done, where that leads to a finding that was not there."""
        state = self._state
        edits: dict[str, list[Splice]] = {}
        for finding in findings:
            path = finding.span.path
            edits.setdefault(path, []).extend(_edits(state.linted.files[path], finding))
        changed = {}
        for path, splices_ in edits.items():
            file = state.linted.files[path]
            changed[path] = spliced(file.text, sorted(splices_)).encode("utf-8")
        linted = check(
            self._root, cache=self._cache, baseline=False, contents={**self._given, **state.contents, **changed}
        )
        if _is_worse(state.linted.diagnostics, findings, linted.diagnostics):
            return False
        for path in changed:
            state.before.setdefault(path, state.linted.files[path])
        state.contents.update(changed)
        state.made += findings
        state.linted = linted
        return True

    def _may_read(self, path: str) -> bool:
        """Whether a file may be read again, which it then is."""
        self._reads[path] += 1
        size = len(self._state.linted.files[path].text)
        return self._reads[path] <= max(_FEWEST_READS, _MOST_READ // (size + 1))


def _is_worse(before: Sequence[Diagnostic], mended: Sequence[Diagnostic], after: Iterable[Diagnostic]) -> bool:
    """Whether something is found that was not there; what only a faulty form had hidden does not count."""
    left = Counter(_name(finding) for finding in before)
    left.subtract(_name(finding) for finding in mended)
    unhidden = {finding.span.path for finding in mended if finding.code.startswith(_FORM)}
    # Where a rule or the reader had stopped looking, what follows comes to light as well.
    unread = {(finding.span.path, finding.code) for finding in before if finding.message == MORE}
    unread |= {(finding.span.path, "") for finding in before if finding.code == _UNREAD}
    found = Counter(
        _name(one)
        for one in after
        if (one.span.path not in unhidden or one.code.startswith(_FORM))
        and unread.isdisjoint([(one.span.path, one.code), (one.span.path, "")])
    )
    return any(left[name] < count for name, count in found.items())
