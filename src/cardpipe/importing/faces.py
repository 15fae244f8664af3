"""Card templates of Anki as faces of a note type: Markdown with `{field}` and conditions.

HTML of a template is converted like that of fields, with tokens for its marks, and is only accepted if the result shows
the same. Otherwise the face consists of the words and fields of the template, each in a paragraph of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from cardpipe.importing.templates import Node, tree, values_of
from cardpipe.markup.templates import MarkKind, parse
from cardpipe.model.note_types import FieldKind
from cardpipe.text.anki_templates import SPECIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from cardpipe.importing.api import ImportedTemplate
    from cardpipe.importing.markdown import Converter

_FIRST: Final = 0xE400
"""The first of the private-use characters that stand for marks; `parse` allows fewer of them than there are."""
_TOKEN: Final = re.compile("[\ue400-\uf7ff]")
_ANSWER: Final = "\uf8f0"
"""Stands for `<hr id=answer>`."""
_ANSWER_RULE: Final = re.compile(r"<hr\b[^<>]*\bid\s*=\s*[\"']?answer\b[^<>]*>", re.IGNORECASE)
_RESERVED: Final = re.compile("[\ue400-\uf8ff]")
_TAG: Final = re.compile(r"<(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:\"[^\"<]*\"|'[^'<]*'|[^<>\"'])*)>")
_LINK: Final = re.compile(r"\bhref\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s\"'<>]+)", re.IGNORECASE)
_DRAWN: Final = re.compile(
    r"<(svg|canvas|video|audio|object|iframe|math)\b.*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_SOUND: Final = re.compile(r"\[sound:[^\]]*\]")
_BLOCK: Final = re.compile(
    r"<(?:br|hr|div|p|ul|ol|li|table|tr|td|th|h[1-6]|blockquote|pre|center|section|header|footer|article|dl|dt|dd)\b",
    re.IGNORECASE,
)
_BLOCK_TAG: Final = re.compile(
    r"</?(?:br|div|p|ul|ol|li|table|tr|td|th|h[1-6]|blockquote|pre|center|section|header|footer|article|dl|dt|dd)\b[^<>]*>",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"<hr\b[^<>]*>", re.IGNORECASE)
_LEADING_RULES: Final = re.compile(r"\A(?:---(?:\n\n|\Z))+")
"""Rules below the front, where cardpipe draws one itself."""
_DROPPED: Final = frozenset({"img", "input", "textarea", "button", "select", "form", "label", "link", "meta"})
_LITERAL: Final = re.compile(r"(?<!\\)\{(?=[?!/]?[a-z{])")
_DECORATED: Final = re.compile(r"(?m)^[ ]*(?:[*_~=]|</?[a-z]+>)*((?:[\ue400-\uf7ff] *)+)(?:[*_~=]|</?[a-z]+>)*[ ]*$")
_SHOWS_AS_IT_IS: Final = frozenset({"text", "cloze"})
_SPOKEN: Final = ("tts", "tts-voices")


@dataclass(frozen=True, slots=True)
class FaceText:
    """A face as it is written into `deck.yaml`."""

    front: str
    back: str
    type_in: str = ""
    hint: str = ""


@dataclass(slots=True)
class FaceWriter:
    """Writes the faces of a note type; `remarks` says what a face cannot hold."""

    keys: Mapping[str, str]
    """The keys of fields by their names in Anki."""
    kinds: Mapping[str, FieldKind]
    """The kinds of fields by key."""
    converter: Converter
    refuses: Callable[[str], bool]
    """Whether lint finds an error in a side."""
    remarks: list[str] = field(default_factory=list)
    repeats_front: bool = False
    """Whether the back of the last face did not show the front, which cardpipe shows above every back."""
    _hint: str = ""
    _typed: str = ""

    def face(self, template: ImportedTemplate, needs: Sequence[str]) -> FaceText:
        """Return a face; `needs` are the names of the fields without which it does not exist."""
        self.remarks = []
        self._hint = self._typed = ""
        front = self._simplified(tree(_marked(template.front)), set(needs))
        back = self._simplified(tree(_marked(template.back)), set(needs))
        has_front = any(node.name == "FrontSide" for node in values_of(back)) or _starts_with(back, front)
        above = _above_answer(back)
        self.repeats_front = not has_front and (not above or above != {node.name for node in values_of(front)})
        back = _after_front(back, front)
        self._note_filters((*values_of(front), *values_of(back)))
        front = tuple(self._without_requests(_without(front)))
        if not any(values_of(front)):
            # Something must be asked; a field that is only spoken is shown instead.
            front = (*front, *(Node(name=name) for name in self._asked(template.front, needs)))
        back = tuple(self._without_players(back))
        return FaceText(
            front=self._side(front) or "–",
            back=_LEADING_RULES.sub("", self._side(back)) or "–",
            type_in=self._typed,
            hint=self._hint,
        )

    def _remark(self, message: str) -> None:
        if message not in self.remarks:
            self.remarks.append(message)

    # --- Parts of a template -----------------------------------------------------------------------------------------

    def _simplified(
        self, nodes: Iterable[Node], filled: AbstractSet[str], empty: AbstractSet[str] = frozenset()
    ) -> tuple[Node, ...]:
        """Return nodes without conditions on fields that are certainly filled or empty, and without unknown fields."""
        made: list[Node] = []
        for node in nodes:
            if node.content is None:
                if not node.name or node.name in self.keys or node.name == "FrontSide":
                    made.append(node)
                elif node.name in SPECIAL:
                    self._remark(f"“{node.name}”, which is not a field")
                else:
                    self._remark(f"the field “{node.name[:60]}”, which does not exist")
                continue
            if node.name not in self.keys:
                self._remark(f"the condition on “{node.name[:60]}”, which is not a field")
            never, always = (filled, empty) if node.negated else (empty, filled)
            if node.name in never or (node.negated and node.name not in self.keys):
                continue
            known = {node.name}
            content = self._simplified(
                node.content, filled if node.negated else filled | known, empty | known if node.negated else empty
            )
            shows_itself = len(content) == 1 and content[0].is_value and content[0].name == node.name
            if node.name in always or node.name not in self.keys or (shows_itself and not node.negated):
                # An empty field shows nothing anyway.
                made += content
            elif content:
                made.append(replace(node, content=content))
        return tuple(made)

    def _note_filters(self, values: Iterable[Node]) -> None:
        for node in values:
            for name in node.filters:
                plain = name.split(" ")[0]
                if plain in {"type", "hint", "nc"} or plain in _SHOWS_AS_IT_IS:
                    continue
                what = "nothing is spoken" if plain in _SPOKEN else "the field is shown as it is"
                self._remark(f"the filter “{name[:60]}”: {what}")

    def _without_requests(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Yield the nodes of a front without fields that are typed, spoken, or shown on request."""
        for node in nodes:
            if node.content is not None:
                content = tuple(self._without_requests(node.content))
                if content:
                    yield replace(node, content=content)
            elif node.name and "type" in node.filters:
                self._take_typed(self.keys[node.name])
            elif node.name and "hint" in node.filters:
                key = self.keys[node.name]
                if not self._hint:
                    self._hint = key
                elif self._hint != key:
                    self._remark(f"the hint “{node.name}”, since a face has one hint")
            elif not node.name or not _is_spoken(node):
                yield node

    def _without_players(self, nodes: Iterable[Node]) -> Iterator[Node]:
        """Yield the nodes of a back without fields that are spoken, or that the reviewer shows as the typed answer."""
        for node in nodes:
            if node.content is not None:
                content = tuple(self._without_players(node.content))
                if content:
                    yield replace(node, content=content)
            elif not node.name or not (
                _is_spoken(node) or ("type" in node.filters and self.keys[node.name] == self._typed)
            ):
                yield node

    def _take_typed(self, key: str) -> None:
        if self._typed and self._typed != key:
            self._remark("the second field to type, since a face has one")
        elif self.kinds[key] in {FieldKind.LINE, FieldKind.NUMBER}:
            self._typed = key
        else:
            self._remark(f"typing “{key}”, since not all of its values are one line of text")

    def _asked(self, template: str, needs: Sequence[str]) -> list[str]:
        """Return the field to show on a front that otherwise shows none."""
        spoken = [node.name for node in values_of(tree(template)) if node.name in self.keys and _is_spoken(node)]
        others = [name for name in needs if self.keys.get(name) not in {self._typed, self._hint}]
        others = [name for name in others if name in self.keys]
        return (spoken or others)[:1]

    # --- Markdown ----------------------------------------------------------------------------------------------------

    def _side(self, nodes: tuple[Node, ...]) -> str:
        marks: list[str] = []
        html = "".join(self._html(nodes, marks))
        converted = self.converter.html(self._prepared(html))
        for remark in converted.remarks:
            self._remark(remark)
        if converted.exact:
            made = self._with_marks(converted.text, marks)
            if self._is_sound(made, marks):
                return made
            # Blocks within lines, lists or tables.
        plain = "\n\n".join(self._plain(nodes))
        if self._is_sound(plain, None):
            self._remark("the layout of its HTML; its words and fields are paragraphs")
            return plain
        self._remark("the layout of its HTML, and signs in its words that cardpipe would read as markup")
        bare = "\n\n".join(self._plain(_without_signs(nodes)))
        if self._is_sound(bare, None):
            return bare
        self._remark("its words and conditions")
        return "\n\n".join(f"{{{key}}}" for key in dict.fromkeys(self.keys[node.name] for node in values_of(nodes)))

    def _html(self, nodes: Iterable[Node], marks: list[str]) -> Iterator[str]:
        """Yield the HTML of nodes with tokens for their marks."""
        for node in nodes:
            if node.content is not None:
                key = self.keys[node.name]
                is_block = self._is_block(node.content)
                opening = _token(marks, f"{{{'!' if node.negated else '?'}{key}}}")
                inner = "".join(self._html(node.content, marks))
                yield _placed(opening, is_block) + inner + _placed(_token(marks, f"{{/{key}}}"), is_block)
            elif node.name:
                key = self.keys[node.name]
                yield _placed(_token(marks, f"{{{key}}}"), self.kinds[key].is_block)
            else:
                yield _RESERVED.sub("", node.text)

    def _is_block(self, content: Iterable[Node]) -> bool:
        return any(
            self._is_block(node.content)
            if node.content is not None
            else self.kinds[self.keys[node.name]].is_block
            if node.name
            else _BLOCK.search(node.text) is not None
            for node in content
        )

    def _prepared(self, html: str) -> str:
        """Return HTML without pictures, forms, and attributes other than addresses."""

        def tag(match: re.Match[str]) -> str:
            inside = "".join(_TOKEN.findall(match["rest"]))
            name = match["name"].lower()
            if inside:
                self._remark("fields within HTML elements, which are shown as text")
                return inside if name in _DROPPED else ""
            if name in _DROPPED:
                if name in {"img", "input", "textarea", "button", "select"}:
                    self._remark("a picture of its own" if name == "img" else "a form")
                return ""
            link = _LINK.search(match["rest"]) if name == "a" else None
            return f"<{match['end']}{name}{f' href={link[1]}' if link else ''}>"

        for pattern, what in ((_DRAWN, "a drawing or player of its own"), (_SOUND, "a sound of its own")):
            if pattern.search(html):
                self._remark(what)
                # A condition keeps its marks.
                html = pattern.sub(lambda match: "".join(_TOKEN.findall(match[0])), html)
        return _TAG.sub(tag, html)

    def _with_marks(self, text: str, marks: Sequence[str]) -> str:
        text = _LITERAL.sub(r"\\{", text)
        text = _DECORATED.sub(lambda match: match[1].strip() if self._needs_line(match[1], marks) else match[0], text)
        return _TOKEN.sub(lambda match: marks[ord(match[0]) - _FIRST], text)

    def _needs_line(self, tokens: str, marks: Sequence[str]) -> bool:
        """Return whether one of these marks must be alone in its paragraph, without emphasis."""
        written = [marks[ord(token) - _FIRST] for token in tokens if token.strip()]
        return any(mark[1] in "?!/" or self.kinds[mark[1:-1]].is_block for mark in written)

    def _is_sound(self, text: str, marks: Sequence[str] | None) -> bool:
        """Return whether all marks of a side are read as such, and blocks stand alone."""
        template = parse(text, tuple(self.kinds))
        if template.faults or (marks is not None and len(template.marks) != len(marks)):
            return False
        if self.refuses(text):
            return False
        for mark in template.marks:
            if mark.kind is MarkKind.VALUE and self.kinds[mark.key].is_block:
                before, after = text[: mark.start].rpartition("\n"), text[mark.end :].partition("\n")
                beside = before[0].rpartition("\n")[2], before[2], after[0], after[2].partition("\n")[0]
                if any(part.strip() for part in beside):
                    return False
        return True

    def _plain(self, nodes: Iterable[Node]) -> Iterator[str]:
        """Yield the words and fields of nodes as paragraphs."""
        line: list[str] = []
        for piece in (*self._pieces(nodes), None):
            if piece is not None:
                line.append(piece)
                continue
            paragraph = " ".join("".join(line).split())
            line = []
            if paragraph:
                yield paragraph

    def _pieces(self, nodes: Iterable[Node]) -> Iterator[str | None]:
        """Yield parts of lines, with None where a line ends."""
        for node in nodes:
            if node.content is not None:
                key = self.keys[node.name]
                ends = (None,) if self._is_block(node.content) else ()
                yield from (*ends, f"{{{'!' if node.negated else '?'}{key}}}", *ends)
                yield from self._pieces(node.content)
                yield from (*ends, f"{{/{key}}}", *ends)
            elif node.name:
                key = self.keys[node.name]
                ends = (None,) if self.kinds[key].is_block else ()
                yield from (*ends, f"{{{key}}}", *ends)
            else:
                yield from self._words(node.text)

    def _words(self, html: str) -> Iterator[str | None]:
        for number, part in enumerate(_BLOCK_TAG.split(_RULE.sub("<br>\ue3ff<br>", _RESERVED.sub("", html)))):
            if number:
                yield None
            if part == "\ue3ff":
                yield "---"
                continue
            words = self.converter.words(self._prepared(part)).text
            if words.strip():
                before, after = " " if part[:1].isspace() else "", " " if part[-1:].isspace() else ""
                yield before + _LITERAL.sub(r"\\{", " ".join(words.split())) + after
            elif part.isspace():
                yield " "


