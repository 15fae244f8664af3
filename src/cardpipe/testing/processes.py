"""Test a plug-in in a separate process: its imports, and its output with another hash seed."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from cardpipe.testing.declared import expect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_HEAVY: Final = (
    *("PIL", "altair", "cv2", "django", "jax", "lxml", "matplotlib", "numpy", "pandas", "pikepdf", "plotly"),
    *("plutoprint", "reportlab", "scipy", "sklearn", "sympy", "tensorflow", "torch", "weasyprint"),
)
"""Packages that take a tenth of a second or more to import; a plug-in must import them only when needed."""
_IMPORT: Final = """\
import importlib, json, sys
sys.path[:] = json.loads(sys.argv[1])
importlib.import_module(sys.argv[2])
print(json.dumps(sorted(sys.modules)))
"""
_MAKE: Final = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from cardpipe.testing.processes import make
make()
"""


class Address(NamedTuple):
    """The import location of a plug-in."""

    module: str
    attribute: str


def address_of(plugin: object) -> Address | None:
    """Return where a plug-in is defined; None if it cannot be imported, as in a test function."""
    found = [
        Address(name, attribute)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in _homes(plugin) and hasattr(module, "__dict__")
        for attribute, value in list(vars(module).items())
        if value is plugin
    ]
    own = _modules(plugin)
    return min(found, key=lambda address: address.module not in own, default=None)


def _modules(plugin: object) -> set[str]:
    """Return the modules of a plug-in's class and functions."""
    origins = (type(plugin), getattr(plugin, "check", None), getattr(plugin, "scene", None))
    return {getattr(origin, "__module__", None) or "" for origin in origins}


def _homes(plugin: object) -> set[str]:
    return {module.partition(".")[0] for module in _modules(plugin)} - {"", "__main__", "builtins"}


def check_light(called: str, plugin: object) -> None:
    """Check that importing the plug-in's module loads nothing heavy."""
    address = address_of(plugin)
    if address is None:
        return
    heavy, error = _heavy_imports(address.module)
    expect(not error, f"{called}: its module cannot be imported by itself: {error}")
    expect(
        not heavy,
        f"{called}: importing its module loads {', '.join(heavy)}; import it in the function that needs it, "
        "since all commands load the plug-in.",
    )


@functools.cache
def _heavy_imports(module: str) -> tuple[tuple[str, ...], str]:
    """Return the heavy packages that a module imports, and the error if it cannot be imported."""
    done = _run(_IMPORT, module)
    if done.returncode != 0:
        return (), _last_line(done.stderr)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    return tuple(name for name in _HEAVY if name in loaded), ""


def check_elsewhere(called: str, plugin: object, maker: Callable[..., bytes], *given: object) -> None:
    """Check that a function gives the same result in another process with another hash seed.

    It is called with the plug-in and the given arguments. Nothing is checked if the plug-in cannot be imported there.
    """
    address = address_of(plugin)
    if address is None:
        return
    here = _digest(maker(plugin, *given))
    with tempfile.TemporaryDirectory(prefix="cardpipe-") as place:
        task = Path(place) / "task"
        task.write_bytes(pickle.dumps((address, maker, given)))
        empty = Path(place) / "empty"
        empty.mkdir()
        done = _run(_MAKE, str(task), cwd=empty)
        written = sorted(path.name for path in empty.iterdir())
    expect(done.returncode == 0, f"{called} fails in another process: {_last_line(done.stderr)}")
    expect(
        done.stdout.strip() == here,
        f"{called} makes different bytes in another process: its output may depend on the order of a set, the time, or "
        "this machine.",
    )
    expect(not written, f"{called} writes to the disk by itself: {', '.join(written)}.")


def make() -> None:
    """Run the function for `check_elsewhere` in this process, and print a digest of the result."""
    address, maker, given = pickle.loads(Path(sys.argv[2]).read_bytes())  # noqa: S301 - a file of the parent process
    module = __import__(address.module, fromlist=["_"])
    print(_digest(maker(getattr(module, address.attribute), *given)))  # noqa: T201 - the answer to the parent


def digest_of(parts: Iterable[str | bytes]) -> bytes:
    """Return a digest of several texts, in order."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(f"{len(data)}:".encode())
        digest.update(data)
    return digest.digest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _run(code: str, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    path = json.dumps([str(Path(entry).absolute()) for entry in sys.path])
    return subprocess.run(  # noqa: S603 - our own Python with code of this module
        [sys.executable, "-c", code, path, *args],
        env={**os.environ, "PYTHONHASHSEED": seed},
        cwd=cwd,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=600,
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no message"])[-1]
