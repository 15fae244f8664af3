"""Apply the fixes of rules that are compatible, change nothing else, and cause no new finding."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.build.pipeline import check
from cardpipe.fix.splice import Spans, is_faithful, spliced, splices
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
"""The maximum number of passes: a fix can reveal another fault; more passes mean that two rules conflict."""
_MOST_READ: Final = 2_000_000
"""Limit for characters that are parsed again to find compatible fixes."""
_FEWEST_READS: Final = 2
"""The minimum number of attempts, regardless of file size."""
_FORM: Final = ("YML", "SCH")
"""Rule families on file structure: if they report a file, most other rules have not checked it."""
_UNREAD: Final = "SCH007"
"""The rule that reports that the rest of a file was not read."""
_LOST: Final = "\ufffd"
"""The replacement for an invalid character: such a file cannot be written back unchanged."""


@dataclass(slots=True)
class Fixed:
    """The result of fixing a project, in memory."""

    linted: Checked
    """The lint result afterwards."""
    before: dict[str, SourceFile] = field(default_factory=dict)
    """The old contents of changed files."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """The new contents of changed files."""
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
    """Fix the selected findings as far as possible, in memory.

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
    return finding.fix is not None and finding.fix.is_in_place and (unsafe or finding.fix.safe)


def _name(finding: Diagnostic) -> tuple[str, str, str]:
    """Return the identity of a finding, independent of its line."""
    return (finding.span.path, finding.code, finding.message)


def _edits(file: SourceFile, finding: Diagnostic) -> list[Splice]:
    return splices(file, finding.fix.edits) if finding.fix is not None else []


class _Work:
    """Apply fixes, and drop those that are incompatible with others.

    A group of fixes that fails is bisected to isolate the faulty ones. Each time its files are parsed again,
    so a large file has few attempts and a small one as many as it needs.
    """

    def __init__(self, root: Path, cache: Cache, state: Fixed, given: dict[str, bytes]) -> None:
        self._root = root
        self._cache = cache
        self._state = state
        self._given = given
        self._reads: Counter[str] = Counter()
        self.refused: set[tuple[str, str, str]] = set()

    def fitting(self, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
        """Return the findings whose fixes do not overlap and keep their files valid."""
        by_path: dict[str, list[Diagnostic]] = {}
        for finding in findings:
            by_path.setdefault(finding.span.path, []).append(finding)
        return [finding for path, found in by_path.items() for finding in self._fitting(path, found)]

    def _fitting(self, path: str, findings: Sequence[Diagnostic]) -> list[Diagnostic]:
        file = self._state.linted.files[path]
        if _LOST in file.text:
            return []
        taken: list[Diagnostic] = []
        written, deleted = Spans(), Spans()
        for finding in findings:
            edits = _edits(file, finding)
            # Only deletions can be adjacent: their result does not depend on the order.
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
        # The halves can be valid separately but not together; then the second waits for the next pass.
        return first or second

    def advance(self, findings: Sequence[Diagnostic]) -> None:
        """Apply fixes, as many as cause no new finding."""
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
            # The first half may have moved the second, which then waits for the next pass.
            there = set(self._state.linted.diagnostics)
            self.advance(self.fitting([finding for finding in half if finding in there]))

    def _made(self, findings: Sequence[Diagnostic]) -> bool:
        """Apply some fixes; return False without changes if they cause a new finding."""
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
        """Return whether a file can be parsed again, and count it."""
        self._reads[path] += 1
        size = len(self._state.linted.files[path].text)
        return self._reads[path] <= max(_FEWEST_READS, _MOST_READ // (size + 1))


def _is_worse(before: Sequence[Diagnostic], resolved: Sequence[Diagnostic], after: Iterable[Diagnostic]) -> bool:
    """Return whether there is a new finding; those hidden by a structural fault before do not count."""
    left = Counter(_name(finding) for finding in before)
    left.subtract(_name(finding) for finding in resolved)
    unhidden = {finding.span.path for finding in resolved if finding.code.startswith(_FORM)}
    # If a rule or the reader had stopped early, later findings appear as well.
    unread = {(finding.span.path, finding.code) for finding in before if finding.message == MORE}
    unread |= {(finding.span.path, "") for finding in before if finding.code == _UNREAD}
    found = Counter(
        _name(one)
        for one in after
        if (one.span.path not in unhidden or one.code.startswith(_FORM))
        and unread.isdisjoint([(one.span.path, one.code), (one.span.path, "")])
    )
    return any(left[name] < count for name, count in found.items())
