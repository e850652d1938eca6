"""No file of ours has Python code executed, wherever its path stands; what the user names himself is executed."""

from __future__ import annotations

import ast
import json
import pickle
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import gymnasium
import msgspec
import pytest

import dosing_env
from dosing_env import catalogue, recipe, scenario
from dosing_env.agent import load_agent
from dosing_env.bedside import table
from dosing_env.catalogue import Given, given
from dosing_env.policies import policy_of
from dosing_env.trial import Trial
from tests.bundles import sound
from tests.cli.commands import WARD, complaint, run
from tests.places import Place, field_of, places, write

SHIPPED = {"ward": WARD, "clinic": "warfarin_initiation"}
PROSE = {"title", "question", "purpose", "published.source", "subgroups.title", "subgroups.column"}
PLANNERS = catalogue.names("planners")
OWN = "fixed_1g_q12h"


class Trap:
    """A Python file that leaves a trace when it is executed."""

    def __init__(self, folder: Path) -> None:
        self.file, self.trace = folder / "evil.py", folder / "trace"
        kinds = "".join(f"{what} = 1\n" for what in catalogue.PYTHON_KINDS.values())
        self.file.write_text(f"open({str(self.trace)!r}, 'w').close()\n{kinds}", encoding="utf-8")

    def untouched(self) -> bool:
        """Whether it was never executed."""
        return not self.trace.exists()


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    monkeypatch.chdir(tmp_path)
    return Trap(tmp_path)


def few(file: Path) -> list[str]:
    """The path by itself, and where the grammar of policies lets it stand."""
    deep = "shield:0.1:shield:0.2:shield:0.3"
    return [str(file), f"agent:{file}", f"bedside:{file}", f"{deep}:{file}", f"{deep}@{file}:oracle"]


def every(file: Path) -> Iterator[str]:
    """The same with every planner of the catalogue, whatever it takes."""
    yield from few(file)
    for planner in PLANNERS:
        for setting in (f"{file}", f"0.1:{file}", f"0.1@{file}:oracle", f"0.1@{file}", f"1+{file}", f"{file}:0.1"):
            yield f"{planner}:{setting}"
            yield f"shield:0.1:{planner}:{setting}"
            yield f"shield:0.1@{planner}:{setting}"


def content(name: str, kind: str = "scenarios") -> dict[str, Any]:
    """What a shipped file says."""
    return tomllib.loads(catalogue.find(kind, name).read_text(encoding="utf-8"))


def refused(call: Callable[[], Any]) -> str | None:
    """The one line of a refusal; None: there was none."""
    try:
        call()
    except ValueError as error:
        line = str(error)
        assert "\n" not in line
        return line
    return None


def walk(trap: Trap, kind: Any, base: dict[str, Any], load: Callable[[str], Any], names: Any) -> dict[str, list[str]]:
    """Field -> the texts with which a file is accepted; of the others the line names file and field."""
    accepted: dict[str, list[str]] = {}
    for place in places(kind):
        for text in (few if field_of(place) in PROSE else names)(trap.file):
            file = write(trap.file.with_name("own.toml"), kind, base, place, text)
            line = refused(lambda file=file: load(str(file)))  # type: ignore[misc]
            assert trap.untouched(), (place, text)
            if line is None:
                accepted.setdefault(field_of(place), []).append(text)
            else:
                assert line.startswith(f"{file}: "), line
                assert str(place[0]) in line, line
    return accepted


@pytest.mark.parametrize("names", [few, pytest.param(every, marks=pytest.mark.slow)])
@pytest.mark.parametrize("care", scenario.CARES)
def test_no_place_of_a_scenario_has_code_executed(care: str, names: Any, trap: Trap) -> None:
    def load(file: str) -> None:
        case = scenario.load(file)
        scenario.fingerprint(case)
        case.task()

    accepted = walk(trap, scenario.CARES[care], content(SHIPPED[care]), load, names)
    assert set(accepted) <= PROSE


@pytest.mark.parametrize("names", [few, pytest.param(every, marks=pytest.mark.slow)])
def test_no_place_of_a_recipe_has_code_executed(names: Any, trap: Trap) -> None:
    training = pytest.importorskip("dosing_env.training")

    def load(file: str) -> None:
        rules = recipe.load(file)
        if rules.scenario == WARD:
            training.prepare(rules, None, None, None)

    base = content("vancomycin_ward_belief_ppo", "agents") | {"pretrain": {"policy": "oracle"}}
    accepted = walk(trap, recipe.Recipe, base, load, names)
    assert not {"belief", "pretrain.policy", "algorithm", "observation.features"} & set(accepted)


