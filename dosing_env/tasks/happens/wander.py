"""What a dose does wanders around what it does at first: an Ornstein-Uhlenbeck walk of its logarithm.

x(k + 1) = stays x(k) + sd sqrt(1 - stays^2) z,  stays = exp(-1 decision / days)
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from msgspec import Meta, Struct

from dosing_env.arithmetic import exp, sqrt
from dosing_env.tasks.part import Part, Setting, normal_of


class Section(Struct, frozen=True, forbid_unknown_fields=True):
    """How far, and how fast it comes back."""

    sd: Annotated[float, Meta(ge=0, le=3.0, description="SD 3 of a logarithm is a factor of 20")]
    # in which a deviation falls to 37 %
    days: Annotated[float, Meta(gt=0, le=1e6, description="over more days nothing changes")]


def numbers(section: Section, setting: Setting) -> dict[str, Any]:
    return {"sd": section.sd, "lasts": section.days * setting.clock.day, "spans": np.diff(setting.clock.at)}


def take(me, k, chance):  # type: ignore[no-untyped-def]
    """What a dose does now, as so many times the dose."""
    stays = exp(-me.spans[k] / me.rule.lasts)
    me.now.log = stays * me.now.log + me.rule.sd * sqrt(1.0 - stays * stays) * normal_of(chance, k)
    return exp(me.now.log)


PART = Part(Section=Section, now={"log": 0.0}, numbers=numbers, take=take)
