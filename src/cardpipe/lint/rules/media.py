"""Rules on the files of `source/media/` and on references to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cardpipe.assets.file_names import is_portable, is_reserved
from cardpipe.assets.sounds import SOUND_TYPES, is_sound, sound_type
from cardpipe.lint.declaration import settings_rule, summaries_rule, text_rule
from cardpipe.lint.rules.pictures import RULES as PICTURE_RULES
from cardpipe.markup.picture_width import is_faulty, width_of
from cardpipe.model.deck import media_key
from cardpipe.model.diagnostics import Finding, Fix, Severity
from cardpipe.source.splicing import suggestion
from cardpipe.text.escaping import shortened
from cardpipe.text.positions import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.lint.api import Context
    from cardpipe.lint.summary import CardSummaries
    from cardpipe.model.deck import DeckSettings, Media
    from cardpipe.text.positions import SourceText

FOLDER = "source/media"
EXPLAINED_IN_TITLE = 'Write "width=50%", from 1% to 100% of the text, or "width=240px", up to 2000px.'

_REMOTE = re.compile(r"(?:https?|ftp|data|blob):|//", re.IGNORECASE)
_ESCAPING = re.compile(r"[/\\]|[A-Za-z]:|file:|~", re.IGNORECASE)
_LONGEST_NAME = 200
"""Maximum bytes of a path component; most file systems allow 255."""
_OF_THE_FOLDER = frozenset([".gitkeep", ".gitignore", ".gitattributes"])
"""Files that keep a folder in version control; they are not media."""

_TYPES = {"png": "PNG", "jpg": "JPEG", "jpeg": "JPEG", "gif": "GIF", "webp": "WebP", "svg": "SVG"}
_TYPES.update({suffix[1:]: media_type for suffix, media_type in SOUND_TYPES.items()})


@text_rule("MED001", "missing-media", needs_markup=True)
def missing_media(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text refers to a missing file.

    ## What it does

    Checks that the target of `![alt](name.png)` is a file under `source/media/`.

    ## Why is this bad?

    Learners would see a broken picture.

    ## Example

    ```yaml
    details: "![A neuron.](neurn.png)"
    ```

    ## Use instead

    ```yaml
    details: "![A neuron.](neuron.png)"
    ```
    """
    for image in context.scan(text).images():
        if image.figure_id is not None or _escapes(image.target) or _REMOTE.match(image.target):
            continue
        if media_key(image.target) not in context.media_names:
            near = context.nearest(image.target, context.media_names.values())
            yield Finding(
                "MED001",
                text.span(image.target_start, image.target_end)
                if image.target
                else text.span(image.segment.start, image.segment.end),
                f"{FOLDER}/{image.target} does not exist." if image.target else "Missing file name.",
                f"Did you mean {near}?" if near else f"Add the file to {FOLDER}/.",
                suggestion(text, near, image.target_start, image.target_end) if image.target else None,
            )


@summaries_rule("MED002", "unused-media", severity=Severity.WARNING)
def unused_media(summaries: CardSummaries, context: Context) -> Iterator[Finding]:
    """A file of the media folder is not used.

    ## What it does

    Looks for files of `source/media/` that no text shows, no figure names and no figure script mentions.

    ## Why is this bad?

    It makes the project larger; often a reference to it was lost or misspelt.

    ## Example

    A file `source/media/old-neuron.png` that no card uses.

    ## Use instead

    Show it with `![what it shows](old-neuron.png)`, or delete it.
    """
    if summaries.faulty_ids:  # the references of cards that could not be loaded are unknown
        return
    deck = summaries.settings
    used = {media_key(image.target) for image in context.scan(deck.description).images()}
    used.update(name for card in summaries.cards for name in card.shown)
    for media in deck.media:
        named = any(media.name.encode() in script.data for script in deck.scripts)
        if media_key(media.name) not in used and media.name not in _OF_THE_FOLDER and not named:
            yield Finding(
                "MED002",
                _at(media),
                "No card uses this file.",
                f"Show it with ![what it shows]({media.name}), or delete it.",
            )


