"""Model-predictive control: the best plan for the next six decisions over everybody the patient may be.

`posterior_optimal` with a longer look: three days are planned for, today counted, and each of the next six doses is
sought on its own. Only the first is given; at the next decision, knowing more, the plan is made anew.
"""

from __future__ import annotations

from dosing_env.pharmacology import DrugLike
from dosing_env.planners.posterior_optimal import PosteriorOptimal


class MPC(PosteriorOptimal):
    """See the module.

    Args:
        believed: the model, or its name or file; left out, the one that generates the patients.
        decisions: how many of the next doses are sought one by one.
        days: how many are planned for at least, today counted.
    """

    name = "mpc"
    title = "Bayesian (MPC)"

    def __init__(self, believed: DrugLike | None = None, *, decisions: int = 6, days: int = 3) -> None:
        super().__init__(believed, free=decisions, days=days)


PLANNER = MPC
