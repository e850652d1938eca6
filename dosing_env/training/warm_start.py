"""A policy teaches the network before it learns by itself: dataset aggregation (Ross 2011, arXiv:1011.0686).

In the first round the teacher treats patients of the training stream; in those that follow the network does, and the
teacher says what it would have done, so that the network learns to go on from its own doses. Then the network that
values (of algorithms that have one apart) is fitted to the returns of the last round.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sb3_contrib import RecurrentPPO
from sb3_contrib.common.recurrent.type_aliases import RNNStates
from stable_baselines3 import SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from torch.nn import functional

from dosing_env.agent import Agent, unscaled
from dosing_env.cohort import Cohort
from dosing_env.policies import policy_of
from dosing_env.recipe import Recipe, Scaler, sight_of
from dosing_env.scenario import Scenario
from dosing_env.task import Task
from dosing_env.training.algorithms import state_of
from dosing_env.training.watch import Tell
from dosing_env.treatment import begin, checked

BATCH, RATE = 1024, 1e-3  # examples, learning rate of Adam
_LEAST_SD, _MOST_SD = 0.05, 0.5  # of the scaled numbers, with which learning begins to explore


class Lessons(NamedTuple):
    """What was seen and said, course by course; rows of decisions at which nobody was asked have weight 0."""

    x: NDArray[np.float32]  # (courses, decisions, inputs)
    y: NDArray[np.float32]  # (courses, decisions, numbers): scaled numbers, or places in their grids
    asked: NDArray[np.float32]  # (courses, decisions) 1, or 0
    value: NDArray[np.float32]  # (courses, decisions) return from here on


def warm_start(model: BaseAlgorithm, recipe: Recipe, case: Scenario, seed: int, tell: Tell) -> None:
    """Teach an untrained model what the recipe's `pretrain` says."""
    plan = recipe.pretrain
    assert plan is not None
    rounds: list[Lessons] = []
    optimiser = torch.optim.Adam(model.policy.parameters(), lr=RATE)
    for done in range(plan.rounds):
        tell(0, f"seed {seed}, warm start by {plan.policy}, round {done + 1} of {plan.rounds}")
        student = None if done == 0 else Agent(recipe, {seed: state_of(model)}, {}, seed, recipe.name)
        rounds.append(_lessons(model, recipe, case, seed, done, student))
        lessons, error = _together(rounds), 0.0
        for _ in range(plan.epochs):
            error = _epoch(model, optimiser, lessons, _imitate)
    policy: Any = model.policy
    if hasattr(policy, "predict_values"):
        last = _together(rounds[-1:])
        for _ in range(plan.epochs):
            _epoch(model, optimiser, last, _value)
    if hasattr(policy, "log_std"):
        policy.log_std.data.fill_(float(np.log(np.clip(np.sqrt(error), _LEAST_SD, _MOST_SD))))


def _lessons(model: Any, recipe: Recipe, case: Scenario, seed: int, done: int, student: Agent | None) -> Lessons:
    """Courses of new patients: treated by the student, or by the teacher; and what the teacher said."""
    assert recipe.pretrain is not None
    task = case.task().held() if recipe.hold else case.task()
    cohort = Cohort(task, recipe.pretrain.patients, "train", seed)
    cohort.admit(np.arange(cohort.size) + done * cohort.size)
    teacher = policy_of(recipe.pretrain.policy)
    begin(teacher, cohort)
    if student is not None:
        student.begin(task, None)
    return _follow(recipe, task, cohort, teacher, student, model.gamma)


def _follow(recipe: Recipe, task: Task, cohort: Cohort, teacher: Any, student: Agent | None, gamma: float) -> Lessons:
    sight = sight_of(recipe, task)
    scaler = Scaler(recipe, sight.features)
    running, start = np.ones(cohort.size, dtype=bool), np.ones(cohort.size, dtype=bool)
    states: list[Any] = [None, None, None]  # of sight, teacher and student
    steps, asked, rewards = [], [], []
    while running.any():
        chart, decision = cohort.observation, cohort.courses["decision"].copy()
        seen, states[0] = sight(chart, states[0])
        said, states[1] = teacher.predict(chart, state=states[1], episode_start=start, deterministic=True)
        said = checked(said, teacher, cohort)
        given: Any = said
        if student is not None:
            given, states[2] = student.predict(chart, state=states[2], episode_start=start)
        steps.append((scaler(seen), unscaled(recipe, task, said)))
        asked.append(running)
        paid = cohort.treat(np.asarray(given, dtype=np.float64), running)
        rewards.append(paid.reward * recipe.training.discount_per_hour ** task.hours[decision])
        running, start = ~paid.over, np.zeros(cohort.size, dtype=bool)
    x, y = (np.stack(part, axis=1).astype(np.float32) for part in zip(*steps, strict=True))
    return Lessons(x, y, np.stack(asked, axis=1).astype(np.float32), _to_go(rewards, gamma).astype(np.float32))


