"""Contract tests for plug-ins: what their authors run against their own (`docs/plugins.md`).

Each function raises AssertionError, with a sentence that says what is wrong.
"""

from __future__ import annotations

from cardpipe.testing.figures import check_figure_kind
from cardpipe.testing.pdf import check_engine, check_layout
from cardpipe.testing.rules import check_rule, check_rules
from cardpipe.testing.writers import check_writer

__all__ = ["check_engine", "check_figure_kind", "check_layout", "check_rule", "check_rules", "check_writer"]
