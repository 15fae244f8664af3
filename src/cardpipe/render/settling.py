"""Final changes to the tree after inline parsing: paragraphs end at block items, and are removed in tight lists."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from cardpipe.render.blocks import TIGHT
from cardpipe.render.placeholders import TOKEN, Placeholders

_BLOCK_TOKEN = re.compile(Placeholders.block_token(0).replace("0", "[0-9]+"))


def settle(root: ElementTree.Element, placeholders: Placeholders) -> None:
    """End paragraphs at block items, and remove those of tight lists."""
    for parent in list(root.iter()):
        if not any(child.tag == "p" for child in parent):
            continue
        children = list(parent)
        for child in children:
            parent.remove(child)
        for child in children:
            if child.tag != "p":
                parent.append(child)
                continue
            tight = child.attrib.pop(TIGHT, None) is not None
            for piece in _pieces(child, placeholders) if _has_block(child, placeholders) else _whole(child):
                if tight and _BLOCK_TOKEN.fullmatch((piece.text or "").strip()) is None:
                    _unwrap(parent, piece)
                else:
                    parent.append(piece)


def _has_block(paragraph: ElementTree.Element, placeholders: Placeholders) -> bool:
    texts = (paragraph.text, *(child.tail for child in paragraph))
    return any(placeholders.is_block(int(token[1])) for text in texts if text for token in TOKEN.finditer(text))


def _whole(paragraph: ElementTree.Element) -> list[ElementTree.Element]:
    """Return a paragraph without block items as its only piece; none if it is empty."""
    if not len(paragraph) and not (paragraph.text or "").strip():
        return []
    paragraph.tail = None
    _strip(paragraph)
    return [paragraph]


def _pieces(paragraph: ElementTree.Element, placeholders: Placeholders) -> list[ElementTree.Element]:
    """Split a paragraph at the block items that are its direct children."""
    pieces = [ElementTree.Element("p")]

    def add(text: str) -> None:
        start = 0
        for token in TOKEN.finditer(text):
            number = int(token.group(1))
            if not placeholders.is_block(number):
                continue
            _append_text(pieces[-1], text[start : token.start()])
            block = ElementTree.Element("p")
            block.text = Placeholders.block_token(number)
            pieces.extend((block, ElementTree.Element("p")))
            start = token.end()
        _append_text(pieces[-1], text[start:])

    add(paragraph.text or "")
    for child in paragraph:
        tail, child.tail = child.tail or "", None
        pieces[-1].append(child)
        add(tail)
    kept = [piece for piece in pieces if len(piece) or (piece.text or "").strip()]
    for piece in kept:
        _strip(piece)
    return kept


def _strip(paragraph: ElementTree.Element) -> None:
    while len(paragraph) and paragraph[-1].tag == "br" and not (paragraph[-1].tail or "").strip():
        paragraph.remove(paragraph[-1])
    paragraph.text = (paragraph.text or "").lstrip()
    if len(paragraph):
        paragraph[-1].tail = (paragraph[-1].tail or "").rstrip()
    else:
        paragraph.text = paragraph.text.rstrip()


def _append_text(element: ElementTree.Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _unwrap(parent: ElementTree.Element, paragraph: ElementTree.Element) -> None:
    if len(parent) or (parent.text or "").strip():
        _append_text(parent, "\n")
    _append_text(parent, paragraph.text or "")
    for child in list(paragraph):
        parent.append(child)
