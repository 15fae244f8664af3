"""The adapter for Python-Markdown, which gets a tree of blocks; imported only when something must be rendered."""

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
"""Without one of these, no inline pattern matches."""
_STRUCK = r"(~~)(?=[^\s~])([^~]{1,2000}+)(?<!\s)~~(?!~)"


class InlineMarkdown:
    """Parses the inline Markdown in a tree of blocks and returns HTML that is not yet sanitised."""

    def __init__(self) -> None:
        self._markdown = Markdown(output_format="html")
        # CommonMark allows backslash escapes of all ASCII punctuation.
        self._markdown.ESCAPED_CHARS = list(_PUNCTUATION)
        patterns = self._markdown.inlinePatterns
        # The scanner has replaced these; what is left is none by its rules.
        for name in ("backtick", "image_link", "image_reference", "short_image_ref", "link", "autolink", "automail"):
            patterns.deregister(name)
        patterns.register(_Reference(REFERENCE_RE, self._markdown), "reference", 170)
        patterns.register(SimpleTagInlineProcessor(_STRUCK, "del"), "struck", 55)
        self._settle = _Settle()
        self._markdown.treeprocessors.register(self._settle, "settle", 15)

    def convert_tree(
        self, root: ElementTree.Element, references: dict[str, tuple[str, str]], placeholders: Placeholders
    ) -> str:
        """Return the HTML of a tree; link references are valid for this call only."""
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
    """Mark texts without markup, so that Python-Markdown does not try each of its patterns on them."""
    for element in root.iter():
        if element.text and _SIGN.search(element.text) is None:
            element.text = AtomicString(element.text)


class _Settle(Treeprocessor):
    placeholders = Placeholders()

    def run(self, root: ElementTree.Element) -> None:
        settle(root, self.placeholders)


class _Reference(ReferenceInlineProcessor):
    """The pattern of `[text][label]`, with nothing between the brackets."""

    RE_LINK = re.compile(r"\[([^\[\]]{0,500}+)\]", re.DOTALL)
