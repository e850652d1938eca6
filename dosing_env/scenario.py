"""A scenario file (TOML) <-> a frozen, checked Scenario."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from dosing_env import catalogue
from dosing_env.clinic.scenario import ClinicScenario
from dosing_env.io import printable
from dosing_env.io.records import convert, decode
from dosing_env.scenario_file import Scenario as Scenario
from dosing_env.scenario_file import check, plain
from dosing_env.source import equations
from dosing_env.tasks.scenario import PartsScenario
from dosing_env.ward.scenario import WardScenario

CARES: dict[str, type[Scenario]] = {kind.kind.name: kind for kind in (WardScenario, ClinicScenario)}


@printable.refusals()
def load(name: str | Mapping[str, Any]) -> Scenario:
    """The scenario of a catalogue name, of a path to a .toml file, or of the tables that such a file holds.

    Raises:
        ValueError: one line with file, field, value, rule and the nearest right answer.
    """
    if isinstance(name, Mapping):
        where = printable.one_line(str(name.get("name", "scenario")), printable.VALUE)
        return check(convert(dict(name), _kind_of(dict(name))), where)
    path = catalogue.find("scenarios", str(name))
    return check(_beside(msgspec.structs.replace(decode(path, _kind_of), name=path.stem), path.parent), str(path))


def _beside(scenario: Scenario, folder: Path) -> Scenario:
    """Files that it names and that lie beside it: a path counts from the file that names it, else from where we are."""
    found = {
        key: str(folder / name)
        for key in ("drug", "population")
        if (name := getattr(scenario, key)).endswith(".toml") and (folder / name).is_file()
    }
    return msgspec.structs.replace(scenario, **found) if found else scenario


def _kind_of(content: dict[str, Any]) -> type[Scenario]:
    """The record of a file's kind of care; `ward` where it does not say."""
    if "given" in content:
        return PartsScenario
    care = content.get("care", WardScenario.kind.name)
    if not isinstance(care, str) or care not in CARES:
        raise ValueError(f"care: {catalogue.unknown('kind of care', str(care), list(CARES))}")
    return CARES[care]


def parts(scenario: Scenario) -> dict[str, str]:
    """A hash of each part that can change what an agent meets: the sections of the file, the drug, the population.

    Of Python files the syntax tree is hashed, so that comments, docstrings and layout do not count, with that of the
    building blocks and formulas they use; of model files the content.
    """
    sections = {name: msgspec.json.encode(plain(getattr(scenario, name))) for name in scenario.sections}
    trees = {
        "drug": content_of("drugs", scenario.drug).encode(),
        "population": content_of("populations", scenario.population).encode(),
    }
    if scenario.lead_in:
        trees["lead_in"] = equations.behind(catalogue.source("protocols", scenario.lead_in)).encode()
    return {name: hashlib.sha256(content).hexdigest()[:12] for name, content in (sections | trees).items()}


def content_of(kind: str, name: str) -> str:
    """What a catalogue entry says: comments, docstrings and layout do not count."""
    text = catalogue.source(kind, name)
    return json.dumps(tomllib.loads(text), default=str) if name.endswith(".toml") else equations.behind(text)


def fingerprint(scenario: Scenario) -> str:
    """One hash of all parts."""
    return hashlib.sha256(repr(sorted(parts(scenario).items())).encode()).hexdigest()[:12]
