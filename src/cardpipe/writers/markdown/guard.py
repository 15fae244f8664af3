r"""Make a part of a page safe for all Markdown programs: no HTML, address or attribute that is not allowed.

Readers of Markdown do not agree on where code and blocks begin. CommonMark reads Markdown within `<details>`,
Python-Markdown takes all of it for HTML; Python-Markdown and others set attributes by braces. So what is written here
keeps rules that need no parser and hold in code too:

- `<` stands before a letter, `/`, `!` or `?` only in a tag of `TAGS`, which has no attributes, or in `<pre lang="…">`;
- `](` stands only before an address that `_ALLOWED` takes, and so does `]:`;
- `![` begins only a picture of the folder;
- `{` does not begin an attribute list.

The scan only decides how a sign is written that breaks a rule: as a character reference in prose, with a space in TeX,
and in code by writing the code as an HTML element, since code has no character references.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from cardpipe.markup import LinkForm, SegmentKind, scan
from cardpipe.markup.html import COLOUR, COLOURED, PAIRED_TAGS, SINGLE_TAGS
from cardpipe.markup.lines import fence_length
from cardpipe.markup.targets import read_target
from cardpipe.mathjax.references import with_numbers
from cardpipe.text.addresses import is_safe
from cardpipe.text.escaping import markdown_text

if TYPE_CHECKING:
    from cardpipe.markup import Image, Link, Segment

TAGS: Final = PAIRED_TAGS | SINGLE_TAGS | {"b", "em"}
"""Tags that are allowed in a page: those that authors can write, and those of rendered clozes and captions."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Some readers drop these, which joins what stood apart."""
_COLOURED_TAG: Final = re.compile(rf'<(/?)({COLOURED})(?:(?<!/span) style="{COLOUR.pattern}")?>')
"""A tag of coloured words, which hosts show without their colour; such a tag is left out."""
_PLAIN_TAG: Final = re.compile(rf"<(/?)({'|'.join(sorted(TAGS))}) ?/?>", re.IGNORECASE)
_SIZED_PICTURE: Final = re.compile(
    r'<img src="(?:\.\./)?assets/[A-Za-z0-9._%~-]+" alt="[^"<>\n`\[\]{}]*+" width="[1-9][0-9]{0,3}%?">'
)
"""A picture with a width, as `writers.api.sized_picture` returns it."""
_LIVE: Final = re.compile(r"[<\[\]{}`&~]|://|:[a-z]", re.IGNORECASE)
"""Without one of these signs, a text holds none that a rule is about."""

_PROSE: Final = re.compile(
    r"\\[!-/:-@\[-`{-~]"
    r"|<(?! )"
    r"|!\[|\](?=[(:])|[{`]"
    r"|(?:ftp(?=://)|xmpp(?=:)|https?(?=://[^\s/?#<>]{0,200}@))|~(?=~~)",
    re.IGNORECASE,
)
_REFERENCES: Final = {sign: f"&#{ord(sign)};" for sign in "!&()*:[\\]_`{|}~$"} | {
    "<": "&lt;",
    "&": "&amp;",
    '"': "&quot;",
}

# --- Addresses -------------------------------------------------------------------------------------------------------

