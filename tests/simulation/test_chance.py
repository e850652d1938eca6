"""Counter-based chance: the published generator, normal draws, and no two purposes on one counter."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist
from typing import Any

import numba
import numpy as np
import pytest
from scipy import special, stats

from dosing_env.simulation import chance
from dosing_env.simulation.chance import STREAMS, Key, fill_normals, key_of, normal, normal_quantile, normals, uniforms

PURPOSES = {name: value for name, value in vars(chance).items() if name.isupper() and isinstance(value, np.uint64)}
PURPOSES = {name: value for name, value in PURPOSES.items() if not name.startswith("_")}
DRAWS = 20_000

# Known-answer vectors of Philox 4x32-10 published with Random123 (kat_vectors): counter, key -> words.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


def words(text: str) -> list[np.uint64]:
    return [np.uint64(int(word, 16)) for word in text.split()]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_words(counter: str, key: str, answer: str) -> None:
    assert list(chance.philox(*words(counter), *words(key))) == words(answer)


def test_philox_compiled_gives_the_published_words() -> None:
    compiled = numba.njit(chance.philox)
    for counter, key, answer in KNOWN:
        assert [int(word) for word in compiled(*words(counter), *words(key))] == [int(w) for w in words(answer)]


TAILS = [2.0**-54, 1e-16, 1e-11, 1e-9, 1.4e-6]  # uniform draws lie between 2^-54 and 1 - 2^-54


def test_quantile_of_the_normal_distribution() -> None:
    for u in [*TAILS, *np.linspace(0.001, 0.999, 999), 0.075, 0.925, 1 - 1.4e-6, 1 - 1e-9, 1 - 2.0**-53]:
        assert normal_quantile(u) == pytest.approx(NormalDist().inv_cdf(u), rel=1e-15, abs=1e-16)
        assert normal_quantile(u) == pytest.approx(special.ndtri(u), rel=1e-13, abs=1e-15)  # another algorithm


def test_quantile_is_undone_by_the_distribution_function() -> None:
    for u in TAILS:
        assert 0.5 * math.erfc(-normal_quantile(u) / math.sqrt(2.0)) == pytest.approx(u, rel=1e-13)


def test_every_purpose_has_its_own_number() -> None:
    assert len(PURPOSES) >= 6
    assert len({int(value) for value in PURPOSES.values()}) == len(PURPOSES)
    assert all(0 < int(value) < 2**12 for value in PURPOSES.values())  # the room between stream and block


def every_address() -> list[tuple[Key, np.uint64, int, int, int]]:
    """Streams, seeds, purposes, patients, decisions and blocks, at their edges too."""
    keys = [key_of(stream, seed) for stream in STREAMS for seed in (0, 1, 2, 2**32, 2**32 + 1, 2**64 - 1)]
    patients, decisions, blocks = (0, 1, 2, 2**32, 2**32 + 1), (0, 1, 2, 13, 9_999), (0, 1, 2, 65_535)
    return list(itertools.product(keys, PURPOSES.values(), patients, decisions, blocks))


def test_no_two_addresses_share_a_counter(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def record(*counter_and_key: Any) -> Any:
        seen.append(tuple(int(word) for word in counter_and_key))
        return (np.uint64(1),) * 4

    monkeypatch.setattr(chance, "philox", record)
    addresses = every_address()
    for address in addresses:
        uniforms(*address)
    assert len(set(seen)) == len(seen) == len(addresses)
    assert all(0 <= word < 2**32 for counter in seen for word in counter)


def test_neighbouring_addresses_draw_differently() -> None:
    base = (key_of("train", 3), chance.LEVEL, 17, 4, 0)
    others = [
        (key_of("tune", 3), *base[1:]),
        (key_of("evaluate", 3), *base[1:]),
        (key_of("train", 4), *base[1:]),
        (base[0], chance.ETA, *base[2:]),
        (*base[:2], 18, 4, 0),
        (*base[:3], 5, 0),
        (*base[:4], 1),
    ]
    draws = {value for address in (base, *others) for value in uniforms(*address)}
    assert len(draws) == 2 * (1 + len(others))


def test_a_draw_depends_on_its_address_alone() -> None:
    addresses = every_address()[:300]
    forward = {address: uniforms(*address) for address in addresses}
    assert {address: uniforms(*address) for address in reversed(addresses)} == forward


def many(purpose: np.uint64, decision: int = 0, first: int = 0) -> tuple[Any, Any]:
    """Two uniform draws of many patients at once: the same code on arrays."""
    return uniforms(key_of("train", 0), purpose, np.arange(first, first + DRAWS), decision, 0)  # type: ignore[arg-type]


def test_uniforms_are_uniform_within_the_open_interval() -> None:
    for values in many(chance.AKI):
        assert 0.0 < values.min() < values.max() < 1.0
        assert stats.kstest(values, "uniform").pvalue > 0.001


def test_normals_have_the_moments_of_the_normal_distribution() -> None:
    z = np.array([normal_quantile(u) for u in many(chance.ETA)[0]])
    assert abs(z.mean()) < 4 / math.sqrt(DRAWS)
    assert abs(z.var() - 1.0) < 4 * math.sqrt(2 / DRAWS)
    assert abs(stats.skew(z)) < 4 * math.sqrt(6 / DRAWS)
    assert abs(stats.kurtosis(z)) < 4 * math.sqrt(24 / DRAWS)
    assert stats.kstest(z, "norm").pvalue > 0.001


def test_draws_of_one_patient_and_of_neighbours_do_not_go_together() -> None:
    one, pair = many(chance.LEVEL)
    others = [
        pair,
        many(chance.LEVEL, first=1)[0],
        many(chance.LEVEL, decision=1)[0],
        many(chance.CHART)[0],
    ]
    for other in others:
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / math.sqrt(DRAWS)


def test_filling_an_array_takes_the_pairs_in_order() -> None:
    key = key_of("evaluate", 11)
    z = np.full(6, -99.0)
    fill_normals(z, key, chance.ETA, 17, 2)
    assert list(z) == [value for block in range(3) for value in normals(key, chance.ETA, 17, 2, block)]
    assert normal(key, chance.ETA, 17, 2) == z[0]


@pytest.mark.parametrize(
    ("stream", "seed", "named"),
    [("training", 0, "stream: 'training'"), ("train", -1, "seed: -1"), ("train", 2**64, "seed")],
)
def test_a_world_that_does_not_exist_is_refused(stream: str, seed: int, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        key_of(stream, seed)
