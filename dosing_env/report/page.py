"""The HTML report: tables and figures of a trial put into the template."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dosing_env.pharmacology import model_title
from dosing_env.report import look
from dosing_env.report.findings import found
from dosing_env.report.headline import headline
from dosing_env.report.numbers import (
    Cell,
    Numbers,
    best_first,
    difference_unit,
    harm_endpoint,
    subject,
    verdict,
)
from dosing_env.report.shown import person, shown_of
from dosing_env.report.whiskers import Whisker, dot, scale
from dosing_env.trial import ALL, Arm, Endpoint, Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Triple = tuple[Cell, Cell, Cell]
EXAMPLES = (10, 50, 90)  # percentiles of the patients shown one by one


@dataclass(frozen=True)
class Panel:
    """One small figure and what stands above it."""

    arm: Arm
    figure: Markup
    number: Cell | None = None


@dataclass(frozen=True)
class Row:
    """One line of a table with a whisker."""

    title: str
    numbers: Triple
    drawing: Whisker | None
    arm: Arm | None = None
    n: Cell | None = None
    note: str = ""


def page(trial: Trial) -> str:
    """The whole report as one HTML text."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dosing_env.report", "."),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"model_title": model_title, "columns": columns}
    numbers = Numbers(trial)
    return environment.get_template("page.html.j2").render(_content(trial, numbers)) + "\n"


def _content(trial: Trial, numbers: Numbers) -> dict[str, Any]:
    arm = subject(trial)
    return {
        "trial": trial,
        "subject": arm,
        "reference": trial.arm(trial.reference) if trial.reference else None,
        "headline": headline(trial, numbers),
        "findings": found(trial, numbers),
        "tiles": _tiles(trial, numbers, arm),
        "attainment": _attainment(trial, numbers),
        "subgroups": _subgroups(trial, numbers, arm),
        "groups": _groups(trial, numbers, arm),
        "rivals": _rivals(trial, numbers, arm),
        "auc24": _panels(trial, "auc24_by_day", numbers) if trial.auc24_columns else [],
        "courses": _panels(trial, "course_bands", numbers) if trial.courses is not None else [],
        "sampled": _sampled(trial),
        "shown": shown_of(trial),
        "patients": _patients(trial, numbers, arm),
        "doses": _panels(trial, "dose_shares", numbers) if trial.doses is not None else [],
        "dose_classes": _dose_classes(trial),
        "learning": _learning(trial, numbers),
        "table": _table(trial, numbers),
        "look": look,
        "title": trial.provenance.get("scenario_title") or trial.provenance.get("scenario", "Virtual trial"),
        "count": numbers.size(arm.name),
        "points": difference_unit(trial.primary),
    }


@dataclass(frozen=True)
class Tile:
    """One of the four numbers."""

    title: str
    number: Cell
    unit: str
    below: Markup
    bad: bool = False


def _tiles(trial: Trial, numbers: Numbers, arm: Arm) -> list[Tile]:
    mean, low, high = numbers.outcome(arm.name, trial.primary)
    unit, points = trial.primary.unit, difference_unit(trial.primary)
    tiles = [Tile(f"{arm.title}: primary endpoint", mean, unit, _to(low, high) + _ceiling(trial, numbers, arm))]
    if trial.reference and trial.reference != arm.name:
        difference = numbers.difference(arm.name, trial.primary)
        title = f"Against {trial.arm(trial.reference).title}"
        bad = verdict(difference, trial.primary) == "worse"
        tiles.append(Tile(title, difference[0], points, _to(*difference[1:]), bad))
    harm = harm_endpoint(trial)
    if harm:
        tiles.append(_harm_tile(trial, numbers, arm, harm))
    worst = numbers.worst(arm.name)
    if worst:
        title, n, difference = worst
        bad = verdict(difference, trial.primary) == "worse"
        below = Markup("{}, n = {}, {}").format(title, n, _to(*difference[1:]))
        tiles.append(Tile("Least favourable group", difference[0], points, below, bad))
    return tiles


def _harm_tile(trial: Trial, numbers: Numbers, arm: Arm, harm: Endpoint) -> Tile:
    mean, low, high = numbers.outcome(arm.name, harm)
    if not trial.reference or trial.reference == arm.name:
        return Tile(harm.title, mean, harm.unit, _to(low, high))
    protocol = numbers.outcome(trial.reference, harm)[0]
    below = Markup("{}: {} {}").format(trial.arm(trial.reference).title, protocol, harm.unit)
    return Tile(harm.title, mean, harm.unit, below, verdict(numbers.difference(arm.name, harm), harm) == "worse")


