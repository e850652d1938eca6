"""The policy behind a name."""

from __future__ import annotations

from typing import Any

from dosing_env import catalogue
from dosing_env.agent import load_agent
from dosing_env.bedside import table
from dosing_env.bedside.policy import Bedside
from dosing_env.policy import ProtocolPolicy, planner_alone, planner_of
from dosing_env.trial import Arm

AGENT = "agent:"
TABLE = "bedside:"  # and the file of a bedside table


def policy_of(policy: Any) -> Any:
    """The policy of a name (see `evaluate`); an object with `predict` is itself.

    Raises:
        ValueError: no such policy, or a Python file that the user did not name (see `catalogue.Given`).
    """
    if not isinstance(policy, str):
        if not callable(getattr(policy, "predict", None)):
            raise ValueError(f"policies: {policy!r} is neither a name nor an object with predict()")
        return policy
    if policy.startswith(AGENT):
        return load_agent(policy.removeprefix(AGENT))
    if policy.startswith(TABLE):
        return Bedside(table.load(policy.removeprefix(TABLE)))
    if policy.endswith(".toml"):
        ways = f"A trained agent is given as {AGENT + policy!r}, a bedside table as {TABLE + policy!r}"
        raise ValueError(f"policies: {policy!r} is no policy. {ways}")
    planner = planner_of(policy)
    if planner is not None:
        return planner
    if policy.endswith(".py") and _is_planner(policy):
        return planner_alone(catalogue.load("planners", policy), policy)
    if policy.endswith(".py") or policy in catalogue.names("protocols"):
        return ProtocolPolicy(catalogue.load("protocols", policy))
    raise ValueError(catalogue.unknown("policy", policy, policy_names()))


def _is_planner(file: str) -> bool:
    return catalogue.kind_of_file(file) == "planners"


def policy_names() -> list[str]:
    """Every policy of the catalogue, as `evaluate` takes them."""
    agents = [AGENT + name for name in catalogue.names("agents")]
    return [*catalogue.names("protocols"), *agents, *catalogue.names("planners")]


def arm_of(policy: Any) -> Arm:
    """The policy as an arm of a trial."""
    name = getattr(policy, "name", type(policy).__name__)
    return Arm(name, getattr(policy, "title", name), getattr(policy, "kind", "agent"))
