"""A shield before another policy: no dose whose predicted harm exceeds a limit.

`shield:0.15:agent:vancomycin_ward_ppo` lets the agent propose and gives what it proposes, unless the predicted
probability of kidney injury is above 0.15; then the largest product below it that keeps the limit, or none. Behind the
second colon any policy may stand. `shield:0.15@vancomycin_thomson2009:...` believes that model; left out, the one that
generates the patients.

What is predicted is this dose (as often as it is given until the policy is asked again) and none after it, over the
patients who may stand behind the chart (`inference.particles`): where nothing was measured yet, the population. The
probability is that of a course whose largest daily AUC is the largest from today on (`outcomes.aki_risk`). "None after
it" is what the shield can always do next: as long as the prediction holds, stopping keeps the limit, and no dose that
leaves that way out is refused. A load is not taken for the pattern of the whole course; the dose that makes too much of
a day, or of the next one, is refused when it is proposed. What is past has done its harm and forbids nothing. That the
kidney may change is not foreseen.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dosing_env.pharmacology import DrugLike, model_title
from dosing_env.planners._believing import Imagining
from dosing_env.planners._expected import _end, _respond, _worth
from dosing_env.simulation.cells import Floats
from dosing_env.task import Task
from dosing_env.ward.dosing import prescribe

PARTICLES = 128
DAYS = 2  # followed: that of the last dose, and the next; then the AUC of a day falls


class Shield(Imagining):
    """See the module.

    Args:
        policy: proposes; anything with `predict` that takes charts and gives mg.
        limit: largest probability of kidney injury, 0 to 1.
        believed: the model, or its name or file; left out, the one that generates the patients.

    Raises:
        ValueError: the limit is no probability, or there is no such model.
    """

    name = "shield"
    title = "Shielded policy"
    takes = "a limit of predicted harm and a policy, such as 0.15:trough_rules or 0.15@MODEL:trough_rules"
    alone = False

    def __init__(self, policy: Any, limit: float, believed: DrugLike | None = None) -> None:
        if not 0.0 <= limit <= 1.0:
            raise ValueError(_no_limit(limit))
        super().__init__(believed, lower_all, PARTICLES, (limit, 1, DAYS))
        own = getattr(policy, "name", type(policy).__name__)
        model, paper = ("", "") if self.believed is None else (self.believed.name, model_title(self.believed.name))
        self.policy, self.name = policy, f"shield:{limit:.12g}{model and f'@{model}'}:{own}"
        self.title = f"{getattr(policy, 'title', own)}, shield {100 * limit:.12g} %{paper and f' ({paper})'}"
        self.kind, self.oracle = getattr(policy, "kind", "agent"), getattr(policy, "oracle", False)
        self.card = getattr(policy, "card", {})

    def begin(self, task: Task, patients: Any) -> None:
        """Learn the task; the patients are for the policy behind.

        Raises:
            ValueError: no relation of doses and harm is known, in a clinic.
        """
        if task.kind != "ward":
            raise ValueError(
                f"{self.name}: of the harm a dose does in a {task.kind} ({task.name}) no relation is published "
                "that a limit could be set to; a shield is for wards"
            )
        super().begin(task, None)
        if hasattr(self.policy, "begin"):
            self.policy.begin(task, patients)

    def act(self, observation: NDArray[np.float32], state: Any, episode_start: Any) -> tuple[Floats, Any]:
        """Doses to give now, (n, 1) mg; and what the policy and the searches remember."""
        own, found = state if state is not None else (None, None)
        proposed, own = self.policy.predict(observation, state=own, episode_start=episode_start, deterministic=True)
        wanted = np.array(proposed, dtype=np.float64).reshape(len(observation), 1)
        memory = self.believer.memory(len(observation), found)
        for rows, chart, belief in self.believer.meet(observation, memory):
            wanted[rows, 0] = self.decided(chart, belief, wanted[rows, 0])
        return wanted, (own, memory)

    def doses(self, observation: NDArray[np.float32]) -> Floats:
        """Doses to give now, (n,) mg, without memory."""
        return self.act(observation, None, None)[0][:, 0]


def lower_all(courses, weight, rules, bench, room, setting, wanted):  # type: ignore[no-untyped-def]
    """Lower the dose for every chart, mg, where harm is above the limit. courses, weight: (charts, particles)."""
    rule = rules[0]
    for i in range(len(courses)):
        if courses[i, 0].decision < rule.decisions and 0.0 < wanted[i] < np.inf:  # what is no dose is not mended
            dose, _ = prescribe(rule, courses[i, 0], wanted[i : i + 1])
            allowed = _allowed(courses[i], weight[i], rule, bench[0], room, setting, int(dose / rule.step + 0.5))
            if allowed < dose:
                wanted[i] = allowed


def _allowed(courses, weight, rules, bench, room, setting, most):  # type: ignore[no-untyped-def]
    """The largest product, of number `most` or below, that keeps the limit, mg; 0 where none does."""
    k = courses[0].decision
    until = rules.until[k]
    size = _end(rules, until - 1, setting.days) - k
    if setting.linear and most > 0:
        _respond(courses, rules, bench, room, k, size, most + 1, setting.straight)
    for product in range(most, 0, -1):
        room.plan[:size] = 0
        room.plan[: until - k] = product
        _, harm = _worth(courses, weight, rules, bench, room, size, setting.linear)
        if min(harm, 1.0) <= setting.limit:  # probabilities may add up to a last bit more than 1
            return product * rules.step
    return 0.0


class Written(Shield):
    """As policies are named: `LIMIT:POLICY` or `LIMIT@MODEL:POLICY`.

    Raises:
        ValueError: it is not written so, or there is no such limit, model or policy.
    """

    def __init__(self, setting: str) -> None:
        from dosing_env.policies import policy_of  # which finds this one

        head, _, policy = setting.partition(":")
        limit, at, model = head.partition("@")
        if not policy or bool(at) != bool(model):
            raise ValueError(f"'shield:{setting}': shield takes {self.takes}")
        probability = _probability(limit)
        super().__init__(policy_of(policy), probability, model or None)


def _probability(text: str) -> float:
    """The number that is written; float() would also take "nan" and "1_0"."""
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+", text):
        raise ValueError(_no_limit(text))
    return float(text)


def _no_limit(limit: Any) -> str:
    return f"shield: limit: {limit!r} is no probability between 0 and 1, such as 0.15"


PLANNER = Written
