"""Private parts of libraries that cardpipe uses or overrides: they exist and behave as expected.

A release that changes one of them fails here by its name, and not somewhere in a figure or a package.
"""

from __future__ import annotations

import atexit
import inspect
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING, Any

import genanki
import matplotlib.text
import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.mathtext import MathTextParser
from matplotlib.ticker import ScalarFormatter
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def parameters(function: Callable[..., object]) -> list[str]:
    return [*inspect.signature(function).parameters]


def text_paths() -> bool:
    renderer: Any = RendererAgg
    return isinstance(vars(renderer(10, 10, 72))["_text2path"], matplotlib.text.TextToPath)


def drawing_text_as_path() -> bool:
    wanted = ["self", "gc", "x", "y", "s", "prop", "angle", "ismath", "mtext"]
    return parameters(vars(RendererBase)["_draw_text_as_path"]) == wanted


def number_format() -> bool:
    class Formatter(ScalarFormatter):
        called = False

        def _set_format(self) -> None:
            super()._set_format()  # type: ignore[misc] # matplotlib's stubs leave it out
            self.called = True

    formatter = Formatter(useMathText=True)
    formatter.create_dummy_axis()
    formatter.set_locs([0.0, 0.5, 1.0])
    found = vars(formatter)["_format"]
    return formatter.called and found.startswith(r"$\mathdefault{") and found.endswith("}$")


def text_layout() -> bool:
    """A text asks a font for its tables alone, and formulas have one parser for all."""
    uses = re.findall(r"\bfont(?:\.\w+|\b)", inspect.getsource(vars(matplotlib.text.Text)["_get_layout"]))
    fonts = inspect.getsource(matplotlib.text).count("get_font(")
    return {*uses} <= {"font", "font.get_sfnt_table"} and fonts == 1 and "_parser" in vars(MathTextParser)


def threadless_quickjs() -> bool:
    code = (
        "import _quickjs, threading\n"
        "_quickjs.Context().set_memory_limit(1 << 20), _quickjs.JSException\n"
        "print(threading.active_count())"
    )
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout.strip() == b"1"


def notes_and_cards() -> bool:
    """Overridden, or called in the same way."""
    return (
        parameters(genanki.Model.to_json) == ["self", "timestamp", "deck_id"]
        and parameters(genanki.Note.write_to_db) == ["self", "cursor", "timestamp", "deck_id", "id_gen"]
        and parameters(genanki.Package.write_to_db) == ["self", "cursor", "timestamp", "id_gen"]
        and parameters(genanki.Card.write_to_db)[:6] == ["self", "cursor", "timestamp", "deck_id", "note_id", "id_gen"]
        and hasattr(genanki.Note, "cards")
    )


def kept_note_types() -> bool:
    import anki.collection  # noqa: F401 - first, since the modules import each other
    from anki.models import ModelManager

    return parameters(vars(ModelManager)["_clear_cache"]) == ["self"]


def scheduling_states() -> bool:
    from anki._backend import RustBackend
    from anki.collection import Collection

    source = inspect.getsource(Collection)
    return "self._backend" in source and callable(getattr(RustBackend, "get_scheduling_states", None))


PRIVATES: dict[tuple[str, str], Callable[[], Any]] = {
    ("matplotlib", "RendererAgg._text2path"): text_paths,
    ("matplotlib", "RendererBase._draw_text_as_path"): drawing_text_as_path,
    ("matplotlib", "ScalarFormatter._set_format and _format"): number_format,
    ("matplotlib", "Text._get_layout and MathTextParser._parser"): text_layout,
    ("quickjs-ng", "_quickjs, the module without a thread"): threadless_quickjs,
    ("genanki", "write_to_db and to_json, which are overridden"): notes_and_cards,
    ("anki", "ModelManager._clear_cache"): kept_note_types,
    ("anki", "Collection._backend.get_scheduling_states"): scheduling_states,
    ("python", "atexit._run_exitfuncs"): lambda: callable(vars(atexit).get("_run_exitfuncs")),
    ("python", "atexit._clear"): lambda: callable(vars(atexit).get("_clear")),
}


def declared(shipped: Path) -> dict[str, SpecifierSet]:
    project = tomllib.loads((shipped / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    found = {one.name: one.specifier for one in map(Requirement, texts)}
    return {**found, "python": SpecifierSet(project["requires-python"])}


@pytest.mark.parametrize(("library", "name"), PRIVATES, ids=lambda part: part.replace(" ", "-"))
def test_what_we_use_of_a_library_is_as_we_know_it(shipped: Path, library: str, name: str) -> None:
    versions = declared(shipped)[library]
    here = "" if library == "python" else metadata.version(library)
    try:
        is_known = PRIVATES[library, name]()
    except (AttributeError, ImportError, KeyError, TypeError) as error:
        is_known = False
        here += f", {type(error).__name__}: {error}"
    assert is_known, f"{library} {here} (declared: {versions}) changed {name}: adapt what uses it, or bound its version"


def test_the_formula_checker_has_one_version(shipped: Path) -> None:
    """`mathjax/typeset.js` uses MathJax's own `parser._string`; tests of formulas hold the one release allowed."""
    assert [one.operator for one in declared(shipped)["django-static-mathjax"]] == ["=="]
