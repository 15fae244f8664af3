"""The figure kind `image`: a media picture."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from cardpipe.assets.pictures import MEDIA_TYPES, picture_size
from cardpipe.figures.kind import Drawing
from cardpipe.figures.labels import wrong
from cardpipe.source.fields import Field, Text
from cardpipe.text.escaping import shortened
from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cardpipe.model.deck import DeckSettings, Figure
    from cardpipe.model.diagnostics import Finding
    from cardpipe.writers.api import FigureForm

FIELDS: Final = (
    Field(
        "file",
        Text(single_line=True),
        "A picture under `source/media/`: png, jpg, gif, webp or svg.",
        required=True,
        example="neuron.png",
    ),
)


class ImageKind:
    """The figure kind that shows a file of `source/media/`."""

    name = "image"
    summary = "A picture from source/media/."
    synonyms = ("picture", "photo", "media", "file")
    fields = FIELDS

    def check(self, figure: Figure, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[Finding]:
        """Find missing files and files that are not pictures."""
        if "file" not in values:
            return ()
        name = values["file"].text
        media = settings.media_file(name)
        if media is None:
            near = nearest(name, (media.name for media in settings.media))
            return [
                wrong(
                    figure,
                    ("file",),
                    f"source/media/{shortened(name)} does not exist.",
                    f"Did you mean {near}?" if near else "Add the picture there.",
                )
            ]
        if PurePosixPath(name).suffix.lower() not in MEDIA_TYPES:
            return [
                wrong(
                    figure,
                    ("file",),
                    "This file is not a picture.",
                    f"Supported extensions are {', '.join(MEDIA_TYPES)}.",
                )
            ]
        if picture_size(media) is None:
            return [wrong(figure, ("file",), "The size of the picture cannot be read.", "Save it again.")]
        return ()

    def inputs(self, values: Mapping[str, Any], settings: DeckSettings) -> Sequence[bytes]:
        """The file."""
        media = settings.media_file(values["file"].text)
        return () if media is None else (media.data,)

    def draw(self, values: Mapping[str, Any], settings: DeckSettings, form: FigureForm) -> Drawing:  # noqa: ARG002 - the interface
        """Return the file unchanged in any format; it has passed `check`."""
        name = values["file"].text
        media = settings.media_file(name)
        size = picture_size(media) if media is not None else None
        if media is None or size is None:
            raise ValueError(f"{name} is not a picture of the deck")
        return Drawing(media.data, MEDIA_TYPES[PurePosixPath(name).suffix.lower()], *size, drawn=False)


KIND: Final = ImageKind()
