"""Figures: no two texts overlap, nothing leaves the figure, panels share their scale."""

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from dosing_env.report import figures
from dosing_env.trial import Trial
from tests.synthetic import ARMS, make_trial

PANELS = (figures.auc24_by_day, figures.course_bands, figures.dose_shares)


@pytest.fixture(scope="module")
def trial() -> Trial:
    return make_trial()


@pytest.fixture(scope="module")
def drawn(trial: Trial) -> dict[str, Figure]:
    return all_figures(trial)


def all_figures(trial: Trial) -> dict[str, Figure]:
    made = {f"{draw.__name__} {arm.name}": draw(trial, arm.name) for draw in PANELS for arm in ARMS}
    made |= {f"patient {n}": figures.patient_course(trial, "guideline_2020", n) for n in (0, 20, 39)}
    made["learning"] = figures.learning_curve(trial, "vancomycin_ward_ppo")
    made["attainment"] = figures.attainment(trial)
    made["forest"] = figures.forest(trial, "vancomycin_ward_ppo")
    return made


def test_no_two_texts_overlap_and_none_is_cut_off(drawn: dict[str, Figure]):
    for name, figure in drawn.items():
        renderer = FigureCanvasAgg(figure).get_renderer()
        figure.draw(renderer)
        seen = [(t.get_text(), t.get_window_extent(renderer)) for ax in figure.axes for t in texts(ax)]
        assert len(seen) >= 6, name
        for (one, a), (two, b) in combinations(seen, 2):
            assert not a.overlaps(b), f"{name}: {one!r} over {two!r}"
        whole = figure.bbox.padded(1)
        for label, box in seen:
            assert whole.x0 <= box.x0 <= box.x1 <= whole.x1, f"{name}: {label!r} is cut off"
            assert whole.y0 <= box.y0 <= box.y1 <= whole.y1, f"{name}: {label!r} is cut off"


def texts(ax: Axes) -> list[Text]:
    """Every text of the axes that is drawn; tick labels beyond the limits of an axis exist but are not."""
    found: list[Text] = [*ax.texts, ax.title, ax._left_title, ax._right_title]  # type: ignore[attr-defined]
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        found.append(axis.label)
        found += [tick.label1 for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    return [text for text in found if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("draw", PANELS)
def test_panels_of_one_kind_share_the_vertical_scale(trial: Trial, draw: Callable[[Trial, str], Figure]):
    assert len({draw(trial, arm.name).axes[0].get_ylim() for arm in ARMS}) == 1


def test_every_axis_has_its_unit(drawn: dict[str, Figure]):
    for name, figure in drawn.items():
        ax = figure.axes[0]
        words = [ax.get_title(loc="left"), ax.get_xlabel(), figure.axes[-1].get_xlabel()]
        assert any(unit in " ".join(words) for unit in ("mg", "%", "points")), name
        assert figure.axes[-1].get_xlabel(), name


def test_dose_shares_add_up_to_all_patients(trial: Trial):
    doses = trial.doses
    assert doses is not None
    classes = figures.dose_classes(trial)
    inside = [doses["dose_mg"].between(low, high).to_numpy() for _, low, high, _ in classes]
    assert (np.sum(inside, axis=0) == 1).all()


def test_a_trial_without_courses_says_so():
    bare = replace(make_trial(patients=30), courses=None, doses=None, learning=None)
    for draw in (figures.course_bands, figures.dose_shares, figures.learning_curve):
        with pytest.raises(ValueError, match="this trial holds no"):
            draw(bare, "guideline_2020")