_FOLDER: Final = re.compile(
    r"(?:\.\./)?(?:assets|cards|tags)/[A-Za-z0-9._%~-]+|[A-Za-z0-9]+(?:[-_.][A-Za-z0-9]+)*\.md|\.\./README\.md"
)
"""The paths of pages in the folder."""
_PICTURE: Final = re.compile(r"(?:\.\./)?assets/[A-Za-z0-9._%~-]+")
_ALLOWED: Final = re.compile(r"(?:https?://|mailto:)[^\s<>\"`\\\x00-\x20\x7f]+", re.IGNORECASE)
_WRITTEN: Final = re.compile(
    r"(?:https?://|mailto:)(?:[^\s<>\[\]{}`\\\"'()|\x00-\x20\x7f]|\([^\s<>\[\]{}`\\\"'()|\x00-\x20\x7f]*+\))++",
    re.IGNORECASE,
)
"""An address that all programs accept as written."""
_MAY_LEAD: Final = re.compile(r"\]\([ \t\n]*+<?+[A-Za-z.&\\]")
"""A quick look, so that a page of brackets takes no time."""
_SAFE: Final = "!#$%&*+,/:;=?@-._~"
_ESCAPE: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def _address(written: str) -> str | None:
    """Return a link's address in a form that all programs read the same way; None if it is not allowed."""
    if _FOLDER.fullmatch(written):
        return written
    if _WRITTEN.fullmatch(written) and not _ENTITY.search(written):
        return written if is_safe(written) else None
    import html

    meant = _ENTITY.sub(lambda match: html.unescape(match.group()), _ESCAPE.sub(r"\1", written))
    if not (_ALLOWED.fullmatch(meant) and is_safe(meant)):
        return None
    return _ENTITY.sub(lambda match: f"&amp;{match.group()[1:]}", quote(meant, safe=_SAFE))


_CHAT: Final = re.compile(r"(?<=xmpp)(?=&#58;)", re.IGNORECASE)
"""A scheme that GitHub's reader links after it has read character references; an element in between parts it."""
_NOTHING: Final = "<b></b>"

# --- Code ------------------------------------------------------------------------------------------------------------

_CODE_RISK: Final = re.compile(
    r"<(?=[A-Za-z/!?])"
    r"|!\[[^\[\]]*+\]\(|\]\((?![\w \t.,+*='\"-]*+\))"
    r"|^[ \t>*+\-0-9.)]*+\[[^\[\]]*+\]:"
    r"|^(?:`{3,}+|~{3,}+)[^\n{]*+\{",
    re.MULTILINE,
)
"""What another reader could take for more than code."""
_ATTRIBUTE_RISK: Final = re.compile(r"(?:^|(?<=[\s*_)\]`~>\"']))\{|ftp://|xmpp:", re.MULTILINE | re.IGNORECASE)
"""The same where not all readers take it for code."""
_VERBATIM: Final = re.compile(r"[<&\[\]{`*_\\~$:]")
_LANGUAGE: Final = re.compile(r"[A-Za-z0-9_+#.-]{1,40}")
_INFO: Final = re.compile(r"[ ]*[A-Za-z0-9_+#.-]*[ ]*")
LF: Final = "\n"
_FURTHER_LINE: Final = re.compile(r"\n[ \t>]*+")
_FENCE_END: Final = re.compile(r"(?:`{3,}|~{3,})[ \t]*\Z")


def _verbatim(code: str) -> str:
    return _CHAT.sub(_NOTHING, _VERBATIM.sub(lambda match: _REFERENCES[match.group()], code))


def _span(segment: Segment, *, in_table: bool) -> str:
    code = segment.content
    if not (_CODE_RISK.search(code) or _ATTRIBUTE_RISK.search(code)):
        # Three backticks that end it must not begin a line, where they could begin a fence.
        return _FURTHER_LINE.sub(" ", segment.text) if segment.text.startswith("```") else segment.text
    code = _FURTHER_LINE.sub(" ", code)
    if len(code) > 1 and code[0] == code[-1] == " " and code.strip():
        code = code[1:-1]
    if in_table:
        code = code.replace(r"\|", "|")
    return f"<code>{_verbatim(code).replace('|', _REFERENCES['|'])}</code>"


