"""The model card of an agent, written from the trial it was evaluated in."""

from __future__ import annotations

from typing import Any

from dosing_env import scenario as scenarios
from dosing_env.agent import Agent, load_agent
from dosing_env.policies import AGENT
from dosing_env.recipe import Recipe
from dosing_env.report.headline import headline
from dosing_env.report.markdown import plain
from dosing_env.report.numbers import Numbers, harm_endpoint
from dosing_env.trial import CLINICAL, Endpoint, Trial
from dosing_env.virtual_trial import Progress, compare

PATIENTS, SEED = 2000, 0  # of the trial behind a card, stream "evaluate"
AKI, DAY1 = "aki_predicted_percent", "day1_below_target_percent"
SHORT = {DAY1: "day 1 below target", AKI: "predicted AKI"}  # instead of an endpoint's title


def describe(name: str, progress: Progress | None = None, jobs: int = 1) -> str:
    """The model card of an agent (catalogue name or path of its recipe), from a trial made for it.

    Args:
        name: of the agent.
        progress: see `evaluate`.
        jobs: processes of the trial.

    Raises:
        KeyboardInterrupt: the trial was stopped.
        ValueError: no such agent, or it has no weights.
    """
    agent = load_agent(name)
    case = scenarios.load(agent.recipe.scenario)
    own = AGENT + name
    policies = [policy for policy in case.policies if not policy.startswith(AGENT)]
    policies.insert(-1 if policies[-1:] == ["oracle"] else len(policies), own)
    command = f"dosing-env card {name}" if name == agent.name else f"dosing-env card {agent.name}.toml"
    trial = compare(case, policies, patients=PATIENTS, seed=SEED, jobs=jobs, progress=progress, command=command)
    if trial.partial:
        raise KeyboardInterrupt("stopped; a model card needs the whole trial")
    return card(trial, agent)


def card(trial: Trial, agent: Agent) -> str:
    """Markdown: purpose, data, seeds, versions, results with intervals, limits.

    Raises:
        ValueError: the agent took no part in the trial.
    """
    import jinja2

    trial.arm(agent.name)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dosing_env.report", "."),
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        finalize=plain,
    )
    return environment.get_template("card.md.j2").render(_facts(trial, agent)) + "\n"


def _facts(trial: Trial, agent: Agent) -> dict[str, Any]:
    table = trial.summary().set_index(["drug", "policy"])
    own = table.loc[trial.drugs[0]]
    mine = own.loc[agent.name]
    last = [row for row in agent.card["learning"] if row["seed"] == agent.seed][-1]
    return {
        "agent": agent,
        "trial": trial,
        "primary": trial.primary,
        "answer": headline(trial, Numbers(trial)).plain,
        "n": f"{mine['n']:.0f}",
        "algorithm": agent.learned.made,
        "harm": _named(harm_endpoint(trial)),
        "second": _named(_second(trial)),
        "plan": any(endpoint.name == AKI for endpoint in trial.endpoints),
        "day1": any(endpoint.name == DAY1 for endpoint in trial.endpoints),
        "inputs": agent.learned.inputs,
        "sees": _sees(agent.recipe),
        "steps": f"{last['steps']:,}",
        "limits": [
            {"cost": limit.cost, "most": f"{limit.most:g}", "tuned": f"{last[limit.column]:.4f}"}
            for limit in agent.recipe.limits
        ],
        "versions": ", ".join(f"{name} {version}" for name, version in agent.card["versions"].items()),
        "reference": trial.arm(trial.reference).title if trial.reference else "none",
        "rows": [_row(trial, own.loc[arm.name]) for arm in trial.arms()],
        "seeds": _seeds(mine),
        "worst": _worst(mine),
        "rivals": [_rival(trial, table, drug, agent.name) for drug in trial.drugs],
    }


def _row(trial: Trial, row: Any) -> dict[str, str]:
    name, harm = trial.primary.name, harm_endpoint(trial)
    compared = trial.reference is not None and row.name != trial.reference
    return {
        "title": row["title"],
        "mean": f"{row[name]:.1f}",
        "interval": f"{row[f'{name}_low']:.1f} to {row[f'{name}_high']:.1f}",
        "difference": f"{row[f'{name}_difference']:+.1f}"
        if compared
        else "reference"
        if row.name == trial.reference
        else "",
        "difference_interval": (
            f"{row[f'{name}_difference_low']:+.1f} to {row[f'{name}_difference_high']:+.1f}" if compared else ""
        ),
        "harm": f"{row[harm.name]:.1f}" if harm else "",
        "second": f"{row[_second(trial).name]:.1f}",
    }


def _sees(recipe: Recipe) -> str:
    features = ", ".join(f"`{rule.features}`" for rule in recipe.observation)
    return f"{features}; the beliefs are those of `{recipe.belief}`" if recipe.belief else features


def _second(trial: Trial) -> Endpoint:
    """The first endpoint besides, other than harm, of which less is better; where there is none, the last."""
    besides = (e for e in trial.endpoints[1:] if e.better == "lower" and not e.harm)
    return next(besides, trial.endpoints[-1])


def _named(endpoint: Endpoint | None) -> dict[str, str]:
    if endpoint is None:
        return {"title": "harm", "unit": ""}
    return {"title": SHORT.get(endpoint.name, endpoint.title), "unit": endpoint.unit}


def _seeds(row: Any) -> dict[str, str] | None:
    if not row["seeds"] > 1:
        return None
    return {"n": f"{row['seeds']:.0f}", "low": f"{row['seed_low']:.1f}", "high": f"{row['seed_high']:.1f}"}


def _worst(row: Any) -> str | None:
    if not isinstance(row["worst_subgroup"], str):
        return None
    low, high = row["worst_difference_low"], row["worst_difference_high"]
    return (
        f"{row['worst_subgroup']} (n = {row['worst_n']:.0f}), {row['worst_difference']:+.1f} points "
        f"(simultaneous 95 % interval {low:+.1f} to {high:+.1f})"
    )


def _rival(trial: Trial, table: Any, drug: str, agent: str) -> dict[str, str]:
    rows = table.loc[drug]
    clinical = rows[rows["kind"].isin(CLINICAL)][trial.primary.name]
    oracle = rows[rows["kind"] == "oracle"][trial.primary.name]
    return {
        "drug": drug,
        "agent": f"{rows.loc[agent, trial.primary.name]:.1f}",
        "protocol": f"{clinical.max():.1f} ({trial.arm(clinical.idxmax()).title})" if len(clinical) else "none",
        "oracle": f"{oracle.iloc[0]:.1f}" if len(oracle) else "none",
    }
