"""Parameters by genotype, and INR from what is left of the clotting factors."""

from __future__ import annotations

import pytest

from dosing_env.blocks import genotype
from dosing_env.blocks.coagulation import international_normalised_ratio as inr

PAIRS = {(0.0, 0.0): 11.0, (1.0, 0.0): 12.0, (0.0, 1.0): 13.0, (2.0, 0.0): 22.0, (1.0, 1.0): 23.0, (0.0, 2.0): 33.0}


def test_every_number_of_copies_has_its_value() -> None:
    assert [genotype.by_copies(n, 4.61, 3.02, 2.20) for n in (0.0, 1.0, 2.0)] == [4.61, 3.02, 2.20]
    assert [genotype.carrier(n) for n in (0.0, 1.0, 2.0)] == [0.0, 1.0, 1.0]


@pytest.mark.parametrize(("pair", "value"), PAIRS.items())
def test_every_pair_of_cyp2c9_alleles_has_its_value(pair: tuple[float, float], value: float) -> None:
    assert genotype.by_cyp2c9(*pair, 11.0, 12.0, 13.0, 22.0, 23.0, 33.0) == value


@pytest.mark.parametrize(("pair", "value"), PAIRS.items())
def test_alleles_add_up(pair: tuple[float, float], value: float) -> None:
    """With 1, 10 and 100 the sum counts the alleles of each sort."""
    n2, n3 = pair
    assert genotype.per_cyp2c9_allele(n2, n3, 1.0, 10.0, 100.0) == (2 - n2 - n3) + 10 * n2 + 100 * n3
    assert genotype.per_allele(n2, 2.05, 0.96) == pytest.approx((2 - n2) * 2.05 + n2 * 0.96)


def test_inr_is_its_base_without_drug_and_highest_with_nothing_left() -> None:
    assert inr(1.0, 1.1, 20.0, 3.61) == 1.1
    assert inr(1.0 + 1e-15, 1.1, 20.0, 3.61) == 1.1  # a solver's rounding
    assert inr(0.0, 1.1, 20.0, 3.61) == pytest.approx(21.1)
    assert inr(0.5, 1.0, 5.0, 1.0) == pytest.approx(3.5)


def test_inr_rises_as_less_is_left() -> None:
    values = [inr(left, 1.0, 20.0, 3.61) for left in (1.0, 0.8, 0.6, 0.4, 0.2, 0.0)]
    assert values == sorted(set(values))
