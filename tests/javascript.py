"""JavaScript of the site under the engine that draws formulas: modules with their exports as globals."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

import quickjs

_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)


class Script:
    """One or more modules of the site in one engine."""

    def __init__(self, *names: str) -> None:
        self._context = quickjs.Context()
        for name in names:
            source = resources.files("cardpipe.writers.site").joinpath("assets", name).read_text(encoding="utf-8")
            self._context.eval(_IMPORT.sub("", _EXPORT.sub("", source)))

    def value(self, expression: str, *arguments: object) -> Any:
        """The value of an expression, or of a function that is called with the arguments, by way of JSON."""
        called = f"({expression})({','.join(json.dumps(one) for one in arguments)})" if arguments else expression
        return json.loads(self._context.eval(f"JSON.stringify({called}) ?? 'null'"))
