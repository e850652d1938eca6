"""What can be said of a learning algorithm without its library: what it can choose among, where its policy stands."""

from __future__ import annotations

from typing import NamedTuple


class Algorithm(NamedTuple):
    """One of those that train a network.

    `hidden` and `output` are where the layers of the policy stand in its state dict; with `output` "" the last layer
    is one of `hidden` too.
    """

    library: str
    actions: tuple[str, ...] = ("mg", "grid")
    on_policy: bool = True  # learns from what its present network did; the others from all that they remember
    hidden: str = "mlp_extractor.policy_net"
    output: str = "action_net"
    squashed: bool = False  # a tanh behind the output
    joint: bool = False  # values whole actions: of several grids every combination
    masked: bool = False  # only what the limits allow is compared
    remembers: bool = False  # has units that remember from decision to decision


_SB3, _CONTRIB = "Stable-Baselines3", "sb3-contrib"

ALGORITHMS = {
    "PPO": Algorithm(_SB3),
    "A2C": Algorithm(_SB3),
    "RecurrentPPO": Algorithm(_CONTRIB, remembers=True),
    "MaskablePPO": Algorithm(_CONTRIB, ("grid",), masked=True),
    "SAC": Algorithm(_SB3, ("mg",), False, "actor.latent_pi", "actor.mu", squashed=True),
    "TQC": Algorithm(_CONTRIB, ("mg",), False, "actor.latent_pi", "actor.mu", squashed=True),
    "DQN": Algorithm(_SB3, ("grid",), False, "q_net.q_net", "", joint=True, masked=True),
    "QR-DQN": Algorithm(_CONTRIB, ("grid",), False, "quantile_net.quantile_net", "", joint=True, masked=True),
}
FITTED = ("least_squares", "gradient_boosting")  # to the oracle's doses
