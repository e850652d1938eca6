"""Small sound bundles of every form an agent has, and files as somebody who knows the format would write them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
from safetensors.numpy import save

from dosing_env import recipe, weights
from dosing_env import scenario as scenarios
from dosing_env.agent import load_agent, spaces_of
from dosing_env.algorithms import ALGORITHMS
from dosing_env.recipe import Boosting, Equation, Network, Recipe, Scaler
from dosing_env.task import Task
from dosing_env.weights import State
from tests.training.recipes import small

UNITS, MEMORY, QUANTILES = 4, 3, 5
FORMS = ("PPO", "RecurrentPPO", "SAC", "DQN", "QR-DQN", "least_squares", "gradient_boosting")


class Bundle(NamedTuple):
    """What a bundle holds."""

    rules: Recipe
    states: dict[int, State]
    card: dict[str, Any]

    def write(self, path: Path) -> Path:
        """As training writes it."""
        weights.write_weights(path, self.states, self.card)
        return path

    def write_beside(self, path: Path) -> Path:
        """The same with its recipe beside it; returns the path of the recipe."""
        self.write(path)
        path.with_suffix(".toml").write_text(recipe.text(self.rules), encoding="utf-8")
        return path.with_suffix(".toml")

    def with_card(self, **changes: Any) -> Bundle:
        """The same with other entries in its card."""
        return self._replace(card=self.card | changes)

    def of_recipe(self, rules: Recipe) -> Bundle:
        """The same weights with another recipe, as a forger would put it in."""
        return self._replace(rules=rules).with_card(recipe_text=recipe.text(rules), recipe=recipe.fingerprint(rules))

    def with_array(self, name: str, array: Any) -> Bundle:
        """The same with another array; None: without it."""
        state = {key: value for key, value in self.states[0].items() if key != name}
        return self._replace(states={0: state if array is None else state | {name: array}})


def sound(algorithm: str = "PPO", action: str = "", scenario: str = "vancomycin_ward") -> Bundle:
    """A small bundle of an algorithm: its weights are random numbers."""
    rules = _rules(algorithm, scenario)
    rules = msgspec.structs.replace(rules, action=action or rules.action)
    task = scenarios.load(scenario).task()
    scaler = Scaler(rules, recipe.sight_of(rules, task).features)
    row = {"seed": 0, "steps": 10, "attainment_percent": 50.0, "return": 0.5}
    card = {
        "name": "small",
        "recipe_text": recipe.text(rules),
        "shipped_seed": 0,
        "recipe": recipe.fingerprint(rules),
        "finished": True,
        "learning": [row],
        "scenario": scenario,
        "scenario_parts": {},
        "spaces": spaces_of(rules, task, scaler),
        "versions": {"dosing-env": "0.1.0"},
    }
    return Bundle(rules, {0: _state(rules, task, len(scaler.columns))}, card)


def _rules(algorithm: str, scenario: str) -> Recipe:
    if algorithm in ALGORITHMS:
        rules = small(algorithm, scenario)
        network = Network((UNITS,), "tanh", lstm=MEMORY if algorithm == "RecurrentPPO" else 0, quantiles=QUANTILES)
        return msgspec.structs.replace(rules, network=network)
    forms: dict[str, Any] = {
        "least_squares": {"equation": Equation(2)},
        "gradient_boosting": {"boosting": Boosting(2, 3)},
    }
    plain = msgspec.structs.replace(small("PPO", scenario), network=None, hyperparameters={})
    return msgspec.structs.replace(plain, algorithm=algorithm, **forms[algorithm])


def _state(rules: Recipe, task: Task, inputs: int) -> State:
    rng = np.random.default_rng(0)

    def some(*shape: int) -> Any:
        return rng.normal(size=shape).astype(np.float32)

    decisions = task.rules.decisions
    if rules.equation is not None:
        return {"equation": some(decisions, 1 + inputs + inputs * (inputs + 1) // 2)}
    if rules.boosting is not None:
        feature = rng.integers(0, inputs, (decisions, 2, 7)).astype(np.uint16)
        trees = {"feature": feature, "threshold": some(decisions, 2, 7), "leaf": some(decisions, 2, 8)}
        return trees | {"inputs": np.array([inputs])}
    own = ALGORITHMS[rules.algorithm]
    sizes = [len(grid) for grid in task.grids]
    outputs = len(task.actions) if rules.action == "mg" else int(np.prod(sizes) if own.joint else np.sum(sizes))
    outputs *= QUANTILES if rules.algorithm == "QR-DQN" else 1
    first, last = f"{own.hidden}.0", own.output or f"{own.hidden}.2"
    state: State = {}
    if own.remembers:
        shapes = {"weight_ih": (4 * MEMORY, inputs), "weight_hh": (4 * MEMORY, MEMORY)}
        shapes |= {"bias_ih": (4 * MEMORY,), "bias_hh": (4 * MEMORY,)}  # type: ignore[dict-item]
        state = {f"lstm_actor.{name}_l0": some(*shape) for name, shape in shapes.items()}
        inputs = MEMORY
    state |= {f"{first}.weight": some(UNITS, inputs), f"{first}.bias": some(UNITS)}
    return state | {f"{last}.weight": some(outputs, UNITS), f"{last}.bias": some(outputs)}


def write_text(path: Path, states: dict[int, State], card: str) -> Path:
    """A bundle with any text as its card, and a right checksum."""
    return write_named(path, {f"{seed}/{name}": array for seed, s in states.items() for name, array in s.items()}, card)


def write_named(path: Path, arrays: State, card: str, **more: str) -> Path:
    """A file of arrays of any name, with a right checksum; `more`: what else it says of itself."""
    checksum = weights._checksum(arrays, card)
    path.write_bytes(save(arrays, metadata={"card": card, "sha256": checksum} | more))
    return path


def write_header(path: Path, header: str, numbers: bytes = b"") -> Path:
    """A file of safetensors with any header."""
    path.write_bytes(len(header.encode()).to_bytes(8, "little") + header.encode() + numbers)
    return path


def cards(bundle: Bundle) -> Iterator[str]:
    """Texts of cards that no honest program writes."""
    text = json.dumps(bundle.card)
    yield from ("", "null", "3", "[]", '"card"', "{", "{}", text + "}", text[:-1], "NaN", text.encode().hex())
    yield from ("[" * 10**6, "[" * 10**6 + "]" * 10**6, '{"a":' * 10**6, text[:-1] + ', "more": ' + "[" * 10**6)
    yield from (text[:-1] + ', "name": "small"}', text[:-1] + ', "more": {"a": 1, "a": 1}}')
    yield text.replace('"shipped_seed": 0', '"shipped_seed": ' + "9" * 10**5)
    yield text.replace('"shipped_seed": 0', '"shipped_seed": 1e400')
    yield text.replace('"return": 0.5', '"return": NaN')
    yield text.replace('"name": "small"', '"name": "\\ud800"')
    yield text.replace("Research and education only.", "\\udfff")


def refused(name: Path, within: str = "") -> str:
    """The one line that says why this is no agent of its scenario."""
    said = None
    try:
        agent = load_agent(str(name))
        agent.begin(scenarios.load(agent.recipe.scenario).task(), None)
    except ValueError as error:
        said = str(error)
    assert said is not None, "not refused"
    assert str(name.with_suffix("")) in said
    assert said.isprintable()
    assert len(said) < 800
    assert within in said
    return said
