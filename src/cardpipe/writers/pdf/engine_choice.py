"""Which engine makes the pages where nobody chose one: the first of ours that can be used on this machine.

PlutoPrint comes with cardpipe wherever there is a wheel of it; the others stand in where there is none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.writers.pdf.engine import installed_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.pdf.engine import Engine

AUTO: Final = "auto"
"""The setting that leaves the choice to the machine."""
ORDER: Final = ("plutoprint", "weasyprint", "chromium")
"""The engine that is tried first stands first."""


def usable_engine() -> tuple[Engine, Sequence[str]]:
    """The first engine that can be used here, and what to tell a user where it is not the usual one.

    Raises UsageError where none can be used.
    """
    missing: list[UsageError] = []
    for engine in map(installed_engine, ORDER):
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
