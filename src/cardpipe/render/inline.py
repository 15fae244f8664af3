"""The adapter for Python-Markdown, which gets a tree of blocks; imported only when something must be rendered."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

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
_SIGNS = {
    "escape": ("\\",),
    "reference": ("[",),
    "short_reference": ("[",),
    "linebreak": ("  \n",),
    "html": ("<",),
    "entity": ("&",),
    "em_strong": ("*", "_"),
    "struck": ("~~",),
}
"""What a text must contain one of for each pattern to match."""
_STRUCK = r"(~~)(?=[^\s~])([^~]{1,2000}+)(?<!\s)~~(?!~)"


class InlineMarkdown:
    """Parses the inline Markdown in a tree of blocks and returns HTML that is not yet sanitised."""

    def __init__(self) -> None:
        self._markdown = cast("Any", Markdown(output_format="html"))
        # CommonMark allows backslash escapes of all ASCII punctuation.
        self._markdown.ESCAPED_CHARS = list(_PUNCTUATION)
        patterns = self._markdown.inlinePatterns
        # The scanner has replaced these; what is left is none by its rules.
        for name in ("backtick", "image_link", "image_reference", "short_image_ref", "link", "autolink", "automail"):
            patterns.deregister(name)
        patterns.register(_Reference(REFERENCE_RE, self._markdown), "reference", 170)
        patterns.register(SimpleTagInlineProcessor(_STRUCK, "del"), "struck", 55)
        signs = {patterns[name]: needed for name, needed in _SIGNS.items() if name in patterns}
        self._patterns = [(signs.get(pattern), pattern) for pattern in patterns]
        self._settle = _Settle()
        processors = self._markdown.treeprocessors
        processors.register(self._settle, "settle", 15)
        self._inline = processors["inline"]
        self._unescape = processors["unescape"]
        # A set, since each element is looked up in it.
        self._markdown.block_level_elements = frozenset(self._markdown.block_level_elements)

    def convert_tree(
        self, root: ElementTree.Element, references: dict[str, tuple[str, str]], placeholders: Placeholders
    ) -> str:
        """Return the HTML of a tree; link references are valid for this call only."""
        markdown = self._markdown
        markdown.reset()
        markdown.references = dict(references)
        self._settle.placeholders = placeholders
        marked = _marked(root)
        self._inline.inlinePatterns = [
            pattern for signs, pattern in self._patterns if signs is None or any(sign in marked for sign in signs)
        ]
        for processor in markdown.treeprocessors:
            if processor is self._unescape and "\\" not in marked:
                continue
            changed = processor.run(root)
            root = root if changed is None else changed
        made = markdown.serializer(root).strip().removeprefix("<div>").removesuffix("</div>")
        for post in markdown.postprocessors:
            made = post.run(made)
        return str(made)


def _marked(root: ElementTree.Element) -> str:
    """Return the texts with markup; the others are marked, so that Python-Markdown tries no pattern on them."""
    found = []
    for element in root.iter():
        if element.text:
            if _SIGN.search(element.text) is None:
                element.text = AtomicString(element.text)
            else:
                found.append(element.text)
    return "\n".join(found)


class _Settle(Treeprocessor):
    placeholders = Placeholders()

    def run(self, root: ElementTree.Element) -> None:
        settle(root, self.placeholders)


class _Reference(ReferenceInlineProcessor):
    """The pattern of `[text][label]`, with nothing between the brackets."""

    RE_LINK = re.compile(r"\[([^\[\]]{0,500}+)\]", re.DOTALL)
