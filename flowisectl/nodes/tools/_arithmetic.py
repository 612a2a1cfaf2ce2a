"""Working out an arithmetic expression as a pocket calculator does, without running any code."""

from __future__ import annotations

import ast
import math
import operator
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

MAX_CHARS = 1000
DECIMALS = 15
_FACTORIAL = re.compile(r"(\d+|\([^()]*\))!(?!=)")

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: _divided(left, right),
    ast.Mod: math.fmod,
    ast.Pow: math.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_NAMES = {"pi": math.pi, "e": math.e}
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": abs, "acos": lambda x: math.degrees(math.acos(x)), "asin": lambda x: math.degrees(math.asin(x)),
    "atan": lambda x: math.degrees(math.atan(x)), "ceil": lambda x: float(math.ceil(x)), "cos": lambda x: math.cos(math.radians(x)),
    "exp": math.exp, "fac": lambda x: _factorial(x), "floor": lambda x: float(math.floor(x)), "ln": math.log, "log": math.log10,
    "log10": math.log10, "max": max, "min": min, "pow": math.pow, "root": math.sqrt, "round": lambda x: float(math.floor(x + 0.5)),
    "sin": lambda x: math.sin(math.radians(x)), "sqrt": math.sqrt, "tan": lambda x: math.tan(math.radians(x)),
}  # fmt: skip


def calculate(expression: str) -> str:
    """The value as text: whole numbers without a point. Raises ValueError for what is no arithmetic.

    `+ - * / %`, `^` or `**` for powers, `!`, parentheses, `pi`, `e` and the usual functions; `log` is that of base 10, angles
    are in degrees. The value is rounded to 15 decimals, so that 0.1+0.2 is 0.3.
    """
    if len(expression) > MAX_CHARS:
        raise ValueError(f"the expression is longer than {MAX_CHARS} characters")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # about text such as `1if`, which is refused anyhow
            tree = ast.parse(_with_factorials(expression.strip()).replace("^", "**"), mode="eval")
        value = _value(tree.body)
        return shown(round(value, DECIMALS) if math.isfinite(value) else value)
    except (SyntaxError, ArithmeticError, TypeError, RecursionError, MemoryError) as error:
        raise ValueError(f"no arithmetic: {error}") from error


def shown(number: float) -> str:
    """A number as JavaScript writes it."""
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"  # zero has a sign, which is not shown
    digits, _, exponent = f"{Decimal(repr(number)):e}".partition("e")
    power = int(exponent)
    if -7 < power < 21:
        plain = f"{Decimal(repr(number)):f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{power:+d}"


def _value(node: ast.expr) -> float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _BINARY[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand))
    if isinstance(node, ast.Name) and node.id.lower() in _NAMES:
        return _NAMES[node.id.lower()]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS and not node.keywords:
        arguments: list[Any] = [_value(argument) for argument in node.args]
        return float(_FUNCTIONS[node.func.id](*arguments))
    raise ValueError("only numbers, + - * / % ^, parentheses and the usual functions can be calculated")


def _with_factorials(expression: str) -> str:
    """`5!` and `(2+3)!` as calls of `fac`."""
    return _FACTORIAL.sub(lambda match: f"fac({match[1]})", expression)


def _factorial(value: float) -> float:
    if value < 0 or value != math.floor(value):
        raise ValueError("only whole numbers from 0 on have a factorial")
    return math.inf if value > 170 else float(math.factorial(int(value)))


def _divided(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left)
