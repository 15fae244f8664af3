"""Write another text into a YAML scalar in place: only the differing words of the file change."""

from __future__ import annotations

import itertools
import json
import re
from typing import TYPE_CHECKING, Final

from cardpipe.feedback.markdown_words import words_of
from cardpipe.feedback.merging import differences
from cardpipe.fix.scalar_form import block_lines, on_one_line
from cardpipe.fix.splice import Splice, spliced
from cardpipe.importing.card_text import text_entry
from cardpipe.source.splicing import written
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode, scalars
from cardpipe.text.positions import SourceFile, SourceText
from cardpipe.text.scalars import character_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cardpipe.model.diagnostics import Finding
    from cardpipe.release.word_diff import Budget
    from cardpipe.text.nodes import Node

_BLOCK: Final = frozenset({"|", ">"})
_BREAKS: Final = re.compile("(\n+)")


def with_text(scalar: SourceText, new: str, budget: Budget) -> str | None:
    """Return the file of a scalar with another text in it; None if that cannot be written there.

    The file is parsed again: every other value and key must be as before, and the scalar must have the new text.
    """
    for edits in _proposals(scalar, new, budget):
        text = spliced(scalar.file.text, edits)
        if _has(scalar, text, new):
            return text
    return None


def with_new_key(after: SourceText, key: str, text: str, *, is_number: bool) -> str | None:
    """Return the file of a scalar with a new key and text behind it, in the same mapping; None if that is impossible.

    A text of several lines gets a line feed at its end. The file is parsed again: everything else must be as before.
    """
    file = after.file
    line = file.line(file.position(after.start)[0])
    column = len(line) - len(line.lstrip(" -"))
    end = "\r\n" if "\r\n" in file.text else "\n"
    place = after.end if file.position(after.end)[1] == 1 else file.text.find("\n", after.end) + 1
    block = "".join(f"{one}{end}" for one in text_entry(key, text, " " * column))
    flow = text if is_number else on_one_line(SourceText.inline(text), flow=True)
    flow = flow or json.dumps(text, ensure_ascii=False)
    proposals = [Splice(place, place, block)] if place else []
    if "\n" not in text:
        proposals.append(Splice(after.end, after.end, f", {key}: {flow}"))
    for edit in proposals:
        made = spliced(file.text, [edit])
        if _adds(file, made, key, text):
            return made
    return None


def with_items(items: Sequence[SourceText], new: Sequence[str], budget: Budget) -> str | None:
    """Return the file of a list with other items; None if that is impossible.

    Items that stay are written as before. The file is parsed again: everything else must be as before.
    """
    file = items[0].file
    old = [item.text for item in items]
    found = differences(old, new, budget)
    gaps = [file.text[one.end : other.start] for one, other in itertools.pairwise(items)]
    line, column = file.position(items[0].start)
    head = file.line(line)[: column - 1]
    is_block = head.strip(" ").endswith("-") and not head.rstrip(" ").endswith(("[", ","))
    gap = re.compile(r"\r?\n *- +" if is_block else ", *")
    if found is None or not all(gap.fullmatch(one) for one in gaps):
        return None
    written_items, position = [], 0
    for item in found:
        written_items += [file.text[one.start : one.end] for one in items[position : item.start]]
        for text in new[item.new_start : item.new_end]:
            on_line = on_one_line(SourceText.inline(text), flow=not is_block)
            written_items.append(on_line or json.dumps(text, ensure_ascii=False))
        position = item.end
    written_items += [file.text[one.start : one.end] for one in items[position:]]
    between = gaps[0] if gaps else f"\n{head}" if is_block else ", "
    made = spliced(file.text, [Splice(items[0].start, items[-1].end, between.join(written_items))])
    return made if _has_items(items, made, new) else None


def _parsed(file: SourceFile, made: str) -> tuple[Node, Node] | None:
    """Return a file and what was made of it as nodes; None if that is not valid YAML any more."""
    found: list[Finding] = []
    before, after = read_yaml(file, []), read_yaml(SourceFile(file.path, made), found)
    return None if before is None or after is None or found else (before, after)


def _has_items(items: Sequence[SourceText], made: str, new: Sequence[str]) -> bool:
    both = _parsed(items[0].file, made)
    if both is None:
        return False
    before, after = both
    old, now = list(scalars(before, keys=True)), [one.text for one in scalars(after, keys=True)]
    first = next(number for number, one in enumerate(old) if one.start == items[0].start)
    texts = [one.text for one in old]
    return now == [*texts[:first], *new, *texts[first + len(items) :]]


