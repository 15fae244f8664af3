"""A digest of the installed files of cardpipe and its plug-ins, so that any change is noticed.

Version numbers are not enough: the installation may be editable.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import re
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cardpipe.cache.store import Cache

_SETTLED: Final = 2 * 10**9
"""Nanoseconds after which a change is visible in a file's times on every file system."""
_IDLE: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"})
"""Files of a distribution's metadata that have no effect and differ between installations of the same files."""
_TELLING: Final = 3
"""Parts of a path, from its end, that identify a file."""
_VERSION: Final = re.compile(r"^Version:[ \t]*(\S+)", re.MULTILINE | re.IGNORECASE)
_COMPILED: Final = (".pyc", ".pyo")
_FOREIGN: Final = frozenset({"__pycache__", "node_modules"})
_SHARED: Final = frozenset({"dist-packages", "site-packages"})
"""Folders that contain many distributions."""
_ABOVE: Final = frozenset(
    {"build", "cli", "fix", "lint", "release", "render", "report", "testing", "verify", "writers"}
)
"""Packages of cardpipe that code for drawing and checking pictures must not import; held by the import contract."""
_KNOWN: Final[dict[str, str]] = {}
"""The digest of the drawing code, once it has been computed or `state` has found it in a cache."""


def state(cache: Cache, distributions: Iterable[tuple[metadata.Distribution, Iterable[str]]]) -> str:
    """Return a digest of all files of cardpipe and of other distributions with their top-level modules.

    Files are only read if they are new or changed according to the file system; the cache stores the digest, and that
    of `drawing_code`.
    """
    files = [*_own_files(), *map(str, distribution_files(distributions))]
    seen = [_facts(file) for file in files]
    key = cache.key("installed", repr([*zip(files, seen, strict=True)]))
    kept = cache.get(key)
    if kept is not None:
        found, _, drawing = kept.decode("ascii", "replace").partition("\n")
        _KNOWN.setdefault("drawing code", drawing)
        return found
    found = digest_of(map(Path, files))
    # A file that was just written may change again without a change of its times.
    if all(max(facts[:2]) < time.time_ns() - _SETTLED for facts in seen):
        cache.put(key, f"{found}\n{drawing_code()}".encode())
    return found


def drawing_code() -> str:
    """Return a digest of all code of cardpipe that affects pictures, formulas and cached facts on them."""
    if "drawing code" not in _KNOWN:
        _KNOWN["drawing code"] = _drawing_digest()
    return _KNOWN["drawing code"]


def _drawing_digest() -> str:
    home = _home()
    files = map(Path, _own_files())
    return digest_of(file for file in files if file.relative_to(home).parts[0] not in _ABOVE)


@functools.cache
def version_of(package: str) -> str:
    """Return the version of an installed package, or `absent`."""
    try:
        found = metadata.distribution(package)
    except metadata.PackageNotFoundError:
        return "absent"
    # `metadata.version` parses the whole description, which takes ten times as long.
    line = _VERSION.search(found.read_text("METADATA") or "")
    return line[1] if line is not None else found.version


def digest_of(files: Iterable[Path]) -> str:
    """Return a digest of the names and contents of files; an unreadable file counts as empty."""
    found = hashlib.blake2b(digest_size=16)
    for file in files:
        try:
            data = file.read_bytes()
        except OSError:
            data = b""
        # Not the whole path: two installations of the same files have the same digest.
        name = "/".join(file.parts[-_TELLING:]).encode("utf-8", "surrogatepass")
        found.update(b"%d:%b%d:" % (len(name), name, len(data)))
        found.update(data)
    return found.hexdigest()


def distribution_files(distributions: Iterable[tuple[metadata.Distribution, Iterable[str]]]) -> list[Path]:
    """Return all files of distributions, sorted: recorded files, and those next to their modules.

    For an editable installation, these are the modules' folders and the contents of folders that it adds to the path.
    """
    found: set[Path] = set()
    for distribution, modules in distributions:
        recorded = {Path(str(distribution.locate_file(file))).resolve() for file in distribution.files or ()}
        found.update(file for file in recorded if file.name not in _IDLE and file.suffix not in _COMPILED)
        named = (distribution.read_text("top_level.txt") or "").split()
        for module in {*modules, *named}:
            found.update(_module_files(module, recorded))
        for file in recorded:
            if file.suffix == ".pth":
                for folder in _added_folders(file):
                    found.update(_below(folder))
    return sorted(found)


def _module_files(module: str, recorded: set[Path]) -> Iterator[Path]:
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError, AttributeError):  # importing it reports the reason
        return
    if spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        yield from _below(Path(folder))
    if spec.has_location and spec.origin and not spec.submodule_search_locations:
        file = Path(spec.origin).resolve()
        if file.parent.name in _SHARED or file in recorded:
            yield file
        else:  # editable installation: files that the module reads are next to it
            yield from _below(file.parent)


def _added_folders(file: Path) -> Iterator[Path]:
    """Return the folders that a `.pth` file adds to the path."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        folder = file.parent / line.strip()
        if line.strip() and not line.startswith(("#", "import ", "import\t")) and folder.is_dir():
            yield folder


def _below(folder: Path) -> Iterator[Path]:
    """Return all files in a folder, except hidden, compiled and foreign ones."""
    for place, folders, names in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".") and not _is_foreign(here, name)]
        for name in names:
            if not name.startswith(".") and not name.endswith(_COMPILED):
                yield here / name


def _is_foreign(here: Path, name: str) -> bool:
    """Return whether a folder next to a plug-in's modules is not part of it: an environment, or a deck."""
    folder = here / name
    return (
        name in _FOREIGN
        or (folder / "pyvenv.cfg").exists()
        or (folder / ".cardpipe-manifest.json").exists()
        or (name in {"source", "output"} and (here / ".cardpipe").exists())
    )


def _home() -> Path:
    return Path(__file__).parent.parent


def _own_files() -> list[str]:
    found = []
    for place, folders, names in os.walk(_home()):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [os.path.join(place, name) for name in names if not name.endswith(_COMPILED)]  # noqa: PTH118 - fast
    return sorted(found)


def _facts(file: str) -> tuple[int, int, int, int]:
    """Return a file's facts that reveal changes without reading it; zeros if they are not available."""
    try:
        facts = os.stat(file)  # noqa: PTH116 - of a thousand files
    except OSError:
        return (0, 0, 0, 0)
    return (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino)
