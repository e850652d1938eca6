"""One rule for whole numbers and switches, wherever a user gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import dosing_env
from dosing_env.env import DosingEnv
from dosing_env.io.arguments import LARGEST_PATIENT, patient_numbers, seed_of, switch, whole
from dosing_env.simulation.chance import key_of
from dosing_env.training.run import asked
from dosing_env.vector import DosingVectorEnv

NAME = "vancomycin_ward"
NO_NUMBERS = [
    1.9,
    1.0,
    True,
    np.True_,
    np.float64(1.0),
    "1",
    None,
    [1],
    np.array(1),
    np.array([1]),
    {},
    -1,
    pytest.param(10**5000, id="huge"),
]


@pytest.mark.parametrize("value", [1, np.int64(1), np.uint8(1)])
def test_whole_numbers(value: Any) -> None:
    assert whole("n", value, 0, 2) == 1
    assert type(whole("n", value, 0)) is int


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_what_is_none_is_told_in_a_short_line(value: Any) -> None:
    one_line(lambda: whole("n", value, 0, 2), "n: .* is not a whole number from 0 to 2$")


@pytest.mark.parametrize("value", [0, 1, None, "yes", "False", 1.0, np.array(True)])
def test_what_is_no_switch(value: Any) -> None:
    one_line(lambda: switch("discrete", value), "discrete: .* is neither True nor False$")


def test_switches() -> None:
    assert switch("finite", np.True_) is True
    assert switch("finite", False) is False


@pytest.mark.parametrize("value", [[0, 3], (0, 3), range(0, 6, 3), np.array([0, 3]), [np.int32(0), np.uint64(3)]])
def test_patient_numbers(value: Any) -> None:
    assert patient_numbers(value, 2) == [0, 3]


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        "12",
        {1, 2},
        {1: 2, 3: 4},
        [1],
        [1, 2, 3],
        [1, True],
        [1, 2.0],
        [1, "2"],
        [[1], [2, 3]],
        [0, -1],
        [0, 2**62],
        [0, 2**63],
        [0, 2**70],
        np.array([1.0, 2.0]),
        np.array([True, False]),
        np.array(3),
        np.array([[1, 2], [3, 4]]),
        np.array([0, 2**63], dtype=np.uint64),
    ],
)
def test_what_are_no_patient_numbers(value: Any) -> None:
    one_line(lambda: patient_numbers(value, 2), "^patients: ")


# --- everywhere ---


@pytest.mark.parametrize("make", [DosingEnv, DosingVectorEnv])
@pytest.mark.parametrize("seed", [1.9, True, "1", [1], {}, -1, 2**64])
def test_a_seed_that_is_none_is_refused_by_every_reset(make: Any, seed: Any) -> None:
    one_line(lambda: make(NAME).reset(seed=seed), r"^seed: .* is not a whole number from 0 to 2\*\*64 - 1$")


@pytest.mark.parametrize("make", [DosingEnv, DosingVectorEnv])
def test_an_integer_of_numpy_is_the_same_seed(make: Any) -> None:
    assert np.array_equal(make(NAME).reset(seed=np.int64(5))[0], make(NAME).reset(seed=5)[0])


@pytest.mark.parametrize("seed", [1.9, True, "1", -1, 2**64])
def test_a_seed_that_is_none_is_refused_everywhere(seed: Any) -> None:
    for refused in (
        lambda: dosing_env.evaluate(NAME, ["renal_table"], patients=1, seed=seed),
        lambda: key_of("train", seed),
        lambda: seed_of(seed),
        lambda: asked(dosing_env.recipe.load("vancomycin_ward_ppo"), seed, None),
    ):
        one_line(refused, "^seed: ")


@pytest.mark.parametrize("patients", [0, 1.5, True, "3", 10**11])
def test_a_number_of_patients_that_is_none_is_refused_by_a_trial(patients: Any) -> None:
    one_line(lambda: dosing_env.evaluate(NAME, ["renal_table"], patients=patients), "^patients: ")


def test_several_training_seeds() -> None:
    recipe = dosing_env.recipe.load("vancomycin_ward_ppo")
    assert asked(recipe, np.int64(3), None).training.seeds == (3,)  # type: ignore[arg-type]
    assert asked(recipe, range(3), None).training.seeds == (0, 1, 2)
    one_line(lambda: asked(recipe, [1, 1.5], None), "^seed: 1.5")  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        *(({"num_envs": value}, "^num_envs: ") for value in (0, -1, 1.9, 1.0, True, "1", None)),
        *(({"discrete": value}, "^discrete: ") for value in ("yes", 1, None)),
        ({"finite": "no"}, "^finite: 'no' is neither True nor False$"),
        ({"hold": 0}, "^hold: 0 is neither True nor False$"),
        *(({"frames": value}, "^frames: ") for value in (1.9, 0.0, True, False, "1", -1)),
        ({"stream": ["train"]}, "^stream: "),
        ({"scenario": 3}, "unknown scenario '3'"),
        ({"num_envs": 10**12}, r"^num_envs: 1000000000000 is not a whole number from 1 to \d+: \d+ bytes for each"),
    ],
)
def test_arguments_of_a_batch(arguments: dict[str, Any], named: str) -> None:
    one_line(lambda: DosingVectorEnv(**arguments), named)


@pytest.mark.parametrize("arguments", [{"num_envs": 3}, {"autoreset_mode": "NextStep"}, {"discrete": "yes"}])
def test_arguments_of_one_patient(arguments: dict[str, Any]) -> None:
    one_line(lambda: DosingEnv(NAME, **arguments), f"^{next(iter(arguments))}: ")


@pytest.mark.parametrize("make", [DosingEnv, DosingVectorEnv])
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ("patients", "^options: 'patients' is no dict"),
        (["patients"], "^options: "),
        (0, "^options: 0 is no dict"),
        ({"patient": [1]}, "Did you mean 'patients'"),
        ({3: 4}, "^options: unknown option '3'"),
        ({"patients": 3}, "^patients: expected 1 patient numbers in a list, got 3"),
        ({"patients": [LARGEST_PATIENT + 1]}, r"^patients: 4611686018427387904 is not .* from 0 to 2\*\*62 - 1"),
    ],
)
def test_options_of_a_reset(make: Any, options: Any, named: str) -> None:
    one_line(lambda: make(NAME).reset(options=options), named)


def test_slots_are_for_a_batch() -> None:
    one_line(lambda: DosingEnv(NAME).reset(options={"reset_mask": np.array([True])}), "^options: unknown .*reset_mask")


def test_a_slot_counts_on_from_the_largest_patient() -> None:
    env = DosingEnv(NAME)
    env.reset(seed=1, options={"patients": [LARGEST_PATIENT]})
    env.reset()
    assert env._batch._patients.tolist() == [LARGEST_PATIENT + 1]


def one_line(call: Callable[[], Any], named: str) -> None:
    with pytest.raises(ValueError, match=named) as told:
        call()
    assert "\n" not in str(told.value)
    assert len(str(told.value)) < 300
