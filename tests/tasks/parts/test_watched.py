"""What is watched, as plain Python with numbers worked by hand; nothing is compiled."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dosing_env.tasks.watched import extreme, integral, time_above, total


def me(lists: dict[str, list[float]], now: dict[str, float] | None = None, **rule: float) -> SimpleNamespace:
    """A part of a patient."""
    return SimpleNamespace(now=SimpleNamespace(**(now or {})), rule=SimpleNamespace(**rule), **lists)


def test_an_integral_is_that_of_its_window() -> None:
    mine = me({"integral": [0.0, 0.0, 0.0], "of": [0, 0, 1], "closing": [0, 1, 1]})
    for piece, exposure in enumerate((100.0, 250.0, 300.0)):
        integral.passed(mine, piece, exposure)
    assert [integral.value(mine, w) for w in (0, 1)] == [350.0, 300.0]
    assert integral.worst(mine, 1) == 350.0
    assert [integral.closes(mine, piece) for piece in range(3)] == [False, True, True]
    assert total.value(mine, 1) == 650.0


@pytest.mark.parametrize(("sign", "found"), [(1.0, [8.0, 7.0]), (-1.0, [2.0, 1.0])])
def test_an_extreme_is_that_of_its_window(sign: float, found: list[float]) -> None:
    mine = me({"best": [0.0] * 3, "there": [0.0] * 3, "of_look": [0, 0, 1, 1]}, sign=sign)
    for j, level in enumerate((8.0, 2.0, 1.0, 7.0)):
        extreme.see(mine, j, level, None)
    assert [extreme.value(mine, w) for w in (0, 1)] == found
    assert extreme.worst(mine, 1) == max(found), "a high trough harms"


def test_time_above_counts_the_part_of_a_line() -> None:
    """From 0 to 4 half of the line lies above 2; from 4 to 1 two thirds; of 1 to 0 nothing."""
    mine = me({"share": [0.0, 0.0]}, {"before": 0.0, "limit": 1.0}, above=2.0, each=3.0)
    time_above.open(mine, 0.5, None)
    assert mine.now.limit == 0.5  # of the patient: above 2 times 0.5
    mine.now.limit = 1.0
    time_above.start(mine, 0.0, None)
    for j, level in enumerate((4.0, 1.0, 0.0)):
        time_above.see(mine, j, level, None)
    assert time_above.value(mine, 0) == pytest.approx((1 / 2 + 2 / 3) / 3)
