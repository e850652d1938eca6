"""The page: every number stands in a table of the trial, the same trial gives the same bytes, it is one small file."""

import functools
import math
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from dosing_env.report.numbers import HUNDREDTHS, PLAIN, WHOLE, Numbers, shown
from dosing_env.report.page import page
from dosing_env.trial import Arm, Endpoint, Trial
from tests.synthetic import ARMS, DRUGS, PROVENANCE, interrupted, make_trial


def light(trial: Trial) -> Trial:
    """Without the tables behind most of the figures, which take most of the time."""
    return replace(trial, courses=None, doses=None, levels=None)


TRIALS = {
    "wins": make_trial,
    "not told apart": lambda: light(make_trial(agent_error=0.3)),
    "loses": lambda: light(make_trial(agent_error=0.9)),
    "no agent": lambda: light(make_trial(arms=[arm for arm in ARMS if arm.kind != "agent"])),
    "protocols only": lambda: make_trial(arms=ARMS[:2]),
    "one policy": lambda: make_trial(arms=ARMS[1:2]),
    "no protocol": lambda: light(make_trial(arms=ARMS[3:])),
    "one drug": lambda: light(make_trial(drugs=DRUGS[:1])),
    "interrupted": lambda: interrupted(make_trial(), 2),
    "one patient": lambda: make_trial(patients=1, arms=ARMS[3:5]),
    "bare": lambda: replace(
        light(make_trial(patients=30)), subgroups=(), learning=None, seeds=None, provenance={}
    ),
}  # fmt: skip
VOID = {"meta", "path", "line", "use", "br", "rect"}


