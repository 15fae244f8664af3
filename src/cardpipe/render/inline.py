"""Python-Markdown itself, fed with a tree of blocks; imported only when something must be rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.inlinepatterns import InlineProcessor, SimpleTagInlineProcessor
from markdown.treeprocessors import Treeprocessor

from cardpipe.render.blocks import settle
from cardpipe.render.shelf import Shelf

if TYPE_CHECKING:
    import re

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_STRUCK = r"(~~)(?=[^\s~])([^~]{1,2000}+)(?<!\s)~~(?!~)"
_ADDRESS = r"(?<![\w/\"'=])(https?://[^\s<>\x02\x03\ue000-\ue002]{1,2000}+)"
_TRAILING = "?!.,:;*_~'\""


class InlineMarkdown:
    """Reads the inline Markdown in a tree of blocks and writes the tree as HTML that is not yet safe."""

    def __init__(self) -> None:
        self._markdown = Markdown(output_format="html")
        # CommonMark lets any ASCII punctuation be escaped.
        self._markdown.ESCAPED_CHARS = list(_PUNCTUATION)
        patterns = self._markdown.inlinePatterns
        # Code and images were taken out by the scanner, which would not take these for any.
        for name in ("backtick", "image_link", "image_reference", "short_image_ref"):
            patterns.deregister(name)
        patterns.register(SimpleTagInlineProcessor(_STRUCK, "del"), "struck", 55)
        patterns.register(_Address(_ADDRESS), "address", 50)
        self._settle = _Settle()
        self._markdown.treeprocessors.register(self._settle, "settle", 15)

    def convert_tree(self, root: ElementTree.Element, references: dict[str, tuple[str, str]], shelf: Shelf) -> str:
        """The HTML of a tree; link references hold for this call only."""
        markdown = self._markdown
        markdown.reset()
        markdown.references = dict(references)
        self._settle.shelf = shelf
        for processor in markdown.treeprocessors:
            changed = processor.run(root)
            root = root if changed is None else changed
        made = markdown.serializer(root).strip().removeprefix("<div>").removesuffix("</div>")
        for post in markdown.postprocessors:
            made = post.run(made)
        return str(made)


class _Settle(Treeprocessor):
    shelf = Shelf()

    def run(self, root: ElementTree.Element) -> None:
        settle(root, self.shelf)


class _Address(InlineProcessor):
    """A bare web address becomes a link, without the punctuation that ends the sentence (GitHub's rule)."""

    ANCESTOR_EXCLUDES = ("a",)

    # InlineProcessor promises `str`, but takes an element or None too, as its own documentation shows.
    def handleMatch(self, m: re.Match[str], data: str) -> Any:  # type: ignore[override]  # noqa: ARG002, N802
        address = m.group(1).rstrip(_TRAILING)
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(_TRAILING)
        if len(address) <= len("https://"):
            return None, None, None
        element = ElementTree.Element("a", {"href": address})
        element.text = address
        return element, m.start(0), m.start(0) + len(address)
