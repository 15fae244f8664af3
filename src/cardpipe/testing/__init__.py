"""Contract tests for authors of plug-ins (`docs/plugins.md`).

Each function raises AssertionError with a message.
"""

from __future__ import annotations

from cardpipe.testing.figures import check_figure_kind
from cardpipe.testing.pdf import check_engine, check_layout
from cardpipe.testing.readers import check_reader
from cardpipe.testing.rules import check_rule, check_rules
from cardpipe.testing.writers import check_writer

__all__ = [
    "check_engine",
    "check_figure_kind",
    "check_layout",
    "check_reader",
    "check_rule",
    "check_rules",
    "check_writer",
]
