"""Format card files, and verify that no content is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.fix.comments import comments_of
from cardpipe.fix.form import NotFormattable, canonical
from cardpipe.source.fields.plain_values import core_value
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Finding
    from cardpipe.text.nodes import Node


def formatted(file: SourceFile) -> str | None:
    """Return the text of a card file in canonical format; None if the file cannot be formatted.

    That is the case for invalid YAML, a comment within brackets, or a text that would change. Line ends are kept
    if all are the same.
    """
    findings: list[Finding] = []
    root = read_yaml(file, findings)
    if root is None or findings or "\ufffd" in file.text:
        return None
    try:
        text = canonical(root, file)
    except NotFormattable:
        return None
    if not _says_the_same(root, file, text):
        return None
    crlf = file.text.count("\r\n")
    return text.replace("\n", "\r\n") if crlf and crlf == file.text.count("\n") else text


def _says_the_same(root: Node, file: SourceFile, text: str) -> bool:
    after = SourceFile(file.path, text)
    findings: list[Finding] = []
    node = read_yaml(after, findings)
    if node is None or findings or _meaning(node) != _meaning(root):
        return False
    return comments_of(node, after).all() == comments_of(root, file).all()


def _meaning(node: Node) -> object:
    """Return the content of a document, independent of key order and scalar style."""
    if isinstance(node, MapNode):
        return {key.text: _meaning(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_meaning(item) for item in node.items]
    value = core_value(node)
    return (type(value).__name__, node.text)
