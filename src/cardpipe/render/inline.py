"""Python-Markdown itself, fed with a tree of blocks; imported only when something must be rendered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markdown import Markdown
from markdown.inlinepatterns import REFERENCE_RE, ReferenceInlineProcessor, SimpleTagInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from cardpipe.render.placeholders import Placeholders
from cardpipe.render.settling import settle

if TYPE_CHECKING:
    from xml.etree import ElementTree

_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_SIGN = re.compile(r"[\\\[<&*_~]|  \n")
"""Without one of these, no inline pattern finds anything."""
_STRUCK = r"(~~)(?=[^\s~])([^~]{1,2000}+)(?<!\s)~~(?!~)"


class InlineMarkdown:
    """Reads the inline Markdown in a tree of blocks and writes the tree as HTML that is not yet safe."""

    def __init__(self) -> None:
        self._markdown = Markdown(output_format="html")
        # CommonMark lets any ASCII punctuation be escaped.
        self._markdown.ESCAPED_CHARS = list(_PUNCTUATION)
        patterns = self._markdown.inlinePatterns
        # The scanner took these out; what is left would not be one by its rules.
        for name in ("backtick", "image_link", "image_reference", "short_image_ref", "link", "autolink", "automail"):
            patterns.deregister(name)
        patterns.register(_Reference(REFERENCE_RE, self._markdown), "reference", 170)
        patterns.register(SimpleTagInlineProcessor(_STRUCK, "del"), "struck", 55)
        self._settle = _Settle()
        self._markdown.treeprocessors.register(self._settle, "settle", 15)

    def convert_tree(
        self, root: ElementTree.Element, references: dict[str, tuple[str, str]], placeholders: Placeholders
    ) -> str:
        """The HTML of a tree; link references hold for this call only."""
        markdown = self._markdown
        markdown.reset()
        markdown.references = dict(references)
        self._settle.placeholders = placeholders
        _spare_words(root)
        for processor in markdown.treeprocessors:
            changed = processor.run(root)
            root = root if changed is None else changed
        made = markdown.serializer(root).strip().removeprefix("<div>").removesuffix("</div>")
        for post in markdown.postprocessors:
            made = post.run(made)
        return str(made)


def _spare_words(root: ElementTree.Element) -> None:
    """Tell Python-Markdown which texts are words only, so that it does not try each of its patterns on them."""
    for element in root.iter():
        if element.text and _SIGN.search(element.text) is None:
            element.text = AtomicString(element.text)


class _Settle(Treeprocessor):
    placeholders = Placeholders()

    def run(self, root: ElementTree.Element) -> None:
        settle(root, self.placeholders)


class _Reference(ReferenceInlineProcessor):
    """`[text][label]`, with nothing between the brackets."""

    RE_LINK = re.compile(r"\[([^\[\]]{0,500}+)\]", re.DOTALL)