def _adds(file: SourceFile, made: str, key: str, text: str) -> bool:
    """Return whether a file is the same but for a new key and its text."""
    both = _parsed(file, made)
    if both is None:
        return False
    before, after = both
    old = [one.text for one in scalars(before, keys=True)]
    now = [one.text for one in scalars(after, keys=True)]
    pairs = zip(old, now, strict=False)
    first = next((number for number, (one, other) in enumerate(pairs) if one != other), len(old))
    # The key can begin like what follows it.
    return any(
        [one.rstrip("\n") for one in now[place : place + 2]] == [key, text] and now[:place] + now[place + 2 :] == old
        for place in range(max(0, first - 2), first + 1)
    )


def _proposals(scalar: SourceText, new: str, budget: Budget) -> Iterator[list[Splice]]:
    """Yield edits of the differing words, and then of the whole scalar."""
    by_words = _by_words(scalar, new, budget)
    if by_words is not None:
        yield by_words
    yield from ([Splice(scalar.start, scalar.end, whole)] for whole in _wholes(scalar, new))


def _by_words(scalar: SourceText, new: str, budget: Budget) -> list[Splice] | None:
    old_words, new_words = words_of(scalar.text), words_of(new)
    found = differences(old_words, new_words, budget)
    if found is None:
        return None
    ends = [0]
    for word in old_words:
        ends.append(ends[-1] + len(word))
    edits = []
    for item in found:
        inserted = _inserted("".join(new_words[item.new_start : item.new_end]), scalar)
        if inserted is None:
            return None
        edits.append(Splice(*_place(scalar, ends[item.start], ends[item.end]), inserted))
    return edits


def _place(scalar: SourceText, start: int, end: int) -> tuple[int, int]:
    """Return the range in the file of a part of a text."""
    offsets = scalar.offsets()
    first = offsets[start]
    if start == end:
        # After an escape or a doubled quote, and not in front of the indentation of the next line.
        if start == len(scalar.text) and start:
            first = character_end(scalar.file.text, offsets[start - 1], scalar.style)
        return first, first
    if end == len(scalar.text):
        return first, character_end(scalar.file.text, offsets[end - 1], scalar.style)
    return first, offsets[end]


def _inserted(text: str, scalar: SourceText) -> str | None:
    """Return a text as it is written within a scalar; None if its style cannot have it there."""
    if "\n" not in text or scalar.style not in _BLOCK:
        return written(text, scalar.style)
    indent = _indent(scalar)
    if indent is None:
        return None
    end = "\r\n" if "\r\n" in scalar.file.text[scalar.start : scalar.end] else "\n"
    if scalar.style == "|":
        return text.replace("\n", f"{end}{indent}")
    return _BREAKS.sub(lambda match: end * (len(match[0]) + 1) + indent, text)


def _indent(scalar: SourceText) -> str | None:
    """Return the indentation of a block scalar's lines."""
    lines = scalar.file.text[scalar.start : scalar.end].splitlines()[1:]
    first = next((line for line in lines if line.strip()), None)
    return None if first is None else first[: len(first) - len(first.lstrip(" "))]


def _wholes(scalar: SourceText, new: str) -> Iterator[str]:
    """Yield a text as a scalar in the place of another one, in the forms that are possible."""
    fresh = SourceText.inline(new)
    line, column = scalar.file.position(scalar.start)
    above = scalar.file.line(line)
    depth = len(above) - len(above.lstrip(" -")) + 2
    if "\n" in new:
        # Within brackets, a block is no scalar; the check finds that out.
        lines = block_lines(fresh, " " * depth) if column > 1 else None
        if lines is not None:
            yield "\n".join(lines) + ("\n" if scalar.style in _BLOCK else "")
    else:
        for flow in (False, True):
            on_line = on_one_line(fresh, flow=flow)
            if on_line is not None:
                yield on_line + ("\n" if scalar.style in _BLOCK else "")
    yield json.dumps(new, ensure_ascii=False) + ("\n" if scalar.style in _BLOCK else "")


def _has(scalar: SourceText, text: str, new: str) -> bool:
    """Return whether a file has the new text in the place of a scalar, and is the same otherwise."""
    both = _parsed(scalar.file, text)
    if both is None:
        return False
    before, after = both
    old, now = list(scalars(before, keys=True)), list(scalars(after, keys=True))
    same_shape = len(old) == len(now) and _shape(before) == _shape(after)
    return same_shape and all(
        other.text == (new if one.start == scalar.start else one.text) for one, other in zip(old, now, strict=True)
    )


def _shape(node: object) -> object:
    if isinstance(node, MapNode):
        return [(key.text, _shape(value)) for key, value in node.entries]
    return [_shape(item) for item in node.items] if isinstance(node, ListNode) else None
