"""Trees worked out without the generator, written as text without the parser, and made at random."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st

from dosing_env.interchange.expressions import FUNCTIONS, Call, Chain, Name, Negative, Number, Tree

NAMES = ("CL", "V", "GUT", "t", "A", "p", "R", "x", "eta_CL", "again0", "power", "count")


def power(a: Any, b: Any) -> Any:
    whole = np.isfinite(b) and b == np.floor(b)
    return np.power(np.float64(0.0 if a < 0 and not whole else a), b)


ON_NUMBERS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "expit": lambda x: 1.0 / (1.0 + np.exp(-x)),
    "log": np.log,
    "log10": np.log10,
    "logit": lambda x: -np.log(1.0 / x - 1.0),
    "max": np.maximum,
    "min": np.minimum,
    "pow": power,
    "sqrt": np.sqrt,
}
SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
}


def value(tree: Tree, names: Mapping[str, Any]) -> Any:
    """What the tree comes to, as NumPy works it out."""
    if isinstance(tree, Number):
        return np.float64(tree.value)
    if isinstance(tree, Name):
        return np.float64(names[tree.name])
    if isinstance(tree, Negative):
        return -value(tree.of, names)
    if isinstance(tree, Call):
        return ON_NUMBERS[tree.function](*(value(argument, names) for argument in tree.arguments))
    total = value(tree.first, names)
    for sign, part in tree.rest:
        total = SIGNS[sign](total, value(part, names))
    return total


def text(tree: Tree) -> str:
    """The tree with no more parentheses than the grammar needs."""
    if isinstance(tree, Number):
        return repr(tree.value)
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Negative):
        return f"-{_in_parentheses(tree.of) if isinstance(tree.of, Chain) else text(tree.of)}"
    if isinstance(tree, Call):
        return f"{tree.function}({','.join(map(text, tree.arguments))})"
    first, *rest = [_part(tree, part) for part in (tree.first, *(part for _, part in tree.rest))]
    return first + "".join(f" {sign}{part}" for (sign, _), part in zip(tree.rest, rest, strict=True))


def _part(chain: Chain, part: Tree) -> str:
    inside = isinstance(part, Chain) and not (chain.is_sum and not part.is_sum)
    return _in_parentheses(part) if inside else text(part)


def _in_parentheses(tree: Tree) -> str:
    return f"( {text(tree)})"


def _chains(signs: str, parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    rest = st.lists(st.tuples(st.sampled_from(signs), parts), min_size=1, max_size=4).map(tuple)
    return st.builds(Chain, parts, rest)


def _calls(parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    def call(function: str) -> st.SearchStrategy[Tree]:
        return st.builds(Call, st.just(function), st.tuples(*[parts] * FUNCTIONS[function]))

    return st.sampled_from(sorted(FUNCTIONS)).flatmap(call)


def _numbers() -> st.SearchStrategy[Tree]:
    plain = st.sampled_from([0.0, 0.5, 0.75, 1.0, 2.0, 3.0, 70.0])
    return st.builds(Number, plain | st.floats(min_value=0.0, allow_nan=False, allow_infinity=False))


TREES: st.SearchStrategy[Tree] = st.recursive(
    _numbers() | st.builds(Name, st.sampled_from(NAMES)),
    lambda parts: _chains("+-", parts) | _chains("*/", parts) | _calls(parts) | st.builds(Negative, parts),
    max_leaves=25,
)
