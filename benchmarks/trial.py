"""Virtual trials in a process of their own: the demonstration (no plans over particles); 100,000 patients of a policy.

Seconds by the clock, from a started process with compiled code in its cache to the finished trial, without the report.
The plain environment stands for scale: CPU-seconds that it would take for as many decisions, from those of a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.measure import Figure, best, fresh, main, under
from benchmarks.plain_env import plain_twin
from benchmarks.steps import one_by_one, some_doses
from dosing_env import catalogue, scenario

WARD = "vancomycin_ward"
PROTOCOL, AGENT = "guideline_2020", "agent:vancomycin_ward_ppo"
OVER_PARTICLES = ("posterior_optimal", "mpc")  # plans for them take 1 to 2 ms each: see `deciding`
SECONDS, MEGABYTES = 10, 1000  # targets

TRIAL = """
import json, resource, sys, time
begin = time.perf_counter()
import dosing_env
from dosing_env.agent import Agent
def shipped(name):  # without the other training seeds, which a trial treats the same patients with as well
    agent = dosing_env.load_agent(name)
    return Agent(agent.recipe, {{agent.seed: agent.states[agent.seed]}}, agent.card, agent.seed, agent.where)
dosing_env.evaluate({scenario!r}, {policies}, patients={patients}, seed=7, jobs={jobs}, rivals={rivals})
seconds = time.perf_counter() - begin
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)  # MB
print(json.dumps({{"seconds": seconds, "peak": peak}}))
"""


def figures(small: bool = False) -> Iterator[Figure]:
    few, many, repeats = (20, 100, 1) if small else (1000, 100_000, 3)
    quick = [name for name in usable(scenario.load(WARD).policies) if name.partition(":")[0] not in OVER_PARTICLES]
    yield from demonstration([PROTOCOL] if small else quick, few, repeats)
    for policy in usable((PROTOCOL, AGENT)):
        yield from large(policy, few, many, repeats)


def usable(policies: tuple[str, ...]) -> list[str]:
    """Those whose weights are there, if they need any."""
    return [name for name in policies if not name.startswith("agent:") or weights(name).is_file()]


def weights(agent: str) -> Path:
    return catalogue.find("agents", agent.removeprefix("agent:")).with_suffix(".safetensors")


def demonstration(policies: list[str], patients: int, repeats: int) -> Iterator[Figure]:
    """As `make demo` treats them: also on patients of the rival drug models. The first repeat may compile."""
    drugs = 1 + len(scenario.load(WARD).rivals)
    one, two, plain = best(
        repeats,
        lambda: trial(repr(policies), patients)["seconds"],
        lambda: trial(repr(policies), patients, jobs=2)["seconds"],
        lambda: plain_seconds(patients * len(policies) * drugs),
    )
    what = f"trial, {patients:,} patients, {len(policies)} policies, {drugs} drugs"
    yield under(f"{what}, 1 job", one, plain, "plain environment", SECONDS)
    yield under(f"{what}, 2 jobs", two, one, "1 job", SECONDS)


def large(policy: str, few: int, many: int, repeats: int) -> Iterator[Figure]:
    name = policy.removeprefix("agent:")
    policies = f"[{name!r}]" if name == policy else f"[shipped({name!r})]"
    little = trial(policies, few, rivals=False)
    runs = [trial(policies, many, rivals=False) for _ in range(repeats)]
    what = f"trial, {many:,} patients, {name}"
    yield under(what, min(run["seconds"] for run in runs), plain_seconds(many), "plain environment", SECONDS)
    peak = max(run["peak"] for run in runs)
    yield under(f"{what}, memory", peak, little["peak"], f"{few:,} patients", MEGABYTES, "MB")


def trial(policies: str, patients: int, jobs: int = 1, rivals: bool = True) -> Any:
    """Seconds and peak memory of a trial; `policies` is an expression for the new process."""
    return fresh(TRIAL.format(scenario=WARD, policies=policies, patients=patients, jobs=jobs, rivals=rivals))


def plain_seconds(courses: int) -> float:
    doses = some_doses(10)
    return one_by_one(plain_twin(scenario.load(WARD).task(), 10), doses) * len(doses) * courses


if __name__ == "__main__":
    main(figures)
