"""Notes to card files: fields are converted, and a card that lint refuses is written in a plainer form."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm
from cardpipe.importing.card_text import card_text
from cardpipe.importing.code import fence_of
from cardpipe.importing.markdown_html import html_of
from cardpipe.lint.context import LintContext
from cardpipe.lint.engine import examine, local_checks
from cardpipe.model.deck import CardKind
from cardpipe.source.load import read_cards
from cardpipe.text.positions import SourceText

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cardpipe.cache.store import Cache
    from cardpipe.importing.markdown import Converted, Converter
    from cardpipe.importing.media_store import MediaStore
    from cardpipe.importing.plan import Draft
    from cardpipe.importing.shipped.notes import CardParts
    from cardpipe.model.deck import DeckSettings
    from cardpipe.model.diagnostics import Finding

LONGEST_FIELD: Final = 300_000
"""Maximum characters of a field, with its tags; a card's text has at most a third of them."""
_TYPED: Final = re.compile(r"[^\n<>$\\]{1,200}")
LEVELS: Final = ("text", "block", "words", "code")
"""The forms of a field, from the best to the plainest."""


@dataclass(slots=True)
class Field:
    """A field of a card: what it was, and what it became."""

    source: str
    converted: Converted
    level: int = 0


@dataclass(slots=True)
class ConvertedCard:
    """The text of a card's file, and its fields by name."""

    id: str
    text: str
    fields: dict[str, Field] = field(default_factory=dict)
    refusal: str = ""
    """Why lint refuses every form of the card; empty if it does not."""