@text_rule("MED003", "escaping-path", needs_markup=True, safety=True)
def escaping_path(text: SourceText, context: Context) -> Iterator[Finding]:
    """A path leads out of its folder.

    ## What it does

    Looks for image targets that are absolute, name a drive, contain `..` or backslashes. The reader reports
    symbolic links that lead out of the source.

    ## Why is this bad?

    A deck must be complete on every machine. A contributed card must not be able to put files of the machine
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
            span = text.span(image.target_start, image.target_end)
            inside = context.settings.media_file(image.target.replace("\\", "/"))
            if inside is not None:
                advice = f"Write {inside.name}."
                fix = suggestion(text, inside.name, image.target_start, image.target_end)
                yield Finding("MED003", span, "Use / between folders on every system.", advice, fix)
                continue
            yield Finding(
                "MED003",
                span,
                f"“{image.target}” leads out of {FOLDER}/.",
                f"Copy the file to {FOLDER}/ and write only its name.",
            )


def _escapes(target: str) -> bool:
    return bool(_ESCAPING.match(target)) or "\\" in target or ".." in target.split("/")


@settings_rule("MED004", "media-name")
def media_name(settings: DeckSettings, _context: Context) -> Iterator[Finding]:
    """A media file has an unportable name or invalid content.

    ## What it does

    Checks that a file's name consists of letters and digits of any script and `- . _` only, begins with a letter or a
    digit, is not reserved by Windows, and ends in `.png`, `.jpg`, `.jpeg`, `.gif`, `.webp` or `.svg`, or for a sound in
    `.mp3`, `.ogg`, `.oga`, `.opus`, `.m4a`, `.wav` or `.flac`, matching the file's content. Two names that are
    the same on some systems, and empty files, are reported too. `cardpipe lint --fix` renames files and references.

    ## Why is this bad?

    Names that differ only in case or Unicode normalisation are one file on some systems and two on
    others; spaces and symbols can get lost; Anki treats an empty file as missing.

    ## Example

    Two files, `source/media/neuron.png` and `source/media/Neuron.png`.

    ## Use instead

    Name one of them `source/media/neuron-2.png`.
    """
    taken: dict[str, str] = {}
    for media in settings.media:
        if media.name in _OF_THE_FOLDER:
            continue
        key = media_key(media.name).casefold()
        fault = _name_fault(media.name) or _collision(media.name, taken.get(key))
        taken.setdefault(key, media.name)
        if fault is not None:
            new = _better_name(settings, media.name)
            fix = Fix(f"Rename it to {new}.", (), rename=(media.name, new)) if new else None
            yield Finding("MED004", _at(media), fault, f"Rename it to {new}." if new else "Rename it.", fix)
        elif (other := _type_fault(media.name) or _content_fault(media)) is not None:
            yield Finding("MED004", _at(media), *other)


def _name_fault(name: str) -> str | None:
    for part in name.split("/"):
        plain = media_key(part)
        wrong = next((letter for letter in plain if not is_portable(letter)), None)
        if wrong is not None:
            return (
                f"“{part}” is not a portable file name: “{wrong}” is not allowed, only letters, digits and - . _ are."
            )
        if not plain[0].isalnum() or plain.endswith("."):
            return f"“{part}” is not a portable file name: it must begin with a letter or digit and not end with a dot."
        if is_reserved(plain):
            return f"“{part}” is a reserved name on Windows."
        if len(part.encode("utf-8", "surrogatepass")) > _LONGEST_NAME:
            return f"A name of more than {_LONGEST_NAME} bytes is too long for some systems."
    return None


def _collision(name: str, other: str | None) -> str | None:
    return f"“{name}” and “{other}” are the same name on Windows and macOS." if other is not None else None


def _better_name(settings: DeckSettings, name: str) -> str:
    """Return an unused portable name; empty if none can be derived from the name."""
    taken = {media_key(media.name).casefold() for media in settings.media}
    parts = []
    for part in media_key(name).split("/"):
        stem, dot, suffix = part.rpartition(".") if "." in part else (part, "", "")
        plain = "".join(letter if is_portable(letter) else "-" for letter in stem)[:60]
        plain = re.sub(r"-{2,}", "-", plain).strip("-._ ") or "picture"
        suffix = "".join(letter for letter in suffix if is_portable(letter))
        if is_reserved(plain):
            plain = f"{plain}-1"
        parts.append(f"{plain}{dot if suffix else ''}{suffix}")
    folder = "".join(f"{part}/" for part in parts[:-1])
    stem, dot, suffix = parts[-1].rpartition(".") if "." in parts[-1] else (parts[-1], "", "")
    candidates = (f"{folder}{stem}{'' if number == 1 else f'-{number}'}{dot}{suffix}" for number in range(1, 1000))
    return next((new for new in candidates if new.casefold() not in taken), "")


def _type_fault(name: str) -> tuple[str, str] | None:
    if "." in name and name.rpartition(".")[2].lower() in _TYPES:
        return None
    return (
        f"“{name}” is not a supported picture or sound type.",
        f"Use one of {', '.join(f'.{extension}' for extension in _TYPES)}.",
    )


def _content_fault(media: Media) -> tuple[str, str] | None:
    if not media.data:
        return "This file is empty.", "Add its content, or delete it."
    expected = _TYPES[media.name.rpartition(".")[2].lower()]
    found = _type_of(media.data)
    if found != expected:
        what = f"The extension says {expected}, but the content is {found or 'something else'}."
        return what, "Save it in the format of its extension, or rename it."
    return None


def _type_of(data: bytes) -> str | None:
    """Return the type of a picture by its signature (first bytes)."""
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


@text_rule("MED005", "remote-image", needs_markup=True, safety=True)
def remote_image(text: SourceText, context: Context) -> Iterator[Finding]:
    """A text shows a remote picture.

    ## What it does

    Looks for images and sounds whose target is an address on the network or a `data:` address.

    ## Why is this bad?

    The picture is missing offline and in the PDF, it can change or disappear at any time, and it tells
    the server who studies what.

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
                "This picture is not part of the deck; it is missing offline.",
                f"Save it in {FOLDER}/, if its licence allows, and write its name here.",
            )