def _without_signs(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return nodes whose words have no signs besides punctuation."""
    made = []
    for node in nodes:
        if node.content is not None:
            made.append(replace(node, content=_without_signs(node.content)))
        else:
            plain = re.sub(r"&(?:#?[A-Za-z0-9]{1,31});|[^\w\s.,;:?!<>/=\"'–—-]", " ", node.text)
            made.append(replace(node, text=plain))
    return tuple(made)


def _marked(template: str) -> str:
    return _ANSWER_RULE.sub(_ANSWER, _RESERVED.sub("", template))


def _token(marks: list[str], mark: str) -> str:
    marks.append(mark)
    return chr(_FIRST + len(marks) - 1)


def _placed(token: str, is_block: bool) -> str:
    return f"<p>{token}</p>" if is_block else token


def _is_spoken(node: Node) -> bool:
    return any(name.split(" ")[0] in _SPOKEN for name in node.filters)


def _words(nodes: Iterable[Node]) -> list[str]:
    """Return what nodes show, for comparisons: words without tags, and fields."""
    made: list[str] = []
    for node in nodes:
        if node.content is not None:
            made += (f"?{node.name}", *_words(node.content))
        elif node.name:
            made += () if node.filters and "type" in node.filters else (f"{{{node.name}}}",)
        else:
            made += re.sub(r"<[^<>]*>?", " ", node.text.replace(_ANSWER, " ")).split()
    return made


def _starts_with(back: Sequence[Node], front: Sequence[Node]) -> bool:
    wanted = _words(front)
    return bool(wanted) and _words(back)[: len(wanted)] == wanted


def _above_answer(back: Iterable[Node]) -> set[str]:
    """Return the fields above the rule that divides question and answer; empty without a rule."""
    names: set[str] = set()
    for node in back:
        if _ANSWER in node.text:
            return names
        names |= {one.name for one in values_of((node,))}
    return set()


def _after_front(back: tuple[Node, ...], front: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a back without the front, which cardpipe shows itself, and the rule below it."""
    shown = {node.name for node in values_of(front)}
    for number, node in enumerate(back):
        before, rule, after = node.text.partition(_ANSWER)
        if not rule:
            continue
        above = {one.name for one in values_of(back[:number])} - {"FrontSide"}
        rest = (Node(after), *back[number + 1 :])
        if above <= shown:
            return _without(rest)
        return _without((*back[:number], Node(before), *rest))
    if _starts_with(back, front):
        wanted = _words(front)
        number = next(n for n in range(1, len(back) + 1) if _words(back[:n])[: len(wanted)] == wanted)
        if len(_words(back[:number])) == len(wanted):
            back = back[number:]
    return _without(back)


def _without(nodes: Iterable[Node]) -> tuple[Node, ...]:
    """Return nodes without the front side and rules above the answer."""
    made = []
    for node in nodes:
        if node.content is not None:
            made.append(replace(node, content=_without(node.content)))
        elif node.name != "FrontSide":
            made.append(replace(node, text=node.text.replace(_ANSWER, "")))
    return tuple(made)