class CardMaker:
    """Makes the texts of cards that lint without errors."""

    def __init__(self, settings: DeckSettings, cache: Cache, media: MediaStore) -> None:
        from cardpipe.importing.markdown import Converter
        from cardpipe.importing.shipped.texts import ShippedTexts

        self._settings = settings
        self._context = LintContext(settings, cache)
        # All other findings are for the new deck's authors.
        self._checks = local_checks().only_errors()
        self._media = media
        self._cache = cache
        self._others: list[LintContext] = []
        self._converter: Converter = Converter(media, self._refuses)
        self._refused: dict[tuple[str, bool], bool] = {}
        self.texts = ShippedTexts(self._converter, media, settings.catalogue)
        """Converts fields that cardpipe rendered."""
        self.words = settings.catalogue
        """The words of the deck's language."""

    def close(self) -> None:
        """End MathJax, if it was started."""
        for context in (*self._others, self._context):
            context.close()

    def _refuses(self, tex: str, display: bool) -> bool:
        from cardpipe.importing.markdown import tex_line

        line = tex_line(tex)
        key = (line, display)
        if key not in self._refused:
            self._refused[key] = not line or "$" in line or self._is_error(line, display=display)
        return self._refused[key]

    def _is_error(self, tex: str, *, display: bool) -> bool:
        from cardpipe.render.cloze import ClozeForm
        from cardpipe.render.cloze import tex as without_clozes

        self._context.begin_file()
        return self._context.math_error(without_clozes(tex, ClozeForm.FILLED), display=display) is not None

    def card(
        self, card_id: str, draft: Draft, form: FieldForm, *, tags: Sequence[str], guid: str, path: str, schema: str
    ) -> ConvertedCard:
        """Return a card that lint accepts, or one with a refusal."""
        draft = replace(
            draft,
            question=self._media.with_pasted(draft.question),
            answer=self._media.with_pasted(draft.answer),
            details=tuple(map(self._media.with_pasted, draft.details)),
        )
        if max(map(len, (draft.question, draft.answer, *draft.details))) > LONGEST_FIELD:
            return ConvertedCard(card_id, "", refusal=f"A field has more than {LONGEST_FIELD:,} characters.")
        made = self._first(card_id, draft, form)
        kind = draft.kind
        errors: list[Finding] = []
        # Once more without the parts, if these have errors.
        for _ in range(len(LEVELS) * 2 + 1):
            made.text = self._text(made, kind, draft, tags=tags, guid=guid, schema=schema)
            errors = self.errors(path, made.text)
            if not errors:
                break
            if kind is CardKind.CLOZE and any(finding.code == "KND001" for finding in errors):
                kind = CardKind.BASIC
                continue
            if not self._degrade(made, errors, form, cloze=kind is CardKind.CLOZE):
                if draft.parts is None:
                    break
                draft = replace(draft, parts=None)
        made.refusal = errors[0].message if errors else ""
        return made

    def _first(self, card_id: str, draft: Draft, form: FieldForm) -> ConvertedCard:
        made = ConvertedCard(card_id, "")
        is_cloze = draft.kind is CardKind.CLOZE
        parts = draft.parts
        made.fields["question"] = self.field(draft.question, form, clozes=is_cloze, parts=parts)
        if draft.answer.strip():
            made.fields["answer"] = self.field(draft.answer, form, parts=parts)
        if draft.details:
            joined = ("\n\n" if form is FieldForm.MARKDOWN else "<div><br></div>").join(draft.details)
            made.fields["details"] = self.field(joined, form, parts=parts)
        return made

    @property
    def converter(self) -> Converter:
        """The converter of fields."""
        return self._converter

    def refuses(self, text: str) -> bool:
        """Return whether a rule on texts finds an error in a text of the deck's settings."""
        self._context.begin_file()
        written = SourceText.inline(text)
        checks = (*self._checks.of_texts, *self._checks.of_markup)
        return any(next(iter(check(written, self._context)), None) for _, check in checks)

    def use(self, settings: DeckSettings) -> None:
        """Check cards by these settings from now on."""
        self._others.append(self._context)
        self._settings = settings
        self._context = LintContext(settings, self._cache)

    def field(
        self,
        source: str,
        form: FieldForm,
        *,
        clozes: bool = False,
        parts: CardParts | None = None,
        is_line: bool = False,
    ) -> Field:
        """Convert a field; `parts` has the figures of a card of a package of cardpipe."""
        if form is FieldForm.RENDERED:
            assets = parts.assets if parts is not None else {}
            return Field(source, self.texts.converted(source, clozes=clozes, figures=assets, is_line=is_line))
        if form is FieldForm.MARKDOWN:
            return Field(source, self._converter.markdown(source, clozes=clozes))
        if form is FieldForm.PLAIN:
            source = "<br>".join(html.escape(line, quote=False) for line in source.split("\n"))
        return Field(source, self._converter.html(source, clozes=clozes))

    def _text(
        self, made: ConvertedCard, kind: CardKind, draft: Draft, *, tags: Sequence[str], guid: str, schema: str
    ) -> str:
        values = {"id": made.id}
        if guid:
            values["guid"] = guid
        if draft.title:
            values["title"] = draft.title
        texts = {name: one.converted.text for name, one in made.fields.items()}
        question = texts.get("question") or "–"
        values["question"] = question
        answer = texts.get("answer", "")
        plain = _plain(draft.answer)
        if draft.typed and draft.parts is not None:
            kind, answer = CardKind.TYPED, html.unescape(draft.answer)
        elif draft.typed and _TYPED.fullmatch(plain) and plain == html.unescape(draft.answer).strip():
            kind, answer = CardKind.TYPED, plain
        if kind is not CardKind.CLOZE or answer:
            values["answer"] = answer or "–"
        if kind is not CardKind.BASIC:
            values["kind"] = kind.value
        if texts.get("details"):
            values["details"] = texts["details"]
        return card_text(values, tags=tags, schema=schema, parts=draft.parts)

    def errors(self, path: str, text: str) -> list[Finding]:
        """Return the errors in the text of a card's file."""
        file = read_cards(path, text.encode("utf-8", "surrogatepass"), self._settings)
        part = examine(file, self._context, self._checks)
        return [finding for finding in part.findings if finding.code in self._checks.errors]

    def _degrade(self, made: ConvertedCard, errors: list[Finding], form: FieldForm, *, cloze: bool) -> bool:
        """Write the fields that have errors in a plainer form; return whether any changed."""
        names = _names_at(made, errors)
        changed = False
        for name in names or list(made.fields):
            one = made.fields[name]
            if one.level + 1 >= len(LEVELS):
                continue
            one.level = max(one.level + 1, 2 if one.converted.original else 1)
            one.converted = self.plainer(one, LEVELS[one.level], form, clozes=cloze and name == "question")
            changed = True
        return changed

    def plainer(self, one: Field, level: str, form: FieldForm, *, clozes: bool) -> Converted:
        """Return a field in one of the plainer forms."""
        from cardpipe.importing.markdown import Converted

        if level == "code":
            return Converted(_as_code(one.source), exact=False, remarks=one.converted.remarks)
        source = html_of(one.source) if form is FieldForm.MARKDOWN else one.source
        convert = self._converter.block if level == "block" else self._converter.words
        converted = convert(source, clozes=clozes)
        return replace(converted, remarks=(*one.converted.remarks, *converted.remarks))


def _names_at(made: ConvertedCard, errors: list[Finding]) -> list[str]:
    """Return the fields in which findings are, by the lines of the card's text."""
    starts: dict[int, str] = {}
    current = ""
    for number, line in enumerate(made.text.split("\n"), 1):
        match = re.match(r"([a-z_]+):", line)
        if match is not None:
            current = match[1]
        starts[number] = current
    found = dict.fromkeys(starts.get(finding.span.line, "") for finding in errors)
    return [name for name in found if name in made.fields]


def _plain(source: str) -> str:
    """Return the words of a field of HTML on one line."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", source)).split())


def _as_code(source: str) -> str:
    """Return a field as it was written, as a block of code without commands of Anki."""
    plain = re.sub(r"(?i)\[(?=sound:|/?latex|/?\$|/?anki:|\[type:)", "[ ", source)
    plain = re.sub(r"\{\{(?=c[0-9]+::)", "{ {", plain)
    fence = fence_of(plain)
    return f"{fence}\n{plain.strip()}\n{fence}"
