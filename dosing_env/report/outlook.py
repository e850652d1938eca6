"""A patient's forecast on the terminal and in files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dosing_env.inference.doubts import MIDDLE, digits
from dosing_env.inference.forecast import DISCLAIMER, Outlook
from dosing_env.io.spreadsheet import quoted
from dosing_env.report.look import HARM
from dosing_env.report.meanings import of_parameters

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table

WRITTEN, DRAWN = (".csv", ".json"), (".png", ".svg", ".pdf")  # what a file's name may end in
CHANCES = {"p_target": "in\ntarget", "p_above": "above\nit", "p_injury": "kidney\ninjury"}
OLDEST = 90  # years that an anonymous patient is said to have at most
NOTHING = "No regimen is forecast: hardly a particle explains the levels."


@dataclass(frozen=True)
class TerminalOutlook:
    """The forecast, for `rich.print`."""

    outlook: Outlook

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """What Rich prints."""
        from rich.text import Text

        outlook = self.outlook
        yield Text(f"{outlook.name}: {outlook.drug.title}", "bold")
        yield Text(about(outlook))
        for warning in outlook.warnings:
            yield Text(f"\nwarning: {warning}", f"bold {HARM}", end="")
        if outlook.warnings:
            yield Text()
        yield Text("\nWhat the levels tell\n")
        if len(outlook.levels):
            yield _levels(outlook)
            yield Text()
        yield _parameters(outlook)
        yield Text()
        yield _effects(outlook)
        yield Text(f"\n{search(outlook)}")
        if outlook.best is None:
            yield Text(f"\n{NOTHING}", f"bold {HARM}")
        else:
            yield Text(f"\n{plan(outlook)}\n")
            yield _regimens(outlook)
            yield Text(f"\n{legend(outlook)}")
        yield Text(DISCLAIMER, "bold")


def about(outlook: Outlook) -> str:
    """Who it is and what is known of him."""
    history, n = outlook.history, len(outlook.levels)
    file = "a patient" if outlook.anonymous else Path(history.file).name
    who = "" if named(outlook) is None else f", patient {named(outlook)}"
    now = ", ".join(f"{name} {value:.4g}" for name, value in covariates(outlook).items())
    doses = _count(len(history.given), "dose")
    levels = _count(n, "level") if n else "no level: the forecast is the one of all such patients"
    return f"{file}{who}: {doses} until {history.given[-1, 0]:g} h, {levels}{'; ' if now else ''}{now}"


def named(outlook: Outlook) -> str | None:
    """The patient's ID, where there is one and it may be said."""
    who = outlook.history.who
    return None if who is None or outlook.anonymous else str(who)


def covariates(outlook: Outlook) -> dict[str, float]:
    """The newest covariates; of an anonymous patient ages are whole years and end at 90."""
    now = outlook.history.now
    if not outlook.anonymous:
        return now
    return {name: min(math.floor(x), OLDEST) if _is_age(name) else x for name, x in now.items()}


def _is_age(name: str) -> bool:
    return "AGE" in name.upper() or name.upper() in ("PMA", "PNA")


def search(outlook: Outlook) -> str:
    """How well the posterior is known."""
    known = outlook.known
    return (
        f"Search {known.estimates.why[0]}; effective sample size {known.size[0]:.0f} of {known.z.shape[1]:,} "
        f"particles, {percent(known.moved[0])} of their moves accepted"
    )


def plan(outlook: Outlook) -> str:
    """What the table of regimens is of."""
    begin, end = outlook.at + 24 * (outlook.day - 1), outlook.at + 24 * outlook.day
    goal = outlook.goal
    aim = f". Target: {goal.low:g}-{goal.high:g} {auc_unit(outlook)}, {goal.why}" if goal else "; no target was given"
    return f"Next dose at {outlook.at:g} h; AUC24 from {begin:g} to {end:g} h{aim}"


def legend(outlook: Outlook) -> str:
    """What the numbers of that table are."""
    words = f"Medians, and 90 % intervals of AUC24; {auc_unit(outlook)} and {outlook.drug.assay.unit}."
    if outlook.goal is not None and outlook.goal.injury is not None:
        words += " Kidney injury: DERIVED from published associations, as if no day had a larger AUC24."
    return f"{words} ●: likeliest in the target." if outlook.goal is not None else words


def auc_unit(outlook: Outlook) -> str:
    """Unit of AUC24: "mg h/L" of levels in mg/L."""
    amount, slash, volume = outlook.drug.assay.unit.partition("/")
    return f"{amount} {outlook.drug.time_unit}{slash}{volume}"