class Page(HTMLParser):
    """What a reader sees: the text outside drawings, the `<data>` cells, every element with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.cells: list[tuple[str, float, str]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "data":
            found = dict(attrs)
            self.cells.append((str(found["data-cell"]), float(str(found["value"])), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if "data" in self.open:
            place, value, _ = self.cells[-1]
            self.cells[-1] = (place, value, data)
        elif not {"svg", "style", "title"} & set(self.open):
            self.text.append(data)


@functools.cache
def made_once(name: str) -> tuple[Trial, str]:
    trial = TRIALS[name]()
    return trial, page(trial)


@pytest.fixture(params=TRIALS)
def made(request: pytest.FixtureRequest) -> tuple[Trial, str]:
    return made_once(request.param)


def test_every_marked_number_stands_in_its_table(made: tuple[Trial, str]):
    trial, html = made
    tables = Numbers(trial).tables
    cells = Page(html).cells
    assert cells
    for place, value, text in cells:
        name, *row, column = place.split("/", 1)[0], *_split(place.split("/", 1)[1], trial)
        table: Any = tables[name] if name in tables else trial.differences(*name.split(":")[1:]).set_index("endpoint")
        assert float(table.loc[tuple(row) if len(row) > 1 else _label(row[0], table), column]) == value
        endpoint = next((e for e in trial.endpoints if column.startswith(e.name) or e.name in row), None)
        printed = {
            shown(value, e, signed=s)
            for e in (endpoint or trial.primary, PLAIN, WHOLE, HUNDREDTHS)
            for s in (False, True)
        }
        assert text in printed | {p.lstrip("+−") for p in printed}, place


def test_no_number_stands_on_the_page_unmarked(made: tuple[Trial, str]):
    """Outside cells only what the trial itself is called and the fixed words of the template."""
    trial, html = made
    text = " ".join(Page(html).text)
    names = [arm.title for arm in trial.policies] + [e.title for e in trial.endpoints]
    names += [group.title for group in trial.subgroups] + [re.sub(r".*_", "", drug) for drug in trial.drugs]
    names += [str(value) for value in trial.provenance.values()] + ["AUC24", "24 h", *trial.drugs]
    names += ["95 %", "50 %", "90 %", "10th, 50th and 90th"]
    if trial.doses is not None:
        from dosing_env.report.figures import dose_classes

        names += [label for label, *_ in dose_classes(trial)]
    if trial.courses is not None:
        names += [f"in {trial.courses['patient'].nunique()} of the patients"]
        names += [f"Patient {patient}:" for patient in trial.courses["patient"].unique()]
    for name in sorted({*names, *(re.sub(r"([a-z])(\d{4})$", r"\1 \2", n).capitalize() for n in names)}, key=len)[::-1]:
        text = text.replace(name, " ")
    assert re.findall(r"\S*\d\S*", text) == []


def test_intervals_never_leave_the_possible(made: tuple[Trial, str]):
    for place, value, _ in Page(made[1]).cells:
        name = place.rsplit("/", 1)[1]
        if name.startswith("attainment_percent") and "difference" not in name:
            assert 0 <= value <= 100


def test_one_file_well_formed_and_small(made: tuple[Trial, str]):
    _, html = made
    assert len(html.encode()) < 1_000_000
    parsed = Page(html)
    assert parsed.open == []
    assert not re.search(r"(?:src|href)=\"(?!#)", html)
    assert "<script" not in html
    assert "url(http" not in html
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', html))
    assert used <= set(ids)


def test_every_drawing_is_described_or_hidden(made: tuple[Trial, str]):
    depth = 0
    for tag, attributes in Page(made[1]).elements:
        if tag == "svg" and "overflow" not in attributes:
            depth += 1
            assert attributes.get("aria-label") or attributes.get("aria-hidden") == "true"
    assert depth


def test_the_warning_stands_first_last_and_on_every_printed_page(made: tuple[Trial, str]):
    assert made[1].count("Research and education; not for the care of real patients") == 2
    assert "body > .banner:first-child { display: table-header-group;" in made[1]


def test_the_same_trial_gives_the_same_bytes_also_after_saving(tmp_path: Path):
    trial = make_trial(patients=60, arms=ARMS[1:5:3])
    first = trial.report(tmp_path / "a.html").read_bytes()
    trial.save(tmp_path / "run")
    assert Trial.load(tmp_path / "run").report(tmp_path / "b.html").read_bytes() == first
    assert str(tmp_path).encode() not in first


def test_twelve_policies_stay_under_a_megabyte():
    more = [Arm(f"{arm.name}_again", f"{arm.title}, again", arm.kind) for arm in ARMS]
    assert len(page(make_trial(arms=[*ARMS, *more])).encode()) < 1_000_000


def test_names_are_escaped():
    nasty = Arm("guideline_2020", "<script>alert(1)</script>", "guideline")
    trial = replace(light(make_trial(patients=30)), policies=(ARMS[0], nasty, *ARMS[2:]))
    trial = replace(trial, provenance=PROVENANCE | {"command": "<img src=x>", "scenario_title": "a < b"})
    html = page(trial)
    assert "<script" not in html
    assert "<img" not in html


def test_a_browser_may_only_show_the_page():
    """Styles stand in the page and in its figures; nothing is loaded, run or sent."""
    html = page(light(make_trial(patients=30)))
    rule = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{rule}">' in html
    assert html.index("Content-Security-Policy") < html.index("<title>")
    assert not re.search(r"<script|<img|<image|<link|<iframe|<form| on\w+=|javascript:", html)


def test_policies_may_be_named_by_a_path():
    name = 'agent:runs/a b/"x" (1).toml'
    trial = make_trial(patients=30, arms=ARMS[:2])
    frame = trial.frame.assign(policy=trial.frame["policy"].replace(ARMS[1].name, name))
    html = page(replace(light(trial), frame=frame, policies=(ARMS[0], replace(ARMS[1], name=name))))
    assert Page(html).open == []
    ids = {str(attributes["id"]) for _, attributes in Page(html).elements if "id" in attributes}
    assert ids
    assert all(re.fullmatch(r"[\w-]+", found) for found in ids)


def test_importing_the_report_does_not_load_what_is_heavy():
    code = (
        "import sys, dosing_env.report, dosing_env.trial; sys.exit(bool({'matplotlib', 'pandas'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def _split(place: str, trial: Trial) -> list[str]:
    """Row and column of a cell; titles of subgroups may hold a slash (mL/min)."""
    first, rest = place.split("/", 1)
    row, column = rest.rsplit("/", 1) if "/" in rest else (None, rest)
    return [first, column] if row is None else [first, row, column]


def _label(name: str, table: object) -> object:
    return int(name) if name.isdigit() else name


def test_shown():
    percent, dose = Endpoint("a", "A", "%", "higher"), Endpoint("b", "B", "mg", "neither")
    assert shown(-0.04, percent, signed=True) == "0.0"
    assert shown(-3.25, percent) == "−3.2"
    assert shown(3.26, percent, signed=True) == "+3.3"
    assert shown(13081.4, dose) == "13,081"
    assert shown(math.nan, percent) == "–"