def _to_go(rewards: list[NDArray[np.float64]], gamma: float) -> NDArray[np.float64]:
    """(courses, decisions) discounted sum of what is earned from each decision on."""
    to_go = [np.zeros_like(rewards[0])]
    for reward in rewards[::-1]:
        to_go.append(reward + gamma * to_go[-1])
    return np.stack(to_go[:0:-1], axis=1)


def _epoch(model: BaseAlgorithm, optimiser: torch.optim.Optimizer, lessons: Any, loss_of: Any) -> float:
    """Once through all examples in random order, whole courses at a time; returns the mean loss."""
    total, size = 0.0, max(1, BATCH // lessons.x.shape[1])
    for rows in torch.randperm(len(lessons.x)).split(size):
        batch = Lessons(*(part[rows] for part in lessons))
        loss = (loss_of(model, batch) * batch.asked.flatten()).sum()
        optimiser.zero_grad()
        (loss / batch.asked.sum()).backward()
        optimiser.step()
        total += loss.item()
    return total / lessons.asked.sum().item()


def _together(rounds: list[Lessons]) -> Lessons:
    """The courses of all rounds as tensors, as long as the longest."""
    longest = max(lessons.x.shape[1] for lessons in rounds)
    parts = zip(*([_padded(part, longest) for part in lessons] for lessons in rounds), strict=True)
    return Lessons(*(torch.from_numpy(np.concatenate(part)) for part in parts))  # type: ignore[arg-type]


def _padded(part: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    return np.pad(part, [(0, 0), (0, longest - part.shape[1]), *[(0, 0)] * (part.ndim - 2)])


def _imitate(model: BaseAlgorithm, lessons: Any) -> torch.Tensor:
    """(decisions,) squared error of the scaled numbers, or minus log likelihood of the places in the grids."""
    said, y = _said(model, lessons), lessons.y.flatten(0, 1)
    if isinstance(said, torch.Tensor):
        return ((said - y) ** 2).mean(dim=1)
    return -said.log_prob(y if y.shape[1] > 1 else y[:, 0])


def _said(model: BaseAlgorithm, lessons: Any) -> Any:
    """What the network says of every decision: the mean of a Gaussian, or a distribution over grids."""
    policy: Any = model.policy
    x = lessons.x.flatten(0, 1)
    if isinstance(model, SAC):
        return torch.tanh(policy.actor.get_action_dist_params(x)[0])
    if isinstance(model, RecurrentPPO):
        said = policy.get_distribution(x, _blank(model, len(lessons.x)).pi, _starts(lessons))[0]
    else:
        said = policy.get_distribution(x)
    return said.distribution.mean if hasattr(said, "get_actions") and hasattr(policy, "log_std") else said


def _value(model: BaseAlgorithm, lessons: Any) -> torch.Tensor:
    """(decisions,) squared error of the value of a state."""
    policy: Any = model.policy
    x = lessons.x.flatten(0, 1)
    if isinstance(model, RecurrentPPO):
        values = policy.predict_values(x, _blank(model, len(lessons.x)).vf, _starts(lessons))
    else:
        values = policy.predict_values(x)
    return functional.mse_loss(values.flatten(), lessons.value.flatten(), reduction="none")


def _blank(model: Any, courses: int) -> RNNStates:
    """The memory of courses that begin."""
    shape = model._last_lstm_states.pi[0].shape  # (layers, environments, units)
    blank = (torch.zeros(shape[0], courses, shape[2]), torch.zeros(shape[0], courses, shape[2]))
    return RNNStates(blank, blank)


def _starts(lessons: Any) -> torch.Tensor:
    """(decisions,) 1 where a course begins."""
    starts = torch.zeros(lessons.asked.shape)
    starts[:, 0] = 1.0
    return starts.flatten()
