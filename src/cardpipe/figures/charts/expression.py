"""Untrusted expressions in x: parsed by Python's grammar, checked against an allow-list, evaluated on float64.

No Python code is run. Nodes that are not on the list below are rejected with their position, and
evaluation takes linear time in the number of samples: float64 overflows to infinity.
"""

from __future__ import annotations

import ast
import functools
import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from cardpipe.text.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Samples: TypeAlias = NDArray[np.float64]

LONGEST: Final = 200
"""The maximum length of an expression in characters."""
MOST_NODES: Final = 120
DEEPEST: Final = 16
LARGEST_EXPONENT: Final = 64
LARGEST_NUMBER: Final = 1e12

CONSTANTS: Final = {"pi": math.pi, "e": math.e}
FUNCTIONS: Final = {
    **dict.fromkeys(("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh"), 1),
    **dict.fromkeys(("exp", "log", "log2", "log10", "sqrt", "abs", "floor", "ceil", "sign"), 1),
    **dict.fromkeys(("sigmoid", "relu", "softplus"), 1),
    **dict.fromkeys(("min", "max"), 2),
    "where": 3,
}
"""Functions and their number of arguments."""
_OPERATORS: Final = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}
_COMPARISONS: Final = {ast.Lt: "less", ast.LtE: "less_equal", ast.Gt: "greater", ast.GtE: "greater_equal"}