def _fence(segment: Segment) -> str:
    source = segment.source
    mark, length = fence_length(source, segment.start)
    fence = mark * length
    opening = source[segment.start + length : segment.end].partition("\n")[0]
    word = next(iter(opening.split()), "")
    word = word if _LANGUAGE.fullmatch(word) else ""
    code, closing = segment.content, source[segment.content_end : segment.end]
    outermost = segment.start == 0 or source[segment.start - 1] == "\n"
    if word == "math":
        code = _tex(code if outermost else _nested_tex(code))
    if outermost:
        # Not every reader ends a fence with the text, or with a longer one.
        code, closing = f"{code.removesuffix(LF)}{LF}" if code else "", fence
    is_open = not closing and segment.end == len(source)
    risk = _CODE_RISK.search(code) or (not outermost and word != "math" and _ATTRIBUTE_RISK.search(code))
    if not (risk or is_open):
        return f"{fence}{opening if _INFO.fullmatch(opening) else word}\n{code}{closing}"
    start = f'<pre lang="{word}">' if word else "<pre>"
    if closing:
        return f"{start}\n{_verbatim(code)}{_FENCE_END.sub('</pre>', closing)}"
    return f"{start}\n{_verbatim(code.rstrip())}</pre>{code[len(code.rstrip()) :]}"


def _indented(segment: Segment) -> tuple[int, str] | None:
    """Return the number of characters to replace before the code, and the code as an element; None if it is safe."""
    if not (_CODE_RISK.search(segment.content) or _ATTRIBUTE_RISK.search(segment.content)):
        return None
    source = segment.source
    lines = []
    outside = ""
    for start, stop in segment.prefixes:
        prefix = source[start:stop].expandtabs(4)
        outside = prefix[:-4] if len(prefix) >= 4 else ""
        end = source.find("\n", stop)
        lines.append((outside, _verbatim(source[stop : end if end >= 0 else len(source)])))
    lead = lines[0][0]
    inside = re.sub(r"[^>\s]", " ", lead)
    code = "\n".join(f"{prefix if number else inside}{line}" for number, (prefix, line) in enumerate(lines))
    return segment.start - segment.prefixes[0][0], f"{lead}<pre>\n{code}</pre>"


# --- TeX -------------------------------------------------------------------------------------------------------------

_TICKED: Final = re.compile(r"`[^`\n]*`")
_SPACED: Final = re.compile(
    r"(?<=<)(?=[A-Za-z/!?])|(?<=\])(?=[(:])|(?<=!)(?=\[)|(?<=ftp:)(?=//)|(?<=xmpp:)", re.IGNORECASE
)
_BRACE_AFTER_SIGN: Final = re.compile(r"(?<=[*)\]~>])(?=\{)")
_BRACE_AFTER_UNDERSCORE: Final = re.compile(r"(?<=_)(?=\{)")
_BRACE_AFTER_SPACE: Final = re.compile(r"(?:^|(?<=[ \t]))\{")


def _tex(tex: str) -> str:
    """Return equivalent TeX, with spaces where HTML, links or pictures could begin."""
    return _SPACED.sub(" ", tex)


def _tex_without_attributes(tex: str, *, underscores: bool) -> str:
    """Return equivalent TeX in which no brace follows possible emphasis."""
    tex = _BRACE_AFTER_SIGN.sub(" ", tex)
    return _BRACE_AFTER_UNDERSCORE.sub(" ", tex) if underscores else tex


def _nested_tex(tex: str) -> str:
    """The TeX of a block within a list or a quote, which only some readers take for code."""
    lines = _tex_without_attributes(tex, underscores=True).split("\n")
    # A comment of TeX, so that no line ends with a brace that could be an attribute list.
    return "\n".join(
        f"{line} %" if line.rstrip().endswith("}") and _BRACE_AFTER_SPACE.search(line) else line for line in lines
    )


# --- The parts of a page ---------------------------------------------------------------------------------------------


def guarded(part: str) -> str:
    """Return a part of a page, rendered Markdown, with everything escaped that is not allowed."""
    part = _CONTROL.sub("\ufffd", part.replace("\r\n", "\n").replace("\r", "\n"))
    return _Part(part).written() if _LIVE.search(part) else part


