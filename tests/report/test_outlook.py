"""A forecast on the terminal and as a picture: what must be said is said, and nothing lies over anything."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from rich.console import Console

from dosing_env import forecast
from dosing_env.inference.forecast import DISCLAIMER, Outlook
from dosing_env.report.outlook import NOTHING, TerminalOutlook, percent
from dosing_env.report.outlook_figure import drawn, figure

ADULT = {"AGE": 57.0, "WT": 79.0, "HT": 172.0, "SEX": 1.0, "SCR": 1.1, "DIAL": 0.0, "HAEM": 0.0}
INFUSIONS = {"TIME": 0.0, "AMT": 1500.0, "RATE": 1000.0, "II": 12.0, "ADDL": 3}
LEVELS: dict[str, list[tuple[float, float, int]]] = {
    "usual": [(13.5, 38.0, 0), (35.5, 21.0, 0)],
    "all kinds": [(11.5, 400.0, 0), (13.5, 38.0, 0), (35.5, 21.0, 0), (47.0, 20.0, 1)],
    "below a limit": [(35.5, 30.0, 1)],
    "another unit": [(13.5, 38_000.0, 0), (35.5, 21_000.0, 0)],
    "no level": [],
}


def made(kind: str, **more: Any) -> Outlook:
    levels = [{"TIME": time, "EVID": 0, "DV": dv, "BLQ": blq} for time, dv, blq in LEVELS[kind]]
    return forecast("vancomycin_goti2018", [INFUSIONS, *levels], covariates=ADULT, particles=200, **more)


@pytest.fixture(scope="module", params=LEVELS)
def outlook(request: pytest.FixtureRequest) -> Outlook:
    return made(request.param)


def printed(outlook: Outlook, width: int) -> str:
    console = Console(width=width)
    with console.capture() as captured:
        console.print(TerminalOutlook(outlook))
    return captured.get()


@pytest.mark.parametrize("width", [80, 140])
def test_everything_is_said(outlook: Outlook, width: int) -> None:
    text = printed(outlook, width)
    assert DISCLAIMER in text
    assert "…" not in text
    assert "nan" not in text
    assert max(map(len, text.splitlines())) <= width
    for warning in outlook.warnings:
        assert f"warning: {warning}" in " ".join(text.split())
    for row in outlook.regimens.to_dict("records"):
        line = next(line for line in text.splitlines() if f" {row['regimen']} " in line)
        assert f" {percent(row['p_target'])} " in line
    assert (NOTHING in text) == outlook.regimens.empty
    assert ("DERIVED" in text) != outlook.regimens.empty


@pytest.mark.parametrize("day", [1, 2, 9])
@pytest.mark.parametrize("regimen", ["1000 q12h", "1000 q24h", "none"])
@pytest.mark.parametrize("kind", ["usual", "all kinds"])
def test_no_two_texts_overlap_and_none_is_cut_off(kind: str, day: int, regimen: str) -> None:
    own = figure(made(kind, day=day, regimens=[regimen]))
    renderer = FigureCanvasAgg(own).get_renderer()
    own.draw(renderer)
    texts = [*own.texts]
    for ax in own.axes:
        legend = ax.get_legend()
        low, high = ax.get_xlim()
        texts += [*ax.texts, ax.xaxis.label, ax.yaxis.label, *(legend.get_texts() if legend else [])]
        texts += [tick.label1 for tick in ax.xaxis.get_major_ticks() if low <= tick.get_loc() <= high]
    seen = [(t.get_text(), t.get_window_extent(renderer)) for t in texts if t.get_text() and t.get_visible()]
    assert len(seen) > 12
    for (one, a), (two, b) in combinations(seen, 2):
        assert not a.overlaps(b), f"{one!r} over {two!r}"
    for text, box in seen:
        assert own.bbox.x0 <= box.x0 <= box.x1 <= own.bbox.x1, f"{text!r} is cut off"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_same_forecast_gives_the_same_bytes(ending: str) -> None:
    own = made("usual")
    one = drawn(own, Path(f"x.{ending}"))
    assert one == drawn(own, Path(f"x.{ending}"))
    if ending == "svg":
        assert DISCLAIMER in one.decode()


def test_a_picture_of_every_kind(outlook: Outlook, tmp_path: Path) -> None:
    assert outlook.picture(tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_another_ending_is_refused() -> None:
    with pytest.raises(ValueError, match=r"x\.jpg: must end in \.png, \.svg or \.pdf"):
        drawn(made("usual"), Path("x.jpg"))
