"""Rules on the files of `source/media/` and on the texts that show them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cardpipe.diagnostics import Finding, Severity
from cardpipe.lint.declaration import frame_rule, summaries_rule, text_rule
from cardpipe.lint.rules.pictures import RULES as PICTURE_RULES
from cardpipe.positions import Span
from cardpipe.sounds import SOUND_TYPES, is_sound, sound_type
from cardpipe.splicing import suggestion
from cardpipe.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.summary import Summaries
    from cardpipe.model import Deck, Media
    from cardpipe.positions import SourceText
    from cardpipe.rule import Context

FOLDER = "source/media"

_REMOTE = re.compile(r"(?:https?|ftp|data|blob):|//", re.IGNORECASE)
_ESCAPING = re.compile(r"[/\\]|[A-Za-z]:|file:|~", re.IGNORECASE)
_PART = re.compile(r"[a-z0-9][a-z0-9._-]*")
_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))]
)
_OF_THE_FOLDER = frozenset([".gitkeep", ".gitignore", ".gitattributes"])
"""Files that keep a folder in version control; they are nobody's media."""

_TYPES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WebP", "svg": "SVG"}
_TYPES.update({suffix[1:]: media_type for suffix, media_type in SOUND_TYPES.items()})


@text_rule("MED001", "missing-media")
def missing_media(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text shows a file that does not exist.

    ## What it does

    Checks that the target of `![alt](name.png)` is a file below `source/media/`.

    ## Why is this bad?

    There would be a broken picture.

    ## Example

    ```yaml
    details: "![A neuron.](neurn.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron.](neuron.png)"
    ```
    """
    names = [media.name for media in context.deck.media]
    for image in context.scan(text).images():
        if image.figure_id is not None or _escapes(image.target) or _REMOTE.match(image.target):
            continue
        if image.target not in names:
            near = nearest(image.target, names)
            yield Finding(
                "MED001",
                text.span(image.target_start, image.target_end)
                if image.target
                else text.span(image.segment.start, image.segment.end),
                f"There is no file {FOLDER}/{image.target}: learners would see a broken picture."
                if image.target
                else "No file is named here.",
                f"Did you mean {near}?" if near else f"Put the file into {FOLDER}/.",
                suggestion(text, near, image.target_start, image.target_end) if image.target else None,
            )


@summaries_rule("MED002", "unused-media", severity=Severity.WARNING)
def unused_media(summaries: Summaries, context: Context) -> Iterator[Finding]:
    """No card shows a file of the media folder.

    ## What it does

    Looks for files of `source/media/` that no text shows, no figure names and no figure script mentions.

    ## Why is this bad?

    It makes the project larger for nothing; often a reference to it was lost or misspelt.

    ## Example

    A file `source/media/old-neuron.png` that no card shows.

    ## Use instead

    Show it with `![what it shows](old-neuron.png)`, or delete it.
    """
    if summaries.faulty_ids:  # what a card shows that could not be loaded is not known
        return
    deck = summaries.deck
    used = {image.target for image in context.scan(deck.description).images()}
    used.update(name for card in summaries.cards for name in card.shown)
    for media in deck.media:
        named = any(media.name.encode() in script.data for script in deck.scripts)
        if media.name not in used and media.name not in _OF_THE_FOLDER and not named:
            yield Finding(
                "MED002", _at(media), "No card shows this file.", f"Write ![what it shows]({media.name}), or delete it."
            )


@text_rule("MED003", "escaping-path")
def escaping_path(text: SourceText, context: Context) -> Iterator[Finding]:
    """A path leads out of the folder that it belongs to.

    ## What it does

    Looks for image targets that are absolute, name a drive, hold `..` or backslashes. The reader reports links
    (symbolic links) in the source that lead out of it.

    ## Why is this bad?

    A deck must hold all that it shows, on every machine. A stranger's card must not be able to put files of the machine
    that builds it into the export.

    ## Example

    ```yaml
    details: "![A neuron.](../../secret.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron.](neuron.png)"
    ```
    """
    for image in context.scan(text).images():
        if image.figure_id is None and not _REMOTE.match(image.target) and _escapes(image.target):
            yield Finding(
                "MED003",
                text.span(image.target_start, image.target_end),
                f"“{image.target}” leads out of {FOLDER}/.",
                f"Copy the file into {FOLDER}/ and write its name alone.",
            )


def _escapes(target: str) -> bool:
    return bool(_ESCAPING.match(target)) or "\\" in target or ".." in target.split("/")


@frame_rule("MED004", "media-name")
def media_name(deck: Deck, _context: Context) -> Iterator[Finding]:
    """A media file has a name or a content that not every program takes.

    ## What it does

    Checks that a file's name has lower-case letters from a to z, digits and `- . _` only, begins with a letter or
    a digit, is not reserved by Windows, and ends in `.png`, `.jpg`, `.jpeg`, `.gif`, `.webp` or `.svg`, or for a sound
    in `.mp3`, `.ogg`, `.oga`, `.opus`, `.m4a`, `.wav` or `.flac`, in keeping with what the file holds. An empty file is
    reported too.

    ## Why is this bad?

    Names that differ in case are one file on some machines and two on others; spaces and accents are lost on the
    way; Anki never refreshes a file whose name begins with `_`, and counts an empty file as missing.

    ## Example

    A file `source/media/My Neuron.PNG`.

    ## Use instead

    Name it `source/media/my-neuron.png`.
    """
    for media in deck.media:
        if media.name not in _OF_THE_FOLDER:
            fault = _name_fault(media.name) or _content_fault(media)
            if fault is not None:
                yield Finding("MED004", _at(media), *fault)


def _name_fault(name: str) -> tuple[str, str] | None:
    better = re.sub(r"[^a-z0-9._/-]+", "-", name.lower()).strip("-._")
    for part in name.split("/"):
        if not _PART.fullmatch(part) or part.endswith("."):
            message = f"“{part}” is no good name: it takes a to z, digits and - . _, and begins with a letter or digit."
            return message, f"Rename it to {better}." if better and better != name else "Rename it."
        if part.partition(".")[0] in _RESERVED:
            return f"Windows cannot have a file named “{part}”.", "Rename it."
    if name.rpartition(".")[2] not in _TYPES or "." not in name:
        return (
            f"“{name}” is no picture or sound that all formats can take.",
            f"Use one of {', '.join(f'.{extension}' for extension in _TYPES)}.",
        )
    return None


def _content_fault(media: Media) -> tuple[str, str] | None:
    if not media.data:
        return "This file is empty.", "Put the file in its place, or delete it."
    expected = _TYPES[media.name.rpartition(".")[2]]
    found = _type_of(media.data)
    if found != expected:
        what = f"This file is named {expected}, but holds {found or 'something else'}."
        return what, "Save it in the format of its name, or rename it."
    return None


def _type_of(data: bytes) -> str | None:
    """The type of a picture by its first bytes (the formats' own signatures)."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if re.search(rb"<(?:\w{1,20}:)?svg[\s>]", data[:4096].replace(b"\0", b"")):
        return "SVG"
    return sound_type(data)


@text_rule("MED005", "remote-image")
def remote_image(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text shows a picture from the network.

    ## What it does

    Looks for images and sounds whose target is an address on the network or a `data:` address.

    ## Why is this bad?

    The picture is missing without a connection and in the PDF, it can change or go away at any time, and it tells
    a stranger's server who studies what.

    ## Example

    ```yaml
    details: "![A neuron.](https://example.org/neuron.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron.](neuron.png)"
    ```
    """
    for image in context.scan(text).images():
        if _REMOTE.match(image.target):
            yield Finding(
                "MED005",
                text.span(image.target_start, image.target_end),
                "This picture is not part of the deck: without a network learners see nothing here.",
                f"Save it into {FOLDER}/, if its licence allows, and write its name here.",
            )


@text_rule("MED006", "media-alt-text")
def media_alt_text(text: SourceText, context: Context) -> Iterator[Finding]:
    """A picture has no alternative text.

    ## What it does

    Checks that there are words between the brackets of `![…](name.png)`. A figure has its own `alt`, so
    `![](figure:ID)` is right.

    ## Why is this bad?

    Whoever cannot see the picture gets nothing from it.

    ## Example

    ```yaml
    details: "![](neuron.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron with three inputs.](neuron.png)"
    ```
    """
    for image in context.scan(text).images():
        if image.figure_id is None and not image.alt.strip():
            yield Finding(
                "MED006",
                text.span(image.segment.start, image.segment.end),
                *(_NO_WORDS_FOR_A_SOUND if is_sound(image.target) else _NO_WORDS),
            )


_NO_WORDS = ("This picture has no alternative text.", "Say between the brackets what it shows.")
_NO_WORDS_FOR_A_SOUND = ("This sound has no words.", "Say between the brackets what is heard.")


def _at(media: Media) -> Span:
    return Span(f"{FOLDER}/{media.name}", 1, 1, 1, 1)


RULES = (
    missing_media,
    unused_media,
    escaping_path,
    media_name,
    remote_image,
    media_alt_text,
    *PICTURE_RULES,
)
