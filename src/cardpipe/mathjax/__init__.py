"""MathJax in this process, to check and typeset formulas.

The release is the one that Anki ships, so what is accepted here is what a learner sees there.
"""

from __future__ import annotations

from cardpipe.mathjax.engine import MathJax, mathjax_version, shared_mathjax
from cardpipe.mathjax.formula import Equation, MathError

__all__ = ["Equation", "MathError", "MathJax", "mathjax_version", "shared_mathjax"]