def test_no_recipe_within_a_bundle_has_code_executed(trap: Trap) -> None:
    bundle = sound()
    base = tomllib.loads(bundle.card["recipe_text"])
    for place in places(recipe.Recipe):
        for text in few(trap.file):
            forged = write(trap.file.with_name("x.toml"), recipe.Recipe, base, place, text).read_text()
            path = bundle.with_card(recipe_text=forged).write(trap.file.with_name("agent.safetensors"))
            line = refused(lambda path=path: load_agent(str(path)))  # type: ignore[misc]
            assert trap.untouched(), place
            assert line is not None or place[0] not in ("belief", "pretrain"), place


def test_no_place_of_a_bedside_table_has_code_executed(trap: Trap) -> None:
    answer = [{"say": 5.0}]
    part = {"title": "All", "unit": "mg", "dose": answer, "next": answer}
    base = {"title": "T", "purpose": "P", "policy": "oracle", "scenario": "warfarin_initiation", "parts": [part]}
    walk(trap, table.Table, base, lambda file: policy_of(f"bedside:{file}"), few)


NAMES: list[tuple[Place, str]] = [
    (("drug",), "{}"),
    (("population",), "{}"),
    (("rivals", 0), "{}"),
    (("course", "lead_in"), "{}"),
    *((("policies", 0), text) for text in few(Path("{}"))),
]


def named(place: Place, text: str, trap: Trap) -> Path:
    """A scenario file with code at a place."""
    return write(trap.file.with_name("own.toml"), scenario.CARES["ward"], content(WARD), place, text.format(trap.file))


@pytest.mark.parametrize(("place", "text"), NAMES, ids=[f"{field_of(p)}: {t}" for p, t in NAMES])
def test_every_command_refuses_a_scenario_with_code(place: Place, text: str, trap: Trap) -> None:
    file = str(named(place, text, trap))
    for words in (
        ["show", file],
        ["evaluate", file, "--patients", "1"],
        ["evaluate", file, "--policies", OWN, "--patients", "1"],
        ["distil", OWN, "--scenario", file],
        ["dataset", file, OWN, "-o", "own/x-v0"],
        *([command, str(of_scenario(file, trap))] for command in ("train", "search", "card")),
    ):
        line = complaint(run(*words))
        assert f"{file}: {field_of(place)}: " in line
        assert "evil.py' is code" in line
    assert trap.untouched()


@pytest.mark.parametrize(("place", "text"), NAMES, ids=[f"{field_of(p)}: {t}" for p, t in NAMES])
def test_every_call_refuses_a_scenario_with_code(place: Place, text: str, trap: Trap) -> None:
    file = str(named(place, text, trap))
    calls: list[Callable[[], Any]] = [
        lambda: gymnasium.make("dosing_env/Scenario-v0", scenario=file),
        lambda: gymnasium.make("dosing_env/Scenario-v0", scenario=file, drug="vancomycin_goti2018"),
        lambda: gymnasium.make_vec("dosing_env/Scenario-v0", num_envs=2, scenario=file),
        lambda: dosing_env.evaluate(file, patients=1),
        lambda: dosing_env.evaluate(file, [OWN], patients=1),
    ]
    for call in calls:
        line = refused(call)
        assert line is not None
        assert f"{field_of(place)}: " in line
        assert "evil.py' is code" in line
    assert trap.untouched()


def of_scenario(file: str, trap: Trap) -> Path:
    """A recipe, with weights, of an agent that was trained on a scenario file."""
    bundle = sound()
    return bundle.of_recipe(msgspec.structs.replace(bundle.rules, scenario=file)).write_beside(
        trap.file.with_name("agent.safetensors")
    )


def test_a_forged_trial_has_no_code_executed(trap: Trap) -> None:
    dosing_env.evaluate(WARD, [OWN], patients=2, rivals=False).save("trial")
    index = Path("trial/trial.json")
    whole = json.loads(index.read_text())
    for part in ("drugs", "policies", "provenance", "subgroups", "endpoints"):
        index.write_text(json.dumps(whole | {part: replaced(whole[part], str(trap.file))}))
        with suppress(Exception):  # what is wrong with it is not the question here
            Trial.load("trial").report("report.html")
    assert trap.untouched()