class _Part:
    def __init__(self, text: str) -> None:
        self.text = text
        scanned = scan(text)
        self._segments = scanned.segments
        self._images = {image.segment.start: image for image in scanned.images()}
        self._automatic = {link.start: link for link in scanned.links() if link.form is LinkForm.AUTOMATIC}
        self._definitions = {link.text_end: link for link in scanned.links() if link.form is LinkForm.DEFINITION}
        self._tables = scanned.tables
        self._tags = self._whole_tags()
        self._underscores, self._gaps = self._emphasis()

    def written(self) -> str:
        """Return the part made safe for a page."""
        parts: list[str] = []
        for segment in self._segments:
            if segment.kind is SegmentKind.CODE_BLOCK or (segment.is_math and self.text[segment.start] in "`~"):
                # A formula may be a fenced block of the language `math`.
                self._code_block(segment, parts)
            elif segment.kind is SegmentKind.CODE_SPAN:
                parts.append(_span(segment, in_table=self._in_table(segment.start)))
            elif segment.is_math and ("`" not in segment.content or _TICKED.fullmatch(segment.content)):
                parts.append(self._math(segment))
            elif segment.kind is SegmentKind.IMAGE and (picture := _picture(self._images[segment.start])):
                parts.append(picture)
            else:
                self._prose(segment.start, segment.end, parts)
        return "".join(parts)

    def _in_table(self, position: int) -> bool:
        return any(start <= position < end for start, end in self._tables)

    def _code_block(self, segment: Segment, parts: list[str]) -> None:
        if not segment.prefixes:
            parts.append(_fence(segment))
            return
        written = _indented(segment)
        if written is None:
            parts.append(segment.text)
        else:
            before, element = written
            parts[-1:] = ["".join(parts[-1:])[: -before or None], element]

    def _math(self, segment: Segment) -> str:
        tex = with_numbers(segment.content)
        delimiter = self.text[segment.start : segment.content_start]
        if not _TICKED.fullmatch(tex):
            tex = _tex_without_attributes(tex, underscores=self._may_be_emphasis(segment))
        if "\n" in tex and _BRACE_AFTER_SPACE.search(tex):
            tex = _FURTHER_LINE.sub(" ", tex)
        return f"{delimiter}{_tex(tex)}{delimiter}"

    # --- Prose -------------------------------------------------------------------------------------------------------

    def _prose(self, start: int, end: int, parts: list[str]) -> None:
        position = start
        while (match := _PROSE.search(self.text, position, end)) is not None:
            parts.append(self.text[position : match.start()])
            written, position = self._sign(match, end)
            parts.append(written)
        parts.append(self.text[position:end])

    def _sign(self, match: re.Match[str], end: int) -> tuple[str, int]:
        """What to write for a sign, and where to go on."""
        sign, at = match.group(), match.start()
        if sign == "<":
            return self._angle(at)
        if sign == "]":
            return self._definition(at) if self.text[at + 1] == ":" else self._target(at, end)
        if sign[0] == "\\":
            return self._escaped(sign, match.end())
        if sign[0] in "hHxX":
            # GitHub's reader makes links of addresses in plain text; this one hides where it leads, or is a chat's.
            return sign + _NOTHING, match.end()
        # The last character of what is left begins something, but for a scheme its colon.
        last = match.end() if sign[0].isalpha() else match.end() - 1
        return self.text[at:last] + _REFERENCES[self.text[last]], last + 1

    def _escaped(self, sign: str, after: int) -> tuple[str, int]:
        begins = _BEGINS.get(sign[1])
        live = begins is not None and begins.match(self.text, after)
        return _REFERENCES[sign[1]] if live else sign, after

    def _angle(self, at: int) -> tuple[str, int]:
        if at in self._tags:
            tag = self.text[at : self._tags[at]]
            return "" if _COLOURED_TAG.fullmatch(tag) else tag, self._tags[at]
        link = self._automatic.get(at)
        if link is not None:
            address = _address(link.target if ":" in link.target else f"mailto:{link.target}")
            if address is not None:
                return f"[{_shown(link)}]({address})", link.end
        return _REFERENCES["<"], at + 1

    def _definition(self, at: int) -> tuple[str, int]:
        definition = self._definitions.get(at)
        # A caret makes it a footnote.
        address = (
            _address(definition.target)
            if definition is not None and "^" not in self.text[definition.text_start : at]
            else None
        )
        if definition is None or address is None:
            return "]" + _REFERENCES[":"], at + 2
        return f"]: {address}", definition.end + (self.text[definition.end : definition.end + 1] == ">")

    def _target(self, at: int, end: int) -> tuple[str, int]:
        target = read_target(self.text, at + 1, end) if _MAY_LEAD.match(self.text, at, end) else None
        address = _address(self.text[target.start : target.stop]) if target is not None else None
        if target is None or address is None:
            return "]" + _REFERENCES["("], at + 2
        title = f' "{_title(target.title)}"' if target.title else ""
        return f"]({address}{title})", target.end

    # --- What the text has -------------------------------------------------------------------------------------------

    def _whole_tags(self) -> dict[int, int]:
        """Tags that are allowed and have their partner, by where they start: where they end."""
        found: dict[int, int] = {}
        open_tags: dict[str, list[re.Match[str]]] = {}
        for segment in self._segments:
            if segment.kind is not SegmentKind.PROSE:
                continue
            for match in _SIZED_PICTURE.finditer(self.text, segment.start, segment.end):
                found[match.start()] = match.end()
            tags = [*_PLAIN_TAG.finditer(self.text, segment.start, segment.end)]
            for match in [*tags, *_COLOURED_TAG.finditer(self.text, segment.start, segment.end)]:
                name = match.group(2).lower()
                if name in SINGLE_TAGS:
                    found[match.start()] = match.end()
                elif not match.group(1):
                    open_tags.setdefault(name, []).append(match)
                elif open_tags.get(name):
                    start = open_tags[name].pop()
                    found[start.start()] = start.end()
                    found[match.start()] = match.end()
        return found

    def _emphasis(self) -> tuple[list[int], list[int]]:
        """Where an underscore could begin emphasis, and where paragraphs end."""
        signs = [
            match.start()
            for segment in self._segments
            if not segment.is_code and not _TICKED.fullmatch(segment.content)
            for match in _OPENING_UNDERSCORE.finditer(self.text, segment.start, segment.end)
        ]
        return signs, [match.start() for match in _BLANK_LINE.finditer(self.text)]

    def _may_be_emphasis(self, segment: Segment) -> bool:
        """Whether an underscore before the end of a formula begins emphasis in the same paragraph."""
        before = bisect_left(self._underscores, segment.end) - 1
        if before < 0:
            return False
        return bisect_left(self._gaps, self._underscores[before]) == bisect_left(self._gaps, segment.start)


_BEGINS: Final = {
    "{": re.compile(""),
    "`": re.compile(""),
    "<": re.compile("(?! )"),
    "!": re.compile(r"\["),
    "]": re.compile("[(:]"),
}
"""Signs that may not stand behind a backslash, which not all readers know there, and before what."""
_OPENING_UNDERSCORE: Final = re.compile(r"(?<!\w)_")
_BLANK_LINE: Final = re.compile(r"\n[ \t]*+(?=\n)")
_TITLE_SIGN: Final = re.compile(r"[<\[\]{`\"()|]")
_ALT_SIGN: Final = re.compile(r"\\[!-/:-@\[-`{-~]|[<\[\]{`]")


def _picture(image: Image) -> str | None:
    if not _PICTURE.fullmatch(image.target):
        return None
    alt = _ALT_SIGN.sub(lambda match: _REFERENCES.get(match.group()[-1], match.group()), image.alt)
    return f"![{alt}]({image.target})"


def _title(written: str) -> str:
    plain = " ".join(_ESCAPE.sub(r"\1", written).split())
    return _TITLE_SIGN.sub(lambda match: _REFERENCES[match.group()], plain)


def _shown(link: Link) -> str:
    return markdown_text(link.target)
