"""Bundles with a right checksum, written by somebody who knows the format: each is refused in one line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe
from dosing_env import scenario as scenarios
from dosing_env.agent import load_agent
from dosing_env.recipe import Recipe, Scaling
from dosing_env.weights import Card
from tests.bundles import FORMS, cards, refused, sound, write_header, write_named, write_text


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "agent.safetensors"


def wrong_arrays(array: Any) -> Iterator[Any]:
    """Arrays that cannot stand in the place of a sound one."""
    yield from (None, array[None], array[..., None], array.reshape(-1)[:0], np.zeros((0, 10**12), np.float32))
    yield from (np.array(1, array.dtype), np.concatenate([array, array]), array[..., :-1], array[:0])
    yield from (array.astype(kind) for kind in ("bool", "float16", "complex64"))
    whole = array.dtype.kind in "iu"
    yield array.astype(np.float32 if whole else np.int64)
    yield np.where(
        np.arange(array.size).reshape(array.shape) == array.size - 1,
        np.int64(2**40) if whole else np.float32(np.nan),
        array,
    )
    if array.ndim > 1 and array.shape[0] != array.shape[1]:
        yield np.ascontiguousarray(np.swapaxes(array, 0, 1))


@pytest.mark.parametrize("algorithm", FORMS)
def test_forged_weights_are_refused(path: Path, algorithm: str) -> None:
    """With a right checksum: another shape, another type, none, not finite."""
    bundle = sound(algorithm)
    for name, array in bundle.states[0].items():
        for wrong in wrong_arrays(array):
            forged = bundle.with_array(name, wrong)
            refused(forged.write(path))
            refused(forged.write_beside(path))


def test_forged_weights_in_each_others_place_are_refused(path: Path) -> None:
    state = sound("DQN").states[0]
    for one, other in zip(list(state), list(state)[1:], strict=False):
        swapped = state | {one: state[other], other: state[one]}
        refused(sound("DQN")._replace(states={0: swapped}).write(path), "does not fit")


@pytest.mark.parametrize("outputs", [1, 3, 1000])
def test_quantiles_that_do_not_divide_are_refused(path: Path, outputs: int) -> None:
    own = "quantile_net.quantile_net.2"
    bundle = sound("QR-DQN").with_array(f"{own}.weight", np.ones((outputs, 4), np.float32))
    refused(bundle.with_array(f"{own}.bias", np.ones(outputs, np.float32)).write(path))


def test_infinite_weights_are_refused(path: Path) -> None:
    bundle = sound()
    bias = np.full_like(bundle.states[0]["action_net.bias"], np.inf)
    refused(bundle.with_array("action_net.bias", bias).write(path), "'0/action_net.bias'"[3:])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "0",
        "0/",
        "/a",
        "a/b",
        "00/a",
        "-1/a",
        "+1/a",
        "1_0/a",
        "٣/a",
        "9" * 5000 + "/a",
        "0\n/a",
        "../a",
        "x\x1b[31m/a",
    ],
)
def test_weights_of_no_seed_are_refused(path: Path, name: str) -> None:
    write_named(path, {name: np.ones(1, np.float32)}, "{}")
    refused(path, "is of no training seed")


def test_a_name_cannot_spoil_the_line(path: Path) -> None:
    bundle = sound()
    for name in ("a\nb", "a\x1b[2J", "a" * 10**5):
        refused(bundle.with_array(name, np.array([np.nan], np.float32)).write(path), "not finite"[:3])


OTHERS: tuple[Any, ...] = (None, True, 7, -1, 0.5, "../../x", "", [], [0], [[]], {}, {"a": {}}, {"0": [1]})
FITS: dict[str, tuple[Any, ...]] = {
    "finished": (True,),
    "scenario": ("../../x", ""),
    "scenario_parts": ({},),
    "versions": ({},),
}


@pytest.mark.parametrize("key", Card.__struct_fields__)
def test_a_card_of_other_types_is_refused(path: Path, key: str) -> None:
    bundle = sound()
    card = {other: value for other, value in bundle.card.items() if other != key}
    refused(bundle._replace(card=card).write(path), key)
    for value in OTHERS:
        if not any(value is fit or value == fit != 1 for fit in FITS.get(key, ())):
            refused(bundle.with_card(**{key: value}).write(path))


@pytest.mark.parametrize("name", ["../../x", "a/b", "a\\b", "..", ".", "/etc/x", "a\nb", "\x1b[31m", "x" * 300])
def test_a_name_that_leads_elsewhere_is_refused(path: Path, name: str) -> None:
    refused(sound().with_card(name=name).write(path), "name")


@pytest.mark.parametrize(
    "spaces",
    [
        {"observation": []},
        {"observation": [1]},
        {"observation": ["time"]},
        {"observation": "time"},
        {"action": {"dose": []}},
        {"action": {"dose": [None]}},
        {"action": []},
        {"action": {}},
        {"action": {"dose": ["mg"]}},
        {"action": {"a\nb": ["mg"]}},
        {"action": {"dose": ["a\x1b[31m"]}},
        {"action": {"dose": [3000.0, 0.0, "mg"]}},
        {"action": {"dose": ["mg", 0.0, 2000.0]}},
    ],
)
def test_forged_spaces_are_refused(path: Path, spaces: dict[str, Any]) -> None:
    bundle = sound()
    refused(bundle.with_card(spaces=bundle.card["spaces"] | spaces).write(path))


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"return": "x"}, {"attainment_percent": None}, {"steps": [1]}, {"return": float("inf")}]
)
def test_forged_learning_is_refused(path: Path, change: dict[str, Any]) -> None:
    bundle = sound()
    refused(bundle.with_card(learning=[bundle.card["learning"][0] | change]).write(path), "learning")


def test_a_card_that_no_program_writes_is_refused(path: Path) -> None:
    bundle = sound()
    for text in cards(bundle):
        refused(write_text(path, bundle.states, text))


def forged_recipes(rules: Recipe) -> Iterator[Recipe]:
    """Recipes that the weights, or nothing at all, fit; their fingerprint is right."""
    replace = msgspec.structs.replace
    assert rules.network is not None
    yield from (replace(sound(other).rules, title="") for other in FORMS if other != rules.algorithm)
    for change in ({"layers": (4, 4)}, {"layers": (5,)}, {"layers": (10**18,)}, {"layers": ()}, {"lstm": 10**9}):
        yield replace(rules, network=replace(rules.network, **change))
    for scaling in (
        Scaling("time", float("nan")),
        Scaling("time", 0.0, float("inf")),
        Scaling("nothing*"),
        Scaling(""),
    ):
        yield replace(rules, observation=(scaling,))
        yield replace(rules, observation=(*rules.observation, scaling))
    yield from (replace(rules, observation=()), replace(rules, hold=True))
    yield from (replace(rules, title="\x1b[2J"), replace(rules, purpose="a\x00b"))
    yield replace(rules, hyperparameters={"a\nb": float("nan")})
    yield replace(rules, hyperparameters={"x" * 10**5: "x" * 10**5})


def test_forged_recipes_are_refused(path: Path) -> None:
    bundle = sound()
    for rules in forged_recipes(bundle.rules):
        refused(bundle.of_recipe(rules).write(path))


@pytest.mark.parametrize("belief", ["nothing", "../../x", "x.py", "/etc/passwd", "nowhere.toml", "a\nb"])
def test_a_forged_belief_is_refused(path: Path, belief: str) -> None:
    text = sound().card["recipe_text"].replace("scenario =", f"belief = {belief!r}\nscenario =")
    refused(sound().with_card(recipe_text=text).write(path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a = " + "[" * 10**4,
        "a" + ".a" * 20_000 + " = 1",
        "x" * 10**6,
        "\x00",
        "algorithm = 'PPO'\nalgorithm = 'PPO'",
        'title = "\x1b"',
        "'a\\nb' = 1",
        "name = 'x'",
    ],
)
def test_a_recipe_that_no_program_writes_is_refused(path: Path, text: str) -> None:
    bundle = sound()
    refused(bundle.with_card(recipe_text=text).write(path))
    if text:
        refused(bundle.with_card(recipe_text=f"{text}\n{bundle.card['recipe_text']}").write(path))


def test_a_recipe_of_another_algorithm_is_refused(path: Path) -> None:
    text = sound().card["recipe_text"].replace('"PPO"', '"A2C"')
    refused(sound().with_card(recipe_text=text).write(path), "trained with another algorithm")
    sound().write_beside(path)
    path.with_suffix(".toml").write_text(text)
    refused(path.with_suffix(".toml"), "trained with another algorithm")


CARD = '"__metadata__":{"card":"{}","sha256":"x"}'


@pytest.mark.parametrize(
    ("header", "numbers"),
    [
        ("", b""),
        ("{}", b""),
        ("[" * 10**6, b""),
        ('{"__metadata__":' * 10**5, b""),
        ('{"__metadata__":{"card":1,"sha256":2}}', b""),
        ('{"__metadata__":null}', b""),
        (f"{{{CARD},{CARD}}}", b""),
        (f'{{{CARD},"0/a":{{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}}}', b"12"),
        (f'{{{CARD},"0/a":{{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}}}', b"1"),
        (f'{{{CARD},"0/a":{{"dtype":"F32","shape":[{2**40},{2**40}],"data_offsets":[0,4]}}}}', b"1234"),
        (f'{{{CARD},"0/a":{{"dtype":"F32","shape":[0,{2**63}],"data_offsets":[0,0]}}}}', b""),
        (f'{{{CARD},"0/a":{{"dtype":"F32","shape":[{",".join("1" * 100)}],"data_offsets":[0,4]}}}}', b"1234"),
        (f'{{{CARD},"0/a":{{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}}}', b"1234"),
        (f'{{{CARD},"0/a":{{"dtype":"O","shape":[1],"data_offsets":[0,8]}}}}', b"12345678"),
    ],
)
def test_a_forged_header_is_refused(path: Path, header: str, numbers: bytes) -> None:
    refused(write_header(path, header, numbers), "not a weight file")


def test_what_is_said_twice_is_refused(path: Path) -> None:
    """Of the header too, whose last word safetensors takes."""
    whole = sound().write(path).read_bytes()
    header = whole[8 : 8 + int.from_bytes(whole[:8], "little")].decode()
    numbers = whole[8 + len(header) :]
    write_header(path, header, numbers)
    assert load_agent(str(path)).name == "small"
    for twice in (
        header.replace('"sha256":"', '"sha256":"x","sha256":"'),
        header.replace('"shape"', '"more":{"a":1,"a":1},"shape"'),
    ):
        assert twice != header
        refused(write_header(path, twice, numbers), "a key stands there twice")


def test_what_is_not_finite_is_not_done(path: Path) -> None:
    """A forged scaling can make numbers too large for a sound network."""
    rules = sound().rules
    tiny = tuple(msgspec.structs.replace(rule, scale=1e-300, log=False) for rule in rules.observation)
    agent = load_agent(str(sound().of_recipe(msgspec.structs.replace(rules, observation=tiny)).write(path)))
    task = scenarios.load("vancomycin_ward").task()
    agent.begin(task, None)
    with np.errstate(over="ignore"), pytest.raises(ValueError, match="small: what the agent says is not finite"):
        agent.predict(np.ones((2, len(task.features)), np.float32))


def test_the_text_of_a_sound_recipe_is_the_recipe() -> None:
    """What is forged above is forged from this."""
    bundle = sound()
    read = recipe.parse(bundle.card["recipe_text"], "small", "test")
    assert read == bundle.rules
