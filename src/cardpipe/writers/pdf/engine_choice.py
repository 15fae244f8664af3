"""Which engine makes the pages where nobody chose one: the first of ours that can be used on this machine.

PlutoPrint comes with cardpipe wherever there is a wheel of it; the others stand in where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from cardpipe import plugins
from cardpipe.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.pdf.engine import Engine

AUTO: Final = "auto"
"""The setting that leaves the choice to the machine."""
ORDER: Final = ("plutoprint", "weasyprint", "chromium")
"""The engine that is tried first stands first."""


def load_engine(name: str) -> Engine:
    """An engine by its name; raises UsageError where there is none, and PluginError where it cannot be loaded."""
    return cast("Engine", plugins.load(plugins.PDF_ENGINES, name))


def usable_engine() -> tuple[Engine, Sequence[str]]:
    """The first engine that can be used here, and what to tell a user where it is not the usual one.

    Raises UsageError where none can be used.
    """
    missing: list[UsageError] = []
    for engine in map(load_engine, ORDER):
        try:
            version = engine.version()
        except UsageError as error:
            missing.append(error)
            continue
        if not missing:
            return engine, ()
        why = missing[0].message.removesuffix(".")
        return engine, (f"{why}: the PDF was made by {engine.name} {version}, and its pages may break elsewhere.",)
    raise UsageError(
        f"No engine can make the PDF here ({' '.join(error.message for error in missing)}) "
        f"{' Or: '.join(error.hint for error in missing[1:] if error.hint)} "
        "To export without it, name the formats: --format anki.",
    )
