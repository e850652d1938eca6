"""An agent that remembers: without torch the same as with it, and only where it is asked."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from dosing_env import recipe as recipes
from dosing_env import scenario as scenarios
from dosing_env import training
from dosing_env.agent import Agent
from dosing_env.cohort import Cohort
from dosing_env.learned import RecurrentNetwork, learned_of
from dosing_env.recipe import Network, Recipe
from dosing_env.treatment import treat
from dosing_env.weights import State

CASE = scenarios.load("warfarin_initiation")
N = 6


@pytest.fixture(scope="module")
def rules() -> Recipe:
    own = recipes.load("warfarin_initiation_ppo")
    return msgspec.structs.replace(own, algorithm="RecurrentPPO", network=Network((16,), "tanh", lstm=8))


@pytest.fixture(scope="module")
def model(rules: Recipe) -> Any:
    """As training builds it, untrained."""
    return training.build(rules, training.PatientVecEnv(rules, CASE, N, seed=0), seed=3)


@pytest.fixture(scope="module")
def state(model: Any) -> State:
    return training.state_of(model)


def test_memory_and_outputs_are_those_of_torch(rules: Recipe, model: Any, state: State) -> None:
    learned = learned_of(rules, state, "test")
    assert isinstance(learned, RecurrentNetwork)
    generator = np.random.default_rng(0)
    memory, theirs, start = np.zeros((N, 2 * learned.units)), None, np.ones(N, dtype=bool)
    for _ in range(4):
        x = generator.normal(size=(N, learned.inputs)).astype(np.float32)
        expected, theirs = model.policy.predict(x, state=theirs, episode_start=start, deterministic=True)
        memory, start = learned.remember(x.astype(np.float64), memory), np.zeros(N, dtype=bool)
        outputs = learned(memory[:, : learned.units], np.zeros(N, dtype=np.int64))
        assert np.clip(outputs, -1.0, 1.0) == pytest.approx(expected, abs=1e-6)
    assert memory[:, : learned.units] == pytest.approx(np.asarray(theirs)[0][0], abs=1e-6)


@pytest.mark.parametrize(("first", "later", "calls"), [(0.0, 0.0, 1), (0.5, 0.0, 1), (1.0, 0.0, 1), (0.5, 0.2, 7)])
def test_sequences_are_followed_as_by_sb3_contrib(model: Any, first: float, later: float, calls: int) -> None:
    """In one go where a course begins at the first step or not at all; values and slopes are the same."""
    import torch
    from sb3_contrib.common.recurrent.policies import RecurrentActorCriticPolicy as Theirs

    chance, lstm, steps, sequences = torch.Generator().manual_seed(0), model.policy.lstm_actor, 7, 5
    features = torch.randn(sequences * steps, lstm.input_size, generator=chance)
    state = tuple(torch.randn(1, sequences, lstm.hidden_size, generator=chance) for _ in range(2))
    shares = torch.tensor([first] + [later] * (steps - 1))
    starts = (torch.rand(sequences, steps, generator=chance) < shares).float().flatten()

    def followed(by: Any) -> tuple[list[Any], int]:
        made: list[int] = []
        hook = lstm.register_forward_hook(lambda *_: made.append(1))
        output, memory = by._process_sequence(features, state, starts.clone(), lstm)
        hook.remove()
        lstm.zero_grad()
        (output**2).sum().backward()
        return [output, *memory, *(weight.grad.clone() for weight in lstm.parameters())], len(made)

    (ours, count), (theirs, _) = followed(model.policy), followed(Theirs)
    assert count == calls
    for own, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, other, atol=1e-5, rtol=1e-5)


def test_it_remembers_on_visits_only_and_holds_its_dose_between(rules: Recipe, state: State) -> None:
    agent, cohort = Agent(rules, {0: state}, {}, 0, "test"), Cohort(CASE.task(), N, "evaluate", 1)
    cohort.admit(np.arange(N))
    agent.begin(cohort.task, None)
    own: Any = None
    before: Any = None
    start = np.ones(N, dtype=bool)
    visits = 0
    for _ in range(30):
        visit = cohort.courses["next_visit"] == cohort.courses["decision"]
        actions, own = agent.act(cohort.observation, own, start)
        if before is not None:
            assert np.array_equal(own[1][~visit], before[~visit])
            assert not np.array_equal(own[1][visit], before[visit]) or not visit.any()
            day = cohort.courses["decision"][0]
            assert actions[~visit, 0] == pytest.approx(cohort.courses["ordered"][~visit, day - 1], rel=1e-6)
        before, start = own[1].copy(), np.zeros(N, dtype=bool)
        visits += int(visit.sum())
        cohort.treat(actions, np.ones(N, dtype=bool))
    assert N < visits < 30 * N


def test_a_new_course_begins_without_memory(rules: Recipe, state: State) -> None:
    agent, cohort = Agent(rules, {0: state}, {}, 0, "test"), Cohort(CASE.task(), N, "evaluate", 1)
    cohort.admit(np.arange(N))
    agent.begin(cohort.task, None)
    fresh, _ = agent.act(cohort.observation, None, np.ones(N, dtype=bool))
    full = (None, np.full((N, 16), 0.7))
    half = np.arange(N) < 3
    again, _ = agent.act(cohort.observation, full, half)
    assert np.array_equal(again[half], fresh[half])
    assert not np.isclose(again[~half, 0], fresh[~half, 0]).any()


def test_a_patient_is_treated_alike_whoever_else_is(rules: Recipe, state: State) -> None:
    agent = Agent(rules, {0: state}, {}, 0, "test")
    many, _ = treat(CASE, agent, np.arange(5), seed=2, stream="evaluate")
    one, _ = treat(CASE, agent, np.array([3]), seed=2, stream="evaluate")
    assert many.courses["doses"][3].tolist() == one.courses["doses"][0].tolist()


@pytest.mark.parametrize(
    ("algorithm", "lstm", "fault"),
    [("PPO", 8, "network.lstm: 8"), ("RecurrentPPO", 0, "network.lstm: 0")],
)
def test_memory_belongs_to_recurrent_ppo(rules: Recipe, algorithm: Any, lstm: int, fault: str) -> None:
    assert rules.network is not None
    wrong = msgspec.structs.replace(
        rules, algorithm=algorithm, network=msgspec.structs.replace(rules.network, lstm=lstm)
    )
    with pytest.raises(ValueError, match=fault):
        recipes.check(wrong, "mine.toml")


def test_weights_without_memory_are_refused(rules: Recipe, state: State) -> None:
    plain = {name: value for name, value in state.items() if not name.startswith("lstm_actor")}
    with pytest.raises(ValueError, match="no units that remember"):
        learned_of(rules, plain, "mine")
