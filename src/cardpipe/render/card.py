"""Render cards in the form that a writer needs."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from cardpipe.markup import clozes, scan
from cardpipe.markup.picture_width import css_width, width_of
from cardpipe.mathjax.macros import expander
from cardpipe.model.card_label import card_label
from cardpipe.model.deck import CardKind, EditionPart
from cardpipe.model.edition import reduced
from cardpipe.model.languages import direction
from cardpipe.render.cached_card import AssetSource, CachedCard
from cardpipe.render.cloze import ClozeForm
from cardpipe.render.equations import Equations
from cardpipe.render.faces import FaceRenderer, Texts, by_type, without_answers
from cardpipe.render.figures import Figures
from cardpipe.render.line_breaks import joined, unfolded
from cardpipe.render.markdown import MarkdownRenderer
from cardpipe.render.markdown_text import MarkdownText
from cardpipe.render.media import MediaFiles
from cardpipe.render.placeholders import Item
from cardpipe.render.sanitise import link
from cardpipe.text.escaping import PlainText, html_text
from cardpipe.writers.api import ClozeText, MathForm, RenderedFigure, SoundForm, TextForm, sized_picture, width_style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cardpipe.cache.store import Cache
    from cardpipe.figures.api import Drawing, FigureKind
    from cardpipe.markup import Image
    from cardpipe.model.deck import Card, DeckSettings, Figure, Reference
    from cardpipe.model.diagnostics import Finding
    from cardpipe.model.note_types import NoteType
    from cardpipe.model.trust import Trust
    from cardpipe.render.figure_log import FigureNote
    from cardpipe.writers.api import Asset, Capabilities, RenderedNoteType

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_ALONE_ABOVE_TEXT = re.compile(r"[ \t]*\n[ \t>]*\S")
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")


class _Texts(Texts, Protocol):
    def block(self, text: str, cloze: ClozeForm | None = None) -> str: ...
    def inline(self, text: str) -> str: ...
    def plain(self, text: PlainText) -> str: ...


class CardRenderer:
    """Renders cards of one deck in the form that a writer needs.

    Input that a lint error would have stopped (a formula that MathJax refuses, a missing figure) is rendered as plain
    text. With a `stand_in`, no figure is drawn: it is shown for those that are not cached.
    """

    def __init__(
        self,
        settings: DeckSettings,
        capabilities: Capabilities,
        cache: Cache,
        figure_kinds: Callable[[str], FigureKind | None],
        trust: Trust,
        stand_in: Drawing | None = None,
    ) -> None:
        self.assets: dict[str, Asset] = {}
        self._settings = settings
        self._equations = Equations(capabilities.math, cache, read_aloud=capabilities.read_aloud)
        self._figures = Figures(settings, capabilities.figures, cache, figure_kinds, trust, stand_in)
        self._media = MediaFiles(settings, cache)
        self._form = capabilities.text
        self._expand = expander(settings.macros)
        self._takes_clozes = capabilities.cloze
        self._sound_form = capabilities.sound
        self._texts = self._made_texts(capabilities, pictures=True)
        # A caption shows no pictures: it could contain its own figure.
        self._captions = self._made_texts(capabilities, pictures=False)
        self._faces = FaceRenderer(self._texts, capabilities.text)
        self._card: Card | None = None
        self._placed: set[str] = set()
        self._in_question = False
        self._used: dict[str, AssetSource] = {}

    def _made_texts(self, capabilities: Capabilities, *, pictures: bool) -> _Texts:
        if capabilities.text is TextForm.MARKDOWN:
            return MarkdownText(
                picture=self._markdown_picture if pictures else lambda image: _escaped(_alt(image)),
                expand=self._expand,
            )
        return MarkdownRenderer(
            math=self._equations.html,
            picture=self._html_picture if pictures else _alt_item,
            live_mathjax=capabilities.math is MathForm.MATHJAX,
            direction=direction(self._settings.language.text),
            numbered_clozes=capabilities.numbered,
            expand=self._expand,
        )

    def prepare(self, cards: Iterable[Card]) -> None:
        """Start what the figure scripts of these cards need, without running any."""
        self._figures.prepare(cards)

    def begin(self, cards: Iterable[Card]) -> None:
        """Start the figure scripts of these cards."""
        self._figures.begin(cards)

    def waits_for_script(self, card: Card) -> bool:
        """Return whether a figure of the card comes from a script that was started."""
        return self._figures.waits_for_script(card)

    def pop_findings(self) -> tuple[Finding, ...]:
        """Return the findings of rendering since the last call."""
        found = tuple(self._figures.faults)
        self._figures.faults.clear()
        return found

    def pop_missing(self) -> int:
        """Return the number of figures for which the stand-in was shown since the last call."""
        found, self._figures.missing = self._figures.missing, 0
        return found

    def pop_notes(self) -> tuple[FigureNote, ...]:
        """Return the log of figures since the last call."""
        found = tuple(self._figures.notes)
        self._figures.notes.clear()
        return found

    def forget(self) -> None:
        """Release memory of cards that will not be rendered again."""
        self._figures.forget()

    def close(self) -> None:
        """Stop background work."""
        self._figures.close()
        self._equations.close()

    def description(self) -> str:
        """Return the deck's description; its assets belong to the deck, not to a card."""
        self._begin(None)
        made = self._texts.block(unfolded(self._settings.description))
        self._end()
        return made

    def card(self, card: Card) -> CachedCard:
        """Render a card; raises RenderError if a tool or the drawing of a figure fails."""
        if self._settings.edition is not None:
            card = reduced(card, self._settings.edition)
        self._begin(card)
        if card.note_type is not None:
            return self._note(card, card.note_type)
        blank, filled = (ClozeForm.BLANK, ClozeForm.FILLED) if card.kind is CardKind.CLOZE else (None, None)
        self._in_question = True
        question = self._texts.block(unfolded(card.question), blank)
        cloze = self._cloze(card)
        self._in_question = False
        typed = _typed(card)
        if card.answer is None:
            remark = ""
        elif typed:
            remark = self._texts.plain(PlainText(typed))
        else:
            remark = self._texts.block(unfolded(card.answer))
        answers = (self._texts.block(unfolded(card.question), filled) if filled is not None else "", remark)
        details = self._texts.block(unfolded(card.details)) if card.details is not None else ""
        references = tuple(self._reference(reference) for reference in card.references)
        rest = [figure for figure in card.figures if figure.id.text not in self._placed]
        figures = [found for figure in rest if (found := self._figure(card, figure)) is not None]
        return self._cached(
            card,
            question=question,
            answer="\n\n".join(answer for answer in answers if answer),
            references=references,
            details=details,
            typed=typed,
            figures=tuple(figures),
            cloze=replace(cloze, remark=remark) if cloze is not None else None,
        )

    def _note(self, card: Card, note_type: NoteType) -> CachedCard:
        """Render a card of a deck's own note type."""
        fields = self._faces.fields(card.values)
        faces = self._faces.faces(note_type, fields)
        edition = self._settings.edition
        if edition is not None and EditionPart.ANSWER not in edition.parts:
            fields, faces = without_answers(note_type, fields, faces)
        question, answer = self._faces.sides(note_type, fields, faces)
        references = tuple(self._reference(reference) for reference in card.references)
        made = self._cached(card, question=question, answer=answer, references=references)
        return replace(made, note_type=note_type.key.text, fields=fields, faces=faces)

    def _cached(
        self,
        card: Card,
        *,
        question: str,
        answer: str,
        references: tuple[str, ...],
        details: str = "",
        typed: str = "",
        figures: tuple[RenderedFigure, ...] = (),
        cloze: ClozeText | None = None,
    ) -> CachedCard:
        """Return a card whose texts are rendered; its assets are those that were used since `_begin`."""
        return CachedCard(
            id=card.id.text,
            title=unfolded(card.title) if card.title is not None else "",
            label=card_label(card) if card.title is None else "",
            guid=card.guid.text if card.guid is not None else "",
            kind=card.kind,
            status=card.status,
            difficulty=card.difficulty,
            tags=tuple(tag.text for tag in card.tags),
            question=question,
            answer=answer,
            details=details,
            typed=typed,
            figures=figures,
            references=references,
            related=tuple(other.text for other in card.related),
            cloze=cloze,
            replaced_by=card.replaced_by.text if card.replaced_by is not None else None,
            assets=self._end(),
        )

    def note_types(self) -> tuple[RenderedNoteType, ...]:
        """Return the deck's own note types with the templates of their faces."""
        self._begin(None)
        made = by_type(self._settings.note_types, self._faces)
        self._end()
        return made

    def _cloze(self, card: Card) -> ClozeText | None:
        if card.kind is not CardKind.CLOZE or not self._takes_clozes:
            return None
        text = unfolded(card.question)
        numbers = clozes(scan(text.replace("\r\n", "\n").replace("\r", "\n"))).numbers
        return ClozeText(text=self._texts.block(text, ClozeForm.MARKS), numbers=numbers, remark="")

    def _begin(self, card: Card | None) -> None:
        self._card = card
        self._placed = set()
        self._used = {}

    def _end(self) -> tuple[AssetSource, ...]:
        for asset, origin in self._equations.used:
            self._use(asset, origin)
        self._equations.used.clear()
        return tuple(sorted(self._used.values()))

    def _use(self, asset: Asset, origin: str) -> str:
        """Record that the card needs an asset; returns its name."""
        self.assets[asset.name] = asset
        self._used[asset.name] = AssetSource(asset.name, asset.media_type, origin)
        return asset.name

    def _reference(self, reference: Reference) -> str:
        text = self._texts.inline(unfolded(reference.text))
        url = link(reference.url.text) if reference.url is not None else None
        if url is None or url.startswith("#"):
            return text
        if self._form is TextForm.MARKDOWN:
            address = f"<{url}>"
            return f"{text} {address}" if "](" in text else f"[{text}]({address})"
        start = f'<a href="{html.escape(url)}" rel="noopener noreferrer">'
        return f"{text} {start}{html.escape(url)}</a>" if "<a " in text else f"{start}{text}</a>"

    # --- Pictures ----------------------------------------------------------------------------------------------------

    def _figure(self, card: Card, figure: Figure) -> RenderedFigure | None:
        drawn = self._figures.draw(card, figure)
        if drawn is None:
            return None
        picture, is_drawn, origin = drawn
        source = figure.front_alt if self._in_question and figure.front_alt is not None else figure.alt
        alt = joined(unfolded(source)) if source is not None else ""
        return RenderedFigure(
            id=figure.id.text,
            asset=self._use(picture.asset, origin),
            alt=PlainText(" ".join(alt.split()) or figure.id.text),
            caption=self._captions.inline(unfolded(figure.caption)) if figure.caption is not None else "",
            width=picture.width,
            height=picture.height,
            drawn=is_drawn,
            shown_width=css_width(figure.width.text) if figure.width is not None else "",
        )

    def _placed_figure(self, image: Image, figure_id: str) -> RenderedFigure | None:
        card = self._card
        figures = card.figures if card is not None else ()
        figure = next((one for one in figures if one.id.text == figure_id), None)
        if card is None or figure is None:
            return None
        self._placed.add(figure_id)
        drawn = self._figure(card, figure)
        width = width_of(image.title)
        return replace(drawn, shown_width=width) if drawn is not None and width else drawn

    def _html_picture(self, image: Image) -> Item:
        if image.figure_id is not None:
            figure = self._placed_figure(image, image.figure_id)
            return _alt_item(image) if figure is None else _figure_item(image, figure)
        sound = self._media.sound(image.target)
        if sound is not None:
            return Item(image.segment.text, self._html_sound(sound, image))
        picture = self._media.picture(image.target)
        if picture is None:
            return _alt_item(image)
        made = _img(
            self._use(picture.asset, _media(image)),
            _alt(image),
            picture.width,
            picture.height,
            ' class="media"',
            width_of(image.title),
        )
        return Item(image.segment.text, made)

    def _html_sound(self, sound: Asset, image: Image) -> str:
        label = html_text(_alt(image))
        if self._sound_form is SoundForm.WORDS:
            return f'<span class="sound">[sound: {label}]</span>'
        self._use(sound, _media(image))
        if self._sound_form is SoundForm.MARK:
            return f'<span class="sound" title="{label}">[sound:{sound.name}]</span>'
        return f'<audio controls preload="none" src="{sound.name}" title="{label}" aria-label="{label}"></audio>'

    def _markdown_picture(self, image: Image) -> str:
        if image.figure_id is not None:
            figure = self._placed_figure(image, image.figure_id)
            if figure is None:
                return _escaped(_alt(image))
            caption = f"<br><em>{figure.caption}</em>" if figure.caption else ""
            return f"{_markdown_image(figure.asset, figure.alt, figure.shown_width, image)}{caption}"
        sound = self._media.sound(image.target)
        if sound is not None:
            return f"[{_escaped(_alt(image))}](asset:{self._use(sound, _media(image))})"
        picture = self._media.picture(image.target)
        if picture is None:
            return _escaped(_alt(image))
        asset = self._use(picture.asset, _media(image))
        return _markdown_image(asset, _alt(image), width_of(image.title), image)


