"""Brings card files into their canonical form, and makes sure that nothing is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cardpipe.fix.comments import comments_of
from cardpipe.fix.form import NotFormable, canonical
from cardpipe.source.fields.plain_values import core_value
from cardpipe.source.yaml_reader import read_yaml
from cardpipe.text.nodes import ListNode, MapNode
from cardpipe.text.positions import SourceFile

if TYPE_CHECKING:
    from cardpipe.model.diagnostics import Finding
    from cardpipe.text.nodes import Node


def formatted(file: SourceFile) -> str | None:
    """The text of a card file in canonical form; None where the file is not one that can be brought into it.

    That is so where the file is no sound YAML, where a comment stands within brackets, or where a text would not come
    out as it went in. Line ends stay what they are where all are the same.
    """
    findings: list[Finding] = []
    root = read_yaml(file, findings)
    if root is None or findings or "\ufffd" in file.text:
        return None
    try:
        text = canonical(root, file)
    except NotFormable:
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
    """What a document says, whatever the order of its keys and the style of its texts."""
    if isinstance(node, MapNode):
        return {key.text: _meaning(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_meaning(item) for item in node.items]
    value = core_value(node)
    return (type(value).__name__, node.text)