def replaced(value: Any, text: str) -> Any:
    """The same with every text replaced."""
    if isinstance(value, dict):
        return {key: replaced(one, text) for key, one in value.items()}
    if isinstance(value, list):
        return [replaced(one, text) for one in value]
    return text if isinstance(value, str) else value


def test_a_scenario_put_together_by_hand_has_no_code_executed(trap: Trap) -> None:
    case = scenario.load(WARD)
    for changes in ({"drug": str(trap.file)}, {"population": str(trap.file)}):
        with pytest.raises(ValueError, match="is code"):
            msgspec.structs.replace(case, **changes).task()
    with pytest.raises(ValueError, match="is code"):
        dosing_env.evaluate(msgspec.structs.replace(case, policies=(str(trap.file),)), patients=1)
    assert trap.untouched()


def test_naming_a_file_does_not_let_another_file_name_it(trap: Trap) -> None:
    catalogue.load("drugs", given(trap.file))
    trap.trace.unlink()
    with pytest.raises(ValueError, match=r"drug: .* is code"):
        scenario.load(str(named(("drug",), "{}", trap)))
    with pytest.raises(ValueError, match="is code"):
        catalogue.load("drugs", str(trap.file))


@pytest.mark.parametrize("name", ["{}", "shield:0.1:{}", "shield:0.1:shield:0.2:{}", "shield:0.1@own_drug.py:{}"])
def test_what_the_user_names_is_executed(name: str, trap: Trap) -> None:
    own = Path("own.py")
    own.write_text(catalogue.source("protocols", OWN).replace(OWN, "own"), encoding="utf-8")
    Path("own_drug.py").write_text(catalogue.source("drugs", "vancomycin_goti2018"), encoding="utf-8")
    assert policy_of(given(name.format(own))).name.endswith("own")
    assert scenario.load(WARD).replace(policies=[name.format(own)]).policies == (name.format(own),)
    with pytest.raises(ValueError, match=r"own(_drug)?\.py' is code"):
        policy_of(name.format(own))


def test_what_the_user_changes_in_a_scenario_is_executed(trap: Trap) -> None:
    Path("own.py").write_text(catalogue.source("protocols", "camera2"), encoding="utf-8")
    Path("own_drug.py").write_text(catalogue.source("drugs", "vancomycin_goti2018"), encoding="utf-8")
    case, ward = scenario.load(WARD), content(WARD)
    changed = case.replace(
        drug=Path("own_drug.py"),
        rivals=["own_drug.py"],
        course=ward["course"] | {"decided_h": [36], "lead_in": "own.py"},
    )
    changed = pickle.loads(pickle.dumps(changed.replace(title="A").generated_by(changed.rivals[0])))  # noqa: S301
    assert changed.task().lead_in is not None
    assert changed.load_drug().name == case.load_drug().name
    assert scenario.parts(changed)["drug"] == scenario.parts(case)["drug"]


def test_a_name_keeps_whose_it_is() -> None:
    name = pickle.loads(pickle.dumps(given("shield:0.1@mine.py:own.py")))  # noqa: S301
    assert isinstance(name, Given)
    assert all(isinstance(part, Given) for part in name.partition(":")[::2])
    assert isinstance(name.removeprefix("shield:"), Given)
    assert type(str(name)) is type(f"{name}") is str
    assert [type(one) for one in given([Path("x"), "y", None, 1])] == [Given, Given, type(None), int]


SPEAKING = {  # where the words of a user come in: nothing that was read from a file may be given there
    "cli.distil",
    "cli.show",
    "datasets",
    "inference.forecast",
    "interchange.nonmem",
    "scenario_file",
    "simulation.adherence",
    "simulation.tables",
    "vector",
    "virtual_trial",
}


def test_only_where_a_user_speaks_a_name_is_given(root: Path) -> None:
    found = set()
    for file in sorted((root / "dosing_env").rglob("*.py")):
        called = (node.func for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call))
        if {getattr(call, "id", getattr(call, "attr", "")) for call in called} & {"given", "Given"}:
            found.add(".".join(file.relative_to(root / "dosing_env").with_suffix("").parts))
    assert found - {"catalogue"} == SPEAKING