def _typed(card: Card) -> str:
    """Return the typed answer without line breaks; empty for other kinds of cards."""
    return " ".join(joined(unfolded(card.typed)).split()) if card.typed is not None else ""


def _media(image: Image) -> str:
    """Return the source of an author's file."""
    return f"media:{image.target}"


def _alt(image: Image) -> PlainText:
    return PlainText(" ".join(_ESCAPE.sub(r"\1", joined(image.alt)).split()) or image.target)


def _alt_item(image: Image) -> Item:
    return Item(image.segment.text, html_text(_alt(image)))


def _escaped(text: PlainText) -> str:
    return _SPECIAL.sub(r"\\\1", text.characters)


def _img(asset: str, alt: PlainText, width: float, height: float, more: str = "", shown_width: str = "") -> str:
    style = f' style="{width_style(shown_width)}"' if shown_width else ""
    return f'<img{more} src="{asset}" alt="{html_text(alt)}" width="{round(width)}" height="{round(height)}"{style}>'


def _markdown_image(asset: str, alt: PlainText, width: str, image: Image) -> str:
    """Return a picture in Markdown, with a width as HTML."""
    if not width:
        return f"![{_escaped(alt)}](asset:{asset})"
    # A tag alone on a line begins an HTML block, in which the next line would not be Markdown (CommonMark 4.6).
    opens_block = _ALONE_ABOVE_TEXT.match(image.segment.source, image.segment.end) is not None
    return f"{'&#8203;' if opens_block else ''}{sized_picture(f'asset:{asset}', alt, width)}"


def _figure_item(image: Image, figure: RenderedFigure) -> Item:
    picture = _img(figure.asset, figure.alt, figure.width, figure.height, shown_width=figure.shown_width)
    caption = f"<figcaption>{figure.caption}</figcaption>" if figure.caption else ""
    kind = "drawn" if figure.drawn else "media"
    block = f'<figure class="figure {kind}">{picture}{caption}</figure>'
    return Item(image.segment.text, picture, block)