def written(outlook: Outlook, path: Path) -> bytes:
    """The regimens as CSV, or everything as JSON, each with the disclaimer."""
    require_ending(path, WRITTEN)
    if path.suffix == ".csv":
        table: str = quoted(outlook.regimens.assign(note=DISCLAIMER)).to_csv(index=False, lineterminator="\n")
        return table.encode()
    return _json(outlook).encode()


def require_ending(path: Path, endings: tuple[str, ...]) -> None:
    """Refuse a file of another kind."""
    if path.suffix not in endings:
        raise ValueError(f"{path}: must end in {', '.join(endings[:-1])} or {endings[-1]}")


def _json(outlook: Outlook) -> str:
    import json

    goal, known = outlook.goal, outlook.known
    content: dict[str, Any] = {
        "note": DISCLAIMER,
        "drug": outlook.name,
        "patient": named(outlook),
        "covariates": covariates(outlook),
        "warnings": outlook.warnings,
        "search": known.estimates.why[0],
        "effective_sample_size": float(known.size[0]),
        "particles": known.z.shape[1],
        "seed": outlook.seed,
        "next_dose_h": outlook.at,
        "day": outlook.day,
        "target_auc24": None if goal is None else [goal.low, goal.high],
        "units": {"level": outlook.drug.assay.unit, "auc24": auc_unit(outlook), "time": outlook.drug.time_unit},
    }
    for name in ("levels", "parameters", "effects", "regimens"):
        rows = getattr(outlook, name).drop(columns="ID", errors="ignore").astype(object)
        content[name] = rows.where(rows.notna(), None).to_dict("records")
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _levels(outlook: Outlook) -> Table:
    unit = outlook.drug.assay.unit
    rows = [
        (
            f"{level['time']:g}",
            f"{'< ' if level['blq'] else ''}{digits(level['dv'], 4)}",
            digits(level["pred"]),
            digits(level["ipred"]),
            "–" if level["blq"] else f"{level['iwres']:+.2f}",
            _range(max(level["low"], 0.0), level["high"]),
        )
        for level in outlook.levels.to_dict("records")
    ]
    middle = f"{percent(MIDDLE)} of\nsuch patients"
    return _table(("time\nh", f"level\n{unit}", "pred\n", "ipred\n", "iwres\nSD", middle), rows)


def _parameters(outlook: Outlook) -> Table:
    comments = of_parameters(outlook.drug, outlook.name)
    rows = [
        (
            p["parameter"],
            digits(p["typical"]),
            digits(p["individual"]),
            _range(p["low"], p["high"]),
            comments.get(p["parameter"], ""),
        )
        for p in outlook.parameters.to_dict("records")
    ]
    return _table(("parameter", "typical", "individual", "95 % interval", "unit and meaning"), rows, left=(0, 4))


def _effects(outlook: Outlook) -> Table:
    rows = [
        (
            e["effect"],
            f"{e['value']:+.3f}",
            f"{e['in_sd']:+.2f}",
            f"{e['learned']:.2f}" if e["learned"] == e["learned"] else "–",
        )
        for e in outlook.effects.to_dict("records")
    ]
    return _table(("random effect", "value", "in SD", "learned"), rows, left=(0,))


def _regimens(outlook: Outlook) -> Table:
    chances = {name: heading for name, heading in CHANCES.items() if name in outlook.regimens}
    rows = []
    for i, row in enumerate(outlook.regimens.to_dict("records")):
        mark = "● " if outlook.goal is not None and i == outlook.best else "  "
        auc24 = f"{digits(row['auc24'])}", _range(row["auc24_low"], row["auc24_high"])
        levels = digits(row["trough"]), digits(row["peak"])
        rows.append((mark + row["regimen"], *auc24, *levels, *(percent(row[name]) for name in chances)))
    end = "\n" if chances else ""
    headings = (f"{heading}{end}" for heading in ("  regimen", "AUC24", "90 %", "trough", "peak"))
    return _table((*headings, *chances.values()), rows, left=(0,))


def _table(headings: Any, rows: Sequence[tuple[str, ...]], left: tuple[int, ...] = ()) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for i, heading in enumerate(headings):
        table.add_column(Text(heading), justify="left" if i in left else "right", no_wrap=i == 0 or i not in left)
    for row in rows:
        table.add_row(*map(Text, row), style="bold" if row[0].startswith("●") else "")
    return table


def _range(low: float, high: float) -> str:
    return f"{digits(low)} to {digits(high)}" if low == low else "–"


def percent(share: float) -> str:
    """As "38 %"."""
    return f"{100.0 * share:.0f} %"


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"
