"""Arithmetic written as text: our own grammar, a frozen checked tree, and Python made of the tree alone.

    expression = term {("+" | "-") term}
    term       = factor {("*" | "/") factor}
    factor     = ("+" | "-") factor | value
    value      = number | name | function "(" expression {"," expression} ")" | "(" expression ")"

Numbers are 1, 1.0, .5 or 1e-3, and all of them floating point. Names are ASCII letters, digits and `_`. The functions
are those of FUNCTIONS; `pow(a,b)` is that of `arithmetic.power`, expit(x) = 1/(1 + exp(-x)), logit(x) = -log(1/x - 1).
"""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from dosing_env.catalogue import unknown

FUNCTIONS = {"exp": 1, "expit": 1, "log": 1, "log10": 1, "logit": 1, "max": 2, "min": 2, "pow": 2, "sqrt": 1}
LONGEST = 4000  # characters of an expression
DEEPEST = 30  # parentheses, calls and signs inside one another: the Python made of it stays below Python's own limits
LONGEST_NAME = 60

_IN_PYTHON = {"max": "maximum", "min": "minimum"}  # the functions that arithmetic.py calls otherwise
_UNROLLED = 8.0  # up to this whole exponent a power is written as one, which compiles to products
_SHOWN = 80  # characters of an expression that an error repeats
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?P<name>[A-Za-z][A-Za-z0-9_]*)|(?P<sign>[-+*/(),])"
)
_SPACE = re.compile(r"[ \t\r\n]*")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Number:
    """A number, never negative."""

    value: float


@dataclass(frozen=True)
class Name:
    """A compartment, parameter, covariate or random effect."""

    name: str


@dataclass(frozen=True)
class Negative:
    """Minus something."""

    of: Tree


@dataclass(frozen=True)
class Chain:
    """A sum (+ and -) or a product (* and /), worked out from left to right."""

    first: Tree
    rest: tuple[tuple[str, Tree], ...]

    @property
    def is_sum(self) -> bool:
        """Whether its signs are + and -."""
        return self.rest[0][0] in "+-"


@dataclass(frozen=True)
class Call:
    """A function of FUNCTIONS."""

    function: str
    arguments: tuple[Tree, ...]


Tree: TypeAlias = Number | Name | Negative | Chain | Call


# --- text to tree ---


def parse(text: str, where: str, check: Callable[[str], str | None] = lambda name: None) -> Tree:
    """The tree of an expression.

    Args:
        text: the expression.
        where: file and field, for the error.
        check: says what is wrong with a name; None where nothing is.

    Raises:
        ValueError: one line with the place, the expression, the position and the rule.
    """
    return _Reader(text, where, check).whole()


def checked_name(name: str, where: str) -> str:
    """The name, if an expression can hold it.

    Raises:
        ValueError: it cannot; the rule is named.
    """
    rule = _name_rule(name)
    if rule is not None:
        raise ValueError(f"{where}: {_shown(name)}: {rule}")
    return name


def _name_rule(name: str) -> str | None:
    if not _NAME.fullmatch(name):
        return "a name is made of the letters A to Z and a to z, digits and _, and begins with a letter"
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters"
    if name in FUNCTIONS:
        return "a function cannot be a name"
    if keyword.iskeyword(name):
        return "this word belongs to Python, which the names are handed to: write it in capitals"
    return None


