"""What every block must keep: plain arithmetic, on floats, on arrays and compiled."""

from __future__ import annotations

import inspect
import typing
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import pytest

from dosing_env.simulation.compiling import specialise
from tests.blocks.listing import table
from tests.blocks.runs import BLOCKS, blocks_of, families

every_block = pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)


def arguments(block: FunctionType, seed: int, size: int | None = None) -> list[Any]:
    """Random arguments below 1 (a fraction may be among them), or arrays of them."""
    rng = np.random.default_rng(seed)

    def value(kind: Any) -> Any:
        if kind is float:
            return rng.uniform(0.1, 0.9, size) if size else float(rng.uniform(0.1, 0.9))
        return tuple(value(inner) for inner in typing.get_args(kind))

    hints = typing.get_type_hints(block)
    return [value(hints[name]) for name in inspect.signature(block).parameters]


def flat(result: Any) -> list[Any]:
    return [one for part in result for one in flat(part)] if isinstance(result, tuple) else [result]


@every_block
def test_compiled_equals_interpreted(block: FunctionType) -> None:
    compiled = specialise(block)
    for seed in range(3):
        given = arguments(block, seed)
        assert flat(compiled(*given)) == pytest.approx(flat(block(*given)), rel=1e-13)


@every_block
def test_arrays_equal_floats(block: FunctionType) -> None:
    given = arguments(block, 1, size=5)
    for i in range(5):
        alone = block(*(pick(one, i) for one in given))
        assert flat(alone) == pytest.approx([part[i] for part in flat(block(*given))], rel=1e-13)


def pick(value: Any, i: int) -> Any:
    return tuple(pick(inner, i) for inner in value) if isinstance(value, tuple) else float(value[i])


@pytest.mark.parametrize("family", families(), ids=lambda family: family.__name__.rpartition(".")[2])
def test_a_family_says_its_equations_its_units_and_where_they_are_from(family: Any) -> None:
    text = inspect.getdoc(family) or ""
    assert "    " in text, "no equations"
    assert "Textbook form" in text or "Source" in text
    assert len(blocks_of(family)) > 0


def test_the_documentation_lists_every_block(root: Path) -> None:
    lines = (root / "docs" / "blocks.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("|")] == list(table())
