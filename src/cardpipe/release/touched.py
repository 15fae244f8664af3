"""Find out which findings a change of the source can have caused."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.errors import ProjectError
from cardpipe.files.git import LARGEST_FILE, Git
from cardpipe.files.reading import read_below
from cardpipe.lint.baseline import BASELINE_PATH
from cardpipe.model.card_ids import LIKE_ID
from cardpipe.model.release_lock import LOCK_PATH
from cardpipe.source.card_paths import is_card_path
from cardpipe.source.load import DECK_PATH, FIGURES_FOLDER, MEDIA_FOLDER

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cardpipe.files.git import GitFile
    from cardpipe.model.diagnostics import Diagnostic
    from cardpipe.text.positions import SourceFile

_FOLDER: Final = "source"
_FOR_ALL: Final = frozenset({DECK_PATH, LOCK_PATH, BASELINE_PATH})
"""Files that affect the findings of every card."""
_NAMED: Final = re.compile(rf"“([^”]+)”|({LIKE_ID})")
"""What a message refers to: quoted text, or a card ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchedFiles:
    """The changes since an earlier state of a project."""

    paths: Collection[str]
    """Files that were changed, added or removed, as paths in the project."""
    files: Collection[str]
    """The names by which cards refer to changed pictures, sounds and scripts."""
    texts: str
    """The changed paths, and the old and new contents of changed card files."""

    def concern(self, found: Diagnostic, files: Mapping[str, SourceFile], comparing: Collection[str]) -> bool:
        """Return whether the changes can have caused a finding; `comparing` are the codes of rules that compare files.

        A finding in an unchanged file counts if it refers to a changed file, or, if its rule compares
        files, if a name in its message occurs in changed files.
        """
        path = found.span.path
        if path in self.paths or not _FOR_ALL.isdisjoint(self.paths):
            return True
        if not self.paths:
            return False
        if found.code not in comparing:
            return is_card_path(path) and any(name in _lines(found, files) for name in self.files)
        if path == DECK_PATH:
            return True
        names = [quoted or card_id for quoted, card_id in _NAMED.findall(found.message)]
        names.append(_marked(found, files) if is_card_path(path) else path.removeprefix(f"{MEDIA_FOLDER}/"))
        return any(_folded(name) in self.texts for name in names if name)


def changes_since(root: Path, revision: str) -> TouchedFiles:
    """Return the changes since a revision under `source/`, including new files.

    The default is the merge base with the main branch, on the main branch the last commit, and before the first
    commit nothing. Line ends are ignored. Raises UsageError if git or the revision is missing.
    """
    git = Git(root)
    commit = git.commit(revision) if revision else fork(git)
    committed = {file.path: file for file in git.files(commit, _FOLDER)} if commit is not None else {}
    present = dict(_present(root))
    changed = {path for path, facts in present.items() if not _is_same(root, path, facts, committed.get(path))}
    changed |= {path for path in committed if path not in present}
    cards = [path for path in sorted(changed) if is_card_path(path)]
    before = git.contents([committed[path] for path in cards if path in committed])
    now = [_content(root, path) or b"" for path in cards if path in present]
    texts = [data.decode("utf-8", "replace") for data in (*before, *now)]
    return TouchedFiles(
        paths=frozenset(changed), files=frozenset(_names(changed)), texts=_folded("\n".join([*sorted(changed), *texts]))
    )


def _names(paths: Collection[str]) -> Iterator[str]:
    for path in paths:
        for folder in (MEDIA_FOLDER, FIGURES_FOLDER):
            if path.startswith(f"{folder}/"):
                yield _folded(path.removeprefix(f"{folder}/"))


def _folded(text: str) -> str:
    """Return a text with normalised Unicode and case, so that spellings of the same name are equal."""
    return unicodedata.normalize("NFC", text).casefold()


def _lines(found: Diagnostic, files: Mapping[str, SourceFile]) -> str:
    file = files[found.span.path]
    last = min(found.span.end_line, len(file.line_starts))
    return _folded("\n".join(file.line(number) for number in range(found.span.line, last + 1)))


def _marked(found: Diagnostic, files: Mapping[str, SourceFile]) -> str:
    """Return the text that a finding underlines, if it is on one line."""
    span = found.span
    if span.end_line != span.line:
        return ""
    return files[span.path].line(span.line)[span.column - 1 : span.end_column - 1]


def fork(git: Git) -> str | None:
    """Return the merge base with the main branch, on the main branch the last commit; None before the first commit."""
    main = git.main_branch()
    fork = git.fork([*([main] if main else []), "refs/heads/main", "refs/heads/master"])
    return fork or (git.commit("HEAD") if git.has_commits() else None)


def _present(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    for folder, _, names in os.walk(root / _FOLDER):
        for name in names:
            path = Path(folder, name)
            # A file can disappear meanwhile.
            with contextlib.suppress(FileNotFoundError):
                yield path.relative_to(root).as_posix(), path.lstat()


def _is_same(root: Path, path: str, facts: os.stat_result, committed: GitFile | None) -> bool:
    """Return whether a file has the content of an object; read here, since git would run filters."""
    if committed is None or not stat.S_ISREG(facts.st_mode) or facts.st_size > LARGEST_FILE:
        return False
    data = _content(root, path)
    return data is not None and committed.object in {
        _object_id(data, committed),
        _object_id(data.replace(b"\r\n", b"\n"), committed),
    }


def _content(root: Path, path: str) -> bytes | None:
    try:
        return read_below(root, path, LARGEST_FILE)
    except (OSError, ProjectError):
        return None


def _object_id(data: bytes, like: GitFile) -> str:
    """Return git's object ID for a file's content, by the hash function of the repository."""
    whole = b"blob %d\0" % len(data) + data
    if len(like.object) == 64:
        return hashlib.sha256(whole).hexdigest()
    return hashlib.sha1(whole, usedforsecurity=False).hexdigest()
