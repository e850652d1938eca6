"""Intervals: coverage, limits, degenerate cases."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import binomtest

from dosing_env import statistics


def test_paired_interval_covers_the_truth_95_times_in_100():
    """2,000 trials of 40 patients; outcomes of two policies on the same patient are correlated 0.8 and skewed."""
    draw = np.random.default_rng(11)
    person = draw.gamma(4.0, size=(2000, 40))
    first = person + draw.normal(0, 1.0, size=person.shape)
    second = person + 0.5 + draw.normal(0, 1.0, size=person.shape)
    covered = 0
    for a, b in zip(first, second, strict=True):
        means = statistics.group_means((b - a)[:, None], resamples=500)
        covered += bool(means.low[0, 0] <= 0.5 <= means.high[0, 0])
    assert 0.93 <= covered / 2000 <= 0.97


def test_pairing_narrows_the_interval():
    draw = np.random.default_rng(12)
    person = draw.normal(0, 5, 200)
    both = np.column_stack([person + draw.normal(0, 1, 200), person + draw.normal(0, 1, 200)])
    paired = statistics.group_means((both[:, 0] - both[:, 1])[:, None])
    alone = statistics.group_means(both)
    assert (paired.high - paired.low)[0, 0] < 0.4 * (alone.high - alone.low)[0, 0]


def test_the_same_patients_are_drawn_for_every_column():
    values = np.random.default_rng(13).normal(size=(50, 1))
    means = statistics.group_means(np.hstack([values, values + 3, -values]))
    np.testing.assert_allclose(means.draws[:, 0, 1], means.draws[:, 0, 0] + 3, atol=1e-12)
    np.testing.assert_allclose(means.draws[:, 0, 2], -means.draws[:, 0, 0], atol=1e-12)


def test_group_means_agree_with_the_group_alone():
    draw = np.random.default_rng(14)
    values, groups = draw.normal(size=(400, 2)), draw.random((400, 3)) < 0.4
    means = statistics.group_means(values, groups)
    for g in range(3):
        np.testing.assert_allclose(means.estimate[g], values[groups[:, g]].mean(axis=0))
        alone = statistics.group_means(values[groups[:, g]])
        np.testing.assert_allclose(means.low[g], alone.low[0], atol=0.03)
        assert means.n[g] == groups[:, g].sum()


def test_all_equal_gives_a_point():
    means = statistics.group_means(np.full((60, 1), 7.5))
    assert means.low[0, 0] == means.estimate[0, 0] == means.high[0, 0] == 7.5


@pytest.mark.parametrize("n", [1, 2, statistics.FEWEST - 1])
def test_too_few_patients_have_a_mean_but_no_interval(n: int):
    means = statistics.group_means(np.arange(float(n))[:, None])
    assert means.estimate[0, 0] == (n - 1) / 2
    assert np.isnan(means.low).all()
    assert np.isnan(means.high).all()


def test_an_empty_group_has_no_mean():
    groups = np.column_stack([np.ones(30, bool), np.zeros(30, bool)])
    means = statistics.group_means(np.arange(30.0)[:, None], groups)
    assert means.estimate[0, 0] == 14.5
    assert np.isnan(means.estimate[1, 0])
    assert list(means.n) == [30, 0]


@pytest.mark.parametrize(("value", "low", "high"), [(0.0, 0.0, 3.7), (100.0, 96.3, 100.0)])
def test_no_event_or_only_events_in_100_patients(value: float, low: float, high: float):
    interval = statistics.proportion_interval(np.full(100, value), 0.0, 100.0)
    assert interval == pytest.approx((low, high), abs=0.05)


def test_proportion_interval_is_wilson_in_the_unit_of_the_values():
    values = np.repeat([0.0, 100.0], [70, 30])
    expected = binomtest(30, 100).proportion_ci(method="wilson")
    assert statistics.proportion_interval(values, 0.0, 100.0) == pytest.approx(
        (100 * expected.low, 100 * expected.high)
    )


@pytest.mark.parametrize(("values", "low", "high"), [([0.0, 50.0], 0, 100), ([0.0, 1.0], None, 1), ([], 0, 1)])
def test_other_means_are_no_proportions(values: list[float], low: float | None, high: float | None):
    assert statistics.proportion_interval(np.array(values), low, high) is None


@pytest.mark.parametrize("n", [20, 300])
def test_intervals_stay_inside_the_range_of_the_data(n: int):
    values = np.where(np.random.default_rng(n).random((n, 40)) < 0.03, 100.0, 0.0)
    means = statistics.group_means(values)
    assert (means.low >= 0).all()
    assert (means.high <= 100).all()


def test_the_same_seed_gives_the_same_interval_and_another_one_does_not():
    values = np.random.default_rng(15).normal(size=(100, 2))
    first, again = (statistics.group_means(values) for _ in range(2))
    np.testing.assert_array_equal(first.draws, again.draws)
    assert not np.array_equal(first.draws, statistics.group_means(values, seed=1).draws)


def test_batches_do_not_change_the_draws(monkeypatch: pytest.MonkeyPatch):
    values = np.random.default_rng(16).normal(size=(100, 2))
    whole = statistics.group_means(values).draws
    monkeypatch.setattr(statistics, "_BATCH", 700)
    np.testing.assert_allclose(statistics.group_means(values).draws, whole, atol=1e-12)


def test_simultaneous_interval_holds_for_all_groups_95_times_in_100():
    """500 trials, 8 disjoint groups of 40, no effect: all eight intervals contain 0 together."""
    draw = np.random.default_rng(17)
    groups = np.repeat(np.eye(8, dtype=bool), 40, axis=0)
    together = pointwise = 0
    for _ in range(500):
        means = statistics.group_means(draw.normal(size=(320, 1)), groups, resamples=500)
        low, high = statistics.simultaneous_interval(means.estimate[:, 0], means.draws[:, :, 0])
        together += bool(((low <= 0) & (high >= 0)).all())
        pointwise += bool(((means.low <= 0) & (means.high >= 0)).all())
    assert together / 500 > 0.92
    assert pointwise / 500 < 0.80  # 0.95 ** 8 = 0.66: why the worst group needs the other interval


def test_simultaneous_interval_of_one_group_is_the_ordinary_one():
    means = statistics.group_means(np.random.default_rng(18).normal(size=(500, 1)))
    low, high = statistics.simultaneous_interval(means.estimate[:, 0], means.draws[:, :, 0])
    np.testing.assert_allclose([low[0], high[0]], [means.low[0, 0], means.high[0, 0]], atol=0.01)


def test_simultaneous_interval_leaves_out_groups_without_draws_and_keeps_constants():
    draws = np.column_stack([np.random.default_rng(19).normal(size=300), np.full(300, np.nan), np.full(300, 2.0)])
    low, high = statistics.simultaneous_interval(np.array([0.0, 1.0, 2.0]), draws)
    assert low[0] < 0 < high[0]
    assert np.isnan([low[1], high[1]]).all()
    assert low[2] == high[2] == 2.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_outcome_that_is_not_finite_is_refused(bad: float):
    with pytest.raises(ValueError, match="NaN or infinite"):
        statistics.group_means(np.array([[1.0], [bad]]))


def test_shapes_are_checked():
    with pytest.raises(ValueError, match="2 \\(patients, columns\\)"):
        statistics.group_means(np.zeros(5))
    with pytest.raises(ValueError, match="3 rows, but values has 5 patients"):
        statistics.group_means(np.zeros((5, 1)), np.ones((3, 1), dtype=bool))


def test_importing_does_not_load_scipy():
    code = "import sys, dosing_env.statistics; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
