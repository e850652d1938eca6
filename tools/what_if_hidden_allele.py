"""What if black patients of COAG had a variant that nobody tested? From which size on do genes harm them?

python tools/what_if_hidden_allele.py [--patients N] [--seed 7] [--allele F LEFT] [-o FILE.csv], from the checkout: ten
minutes or so of one core, half a minute for each allele.

COAG found 35.2 % of the time in range with genes and 43.5 % without in black patients (SINGLE, PMC8364496). The models
know of CYP2C9*2, *3 and VKORC1 -1639G>A alone. Here one more allele, in black patients only, leaves a share of the
clearance of S-warfarin with each copy (`tools/hidden_allele.py`), and the scenario `trial_coag` is run again with its
four arms for each frequency and each share. This is a WHAT IF: the allele is nobody's, its numbers are swept.

The population is the trial's own, so that the row without the allele is the trial itself; 27 % of the patients are
black and only they are counted. `warfarin_black` would give only black patients, but others: they take amiodarone,
smoke, have diabetes and less often a thrombosis, all of which is in the equations of the arms. The other patients of
the trial are the same in every row. So are the black ones but for their copies: rows are paired, as are arms. Each row
is another drug and is compiled anew (15 s), which is left so: carried as a number, the allele would need a place in
the record of a patient.

Two rows are real variants, as far as they are known. The share of the patients who carry one gives the frequency of
its allele, 1 - sqrt(1 - share) (SINGLE: Limdi 2015, PMC4513254; DERIVED).
    CYP2C9*8    13.9 % carry it. Unbound clearance of S-warfarin 30 % lower in 12 carriers than in 26 without (SINGLE:
                Liu 2012, doi:10.1038/clpt.2011.269), here with each copy (DERIVED).
    rs12777823  42.1 % carry it. The dose is lower by 6.92 mg a week with one copy, by 9.34 with two (SINGLE: Perera
                2013, PMC3759580), of 40 mg (SINGLE: Clinical Advisor on that paper): 0.83 and 0.77 are left of the
                dose, and here 0.83 of clearance with each copy (DERIVED), too little with two.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from dosing_env import scenario, statistics
from dosing_env.trial import Trial
from dosing_env.virtual_trial import evaluate

SOURCE = Path(__file__).with_name("hidden_allele.py")
NUMBERS = "FREQUENCY, LEFT = 0.2, 0.75"  # the line of SOURCE that a cell replaces
NOMOGRAMS = ("intermountain", "aurora")
ARMS = {name: (f"coag_genetic_{name}", f"coag_clinical_{name}") for name in NOMOGRAMS}
PUBLISHED = {"genetic": 35.2, "clinical": 43.5, "difference": -8.3}  # SINGLE  %, %, points


@dataclass(frozen=True)
class Cell:
    """An allele.

    Raises:
        ValueError: a frequency that is not in [0, 1), or nothing left of clearance.
    """

    variant: str
    frequency: float
    left: float  # of clearance with each copy

    def __post_init__(self) -> None:
        if not 0 <= self.frequency < 1:
            raise ValueError(f"frequency: {self.frequency:g} is not at least 0 and below 1")
        if not 0 < self.left < math.inf:
            raise ValueError(f"left: {self.left:g} is not a finite number above 0")

    @property
    def carriers(self) -> float:
        """Share of the patients with one copy or two."""
        return 1 - (1 - self.frequency) ** 2


NOTHING = Cell("none", 0.0, 1.0)
KNOWN = (
    Cell("CYP2C9*8", 0.07, 0.70),  # DERIVED
    Cell("rs12777823", 0.24, 0.83),  # DERIVED
)
SWEPT = tuple(
    Cell("what if", frequency, left)
    for left in (0.9, 0.75, 0.5)  # DERIVED
    for frequency in (0.05, 0.1, 0.2, 0.3, 0.4)  # DERIVED
)


def write_drug(cell: Cell, folder: Path) -> Path:
    """The drug file of a cell, written into a folder.

    Raises:
        ValueError: SOURCE has no line of numbers to replace.
    """
    text = SOURCE.read_text(encoding="utf-8")
    if NUMBERS not in text:
        raise ValueError(f"{SOURCE.name}: the line {NUMBERS!r} is missing")
    path = folder / f"hidden_{cell.frequency:g}_{cell.left:g}.py"
    path.write_text(text.replace(NUMBERS, f"FREQUENCY, LEFT = {cell.frequency}, {cell.left}"), encoding="utf-8")
    return path


def run(cell: Cell, folder: Path, patients: int, seed: int) -> Trial:
    """The trial with the allele of a cell."""
    case = scenario.load("trial_coag")
    if cell != NOTHING:
        case = case.replace(drug=str(write_drug(cell, folder)))
    arms = [arm for pair in ARMS.values() for arm in pair]
    return evaluate(case, arms, patients=patients, seed=seed, rivals=False)


def measured(trial: Trial) -> Iterator[dict[str, Any]]:
    """Of the black patients, for each nomogram: time in range of both arms, %, and the paired difference, points."""
    for nomogram, arms in ARMS.items():
        tables = [trial.patients(arm) for arm in arms]
        black = tables[0]["black"].to_numpy() == 1.0
        genetic, clinical = (table[trial.primary.name].to_numpy()[black] for table in tables)
        means = statistics.group_means(np.column_stack([genetic, clinical, genetic - clinical]))
        estimates = dict(zip(PUBLISHED, means.estimate[0], strict=True))
        ends = {"low": means.low[0, 2], "high": means.high[0, 2]}
        yield {"nomogram": nomogram, "black": int(means.n[0])} | estimates | ends


def sweep(cells: Sequence[Cell], folder: Path, patients: int, seed: int) -> pd.DataFrame:
    """One row per cell and nomogram. The drug files are left in the folder."""
    rows, console = [], Console(stderr=True)
    for cell in cells:
        console.print(f"{cell.variant}, frequency {cell.frequency:g}, left {cell.left:g}")
        trial = run(cell, folder, patients, seed)
        rows += [{**asdict(cell), "carriers": cell.carriers} | row for row in measured(trial)]
    return pd.DataFrame(rows)


def shown(table: pd.DataFrame) -> Table:
    """The table for the terminal, 80 characters wide: one line per cell and nomogram, and last what was published."""
    printed = Table("allele", "frequency", "left", "then", "genes", "without", "difference", box=None)
    for row in table.itertuples():
        printed.add_row(row.variant, f"{row.frequency:g}", f"{row.left:g}", row.nomogram, *_texts(row))
    published = (f"{value:.1f}" for value in PUBLISHED.values())
    printed.add_row("COAG", "", "", "", *published)
    return printed


def _texts(row: Any) -> tuple[str, str, str]:
    difference = f"{row.difference:+.1f} ({row.low:+.1f} to {row.high:+.1f})"
    return f"{row.genetic:.1f}", f"{row.clinical:.1f}", difference


def main() -> None:
    """Run the sweep, print it and, if asked, write it."""
    cells, options = _asked()
    with tempfile.TemporaryDirectory() as folder:
        numba.config.CACHE_DIR = folder  # machine code of drugs that are thrown away goes with them
        table = sweep(cells, Path(folder), options.patients, options.seed)
    Console().print(shown(table))
    if options.output:
        table.to_csv(options.output, index=False)


def _asked() -> tuple[Sequence[Cell], argparse.Namespace]:
    """The alleles and the other options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add = parser.add_argument
    add("--patients", type=int, default=6000, help="virtual patients, 27 %% of them black")
    add("--seed", type=int, default=7, help="of the patients and of all noise")
    add("--allele", nargs=2, type=float, action="append", metavar=("F", "LEFT"), help="not the sweep; repeatable")
    add("-o", "--output", type=Path, metavar="FILE.csv", help="write the numbers there")
    options = parser.parse_args()
    try:
        asked = [Cell("what if", *numbers) for numbers in options.allele or ()]
    except ValueError as error:
        parser.error(f"--allele: {error}")
    return (NOTHING, *(asked or (*KNOWN, *SWEPT))), options


if __name__ == "__main__":
    main()
