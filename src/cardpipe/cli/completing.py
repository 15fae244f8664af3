"""Values that a shell completes: what the project, the plug-ins and the rules have.

Completion must be fast and silent, so the files of the project are searched rather than parsed, and a project that
cannot be read has no values.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cardpipe.model.card_ids import ANY_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import click
    from click.shell_completion import CompletionItem

    Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_ID: Final = re.compile(rf"(?m)^(?:[ \t]*- +)?\{{?[ \t]*id:[ \t]+['\"]?({ANY_ID})\b".encode())
_TITLE: Final = re.compile(rb"(?m)^[ \t]*title:[ \t]+['\"]?([^\r\n]+?)['\"]?[ \t]*\r?$")
_TAGS: Final = re.compile(rb"(?m)^(?:- +|  )?tags:[ \t]+\[([^\]]*)\]")
_LARGEST: Final = 1024 * 1024
_COMPLETED: Final = re.compile(r"[\w.+/:#@-]+")
"""Values that need no quotation marks: a shell would run others, and a deck is untrusted."""


def _completer(values: Callable[[click.Context], Mapping[str, str]]) -> Completer:
    """Return the function for click that completes values, each with a description; of a list, the last one."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        found: Mapping[str, str] = {}
        with contextlib.suppress(Exception):
            found = values(ctx)
        taken = set(before.split(","))
        return [
            CompletionItem(f"{before}{comma}{value}", help=" ".join(text.split()) or None)
            for value, text in found.items()
            if value.casefold().startswith(last.casefold()) and value not in taken and _COMPLETED.fullmatch(value)
        ]

    return complete


def _root(ctx: click.Context) -> Path:
    from cardpipe.source.discovery import find_project

    directory = ctx.find_root().params.get("directory")
    return find_project(Path(directory) if directory is not None else Path.cwd())


def _files(root: Path) -> Iterator[bytes]:
    from cardpipe.source.card_paths import CARDS_FOLDER, is_card_path
    from cardpipe.source.tables import TABLES_FOLDER
    from cardpipe.source.tree import found_files, read_file

    for folder in (CARDS_FOLDER, TABLES_FOLDER):
        for file in found_files(root, folder, []):
            if is_card_path(file.path):
                yield read_file(file, _LARGEST, []) or b""


def _card_ids(ctx: click.Context) -> dict[str, str]:
    found = {}
    for data in _files(_root(ctx)):
        for match in _ID.finditer(data):
            title = _TITLE.search(data, match.end())
            found[match[1].decode()] = title[1].decode("utf-8", "replace") if title is not None else ""
    return found


def _deck_values(ctx: click.Context, key: str) -> dict[str, str]:
    """Return the names and descriptions under a key of `deck.yaml`."""
    from cardpipe.source.load import DECK_PATH
    from cardpipe.source.text_files import text_file
    from cardpipe.source.tree import FoundFile, read_file
    from cardpipe.source.yaml_reader import read_yaml
    from cardpipe.text.nodes import MapNode

    data = read_file(FoundFile(DECK_PATH, _root(ctx)), _LARGEST, [])
    file = text_file(DECK_PATH, data, []) if data is not None else None
    node = read_yaml(file, []) if file is not None else None
    mapping = node.get(key) if isinstance(node, MapNode) else None
    if not isinstance(mapping, MapNode):
        return {}
    return {name.text: "" if isinstance(value, MapNode) else str(value) for name, value in mapping.entries}


def _tags(ctx: click.Context) -> dict[str, str]:
    known = _deck_values(ctx, "tags")
    if known:
        return known
    names: set[str] = set()
    for data in _files(_root(ctx)):
        for match in _TAGS.finditer(data):
            names.update(name.strip(" '\"") for name in match[1].decode("utf-8", "replace").split(","))
    return {name: "" for name in sorted(names) if name}


def _cards_and_prefixes(ctx: click.Context) -> dict[str, str]:
    return {**_deck_values(ctx, "subdecks"), **_card_ids(ctx)}


def _plugin_names(group: str) -> dict[str, str]:
    from cardpipe import plugins

    return dict.fromkeys(sorted(plugins.names(group)), "")


def _formats(_ctx: click.Context) -> dict[str, str]:
    from cardpipe import plugins

    return _plugin_names(plugins.WRITERS)


def _kinds(_ctx: click.Context) -> dict[str, str]:
    from cardpipe import plugins

    return _plugin_names(plugins.FIGURES)


def _card_kinds(ctx: click.Context) -> dict[str, str]:
    from cardpipe.model.note_types import BUILT_IN

    return {**dict.fromkeys(BUILT_IN, ""), **_deck_values(ctx, "note_types")}


def _rules(_ctx: click.Context) -> dict[str, str]:
    from cardpipe.lint.registry import all_rules

    return {rule.code: rule.summary for rule in all_rules()}


def _rules_and_families(ctx: click.Context) -> dict[str, str]:
    rules = _rules(ctx)
    families: Iterable[str] = dict.fromkeys(code.rstrip("0123456789") for code in rules)
    return {"ALL": "", **dict.fromkeys(families, ""), **rules}


card_ids = _completer(_card_ids)
cards_and_prefixes = _completer(_cards_and_prefixes)
editions = _completer(lambda ctx: _deck_values(ctx, "editions"))
figure_kinds = _completer(_kinds)
formats = _completer(_formats)
kinds = _completer(_card_kinds)
prefixes = _completer(lambda ctx: _deck_values(ctx, "subdecks"))
rules = _completer(_rules)
rules_and_families = _completer(_rules_and_families)
tags = _completer(_tags)