def _to(low: Cell, high: Cell) -> Markup:
    return Markup("too few patients for an interval") if low.text == "–" else Markup("{} to {}").format(low, high)


def _ceiling(trial: Trial, numbers: Numbers, arm: Arm) -> Markup:
    for oracle in best_first(trial, ("oracle",), arm.name)[:1]:
        mean = numbers.outcome(oracle.name, trial.primary)[0]
        return Markup("; {} ({}) {}").format(oracle.title, look.KNOWS, mean)
    return Markup("")


def _attainment(trial: Trial, numbers: Numbers) -> dict[str, Any]:
    triples = {arm.name: numbers.outcome(arm.name, trial.primary) for arm in trial.arms()}
    axis = scale([c.value for t in triples.values() for c in t], trial.primary.low, trial.primary.high)
    rows = [
        Row(arm.title, triples[arm.name], dot(axis, triples[arm.name], arm.kind), arm, note=_note(arm))
        for arm in trial.arms()
    ]
    mark = axis.at(triples[trial.reference][0].value) if trial.reference else None
    ceiling = next(iter(best_first(trial, ("ceiling",))), None)
    return {
        "rows": rows,
        "axis": axis,
        "mark": mark,
        "ceiling": axis.at(triples[ceiling.name][0].value) if ceiling else None,
        "ceiling_title": ceiling.title if ceiling else "",
    }


def _note(arm: Arm) -> str:
    return {"oracle": look.KNOWS, "ceiling": look.MOST}.get(arm.kind, "")


def _subgroups(trial: Trial, numbers: Numbers, arm: Arm) -> dict[str, Any] | None:
    """The forest: all patients with the ordinary interval, the groups with intervals that hold together."""
    if not trial.subgroups or trial.reference is None or trial.reference == arm.name:
        return None
    titles = [ALL, *(subgroup.title for subgroup in trial.subgroups)]
    triples = {title: numbers.subgroup(arm.name, title) for title in titles}
    counts = {title: numbers.count(arm.name, title) for title in titles}
    axis = scale([0.0, *(c.value for t in triples.values() for c in t)], None, None)
    rows = []
    for title in titles:
        worse = verdict(triples[title], trial.primary) == "worse"
        share = math.sqrt(counts[title].value / counts[ALL].value)
        drawing = dot(axis, triples[title], None, size=0.5 + 0.7 * share, bad=worse)
        rows.append(Row(title, triples[title], drawing, n=counts[title], note="worse" if worse else ""))
    return {"rows": rows, "axis": axis, "mark": axis.at(0.0)}


def _groups(trial: Trial, numbers: Numbers, arm: Arm) -> dict[str, Any] | None:
    """The primary endpoint in each group under the subject, the reference, Bayesian dosing and the oracle."""
    if not trial.subgroups:
        return None
    reference = [trial.arm(trial.reference)] if trial.reference else []
    others = [*reference, *best_first(trial, ("bayes",), arm.name)[:1], *best_first(trial, ("oracle",), arm.name)[:1]]
    arms = list(dict.fromkeys([arm, *others]))
    rows = [
        (title, numbers.count(arm.name, title), [numbers.group(each.name, title) for each in arms])
        for title in (ALL, *(subgroup.title for subgroup in trial.subgroups))
    ]
    return {"arms": arms, "rows": rows}


def _rivals(trial: Trial, numbers: Numbers, arm: Arm) -> dict[str, Any] | None:
    """Every policy in the patients of every model, and the subject's difference to the reference there."""
    if len(trial.drugs) < 2:
        return None
    drugs = [drug for drug in trial.drugs if trial.arms(drug)]
    lines = []
    for each in trial.arms():
        cells = [numbers.outcome(each.name, trial.primary, d) if numbers.has(d, each.name) else None for d in drugs]
        lines.append((each, cells))
    return {"drugs": drugs, "lines": lines, "forest": _rival_forest(trial, numbers, arm, drugs)}


def _rival_forest(trial: Trial, numbers: Numbers, arm: Arm, drugs: list[str]) -> dict[str, Any] | None:
    if trial.reference is None or trial.reference == arm.name:
        return None
    met = [drug for drug in drugs if numbers.has(drug, arm.name) and numbers.has(drug, trial.reference)]
    triples = {drug: numbers.difference(arm.name, trial.primary, drug) for drug in met}
    axis = scale([0.0, *(c.value for t in triples.values() for c in t)], None, None)
    rows = []
    for drug, triple in triples.items():
        worse = verdict(triple, trial.primary) == "worse"
        note = "the scenario's own model" if drug == trial.drugs[0] else ""
        rows.append(Row(model_title(drug), triple, dot(axis, triple, None, bad=worse), note=note))
    return {"rows": rows, "axis": axis, "mark": axis.at(0.0)}


