"""Lists of questions in Markdown: each heading that asks, or each `<details>` with its summary, is a card.

The headings above it are its subdeck.
"""

from __future__ import annotations

import contextlib
import re
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import FieldForm, ImportedDeck, ImportedNote, Match, Reader, UsageError, basic_note_type
from cardpipe.importing.readers.markdown_notes import is_markdown, lines_of, plain_links, texts_of, used_media

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cardpipe.importing.api import ReadOptions, Source

_HEADING: Final = re.compile(r" {0,3}(?:[0-9]{1,4}[.)][ \t]+)?(#{1,6})[ \t]+([^\n]{1,1000})$")
_DETAILS: Final = re.compile(
    r"<details[^<>]*>\s*<summary[^<>]*>(?P<question>(?:(?!<summary).)*?)</summary>(?P<answer>.*?)(?:</details>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"^(?:(?:Q|Question|Frage)?\s*#?[0-9]{1,4}\s*[.):]\s*|Q:\s*)", re.IGNORECASE)
_MARKS: Final = re.compile(r"</?(?:b|strong|i|em|h[1-6]|p|br|code)\b[^<>]*>", re.IGNORECASE)
_LINKS_ONLY: Final = re.compile(r"(?:[-*+\s|]|\[[^\]]*\]\([^)]*\)|<[^<>]*>|⬆️|↥|Back to top|Top)*", re.IGNORECASE)
_ASKS: Final = "?？؟"
_GENERIC: Final = re.compile(
    r"\W*(?:show |see |view |click to (?:see|show) )?(?:the )?(?:answers?|solutions?|explanation|antwort|"
    r"lösung|réponse|respuesta)\W*",
    re.IGNORECASE,
)
"""Summaries that do not ask: the question is above them."""
_PARAGRAPHS: Final = re.compile(r"(?m)^[ \t]*</?(?:p|div|summary)(?: [^<>]*)?>[ \t]*$\n?")
_ANSWER: Final = re.compile(r"^\s*(?:\*\*)?(?:Answer|Antwort|A|Ans)(?:\*\*)?\s*[:.](?:\*\*)?\s*", re.IGNORECASE)


class MarkdownListReader:
    """Reads one file or a folder of them."""

    name = "markdown"
    summary = "question lists in Markdown: headings, or <details> with a summary"

    def recognises(self, source: Source) -> Match:
        """Return whether it is Markdown."""
        return Match.NAME if is_markdown(source) else Match.NO

    @contextlib.contextmanager
    def open(self, source: Source, options: ReadOptions) -> Iterator[ImportedDeck]:  # noqa: ARG002 - the interface
        """Open the list; raises UsageError if it has no questions."""
        read: list[ImportedNote] = []
        whole = []
        for name, text in texts_of(source):
            whole.append(text)
            by_details, by_headings = list(_by_details(text, name, source.stem)), _by_headings(text, name, source.stem)
            read += by_details if len(by_details) >= len(by_headings) else by_headings
        if not read:
            raise UsageError(
                f"{source.path} has no questions.", hint="A question is a heading with text below, or a <details>."
            )
        yield ImportedDeck(
            name=source.stem,
            note_types=(basic_note_type("basic", form=FieldForm.MARKDOWN, name="Questions"),),
            notes=lambda: iter(read),
            media=used_media(source, whole),
        )


def _by_details(text: str, name: str, deck: str) -> Iterator[ImportedNote]:
    """Yield a note for each `<details>`; where its summary only says “Answer”, the text above is the question."""
    lines = text.split("\n")
    headings = list(_headings(text))
    line = position = after = 0
    for match in _DETAILS.finditer(text):
        line += text.count("\n", position, match.start())
        position = match.start()
        above = [(number, heading) for number, heading in headings if number <= line + 1]
        summary = _MARKS.sub(" ", match["question"]).strip()
        question, named = summary, [heading for _, heading in above]
        if _GENERIC.fullmatch(summary):
            number, heading = above[-1] if above else (after, None)
            question = "\n".join(lines[max(number, after) : line]).strip("\n")
            if heading is not None and number >= after:
                question = f"{_NUMBER.sub('', _title(heading))}\n\n{question}".strip()
                named = [one for one in named[:-1] if len(one[1]) < len(heading[1])]
        after = line + match[0].count("\n") + 1
        answer = _PARAGRAPHS.sub("\n", match["answer"]).strip("\n")
        if question and answer.strip():
            yield _note(question, answer, f"{name}, line {line + 1}", _deck(deck, [_title(one) for one in named[-1:]]))


def _headings(text: str) -> Iterator[tuple[int, re.Match[str]]]:
    for number, line, in_code in lines_of(text):
        match = None if in_code else _HEADING.match(line)
        if match is not None and _title(match):
            yield number, match


def _title(heading: re.Match[str]) -> str:
    """Return the text of a heading without closing signs."""
    return str(heading[2]).rstrip(" \t").rstrip("#").strip(" \t")


def _by_headings(text: str, name: str, deck: str) -> list[ImportedNote]:
    """Return a note for each heading with text directly below; if most ask a question, only for those."""
    lines = text.split("\n")
    headings = list(_headings(text))
    sections = []
    path: list[tuple[int, str]] = []
    for index, (number, match) in enumerate(headings):
        depth = len(match[1])
        path = [one for one in path if one[0] < depth]
        end = headings[index + 1][0] - 1 if index + 1 < len(headings) else len(lines)
        body = _dedented(lines[number:end]).strip("\n")
        if body.strip() and _LINKS_ONLY.fullmatch(body) is None:
            sections.append((number, _title(match), body, [one for _, one in path]))
        path.append((depth, _title(match)))
    asking = [section for section in sections if section[1].rstrip(" *_`").endswith(tuple(_ASKS))]
    chosen = asking if len(asking) * 3 > len(sections) else [one for one in sections if one[3]] or sections
    return [
        _note(title, body, f"{name}, line {number}", _deck(deck, above[-1:])) for number, title, body, above in chosen
    ]


def _dedented(lines: list[str]) -> str:
    """Return the lines below a heading without the indentation of a list item that contains them."""
    text = dedent("\n".join(lines))
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    if not 2 <= indent <= 8:
        return text
    return "\n".join(line[indent:] if not line[:indent].strip() else line for line in lines)


def _note(question: str, answer: str, place: str, deck: str) -> ImportedNote:
    first, line_end, rest = question.partition("\n")
    asked = f"{_NUMBER.sub('', ' '.join(first.split())) or first}{line_end}{rest}"
    told = _ANSWER.sub("", answer).rstrip()
    body, _, last = told.rpartition("\n")
    if re.fullmatch(r"-{3,}|\*{3,}", last.strip()):
        told = body
    fields = (plain_links(asked).strip(), plain_links(told).strip("\n"))
    return ImportedNote(note_type="basic", fields=fields, place=place, deck=deck)


def _deck(deck: str, above: list[str]) -> str:
    names = [re.sub(r"[*_`\[\]]|\(.*?\)", "", name).replace("::", ":").strip() for name in above]
    return "::".join([deck, *(name for name in names if name)])


READER: Reader = MarkdownListReader()
