"""The structure of a list of questions in Markdown: its headings, and the `<details>` between them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cardpipe.importing.readers.markdown_notes import without_code

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BOLD_LEVEL: Final = 7
"""The level of a line in bold that asks, below all headings."""
_HEADING: Final = re.compile(
    r"(?m)^(?P<indent> {0,3})(?P<item>(?:[0-9]{1,4}[.)]|[-*+])[ \t]+)?(?P<signs>#{1,6})[ \t]+"
    r"(?P<title>\S[^\n]{0,2000})$"
)
_BOLD: Final = re.compile(
    r"(?m)^(?P<item>(?:[0-9]{1,4}[.)]|[-*+])[ \t]+)?(?P<signs>\*\*|__)(?P<title>\S[^\n]{0,2000})$"
)
_BOLD_NUMBER: Final = re.compile(
    r"(?m)^(?P<item>)(?P<signs>\*\*|__)(?=(?:Q|Question )?[0-9]{1,4}[.):]?[^*_\n]{0,200}(?P=signs)[^\n]{1,2000}$)"
    r"(?P<title>[^\n]+)$"
)
_ITS_NUMBER: Final = re.compile(
    r"(?:Q|Question )?[0-9]{1,4}[.):]?[ \t]*(?P<bare>(?:\*\*|__)[.):]?[ \t]*)?", re.IGNORECASE
)
_CONTENTS: Final = re.compile(r"\W*(?:[\w/]{1,20}\W{1,3}){0,2}(?:table of contents?|toc|contents)\W*", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?P<close>/?)(?P<name>details|summary)\b[^<>]{0,200}>", re.IGNORECASE)
_ASKING_SIGNS: Final = ("?", "？", "؟")
_DECORATION: Final = re.compile(r"(?:\[\[?[^\[\]\n]{0,80}\]\]?\([^()\n]{0,500}\)|\([^()\n]{1,30}\)|[^\w?？؟`)\]])+$")
"""What can follow the question mark: emphasis, pictures such as stars for the difficulty, a remark in parentheses."""
_QUESTION: Final = re.compile(
    r"\W*(?:Q?[0-9]{0,4}\W{1,4})?(?:what|how|why|when|which|who|whom|whose|where|explain|describe|define|"
    r"differences? between|"
    r"is|are|do|does|did|can|should|would|was|wie|warum|wann|wer|welche[rsnm]?|erkläre|qué|cuál|cuáles|cómo|quelle?s?|"
    r"comment|pourquoi|quais|qual|cosa|perché|что|как|какой|какие|какая|почему|зачем)(?:'s)?[ \t]",
    re.IGNORECASE,
)
"""The beginning of a question without a question mark, in languages that have lists on the web."""
_GENERIC: Final = re.compile(
    r"\W*(?:(?:show|see|view|reveal|expand|click (?:here )?(?:to|for)(?: (?:see|show|view|reveal|expand))?)\W+)?"
    r"(?:(?:the|my|full) )?"
    r"(?:answers?|solutions?|explanation|antwort|lösung|réponse|respuesta|resposta|risposta|ответ|答案|解答|정답)"
    r"(?:[ \t]*#?[0-9]{1,2})?\W*(?:\([^()\n]{0,80}\))?\W*",
    re.IGNORECASE,
)
_LINKS_ONLY: Final = re.compile(
    r"(?:[-*+\s|·•—]|[0-9]{1,4}[.)]|\[(?:!\[[^\]]*\]\([^)]*\)|[^\]\[])*\]\([^)]*\)"
    r"|<[^<>]*>|&[a-z]+;|⬆️?|↥|Back to top|Top)*",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Details:
    """A `<details>` by its offsets; its answer is the text after the summary."""

    start: int
    end: int
    summary: str
    answer_start: int
    answer_end: int
    inner: list[Details] = field(default_factory=list)

    @property
    def is_generic(self) -> bool:
        """Whether the summary does not ask, but announces the answer to what is above."""
        return _GENERIC.fullmatch(_words(self.summary)) is not None

    @property
    def asks(self) -> bool:
        """Whether the summary ends with a question mark."""
        return _asks(_words(self.summary))


@dataclass(slots=True)
class Section:
    """A heading and the text up to the next one; `number` is the heading's line."""

    number: int
    level: int
    title: str
    start: int
    """The offset of the heading."""
    body_start: int
    end: int
    is_numbered: bool
    parent: Section | None = None
    children: list[Section] = field(default_factory=list)
    details: list[Details] = field(default_factory=list)

    @property
    def asks(self) -> bool:
        """Whether the title ends with a question mark."""
        return _asks(self.title)


def _asks(title: str) -> bool:
    """Return whether a title ends with a question mark, or begins like a question."""
    return _DECORATION.sub("", title).endswith(_ASKING_SIGNS) or _QUESTION.match(title) is not None


def _words(html: str) -> str:
    return re.sub(r"<[^<>]*>", " ", html).strip()


def is_links_only(text: str) -> bool:
    """Return whether a text is a table of contents, or empty."""
    return _LINKS_ONLY.fullmatch(text) is not None


def is_contents(title: str) -> bool:
    """Return whether a title or summary announces a table of contents."""
    return _CONTENTS.fullmatch(title) is not None


def is_generic(title: str) -> bool:
    """Return whether a title or summary only announces an answer."""
    return _GENERIC.fullmatch(title) is not None