class ExpressionFault(Exception):  # noqa: N818 - a fault of the author's text, not an error of the tool
    """A fault of an expression and its span in characters; the end is exclusive."""

    def __init__(self, message: str, start: int, end: int, help_: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.help = help_


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression."""

    text: str
    tree: ast.expr

    def __call__(self, x: Samples) -> Samples:
        """Return the values at samples, NaN or infinite where the expression is undefined."""
        import numpy as np

        with np.errstate(all="ignore"):
            values = _value(self.tree, x)
        return np.broadcast_to(np.asarray(values, dtype=np.float64), x.shape).copy()


def parse(text: str) -> Expression:
    """Parse an expression; raises ExpressionFault."""
    if len(text) > LONGEST:
        raise ExpressionFault(
            f"The expression has {len(text)} characters, more than {LONGEST}.",
            0,
            len(text),
            "Split it into several curves.",
        )
    # Python parses leading spaces as indentation, and line ends as the end of the expression.
    lead = len(text) - len(text.lstrip())
    code = " ".join(text.split("\n")).replace("\r", " ").strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code, mode="eval").body
    except SyntaxError as error:
        start = min(len(text), lead + max(0, (error.offset or 1) - 1))
        raise ExpressionFault("Invalid expression.", start, len(text), "Write it like 2*x**2 + 1.") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise ExpressionFault("Invalid expression.", 0, len(text), "Write it like 2*x**2 + 1.") from error
    _Check(text, code, lead).all(tree)
    return Expression(text, tree)


class _Check:
    """An iterative tree walk, so that deep nesting cannot exhaust Python's stack."""

    def __init__(self, text: str, code: str, lead: int) -> None:
        self.text = text
        self.code = code.encode()
        self.lead = lead

    def all(self, tree: ast.expr) -> None:
        pending: list[tuple[ast.expr, int, bool]] = [(tree, 1, False)]
        seen = 0
        while pending:
            node, depth, condition = pending.pop()
            seen += 1
            if depth > DEEPEST:
                raise self.fault(node, f"The expression is nested deeper than {DEEPEST} levels.")
            if seen > MOST_NODES:
                raise self.fault(tree, f"The expression has more than {MOST_NODES} parts.")
            pending.extend((child, depth + 1, is_condition) for child, is_condition in self.parts(node, condition))

    def parts(self, node: ast.expr, condition: bool) -> list[tuple[ast.expr, bool]]:
        """The nodes below an allowed one, and whether each must be a comparison."""
        if condition or isinstance(node, ast.Compare):
            return self.comparison(node, condition)
        match node:
            case ast.Constant(value=value):
                self.number(node, value)
                return []
            case ast.Name(id=name):
                self.name(node, name)
                return []
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
                return [(operand, False)]
            case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _OPERATORS:
                if isinstance(operator, ast.Pow):
                    self.power(node, left, right)
                return [(left, False), (right, False)]
            case ast.Call():
                return self.call(node)
        help_ = "Write powers as x**2." if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitXor) else None
        raise self.fault(node, "This is not allowed in an expression.", help_ or self.allowed())

    def comparison(self, node: ast.expr, condition: bool) -> list[tuple[ast.expr, bool]]:
        match node:
            case ast.Compare(left=left, ops=[operator], comparators=[right]) if type(operator) in _COMPARISONS:
                if condition:
                    return [(left, False), (right, False)]
        raise self.fault(
            node,
            "Comparisons are allowed only as the first argument of where(), which must be one.",
            "For example where(x < 0, 0, x).",
        )

    def number(self, node: ast.expr, value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fault(node, "This is not allowed in an expression.", self.allowed())
        if not abs(value) <= LARGEST_NUMBER:
            raise self.fault(node, f"This number is larger than {LARGEST_NUMBER:g}.")

    def name(self, node: ast.expr, name: str) -> None:
        if name == "x" or name in CONSTANTS:
            return
        if name in FUNCTIONS:
            raise self.fault(node, f"{name} is a function.", f"Write {name}(…) with its argument.")
        near = nearest(name, ("x", *CONSTANTS, *FUNCTIONS))
        raise self.fault(node, f"Unknown name {self.shown(name)}.", f"Did you mean {near}?" if near else self.allowed())

    def call(self, node: ast.Call) -> list[tuple[ast.expr, bool]]:
        if not isinstance(node.func, ast.Name):
            raise self.fault(node.func, "This cannot be called.", self.allowed())
        name = node.func.id
        if name not in FUNCTIONS:
            near = nearest(name, FUNCTIONS)
            raise self.fault(
                node.func,
                f"Unknown function {self.shown(name)}.",
                f"Did you mean {near}?" if near else self.allowed(),
            )
        wanted = FUNCTIONS[name]
        if len(node.args) != wanted or node.keywords:
            raise self.fault(node, f"{name} takes {wanted} argument{'s' if wanted > 1 else ''}.")
        return [(argument, name == "where" and place == 0) for place, argument in enumerate(node.args)]

    def power(self, node: ast.expr, base: ast.expr, exponent: ast.expr) -> None:
        """Check a power: a bounded exponent, or a number as base, so that powers cannot be nested without limit."""
        bare = exponent.operand if isinstance(exponent, ast.UnaryOp) else exponent
        if isinstance(bare, ast.Constant) and isinstance(bare.value, int | float):
            if not abs(bare.value) <= LARGEST_EXPONENT:
                raise self.fault(exponent, f"This exponent is larger than {LARGEST_EXPONENT}.")
            return
        is_number = isinstance(base, ast.Constant) or (isinstance(base, ast.Name) and base.id in CONSTANTS)
        if not is_number or not any(isinstance(part, ast.Name) and part.id == "x" for part in ast.walk(exponent)):
            raise self.fault(
                node, "A power needs a number as its exponent or its base.", "For example x**3 or 2**(x + 1)."
            )

    def fault(self, node: ast.expr, message: str, help_: str | None = None) -> ExpressionFault:
        start = self.lead + len(self.code[: node.col_offset].decode(errors="replace"))
        end_column = node.end_col_offset if node.end_col_offset is not None else len(self.code)
        end = self.lead + len(self.code[:end_column].decode(errors="replace"))
        return ExpressionFault(message, min(start, len(self.text)), min(end, len(self.text)), help_)

    @staticmethod
    def shown(name: str) -> str:
        return name if len(name) <= 30 else name[:29] + "…"

    @staticmethod
    def allowed() -> str:
        return f"Allowed are numbers, x, {', '.join(CONSTANTS)}, + - * / **, {', '.join(FUNCTIONS)}."


def _value(node: ast.expr, x: Samples) -> Any:
    """Evaluate an allowed node; numbers are float64, so they overflow instead of growing."""
    import numpy as np

    match node:
        case ast.Constant(value=value):
            return np.float64(cast("int | float", value))  # `_Check.number` rejects everything else
        case ast.Name(id=name):
            return x if name == "x" else np.float64(CONSTANTS[name])
        case ast.UnaryOp(op=operator, operand=operand):
            value = _value(operand, x)
            return -value if isinstance(operator, ast.USub) else value
        case ast.BinOp(left=left, op=operator, right=right):
            return getattr(np, _OPERATORS[type(operator)])(_value(left, x), _value(right, x))
        case ast.Compare(left=left, ops=[comparison], comparators=[right]):
            return getattr(np, _COMPARISONS[type(comparison)])(_value(left, x), _value(right, x))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _functions()[name](*(_value(argument, x) for argument in arguments))
    raise AssertionError(f"{type(node).__name__} is not an allowed node")


@functools.cache
def _functions() -> dict[str, Callable[..., Any]]:
    import numpy as np

    def sigmoid(z: Samples) -> Samples:
        # exp(-|z|) cannot overflow.
        small = np.exp(-np.abs(z))
        return np.asarray(np.where(np.asarray(z) >= 0, 1 / (1 + small), small / (1 + small)))

    own: dict[str, Callable[..., Any]] = {
        "min": np.minimum,
        "max": np.maximum,
        "where": np.where,
        "sigmoid": sigmoid,
        "relu": lambda z: np.maximum(z, 0.0),
        "softplus": lambda z: np.logaddexp(z, 0.0),
    }
    return {name: own.get(name) or getattr(np, name) for name in FUNCTIONS}
