"""JavaScript of the site under the engine that draws formulas: modules with their exports as globals."""

from __future__ import annotations

import json
import re
from typing import Any

import quickjs

from cardpipe.writers.site.assets import text

_EXPORT = re.compile(r"^export (?=(?:async )?function|const|class)", re.MULTILINE)
_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)


class Script:
    """One or more modules of the site in one engine."""

    def __init__(self, *names: str) -> None:
        self._context = quickjs.Context()
        for name in names:
            self._context.eval(_IMPORT.sub("", _EXPORT.sub("", text(name))))

    def value(self, expression: str, *arguments: object) -> Any:
        """The value of an expression, or of a function that is called with the arguments, by way of JSON."""
        called = f"({expression})({','.join(json.dumps(one) for one in arguments)})" if arguments else expression
        return json.loads(self._context.eval(f"JSON.stringify({called}) ?? 'null'"))
