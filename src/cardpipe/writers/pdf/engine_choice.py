"""Choose the default PDF engine: the first built-in one that works on this machine.

PlutoPrint is installed with cardpipe wherever it has a wheel; the others are fallbacks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cardpipe.errors import UsageError
from cardpipe.writers.pdf.engine import installed_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.writers.pdf.engine import Engine

AUTO: Final = "auto"
"""The value of the option that selects the engine automatically."""
ORDER: Final = ("plutoprint", "weasyprint", "chromium")
"""The engines in the order in which they are tried."""


def usable_engine() -> tuple[Engine, Sequence[str]]:
    """Return the first usable engine, and a warning if it is not the default one.

    Raises UsageError if none can be used.
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
        return engine, (f"{why}: the PDF was made by {engine.name} {version}, and its page breaks may differ.",)
    raise UsageError(
        f"No PDF engine is available ({' '.join(error.message for error in missing)}) "
        f"{' Or: '.join(error.hint for error in missing[1:] if error.hint)} "
        "To export without PDF, name the formats: --format anki.",
    )