def _shown(text: str) -> str:
    """A text in one line of printable characters, shortened."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


class _Token(NamedTuple):
    kind: str  # "number", "name", "sign" or "end"
    text: str
    at: int


class _Reader:
    """Recursive descent: one method for each rule of the grammar."""

    def __init__(self, text: str, where: str, check: Callable[[str], str | None]) -> None:
        self.text, self.where, self.check = text, where, check
        if len(text) > LONGEST:
            raise self.wrong(LONGEST, f"{len(text)} characters: an expression has at most {LONGEST}")
        self.tokens = list(self.split())
        self.next = self.depth = 0

    def wrong(self, at: int, rule: str) -> ValueError:
        return ValueError(f"{self.where}: {_shown(self.text)}, character {at + 1}: {rule}")

    def split(self) -> Iterator[_Token]:
        at = 0
        while True:
            space = _SPACE.match(self.text, at)
            at = space.end() if space else at
            if at == len(self.text):
                yield _Token("end", "", at)
                return
            match = _TOKEN.match(self.text, at)
            if match is None:
                raise self.wrong(at, self.unexpected(self.text[at]))
            yield _Token(str(match.lastgroup), match.group(), at)
            at = match.end()

    def unexpected(self, character: str) -> str:
        hint = "a power is written pow(a,b)" if character == "^" else "numbers, names, + - * / ( ) and , are known"
        return f"{character!r} is not known: {hint}"

    @property
    def token(self) -> _Token:
        return self.tokens[self.next]

    def take(self, signs: str) -> str | None:
        """The sign that stands here, if it is one of these; it is passed."""
        kind, text, _ = self.token
        if kind != "sign" or text not in signs:
            return None
        self.next += 1
        return text

    def expect(self, sign: str) -> None:
        if self.take(sign) is None:
            found = repr(self.token.text) if self.token.text else "the end"
            raise self.wrong(self.token.at, f"{sign!r} is missing, found {found}")

    def whole(self) -> Tree:
        tree = self.expression()
        if self.token.kind != "end":
            rule = f"an operator is missing before {self.token.text!r}"
            raise self.wrong(
                self.token.at, rule if self.token.text not in "),*" else f"{self.token.text!r} is too much"
            )
        return tree

    def expression(self) -> Tree:
        return self.chain(self.term, "+-")

    def term(self) -> Tree:
        return self.chain(self.factor, "*/")

    def chain(self, part: Callable[[], Tree], signs: str) -> Tree:
        first, rest = part(), []
        while sign := self.take(signs):
            rest.append((sign, part()))
        return Chain(first, tuple(rest)) if rest else first

    def factor(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise self.wrong(self.token.at, f"more than {DEEPEST} parentheses, calls and signs inside one another")
        sign = self.take("+-")
        tree = self.value() if sign is None else self.factor()
        self.depth -= 1
        return Negative(tree) if sign == "-" else tree

    def value(self) -> Tree:
        kind, text, at = self.token
        self.next += kind != "end"
        if kind == "number":
            return self.number(text, at)
        if kind == "name":
            return self.call(text, at) if self.token.text == "(" else self.name(text, at)
        if text == "(":
            tree = self.expression()
            self.expect(")")
            return tree
        found = f"{text!r}" if text else "the end"
        hint = ". A power is written pow(a,b)" if text == "*" and self.text[at - 1 : at] == "*" else ""
        raise self.wrong(at, f"a number, a name or '(' is missing, found {found}{hint}")

    def number(self, text: str, at: int) -> Number:
        value = float(text)
        if not math.isfinite(value):
            raise self.wrong(at, f"{_shown(text)} is too large a number")
        return Number(value)

    def name(self, name: str, at: int) -> Name:
        rule = _name_rule(name) or self.check(name)
        if rule is not None:
            raise self.wrong(at, rule if repr(name) in rule else f"{name[:LONGEST_NAME]!r}: {rule}")
        return Name(name)

    def call(self, function: str, at: int) -> Call:
        if function not in FUNCTIONS:
            raise self.wrong(at, unknown("function", function[:LONGEST_NAME], list(FUNCTIONS)))
        self.expect("(")
        arguments = [self.expression()]
        while self.take(","):
            arguments.append(self.expression())
        self.expect(")")
        if len(arguments) != FUNCTIONS[function]:
            raise self.wrong(at, f"{function} takes {FUNCTIONS[function]} values, found {len(arguments)}")
        return Call(function, tuple(arguments))


# --- what a tree says ---


def parts(tree: Tree) -> tuple[Tree, ...]:
    """The trees directly inside a tree."""
    if isinstance(tree, Negative):
        return (tree.of,)
    if isinstance(tree, Chain):
        return (tree.first, *(part for _, part in tree.rest))
    return tree.arguments if isinstance(tree, Call) else ()


def names(tree: Tree) -> list[str]:
    """The names in a tree, each once, in order."""
    if isinstance(tree, Name):
        return [tree.name]
    return list(dict.fromkeys(name for part in parts(tree) for name in names(part)))


ZERO, CONSTANT, LINEAR, OTHER = -1, 0, 1, 2


def order(tree: Tree, states: Collection[str]) -> int:
    """How a tree depends on the states: ZERO, CONSTANT, LINEAR (without constant term), or OTHER or not known."""
    if isinstance(tree, Number):
        return CONSTANT if tree.value else ZERO
    if isinstance(tree, Name):
        return LINEAR if tree.name in states else CONSTANT
    orders = [order(part, states) for part in parts(tree)]
    if isinstance(tree, Negative):
        return orders[0]
    if isinstance(tree, Call):
        return CONSTANT if max(orders) <= CONSTANT else OTHER
    return _of_sum(orders) if tree.is_sum else _of_product(tree, orders)


def _of_sum(orders: list[int]) -> int:
    different = set(orders) - {ZERO}
    return ZERO if not different else different.pop() if len(different) == 1 else OTHER


def _of_product(tree: Chain, orders: list[int]) -> int:
    if any(sign == "/" and below > CONSTANT for (sign, _), below in zip(tree.rest, orders[1:], strict=True)):
        return OTHER
    return ZERO if ZERO in orders else min(sum(orders), OTHER)


# --- tree to Python ---


def repeated_calls(trees: Iterable[Tree]) -> list[Tree]:
    """The calls that stand more than once in the trees, inner ones first: what is worth computing once."""
    counts: dict[Tree, int] = {}
    for tree in trees:
        _count(tree, counts)
    return [tree for tree, count in counts.items() if count > 1]


def _count(tree: Tree, counts: dict[Tree, int]) -> None:
    if isinstance(tree, Call) and tree in counts:
        counts[tree] += 1
        return
    for part in parts(tree):
        _count(part, counts)
    if isinstance(tree, Call):
        counts[tree] = 1


def python(tree: Tree, spelt: Mapping[Tree, str]) -> str:
    """Python for a tree, with the functions of arithmetic.py. `spelt` says how each name is written there."""
    if tree in spelt:
        return spelt[tree]
    if isinstance(tree, Number):
        return repr(tree.value)
    if isinstance(tree, Negative):
        return f"-{_closed(tree.of, spelt)}"
    if isinstance(tree, Chain):
        return _python_chain(tree, spelt)
    if isinstance(tree, Call):
        return _python_call(tree, spelt)
    raise KeyError(tree.name)


def _python_chain(tree: Chain, spelt: Mapping[Tree, str]) -> str:
    """A sum or product; parentheses where Python would read another tree."""
    negative = isinstance(tree.first, Negative)  # -a * b is (-a) * b
    text = python(tree.first, spelt) if negative else _operand(tree, tree.first, spelt)
    for sign, part in tree.rest:
        text += f" {sign} {_operand(tree, part, spelt)}"
    return text


def _operand(chain: Chain, part: Tree, spelt: Mapping[Tree, str]) -> str:
    if chain.is_sum and isinstance(part, Chain) and not part.is_sum:
        return python(part, spelt)
    return _closed(part, spelt)


def _closed(tree: Tree, spelt: Mapping[Tree, str]) -> str:
    text = python(tree, spelt)
    return f"({text})" if isinstance(tree, Negative | Chain) and tree not in spelt else text


def _python_call(tree: Call, spelt: Mapping[Tree, str]) -> str:
    if tree.function == "pow":
        exponent = _whole(tree.arguments[1])
        if exponent is not None:
            return f"({_closed(tree.arguments[0], spelt)} ** {exponent})"
        return f"power({python(tree.arguments[0], spelt)}, {python(tree.arguments[1], spelt)})"
    first, *others = [python(argument, spelt) for argument in tree.arguments]
    if tree.function == "expit":
        return f"(1.0 / (1.0 + exp(-({first}))))"
    if tree.function == "logit":
        return f"(-log(1.0 / ({first}) - 1.0))"
    return f"{_IN_PYTHON.get(tree.function, tree.function)}({', '.join([first, *others])})"


def _whole(tree: Tree) -> int | None:
    """A small whole number, where the tree is one."""
    if isinstance(tree, Negative):
        inner = _whole(tree.of)
        return None if inner is None else -inner
    if isinstance(tree, Number) and tree.value.is_integer() and tree.value <= _UNROLLED:
        return int(tree.value)
    return None
