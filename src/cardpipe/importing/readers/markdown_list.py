"""Lists of questions in Markdown: each heading that asks, or each `<details>` with its summary, is a card.

The heading above it is its subdeck.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from cardpipe.importing.api import (
    FieldForm,
    ImportedDeck,
    ImportedNote,
    Match,
    Reader,
    Remark,
    UsageError,
    basic_note_type,
)
from cardpipe.importing.readers.markdown_notes import NoteTexts, lines_of
from cardpipe.importing.readers.markdown_sections import (
    BOLD_LEVEL,
    Details,
    Section,
    is_contents,
    is_generic,
    is_links_only,
    sections_of,
)
from cardpipe.importing.readers.note_files import NoteMedia, is_markdown, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.importing.api import ReadOptions, Source

_NUMBER: Final = re.compile(
    r"""^(?P<mark>[*_]{0,3})(?:
        (?:Q|Question|Frage|№)?[ \t]*\#?[0-9]{1,4}[ \t]*(?:[.)][ \t]*(?=[^\W\d]|[*_`"'“‘(¿<])|:[ \t]+|[-–—][ \t]+)
        |Q[.:][ \t]*
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_EMPHASIS: Final = re.compile(r"(\*{1,3}|_{1,3})([^*_\n]+)\1")
_MARKS: Final = re.compile(r"</?(?:b|strong|i|em|h[1-6]|p|br|summary|span|font)\b[^<>]{0,200}>", re.IGNORECASE)
_PARAGRAPHS: Final = re.compile(r"(?m)^[ \t]*(?:</?(?:p|div|summary|details|blockquote)(?:[ \t][^<>\n]*)?>[ \t]*)+$\n?")
_ANSWER: Final = re.compile(
    r"""\s*(?:\#{1,6}[ \t]+)?(?P<mark>\*{0,2}|_{0,2})(?:Answer|Antwort|Réponse|Respuesta|Solution|Ans|A(?=[*_]*:))[ \t]*
    (?P=mark)[ \t]*[:.][ \t]*(?P=mark)[ \t]*""",
    re.IGNORECASE | re.VERBOSE,
)
_ANSWER_LINE: Final = re.compile(
    r"""[ \t]*(?:\#{1,6}[ \t]+)?(?P<mark>\*{0,2}|_{0,2})
    (?:(?:Correct[ ])?Answer|Antwort|Réponse|Respuesta|Solution|Ans)[ \t]*
    (?P=mark)[ \t]*:[ \t]*(?P=mark)[ \t]*(?P<rest>[^\n]*)$""",
    re.IGNORECASE | re.VERBOSE,
)
_OPTION: Final = re.compile(r"^[ \t]*(?:[-*+]|[0-9]{1,3}[.)])[ \t]+\[(?P<box>[ xX])\][ \t]*(?P<text>.*)$")
_SERVICE: Final = re.compile(
    r"""\W*(?:index|licen[cs]e|contribut(?:ing|ors?|ions?)|how[ ]to[ ]contribute|disclaimer|acknowledge?ments?|credits?|
    support(?:[ ]us)?|sponsors?|star[ ]history|inhaltsverzeichnis|lizenz|how[ ]to[ ]use(?:[ ]this[ ]\w+)?|
    what(?:.s|[ ]is)[ ]new)\W*""",
    re.IGNORECASE | re.VERBOSE,
)
"""Headings of repositories that ask nothing."""
_FILES: Final = frozenset({"contributing", "code_of_conduct", "changelog", "license", "security"})
"""Files that repositories have beside their content."""
_RULE: Final = re.compile(r"[ \t]*(?:-{3,}|\*{3,}|_{3,})[ \t]*")


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
        asked: list[ImportedNote] = []
        topics: list[ImportedNote] = []
        remarks: list[Remark] = []
        unasked: list[Remark] = []
        media = NoteMedia(source)
        for name, text in texts_of(source):
            if source.is_folder and PurePosixPath(name).stem.lower() in _FILES:
                remarks.append(Remark(name, "no list of questions, so the file is not read"))
                continue
            found = _List(text, name, _title_of(source, name), media)
            made = list(found.notes())
            (asked if found.asks else topics).extend(made)
            remarks += found.remarks
            if made and not found.asks:
                unasked.append(Remark(name, "no heading asks, so the file is not read"))
        # Beside lists of questions, a folder has files that explain or instruct.
        read = asked or topics
        remarks += unasked if asked else []
        if not read:
            raise UsageError(
                f"{source.path} has no questions.", hint="A question is a heading with text below, or a <details>."
            )
        yield ImportedDeck(
            name=source.stem,
            note_types=(basic_note_type("basic", form=FieldForm.MARKDOWN, name="Questions"),),
            notes=lambda: iter(read),
            media=media.files,
            remarks=tuple(remarks),
        )


def _title_of(source: Source, name: str) -> str:
    """Return the deck of questions that have no heading above them."""
    path = PurePosixPath(name)
    inner = "" if not source.is_folder else path.parent.name if path.stem.lower() == "readme" else path.stem
    return f"{source.stem}::{inner.replace('::', ':')}" if inner else source.stem


class _List:
    def __init__(self, text: str, name: str, deck: str, media: NoteMedia) -> None:
        self._text = text
        self._name = name
        self._deck = deck
        self._texts = NoteTexts(text, name, media)
        self._sections = sections_of(text)
        blocks = [block for section in self._sections for block in section.details]
        self._has_summaries = sum(not block.is_generic for block in blocks) * 2 > len(blocks)
        chosen, self.asks = _questions(self._sections, text)
        self._chosen = {id(section) for section in chosen}
        self._dividers = _dividers(self._sections, text, {one.level for one in chosen if one.is_numbered})
        self.remarks: list[Remark] = []

    def notes(self) -> Iterator[ImportedNote]:
        """Yield a note for each question."""
        chosen = self._chosen
        index = 0
        while index < len(self._sections):
            section = self._sections[index]
            index += 1
            if id(section) not in chosen:
                yield from self._by_details(section, is_question=False)
                continue
            # Deeper headings belong to the answer.
            extent = [section]
            while index < len(self._sections) and self._sections[index].level > section.level:
                if id(self._sections[index]) in chosen:
                    break
                extent.append(self._sections[index])
                index += 1
            details = [one for part in extent for one in part.details]
            asking = any(one.asks for one in details)
            if asking or any(one.is_generic for one in details) or (details and not self._own_text(section, details)):
                section.details, section.end = details, extent[-1].end
                yield from self._by_details(section, is_question=not asking)
            else:
                yield self._by_heading(section, extent[-1].end)

    def _own_text(self, section: Section, details: Sequence[Details]) -> bool:
        """Return whether a section has text before its first `<details>`."""
        return not is_links_only(self._text[section.body_start : details[0].start])

    def _by_heading(self, section: Section, end: int) -> ImportedNote:
        body = _dedented(self._text[section.body_start : end]).strip("\n")
        before, after = _divided(body)
        question = f"{_asked(section.title)}\n\n{before}".strip()
        return self._note(question, after, section.number, self._deck_of(self._above(section)))

    def _by_details(self, section: Section, *, is_question: bool) -> Iterator[ImportedNote]:
        """Yield a note for each `<details>`; where its summary only says “Answer”, the text above is the question.

        A second answer without a question above it belongs to the first.
        """
        position = section.body_start
        title = _asked(section.title) if section.title else ""
        deck = self._deck_of(self._above(section) if is_question else section)
        made: ImportedNote | None = None
        for block in section.details:
            if not (is_question or block.asks or block.is_generic or self._has_summaries):
                continue
            between = _dedented(self._text[position : block.start]).strip("\n")
            position = block.end
            answer = _dedented(self._text[block.answer_start : block.answer_end])
            summary = _MARKS.sub(" ", block.summary).strip()
            if made is not None and block.is_generic and is_links_only(between):
                more = self._texts.prepared(f"**{summary}**\n\n{_without_rules(_PARAGRAPHS.sub(chr(10), answer))}")
                made = replace(made, fields=(made.fields[0], f"{made.fields[1]}\n\n{more}"))
                continue
            if made is not None:
                yield made
            if block.is_generic:
                question = f"{title}\n\n{_without_rules(between)}".strip()
            else:
                question = f"{title}\n\n{_asked(summary)}".strip() if is_question else _asked(summary)
                self._leave(between, self._line(block.start), section)
            title = ""
            made = self._note(question, answer, self._line(block.start), deck) if question else None
        if made is not None:
            yield made
        self._leave(self._text[position : section.end], section.number, section)

    def _line(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1

    def _leave(self, text: str, line: int, section: Section) -> None:
        """Remark on a text that belongs to no question."""
        if not is_links_only(text) and not is_links_only(
            re.sub(r"(?m)^\W*$|^\s*[*_\[]*.{0,10}back to top.*$", "", text)
        ):
            title = section.title or "the beginning"
            self.remarks.append(Remark(f"{self._name}, line {line} ({title[:80]})", "text that belongs to no question"))

    def _above(self, section: Section) -> Section | None:
        """Return the heading under which a question is."""
        above = self._dividers.get(id(section)) or section.parent
        while above is not None and id(above) in self._chosen:
            above = above.parent
        return above

    def _deck_of(self, above: Section | None) -> str:
        if above is None or not above.title:
            return self._deck
        name = re.sub(r"!\[|\]\([^()]*\)|[*_`\[\]#]|<[^<>]*>", "", above.title).replace("::", ":").strip()
        return f"{self._deck.partition('::')[0]}::{name}" if name else self._deck

    def _note(self, question: str, answer: str, line: int, deck: str) -> ImportedNote:
        place = f"{self._name}, line {line}"
        told = _without_rules(_PARAGRAPHS.sub("\n", answer))
        announced = _ANSWER.match(told)
        told = told[announced.end() :] if announced is not None else told
        asked = self._texts.prepared(question).strip()
        told = _without_rules(self._texts.prepared(told)).strip("\n")
        if is_links_only(re.sub(r"[*_]", "", told)) and "](" not in told:
            self.remarks.append(Remark(place, "the question has no answer"))
            told = ""
        return ImportedNote(note_type="basic", fields=(asked, told), place=place, deck=deck)


def _dividers(sections: Sequence[Section], text: str, numbered: set[int]) -> dict[int, Section]:
    """Return for each section the last heading of its level that only divides a list, as it has no text of its own.

    On the levels of numbered questions, such a heading is a question without an answer.
    """
    found: dict[int, Section] = {}
    last: dict[int, Section] = {}
    for one in sections[1:]:
        last = {level: divider for level, divider in last.items() if level <= one.level}
        if one.level in numbered:
            continue
        if not one.children and not one.asks and is_links_only(text[one.body_start : one.end]):
            last[one.level] = one
        elif one.level in last:
            found[id(one)] = last[one.level]
    return found


def _questions(sections: Sequence[Section], text: str) -> tuple[list[Section], bool]:
    """Return the sections that are questions, and whether any asks.

    If enough headings ask, these, and those beside them on the level on which most questions are; else all headings
    with text directly below.
    """
    bodies = {id(one): text[one.body_start : one.end] for one in sections}
    named = [one for one in sections[1:] if not _SERVICE.fullmatch(one.title) and not is_contents(one.title)]
    filled = [
        one
        for one in named
        if not is_links_only(bodies[id(one)])
        or ((one.is_numbered or one.asks) and re.search(r"\]\(https?:", bodies[id(one)]) is not None)
    ]
    answered = [one for one in sections[1:] if any(block.is_generic for block in one.details)]
    options = [one for one in filled if _OPTION.search(bodies[id(one)]) is not None] if "[x]" in text.lower() else []
    known = {id(one) for one in filled}
    asking = [one for one in named if (one.asks or one.level == BOLD_LEVEL) and (id(one) in known or not one.children)]
    sure = {id(one): one for one in (*asking, *answered, *options)}
    if not sure or (len(sure) * 3 <= len(filled) and len(sure) < 10):
        if any(one.details for one in sections):
            return list(sure.values()), True
        return [one for one in filled if one.parent is not None] or filled, False
    groups: dict[tuple[int, int], list[Section]] = {}
    for one in named:
        is_question = id(one) in known or (one.is_numbered and not one.children)
        if is_question and id(one.parent) not in sure:
            groups.setdefault((id(one.parent), one.level), []).append(one)
    for siblings in groups.values():
        asked = [one for one in siblings if id(one) in sure]
        if len(asked) * 2 >= len(siblings):
            numbered = sum(one.is_numbered for one in asked) * 2 > len(asked)
            sure |= {
                id(one): one for one in siblings if one.is_numbered is numbered or (not numbered and id(one) in known)
            }
    return list(sure.values()), True


def _asked(title: str) -> str:
    """Return the text of a heading or summary without its number, on one line."""
    plain = " ".join(title.split())
    whole = _EMPHASIS.fullmatch(plain)
    plain = whole[2].strip() if whole is not None else plain
    stripped = _NUMBER.sub(r"\g<mark>", plain, count=1).strip()
    whole = _EMPHASIS.fullmatch(stripped)
    return (whole[2].strip() if whole is not None else stripped) or plain


def _divided(body: str) -> tuple[str, str]:
    """Return the part of a section's text that belongs to the question, and the answer.

    The question has the options of a choice, and what stands above a line such as “Answer: B”.
    """
    lines = body.split("\n")
    in_code = [code for _, _, code in lines_of(body)]
    for index, line in enumerate(lines):
        match = None if in_code[index] or not index else _ANSWER_LINE.match(line)
        if match is not None or (
            not in_code[index] and index and re.match(r"#{1,6} ", line) and is_generic(line.lstrip("# "))
        ):
            rest = match["rest"].strip("* ") if match is not None else ""
            above = "\n".join(lines[:index])
            if not is_links_only(above):
                return above.strip("\n"), "\n".join([rest, *lines[index + 1 :]]).strip("\n")
    found = {index: match for index, line in enumerate(lines) if not in_code[index] and (match := _OPTION.match(line))}
    if len(found) < 2 or all(match["box"] == " " for match in found.values()):
        return "", body
    last = max(found) + 1
    while last < len(lines) and (
        in_code[last] or lines[last].startswith((" ", "\t")) or _is_before_code(last, lines, in_code)
    ):
        last += 1
    ends = [*list(found)[1:], last]
    right = [
        "\n".join([match["text"], *lines[index + 1 : end]]).rstrip()
        for (index, match), end in zip(found.items(), ends, strict=True)
        if match["box"] != " "
    ]
    asked = [f"- {found[index]['text']}" if index in found else line for index, line in enumerate(lines[:last])]
    told = right[0] if len(right) == 1 else "\n".join(f"- {one}" for one in right)
    rest = "\n".join(lines[last:]).strip("\n")
    return "\n".join(asked).strip("\n"), "\n\n".join(part for part in (told, rest) if part)


def _is_before_code(index: int, lines: Sequence[str], in_code: Sequence[bool]) -> bool:
    """Return whether a line is the empty one between an option and its code."""
    return not lines[index].strip() and index + 1 < len(lines) and in_code[index + 1]


def _without_rules(text: str) -> str:
    """Return a text without lines at its edges that divide it from its neighbours."""
    lines = text.split("\n")
    while lines and (not lines[-1].strip() or _RULE.fullmatch(lines[-1]) or re.fullmatch(r"\s*<br ?/?>\s*", lines[-1])):
        lines.pop()
    while lines and (not lines[0].strip() or _RULE.fullmatch(lines[0]) or re.fullmatch(r"\s*<br ?/?>\s*", lines[0])):
        lines.pop(0)
    return "\n".join(lines)


def _dedented(text: str) -> str:
    """Return a text without the indentation of a list item that contains all of it."""
    lines = text.expandtabs(4).split("\n")
    first = next((line for line in lines if line.strip()), "")
    indent = len(first) - len(first.lstrip(" "))
    if not 1 <= indent <= 8:
        return text
    return "\n".join(line[min(indent, len(line) - len(line.lstrip(" "))) :] for line in lines)


READER: Reader = MarkdownListReader()