def sections_of(text: str) -> list[Section]:
    """Return the sections of a text in their order; the first has no heading.

    Headings within a `<details>` that has the answer belong to it.
    """
    plain = without_code(text)
    blocks = _details(text, plain)
    found = list(_headings(text, plain))
    inner = {index for index, one in enumerate(found) if _is_inside(one, blocks)}
    outer = _open_folders(blocks, found)
    headings = [
        one
        for index, one in enumerate(found)
        if index not in inner or not any(block.start <= one.start < block.end for block in outer)
    ]
    sections = [Section(0, 0, "", 0, 0, len(text), is_numbered=False), *headings]
    _nest(sections, len(text))
    _assign(sections, outer)
    return sections


def _nest(sections: list[Section], length: int) -> None:
    """Set the ends and parents of sections."""
    path: list[Section] = []
    for index, one in enumerate(sections):
        one.end = sections[index + 1].start if index + 1 < len(sections) else length
        while path and path[-1].level >= one.level:
            path.pop()
        one.parent = path[-1] if path and path[-1].level else None
        if one.parent is not None:
            one.parent.children.append(one)
        path.append(one)


def _assign(sections: list[Section], blocks: Sequence[Details]) -> None:
    index = 0
    for block in blocks:
        while index + 1 < len(sections) and sections[index + 1].start <= block.start:
            index += 1
        sections[index].details.append(block)


def _headings(text: str, plain: str) -> Iterator[Section]:
    """Yield headings, and lines in bold that ask, without their ends."""
    found = list(_HEADING.finditer(plain))
    bold = [match for match in _BOLD.finditer(plain) if _is_bold(text, match)]
    bold += numbered if len(numbered := list(_BOLD_NUMBER.finditer(plain))) > 2 else []
    # Where headings ask, lines in bold belong to the answers.
    if len(bold) > sum(_asks(text[match.start("title") : match.end("title")]) for match in found):
        found += {match.start(): match for match in bold}.values()
    found.sort(key=lambda match: match.start())
    item_level = 0
    line = position = 0
    for match in found:
        line += text.count("\n", position, match.start())
        position = match.start()
        level = len(match["signs"]) if match["signs"][0] == "#" else BOLD_LEVEL
        title = text[match.start("title") : match.end("title")]
        title = title.rstrip(" \t").rstrip("#").strip(" \t") if level < BOLD_LEVEL else title.rstrip(" \t*_")
        if match.re is _BOLD_NUMBER:
            title = _without_number(text[match.start("title") : match.end("title")], match["signs"])
        item = match["item"] or ""
        # An indented heading belongs to the list item above.
        if level < BOLD_LEVEL and match["indent"] and len(match["indent"]) > 1 and not item:
            level = max(level, min(item_level + 1, BOLD_LEVEL))
        else:
            item_level = level if item else 0
        is_numbered = (
            item[:1].isdigit()
            or match.re is _BOLD_NUMBER
            or re.match(r"\W*(?:Q|Question|Frage)?\W{0,2}[0-9]", title) is not None
        )
        if title:
            yield Section(line + 1, level, title, match.start(), match.end(), 0, is_numbered)


def _without_number(line: str, signs: str) -> str:
    number = _ITS_NUMBER.match(line)
    if number is None:
        return line
    return line[number.end() :] if number["bare"] else f"{signs}{line[number.end() :]}"


def _is_bold(text: str, match: re.Match[str]) -> bool:
    """Return whether a whole line is in bold and asks."""
    title = text[match.start("title") : match.end("title")].rstrip()
    inner, closing = title[:-2], title[-2:]
    return closing == match["signs"] and closing not in inner and "?" in inner.replace("？", "?") and _asks(inner)


def _details(text: str, plain: str) -> list[Details]:
    """Return the outermost `<details>`, with those inside of them."""
    blocks: list[Details] = []
    stack: list[Details] = []
    summary = -1
    for match in _TAG.finditer(plain):
        closes, name = bool(match["close"]), match["name"].lower()
        if name == "summary":
            if not closes:
                summary = match.end()
            elif summary >= 0 and stack and not stack[-1].answer_start:
                stack[-1].summary = text[summary : match.start()].strip()
                stack[-1].answer_start = match.end()
                summary = -1
        elif not closes:
            made = Details(match.start(), len(text), "", 0, len(text))
            (stack[-1].inner if stack else blocks).append(made)
            stack.append(made)
        elif stack:
            ended = stack.pop()
            ended.end, ended.answer_end = match.end(), match.start()
    for one in stack:
        # Without its end, it reaches up to the next one.
        later = _TAG.search(plain, one.answer_start or one.start + 1)
        one.end = one.answer_end = later.start() if later is not None else len(text)
        blocks += [inner for inner in one.inner if inner.start >= one.end]
        one.inner = [inner for inner in one.inner if inner.start < one.end]
    blocks.sort(key=lambda block: block.start)
    return _with_answers([block for block in blocks if not is_contents(_words(block.summary)) or block.inner])


def _with_answers(blocks: list[Details]) -> list[Details]:
    for block in blocks:
        block.answer_start = block.answer_start or block.start
        _with_answers(block.inner)
    return blocks


def _is_inside(heading: Section, blocks: Sequence[Details]) -> bool:
    return any(block.start <= heading.start < block.end for block in blocks)


def _open_folders(blocks: Sequence[Details], headings: Sequence[Section]) -> list[Details]:
    """Return the blocks that hold answers; one that holds questions is only a folder around them."""
    made: list[Details] = []
    for block in blocks:
        has_questions = any(block.start < one.start < block.end and one.asks for one in headings)
        holds = len(block.inner) > 1 and all(not inner.is_generic for inner in block.inner)
        if (has_questions or holds) and not block.is_generic:
            made += _open_folders(block.inner, headings)
        else:
            made.append(block)
    return made