def _panels(trial: Trial, figure: str, numbers: Numbers, **options: Any) -> list[Panel]:
    from dosing_env.report import figures

    draw: Callable[..., Figure] = getattr(figures, figure)
    return [
        Panel(
            arm,
            _inline(draw(trial, arm.name, **options), f"{figure}-{_number(trial, arm)}", f"{_what(draw)} {arm.title}."),
            numbers.outcome(arm.name, trial.primary)[0],
        )
        for arm in trial.arms()
    ]


def columns(panels: int) -> int:
    """Panels side by side on a wide screen: three or four, whichever leaves fewer holes."""
    return min((4, 3), key=lambda wide: -panels % wide)


def _what(draw: Callable[..., Figure]) -> str:
    """The first line of a figure's docstring says what it shows: it is also its description for the blind."""
    return (draw.__doc__ or "").split("\n")[0]


def _number(trial: Trial, arm: Arm) -> int:
    """A policy's place in the trial: its name may hold anything, the id of an element may not."""
    return trial.policies.index(arm)


def _inline(figure: Figure, name: str, description: str) -> Markup:
    from dosing_env.report.svg import inline

    return Markup(inline(figure, name.replace("_", "-"), description))


def _sampled(trial: Trial) -> int:
    return 0 if trial.courses is None else int(trial.courses["patient"].nunique())


def _examples(trial: Trial) -> list[int]:
    """Sampled patients at the 10th, 50th and 90th percentile of one covariate: chosen by rule, not by eye."""
    if trial.courses is None:
        return []
    rows = trial.patients(trial.arms()[0].name)
    chosen = rows["patient"].isin(trial.courses["patient"].unique())
    rows = rows[chosen].sort_values([shown_of(trial).sorted_by, "patient"])
    positions = [round(percentile / 100 * (len(rows) - 1)) for percentile in EXAMPLES]
    return [int(rows["patient"].iloc[position]) for position in dict.fromkeys(positions)]


def _patients(trial: Trial, numbers: Numbers, arm: Arm) -> list[dict[str, Any]]:
    """The example patients under the reference, Bayesian dosing and the subject."""
    from dosing_env.report import figures

    shown = [
        *([trial.arm(trial.reference)] if trial.reference else []),
        *best_first(trial, ("bayes",), arm.name)[:1],
        arm,
    ]
    people = []
    for patient in _examples(trial):
        panels = []
        for each in dict.fromkeys(shown):
            figure = figures.patient_course(trial, each.name, patient)
            text = f"{_what(figures.patient_course)} Patient {patient}, {each.title}."
            panels.append(Panel(each, _inline(figure, f"patient-{patient}-{_number(trial, each)}", text)))
        people.append({"number": patient, "who": person(trial, numbers, patient), "panels": panels})
    return people


def _dose_classes(trial: Trial) -> list[tuple[str, float, float, Any]]:
    from dosing_env.report import figures

    return figures.dose_classes(trial) if trial.doses is not None else []


def _learning(trial: Trial, numbers: Numbers) -> list[dict[str, Any]]:
    from dosing_env.report import figures

    if trial.learning is None:
        return []
    trained = set(trial.learning["policy"])
    return [
        {
            "panel": Panel(
                arm,
                _inline(
                    figures.learning_curve(trial, arm.name),
                    f"learning-{_number(trial, arm)}",
                    f"{_what(figures.learning_curve)} {arm.title}.",
                ),
                numbers.outcome(arm.name, trial.primary)[0],
            ),
            "seeds": numbers.seeds(arm.name),
        }
        for arm in trial.arms()
        if arm.name in trained
    ]


def _table(trial: Trial, numbers: Numbers) -> list[dict[str, Any]]:
    """Every policy and every endpoint, with the difference to the reference and the range over training seeds."""
    return [
        {
            "arm": arm,
            "note": _note(arm),
            "outcomes": [numbers.outcome(arm.name, endpoint) for endpoint in trial.endpoints],
            "difference": numbers.difference(arm.name, trial.primary),
            "reference": arm.name == trial.reference,
            "seeds": numbers.seeds(arm.name),
        }
        for arm in trial.arms()
    ]
