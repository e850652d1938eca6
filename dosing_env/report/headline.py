"""The answer in a few sentences, with the bad news. Written from the numbers, so that it is true whoever wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from dosing_env.pharmacology import model_title
from dosing_env.report.numbers import (
    Cell,
    Numbers,
    best_first,
    difference_unit,
    harm_endpoint,
    subject,
    verdict,
)
from dosing_env.trial import CLINICAL, Arm, Endpoint, Trial, sign

Triple = tuple[Cell, Cell, Cell]


@dataclass(frozen=True)
class Headline:
    """What was found, and what speaks against it. HTML; `plain` for a terminal."""

    answer: Markup
    bad_news: Markup

    @property
    def plain(self) -> str:
        """Both without markup."""
        return Markup("{} {}").format(self.answer, self.bad_news).striptags()


def headline(trial: Trial, numbers: Numbers) -> Headline:
    """The headline of a trial: whatever its `subject` did, against the best protocol and Bayesian dosing."""
    arm = subject(trial)
    return Headline(_answer(trial, numbers, arm), Markup(" ").join(_bad_news(trial, numbers, arm)))


def _answer(trial: Trial, numbers: Numbers, arm: Arm) -> Markup:
    sentences = [Markup("No agent took part.")] if arm.kind != "agent" else []
    comparisons = _comparisons(trial, numbers, arm)
    sentences.append(
        Markup("{who} reaches {mean} {unit} ({what}){colon}{comparisons}.").format(
            who=arm.title,
            mean=numbers.outcome(arm.name, trial.primary)[0],
            unit=trial.primary.unit,
            what=trial.primary.title,
            colon=": " if comparisons else "",
            comparisons=Markup("; ").join(comparisons),
        )
    )
    if trial.reference is None:
        sentences.append(Markup("No clinical protocol took part, so there is nothing to measure it by."))
    return Markup(" ").join(sentences)


def _comparisons(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    """Against the best clinical protocol (or the next best), the best Bayesian dosing and the ceiling."""
    found, primary = [], trial.primary
    if trial.reference and trial.reference != arm.name:
        other = f"{trial.arm(trial.reference).title}, the best clinical protocol"
        found.append(compared(numbers.difference(arm.name, primary), primary, other))
    elif trial.reference:
        for second in best_first(trial, CLINICAL, arm.name)[:1]:
            other = f"{second.title}, the next best protocol"
            found.append(compared(numbers.versus(arm.name, second.name, primary), primary, other))
    for rival in best_first(trial, ("bayes",), arm.name)[:1]:
        found.append(compared(numbers.versus(arm.name, rival.name, primary), primary, rival.title))
    for ceiling in best_first(trial, ("ceiling",), arm.name)[:1]:
        title = f"the information ceiling ({ceiling.title.partition(', ')[2]})"
        found.append(compared(numbers.versus(arm.name, ceiling.name, primary), primary, title))
    return found


def compared(difference: Triple, endpoint: Endpoint, other: str) -> Markup:
    """Better, worse, or not told apart from another policy, with the interval."""
    found = verdict(difference, endpoint)
    if found == "open":
        words = "not told apart from {other}: {mean} {unit} ({interval})"
        mean, low, high = difference
    else:
        words = f"{{mean}} {{unit}} {found} than {{other}} ({{interval}})"
        mean, low, high = (cell.size for cell in _nearest_first(difference))
    unit = difference_unit(endpoint)
    return Markup(words).format(other=other, mean=mean, unit=unit, interval=interval(low, high))


def interval(low: Cell, high: Cell) -> Markup:
    """An interval in words."""
    if low.text == "–":
        return Markup("too few patients for an interval")
    return Markup("95 % interval {} to {}").format(low, high)


def _nearest_first(difference: Triple) -> Triple:
    mean, low, high = difference
    return (mean, high, low) if mean.value < 0 else difference


def _bad_news(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    """Everything that counts against the subject; where nothing was shown, the weakest point."""
    found = [
        *_above_the_oracle(trial, numbers, arm),
        *_worse_groups(trial, numbers, arm),
        *_worse_endpoints(trial, numbers, arm),
        *_worse_rivals(trial, numbers, arm),
        *_worse_seeds(trial, numbers, arm),
    ]
    return [*_leaks(trial, numbers), *_interrupted(trial), *(found or _weakest(trial, numbers, arm))]


def _leaks(trial: Trial, numbers: Numbers) -> list[Markup]:
    """Whoever is above the information ceiling, the subject or not."""
    text = (
        "LEAK: {} is {} {} above the information ceiling (at least {}, one-sided 99.9 % limit): it knows what no "
        "policy at the bedside can."
    )
    unit = difference_unit(trial.primary)
    return [Markup(text).format(trial.arm(name).title, more, unit, low) for name, more, low in numbers.leaks()]


def _interrupted(trial: Trial) -> list[Markup]:
    if not trial.partial:
        return []
    if not trial.missing:
        return [Markup("The trial was interrupted: not every policy met every rival model.")]
    return [Markup("The trial was interrupted; missing: {}.").format(_listed([arm.title for arm in trial.missing]))]


def _above_the_oracle(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    for oracle in best_first(trial, ("oracle",), arm.name)[:1]:
        if verdict(numbers.versus(arm.name, oracle.name, trial.primary), trial.primary) == "better":
            return [Markup("It does better than the oracle, which knows the patient: look for a leak.")]
    return []


def _worse_groups(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    worst = numbers.worst(arm.name)
    if worst is None or verdict(worst[2], trial.primary) != "worse":
        return []
    title, n, difference = worst
    versus = compared(difference, trial.primary, _reference_title(trial))
    found = [Markup("In the group “{}” (n = {}) it is {}.").format(title, n, versus)]
    groups = [group.title for group in trial.subgroups if group.title != title]
    also = [f"“{g}”" for g in groups if verdict(numbers.subgroup(arm.name, g), trial.primary) == "worse"]
    if also:
        everywhere = len(also) == len(groups) > 1
        found.append(Markup("It is worse in {} too.").format("every other group" if everywhere else _listed(also)))
    return found


def _worse_endpoints(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    """Endpoints other than the primary that are shown to be worse than with the reference."""
    found = []
    for endpoint in trial.endpoints[1:]:
        difference = numbers.difference(arm.name, endpoint)
        if sign(endpoint) and verdict(difference, endpoint) == "worse":
            found.append(Markup("{} ({} {})").format(endpoint.title, difference[0], difference_unit(endpoint)))
    return [Markup("Also worse: {}.").format(_listed(found))] if found else []


def _worse_rivals(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    found = []
    for drug in trial.drugs[1:]:
        if not numbers.has(drug, arm.name):
            continue
        difference = numbers.difference(arm.name, trial.primary, drug)
        if verdict(difference, trial.primary) == "worse":
            found.append(Markup("{} ({} {})").format(model_title(drug), difference[0], difference_unit(trial.primary)))
    return [Markup("Worse too in patients of the rival models: {}.").format(_listed(found))] if found else []


def _worse_seeds(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    """The weakest training seed, where it falls behind the reference."""
    seeds = numbers.seeds(arm.name)
    if seeds is None or trial.reference is None:
        return []
    count, low, high = seeds
    weakest = min(low, high, key=lambda cell: sign(trial.primary) * cell.value)
    protocol = numbers.outcome(trial.reference, trial.primary)[0]
    if sign(trial.primary) * (weakest.value - protocol.value) >= 0:
        return []
    text = "Of {} training seeds the weakest reaches {} {}, worse than {} with {} {}."
    unit = trial.primary.unit
    return [Markup(text).format(count, weakest, unit, _reference_title(trial), protocol, unit)]


def _weakest(trial: Trial, numbers: Numbers, arm: Arm) -> list[Markup]:
    """Where nothing was shown to be worse: the least favourable group, or else how much harm there is."""
    worst = numbers.worst(arm.name)
    if worst is not None:
        title, n, (mean, low, high) = worst
        text = (
            "Least favourable group: “{}” (n = {}), {} {} against {} ({}); no subgroup, secondary endpoint, "
            "rival model or training seed examined is shown to be worse than that protocol."
        )
        unit = difference_unit(trial.primary)
        return [Markup(text).format(title, n, mean, unit, _reference_title(trial), interval(low, high))]
    harm = harm_endpoint(trial)
    if harm is None:
        return []
    mean, low, high = numbers.outcome(arm.name, harm)
    return [Markup("{}: {} {} ({}).").format(harm.title, mean, harm.unit, interval(low, high))]


def _reference_title(trial: Trial) -> str:
    return trial.arm(trial.reference).title if trial.reference else ""


def _listed(items: Sequence[str]) -> Markup:
    """A, B and C."""
    if len(items) < 2:
        return Markup("").join(items)
    return Markup("{} and {}").format(Markup(", ").join(items[:-1]), items[-1])
