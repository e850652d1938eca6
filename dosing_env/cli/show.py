"""`dosing-env show`: one thing of the catalogue, or of a file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from dosing_env import catalogue
from dosing_env.cli.kinds import resolve
from dosing_env.cli.program import console
from dosing_env.report import meanings

SAMPLED = 20_000  # patients of a population


@click.command()
@click.argument("name")
@click.option("--story", is_flag=True, help="Of a scenario made of parts: the code between its parts.")
def show(name: str, story: bool) -> None:
    """Show one drug, population, protocol, planner, agent or scenario.

    NAME is a name from `dosing-env list` or a file (.py, .toml). Where two kinds share a name, say
    "population:NAME".
    """
    kind, name = resolve(catalogue.given(name))
    shown = console()
    if story:
        shown.print(_story(kind, name), markup=False, soft_wrap=True)
        return
    for part in VIEWS[kind](name):
        if isinstance(part, str):
            shown.print(part, markup=False, soft_wrap=True)  # equations keep their lines
        else:
            shown.print(part)


def _story(kind: str, name: str) -> str:
    """The code between the parts of a scenario.

    Raises:
        ValueError: it is not made of parts.
    """
    from dosing_env import scenario

    task: Any = scenario.load(name).task() if kind == "scenarios" else None
    if task is None or task.kind != "parts":
        raise ValueError(f"--story: {name} is no scenario made of parts")
    return str(task.made.text)


def _drug(name: str) -> Iterator[Any]:
    drug = catalogue.load("drugs", name)
    if name.endswith(".toml"):
        text = catalogue.source("drugs", name)
        comments = meanings.of_text(text)
    else:
        text, comments = _docstring("drugs", name), meanings.of_record(drug.Parameters)
    yield text
    try:
        yield from _at_the_bedside(drug, comments)
    except ValueError as error:  # covariates that no patient of an environment has
        yield f"\n{error}"
    yield from _variability(drug)


def _at_the_bedside(drug: Any, comments: dict[str, str]) -> Iterator[Any]:
    who, patient = _example(drug.Patient)
    x = drug.covariates(patient)
    typical = drug.individual(x, drug.no_eta)
    yield f"\nParameters of {who}\n"
    yield _table(
        ("parameter", "typical", "unit and meaning"),
        [(field, f"{value:.4g}", comments.get(field, "")) for field, value in typical._asdict().items()],
    )
    yield "\nHis covariates: " + ", ".join(f"{field} {value:.4g}" for field, value in x._asdict().items())


def _example(kind: Any) -> tuple[str, Any]:
    """Somebody of a kind of patients, in words and as a record.

    Raises:
        ValueError: it is a kind of the user's own.
    """
    from dosing_env.patients import WarfarinPatient
    from dosing_env.pharmacology import Patient

    man = {"AGE": 60.0, "WT": 80.0, "HT": 175.0, "SEX": 1.0}
    words = "a man of 60 years, 80 kg, 175 cm"
    if kind is Patient:
        return f"{words}, creatinine 1.0 mg/dL", Patient(**man, SCR=1.0, DIAL=0.0, HAEM=0.0)
    if kind is WarfarinPatient:
        rest = dict.fromkeys(kind._fields, 0.0) | {"INR0": 1.0, "INR_LOW": 2.0, "INR_HIGH": 3.0}
        return f"{words}, CYP2C9 *1/*1, VKORC1 -1639 GG, INR 1.0", WarfarinPatient(**rest | man)
    raise ValueError(f"its patients are of the kind {kind.__name__}: no example of them is known")


def _variability(drug: Any) -> Iterator[Any]:
    rows = [(eta, f"{variance:.4g}", f"{100 * variance**0.5:.3g} %") for eta, variance in drug.omega.items()]
    yield "\nRandom effects between patients\n"
    yield _table(("eta of", "variance", "SD"), rows)
    for (a, b), value in drug.covariance.items():
        yield f"covariance of {a} and {b}: {value:.4g}"
    assay = drug.assay
    yield (
        f"\nResidual error of a level: {100 * assay.proportional:.3g} % and {assay.additive:g} {assay.unit} "
        f"({assay.form}); lower limit of quantification {assay.lloq:g} {assay.unit}"
    )


def _population(name: str) -> Iterator[Any]:
    import numpy as np

    from dosing_env.tasks.vocabulary import meaning

    population = catalogue.load("populations", name)
    yield population.title if name.endswith(".toml") else _docstring("populations", name)
    draws = np.random.default_rng(0).standard_normal((len(population.Draws._fields), SAMPLED))
    patients = population.sample(population.Draws(*draws))
    kept = np.broadcast_to(population.keep(patients), SAMPLED)
    units = {field: meaning(field, population.units).unit for field in population.Patient._fields}
    comments, rows = units if name.endswith(".toml") else meanings.of_record(population.Patient), []
    for field, values in patients._asdict().items():
        x = np.broadcast_to(values, SAMPLED)[kept]
        low, median, high = np.quantile(x, [0.05, 0.5, 0.95])
        rows.append((field, f"{median:.4g}", f"{low:.4g} to {high:.4g}", f"{x.mean():.4g}", comments.get(field, "")))
    yield f"\n{kept.sum():,} sampled patients\n"
    yield _table(("covariate", "median", "5-95 %", "mean", "unit and meaning"), rows)


def _protocol(name: str) -> Iterator[Any]:
    protocol = catalogue.load("protocols", name)
    yield _docstring("protocols", name)
    yield f"\n{protocol.title} ({protocol.kind}): dosing-env evaluate SCENARIO --policies {name}"


def _planner(name: str) -> Iterator[Any]:
    yield _docstring("planners", name)
    planner = catalogue.load("planners", name)
    takes = getattr(planner, "takes", "")
    ways = [name] * getattr(planner, "alone", True) + [f"{name}:... ({takes})"] * bool(takes)
    yield f"\n{planner.title}: dosing-env evaluate SCENARIO --policies {', or '.join(ways)}"


def _scenario(name: str) -> Iterator[Any]:
    from dosing_env import scenario
    from dosing_env.registration import environment_id

    case = scenario.load(name)
    path = catalogue.find("scenarios", name)
    own = path.parent != catalogue.content("scenarios")
    yield f"{case.title}\n{case.question}"
    make = f'"dosing_env/Scenario-v0", scenario="{name}"' if own else f'"{environment_id(path)}"'
    yield f"environment: gymnasium.make({make})\nhash: {scenario.fingerprint(case)}\n"
    yield from _record(case, skip=("title", "question", "name"))
    task: Any = case.task()
    if task.kind == "parts":
        from dosing_env.tasks.told import told

        yield "\n".join(told(task.made)) + "\n"
    for action, grid in zip(task.actions, task.grids, strict=True):
        yield f"Action: {action.name}, {action.unit}; {len(grid)} values from {grid[0]:g} to {grid[-1]:g}\n"
    rows = [(named, unit, f"{low:g} to {high:g}") for named, unit, low, high in _grouped(task.features)]
    yield f"Observation: {len(task.features)} features; what is not known yet is 0\n"
    yield _table(("feature", "unit", "bounds"), rows)


def _agent(name: str) -> Iterator[Any]:
    from dosing_env import agent, recipe

    rules = recipe.load(name)
    yield f"{rules.title}\n{rules.purpose}\n"
    yield from _record(rules, skip=("title", "purpose", "name", "file", "observation"))
    seen = [(s.features, f"{s.center:g}", f"{s.scale:g}", "yes" if s.log else "") for s in rules.observation]
    yield "Observation: (x - center)/scale, or (ln x - center)/scale\n"
    yield _table(("features", "center", "scale", "log"), seen)
    if not catalogue.find("agents", name).with_suffix(".safetensors").is_file():
        yield f"\nno weights yet: dosing-env train {name}"
        return
    trained = agent.load_agent(name)
    last = {row["seed"]: row for row in trained.card.get("learning", [])}
    rows = [
        (f"{seed}{' (chosen)' * (seed == trained.seed)}", f"{row['steps']:,}", *_outcome(row))
        for seed, row in last.items()
    ]
    yield "\nTraining seeds, on the tuning stream\n"
    yield _table(("seed", "steps", "primary endpoint", "return"), rows)
    if "imported" in trained.card:
        yield f"\nimported from {trained.card['imported']}"
    versions = trained.card.get("versions", {})
    yield f"\ntrained with: {', '.join(f'{what} {version}' for what, version in versions.items()) or 'not recorded'}"


def _outcome(row: dict[str, Any]) -> tuple[str, str]:
    primary = next(value for name, value in row.items() if name.endswith("_percent"))
    return f"{primary:.1f} %", f"{row['return']:.3f}"


VIEWS: dict[str, Callable[[str], Iterator[Any]]] = {
    "drugs": _drug,
    "populations": _population,
    "protocols": _protocol,
    "planners": _planner,
    "scenarios": _scenario,
    "agents": _agent,
}


def _docstring(kind: str, name: str) -> str:
    return ast.get_docstring(ast.parse(catalogue.source(kind, name))) or f"{name}: the file has no docstring"


def _table(headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Any:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for heading in headings:
        number = heading in ("typical", "variance", "SD", "median", "mean", "center", "scale", "steps", "return")
        table.add_column(heading, justify="right" if number else "left")
    for row in rows:
        table.add_row(*map(escape, row))
    return table


def _record(record: Any, skip: tuple[str, ...]) -> Iterator[str]:
    """A checked TOML file with every key and default, as TOML."""
    import msgspec

    content = {key: value for key, value in msgspec.to_builtins(record).items() if key not in skip}
    flat = {key: value for key, value in content.items() if not _is_section(value)}
    yield _lines(flat)
    for key, value in content.items():
        if isinstance(value, dict) and value:
            yield f"[{key}]\n{_lines(value)}"
        elif _is_section(value):
            for item in value:
                yield f"[[{key}]]\n{_lines(item)}"


def _is_section(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list | tuple) and bool(value) and isinstance(value[0], dict))


def _lines(keys: dict[str, Any]) -> str:
    import json

    def said(value: Any) -> str:
        if isinstance(value, dict):
            return f"{{ {', '.join(f'{key} = {said(one)}' for key, one in value.items())} }}"
        return json.dumps(value)

    return "".join(f"{key} = {said(value)}\n" for key, value in keys.items() if value is not None)


def _grouped(features: Any) -> Iterator[tuple[str, str, float, float]]:
    """Features in order, each numbered series as one: dose_1 ... dose_14."""
    series: dict[str, list[Any]] = {}
    for feature in features:
        series.setdefault(re.sub(r"_\d+$", "_", feature.name), []).append(feature)
    for group in series.values():
        first, last = group[0], group[-1]
        yield (first.name if first == last else f"{first.name} ... {last.name}"), first.unit, first.low, first.high
