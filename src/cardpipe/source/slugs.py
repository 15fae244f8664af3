"""Slugs: the base names of a deck's files, derived from its name."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Finding

_LONGEST: Final = 80


def slug_of(title: str) -> str:
    """Return a slug for a deck's name."""
    ascii_ = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    made = re.sub(r"[^a-z0-9]+", "-", ascii_).strip("-")[:_LONGEST].strip("-") or "deck"
    return made if is_slug(made) else f"deck-{made}"


def is_slug(text: str) -> bool:
    """Return whether it is a valid slug in `deck.yaml` without quotes; Windows reserves some names."""
    from cardpipe.source.deck_fields import DECK_FIELDS
    from cardpipe.text.positions import SourceFile, SourceText

    findings: list[Finding] = []
    kind = next(field.type for field in DECK_FIELDS if field.name == "slug")
    kind.decode(SourceText(text, SourceFile("source/deck.yaml", text), 0, len(text)), "slug", findings)
    return not findings
