"""Posterior-optimal dosing: the doses that bring most days into the target, over everybody the patient may be.

At every decision patients are drawn who may stand behind the chart, each with his probability (`inference.particles`).
Doses are tried on all of them, to the end of tomorrow (and of the first day that counts), and the expected number of
days within the target that end on the way is made as large as it can be. Where the probability of harm (kidney injury,
from the worst day planned) would reach the limit, doses with less of it are taken. Between plans that reach as many
days the one counts whose days come nearest to the middle of the target.

First every product is tried as the one dose to the end; then the doses of the next decisions (`free`) go up and down in
turn as long as that pays, and the days behind repeat them. That it will be decided anew, knowing more, is not taken
into account: this is the best plan that is found, not the best policy.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dosing_env.pharmacology import DrugLike
from dosing_env.planners._believing import Imagining
from dosing_env.planners._expected import plan_all
from dosing_env.simulation.cells import Floats
from dosing_env.ward.charts import Belief


class PosteriorOptimal(Imagining):
    """See the module.

    Args:
        believed: the model, or its name or file; left out, the one that generates the patients.
        particles: how many patients may stand behind a chart.
        harm_limit: probability of harm that a dose must stay below.
        free: how many of the next doses are sought one by one.
        days: how many are planned for at least, today counted.
    """

    name = "posterior_optimal"
    title = "Bayesian (posterior)"

    def __init__(
        self,
        believed: DrugLike | None = None,
        *,
        particles: int = 128,
        harm_limit: float = 0.2,
        free: int = 4,
        days: int = 2,
    ) -> None:
        super().__init__(believed, plan_all, particles, (harm_limit, free, days))

    def planned(self, chart: Any, belief: Belief) -> Floats:
        """The first dose of each patient's best plan, (n,) mg."""
        return self.decided(chart, belief, np.zeros(len(chart.time)))


PLANNER = PosteriorOptimal
