"""The expressions of ``exclude`` and ``when``: small, safe, over the values of one point.

``optim.lr > 0.1 and model == "resnet14"``. Names are dotted keys or config groups; constants are
numbers, quoted text, ``true``, ``false`` and ``null``; operators are ``and or not``, comparisons
(chains too), ``in`` with a list, and ``+ - * / // %`` on numbers. Nothing else is accepted: no
call, no attribute of a value, no subscript. An expression from a file can do nothing but compare.

A comparison with a key that the point does not have, or between values without an order, is false.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from agilml.errors import ConfigError
from agilml.model import JSON
from agilml.text import safe_text

Lookup: TypeAlias = Callable[[str], Any]
"""Gives the value of a key; raises KeyError where the point has no such key."""

_Evaluate: TypeAlias = Callable[[Lookup], Any]

_MAX_LENGTH = 1_000
_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
        ast.In: lambda item, items: item in items,
        ast.NotIn: lambda item, items: item not in items,
    }
)
_ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.Div: operator.truediv,
        ast.FloorDiv: operator.floordiv,
        ast.Mod: operator.mod,
    }
)
_CONSTANTS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression.

    Attributes:
        text: as written.
        names: the keys it reads.
        holds: whether the expression is true for the point that a lookup reads.
        plain: what :func:`recalled` makes the same condition of.
    """

    text: str
    names: frozenset[str]
    holds: Callable[[Lookup], bool]
    plain: JSON


def condition(text: str) -> Condition:
    """Return the compiled ``text``.

    Raises:
        ConfigError: it is not an expression of the language above.
    """
    names: set[str] = set()
    try:
        evaluate = _compile(_parse(text), names)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else str(error) or "too deep"
        raise ConfigError(
            f"`{safe_text(text)}` is not an expression: {safe_text(reason)}",
            next="write it like: optim.lr > 0.1 and model == 'mlp'",
        ) from None
    return Condition(text, frozenset(names), lambda lookup: bool(_known(evaluate, lookup)), text)


def _parse(text: str) -> ast.expr:
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"more than {_MAX_LENGTH} characters")
    return ast.parse(text.strip(), mode="eval").body


def equals(key: str, allowed: tuple[Any, ...]) -> Condition:
    """Return the condition that ``key`` has one of the ``allowed`` values."""
    text = f"{key} in {list(allowed)}"
    return Condition(
        text,
        frozenset({key}),
        lambda lookup: bool(_known(lambda at: at(key) in allowed, lookup)),
        {"key": key, "in": list(allowed)},
    )


def both(conditions: tuple[Condition, ...]) -> Condition:
    """Return the condition that all ``conditions`` hold."""
    if len(conditions) == 1:
        return conditions[0]
    names = frozenset[str]().union(*(one.names for one in conditions))
    text = " and ".join(one.text for one in conditions)
    return Condition(
        text,
        names,
        lambda lookup: all(one.holds(lookup) for one in conditions),
        [one.plain for one in conditions],
    )


def recalled(plain: JSON) -> Condition:
    """Return the condition whose ``plain`` form this is."""
    if isinstance(plain, list):
        return both(tuple(recalled(one) for one in plain))
    if isinstance(plain, dict):
        allowed = plain["in"]
        return equals(str(plain["key"]), tuple(allowed if isinstance(allowed, list) else ()))
    return condition(str(plain))


def _known(evaluate: _Evaluate, lookup: Lookup) -> Any:
    """Return the value, or False where a key is absent or the values do not go together."""
    try:
        return evaluate(lookup)
    except (KeyError, TypeError, ZeroDivisionError):
        return False


def _compile(node: ast.expr, names: set[str]) -> _Evaluate:
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            terms = [_compile(value, names) for value in values]
            return lambda at: all(_known(term, at) for term in terms)
        case ast.BoolOp(op=ast.Or(), values=values):
            terms = [_compile(value, names) for value in values]
            return lambda at: any(_known(term, at) for term in terms)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _compile(operand, names)
            return lambda at: not _known(inner, at)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            inner = _compile(operand, names)
            return lambda at: -inner(at)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _comparison([left, *comparators], ops, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            return _arithmetic(_ARITHMETIC[type(op)], _compile(left, names), _compile(right, names))
        case ast.Constant(value=bool() | int() | float() | str() as constant):
            return lambda _: constant
        case ast.List(elts=items) | ast.Tuple(elts=items):
            members = [_compile(item, names) for item in items]
            return lambda at: [member(at) for member in members]
        case ast.Name() | ast.Attribute():
            return _name(node, names)
    raise ValueError(f"`{ast.unparse(node)}` is not allowed")


def _comparison(terms: list[ast.expr], ops: list[ast.cmpop], names: set[str]) -> _Evaluate:
    unknown = [op for op in ops if type(op) not in _COMPARE]
    if unknown:
        raise ValueError("`is` is not allowed, write ==")
    values = [_compile(term, names) for term in terms]
    tests = [_COMPARE[type(op)] for op in ops]

    def compare(at: Lookup) -> bool:
        found = [value(at) for value in values]
        return all(test(a, b) for test, a, b in zip(tests, found, found[1:], strict=False))

    return lambda at: _known(compare, at)


def _arithmetic(
    function: Callable[[Any, Any], Any], left: _Evaluate, right: _Evaluate
) -> _Evaluate:
    def apply(at: Lookup) -> Any:
        a, b = left(at), right(at)
        if not (isinstance(a, int | float) and isinstance(b, int | float)):
            raise TypeError("arithmetic is for numbers")
        return function(a, b)

    return apply


def _name(node: ast.expr, names: set[str]) -> _Evaluate:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        # One error for all that is outside of the language.
        raise ValueError(f"`{ast.unparse(node)}` is not allowed")  # noqa: TRY004
    key = ".".join([node.id, *parts])
    if key in _CONSTANTS:
        constant = _CONSTANTS[key]
        return lambda _: constant
    names.add(key)
    return lambda at: at(key)
