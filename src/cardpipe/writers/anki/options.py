"""Deck options for a package, in the format of Anki's older collections, which all versions read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cardpipe.model import anki_identity as identity
from cardpipe.text.escaping import anki_name

if TYPE_CHECKING:
    from cardpipe.model.deck import DeckSettings

_LEARNING_STEPS = (1.0, 10.0)
"""Learning steps in minutes, as in Anki's default preset."""


def deck_options(settings: DeckSettings) -> dict[str, Any] | None:
    """Return the deck's preset in Anki's format; None if there is none."""
    preset = settings.preset
    if preset is None:
        return None
    new = 20 if preset.new_per_day is None else preset.new_per_day
    reviews = 200 if preset.reviews_per_day is None else preset.reviews_per_day
    options: dict[str, Any] = {
        "id": identity.preset_id(settings.uid.text),
        "mod": identity.FIRST_RELEASE,
        "name": anki_name((preset.name or settings.name).text),
        "usn": -1,
        "maxTaken": 60,
        "autoplay": True,
        "timer": 0,
        "replayq": True,
        "dyn": False,
        "new": {
            "bury": False,
            "delays": list(_LEARNING_STEPS),
            "initialFactor": 2500,
            "ints": [1, 4, 0],
            "order": 1,
            "perDay": new,
        },
        "rev": {"bury": False, "ease4": 1.3, "ivlFct": 1.0, "maxIvl": 36500, "perDay": reviews, "hardFactor": 1.2},
        "lapse": {"delays": [10.0], "leechAction": 1, "leechFails": 8, "minInt": 1, "mult": 0.0},
    }
    if preset.desired_retention is not None:
        options["desiredRetention"] = preset.desired_retention
    return options