@text_rule("MED006", "media-alt-text", needs_markup=True)
def media_alt_text(text: SourceText, context: Context) -> Iterator[Finding]:
    """A picture has no alternative text.

    ## What it does

    Checks that there are words between the brackets of `![…](name.png)`. A figure has its own `alt`, so
    `![](figure:ID)` is allowed.

    ## Why is this bad?

    People who cannot see the picture get nothing from it.

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


@text_rule("MED011", "invalid-picture-width", since="0.2", needs_markup=True)
def invalid_picture_width(text: SourceText, context: Context) -> Iterator[Finding]:
    """A picture has a size that is not understood.

    ## What it does

    Checks titles of pictures that begin like a size (`width=`, `height=`, `size=`). A width is a percentage of the
    text's width, from 1% to 100%, or a number of CSS pixels, from 1px to 2000px. The height follows from it. Any other
    title is not a size, and no format shows it. Sounds have no width.

    ## Why is this bad?

    The picture would have its natural size.

    ## Example

    ```yaml
    details: '![A neuron.](neuron.png "width=120%")'
    ```

    ## Use instead

    ```yaml
    details: '![A neuron.](neuron.png "width=50%")'
    ```
    """
    for image in context.scan(text).images():
        sounds = is_sound(image.target) and bool(width_of(image.title))
        if not sounds and not is_faulty(image.title):
            continue
        start = text.text.index(image.title, image.target_end)
        yield Finding(
            "MED011",
            text.span(start, start + len(image.title)),
            "A sound has no width." if sounds else f"“{shortened(image.title.strip())}” is not a width.",
            "Remove it." if sounds else EXPLAINED_IN_TITLE,
        )


_NO_WORDS = ("This picture has no alternative text.", "Describe it between the brackets.")
_NO_WORDS_FOR_A_SOUND = ("This sound has no description.", "Describe it between the brackets.")


def _at(media: Media) -> Span:
    return Span(f"{FOLDER}/{media.name}", 1, 1, 1, 1)


RULES = (
    missing_media,
    unused_media,
    escaping_path,
    media_name,
    remote_image,
    media_alt_text,
    invalid_picture_width,
    *PICTURE_RULES,
)
