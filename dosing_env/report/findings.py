"""What published trials found, set beside what this one finds."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from dosing_env.report.numbers import Numbers, difference_unit
from dosing_env.trial import Trial


@dataclass(frozen=True)
class Found:
    """One finding in words."""

    verdict: str
    words: Markup

    @property
    def plain(self) -> str:
        """Without markup."""
        return f"{self.verdict}: {self.words.striptags()}"


def found(trial: Trial, numbers: Numbers) -> list[Found]:
    """Every published finding, and whether it is found again."""
    return [_found(trial, numbers, row) for row in trial.findings().index]


def _found(trial: Trial, numbers: Numbers, row: int) -> Found:
    printed = trial.findings().loc[row].to_dict()
    text = "{source}: {arm} minus {against} {published} {unit}{levels}. Here: {own} {unit}{own_levels}."
    words = Markup(text).format(
        source=printed["source"],
        arm=trial.arm(printed["arm"]).title,
        against=trial.arm(printed["against"]).title,
        unit=difference_unit(trial.primary),
        published=_interval(numbers, row, ("published", "published_low", "published_high")),
        own=_interval(numbers, row, ("difference", "low", "high")),
        levels=_levels(trial, numbers, row, ("published_arm", "published_against")),
        own_levels=_levels(trial, numbers, row, ("arm_mean", "against_mean")),
    )
    return Found("FOUND" if printed["found"] else "NOT FOUND", words)


def _interval(numbers: Numbers, row: int, columns: tuple[str, str, str]) -> Markup:
    mean, low, high = (numbers.finding(row, column, signed=True) for column in columns)
    return Markup("{} ({} to {})").format(mean, low, high)


def _levels(trial: Trial, numbers: Numbers, row: int, columns: tuple[str, str]) -> Markup:
    one, other = (numbers.finding(row, column) for column in columns)
    if "–" in (one.text, other.text):
        return Markup("")
    return Markup(", {} against {} {}").format(one, other, trial.primary.unit)
