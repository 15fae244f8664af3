"""MathJax in this process: the judge of a formula and its typesetter.

The release is the one that Anki ships, so what is accepted here is what a learner sees there.
"""

from __future__ import annotations

from cardpipe.mathjax.engine import MathJax, mathjax_version
from cardpipe.mathjax.formula import Equation, MathError

__all__ = ["Equation", "MathError", "MathJax", "mathjax_version"]
