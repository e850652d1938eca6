"""Proximal policy optimisation in one file: torch, numpy and Gymnasium, and nothing else of dosing-env than its ids.

    python docs/examples/single_file_ppo.py --steps 50000 --seed 0

Schulman 2017, arXiv:1707.06347, with the advantages of Schulman 2015, arXiv:1506.02438. To read and to change; what is
shipped was trained by `dosing-env train`. Research and education only.
"""

from __future__ import annotations

import argparse

import gymnasium
import numpy as np
import torch
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.distributions import Normal

import dosing_env  # noqa: F401  (registers the ids)

ENVS, STEPS = 64, 28  # patients treated at once; decisions of each between two updates, two courses on the ward
EPOCHS, BATCHES = 5, 8  # of each rollout
LEARNING_RATE = 1e-3  # at first; it falls to nothing
DISCOUNT, TRACE = 1.0, 0.95  # a day late in the course counts as much as an early one
CLIP, VALUE_WEIGHT, LARGEST_GRADIENT = 0.2, 0.5, 0.5


class Scaled:
    """Observations to about -1 to 1, actions from there to clinical units, by the bounds of the spaces.

    Bounds are wide, and most clinical numbers stand near the lower one: on a logarithmic scale they spread.
    """

    def __init__(self, envs: gymnasium.vector.VectorEnv) -> None:
        seen, done = envs.single_observation_space, envs.single_action_space
        assert isinstance(seen, gymnasium.spaces.Box)
        assert isinstance(done, gymnasium.spaces.Box)
        self.low, self.range = seen.low, np.log1p(seen.high - seen.low)
        self.least, self.most = done.low, done.high

    def observation(self, raw: NDArray[np.float32]) -> Tensor:
        """From clinical units."""
        return torch.as_tensor(2.0 * np.log1p(raw - self.low) / self.range - 1.0)

    def action(self, raw: Tensor) -> NDArray[np.float32]:
        """To clinical units; what lies beyond the bounds is cut off."""
        share = (raw.numpy().clip(-1.0, 1.0) + 1.0) / 2.0
        return (self.least + share * (self.most - self.least)).astype(np.float32)


class Agent(nn.Module):
    """What to do, and what is still to be earned."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.policy = network(inputs, outputs, last=0.01)
        self.value = network(inputs, 1, last=1.0)
        self.log_std = nn.Parameter(torch.full((outputs,), -0.7))

    def action(self, seen: Tensor) -> Normal:
        """How likely each action is."""
        return Normal(self.policy(seen), self.log_std.exp())


def network(inputs: int, outputs: int, last: float) -> nn.Sequential:
    """Two hidden layers, orthogonal weights; `last`: gain of the last layer."""
    layers: list[nn.Module] = []
    for wide, narrow, gain in ((inputs, 64, 2**0.5), (64, 64, 2**0.5), (64, outputs, last)):
        linear = nn.Linear(wide, narrow)
        nn.init.orthogonal_(linear.weight, gain)
        nn.init.zeros_(linear.bias)
        layers += [linear, nn.Tanh()]
    return nn.Sequential(*layers[:-1])


def advantages(rewards: Tensor, values: Tensor, ended: Tensor) -> Tensor:
    """Generalised advantages, (steps, envs); `values` has one step more. A course that ended earns nothing after it."""
    found, behind = torch.zeros_like(rewards), torch.zeros(rewards.shape[1])
    for t in reversed(range(len(rewards))):
        goes_on = 1.0 - ended[t]
        surprise = rewards[t] + DISCOUNT * goes_on * values[t + 1] - values[t]
        behind = surprise + DISCOUNT * TRACE * goes_on * behind
        found[t] = behind
    return found


def update(agent: Agent, optimizer: torch.optim.Optimizer, batch: dict[str, Tensor]) -> None:
    """One step on the clipped objective."""
    chosen = agent.action(batch["seen"])
    ratio = (chosen.log_prob(batch["done"]).sum(-1) - batch["log_prob"]).exp()
    gain = (batch["gain"] - batch["gain"].mean()) / (batch["gain"].std() + 1e-8)
    surrogate = torch.minimum(ratio * gain, ratio.clamp(1.0 - CLIP, 1.0 + CLIP) * gain).mean()
    misjudged = (agent.value(batch["seen"]).squeeze(-1) - batch["earned"]).square().mean()
    optimizer.zero_grad()
    (VALUE_WEIGHT * misjudged - surrogate).backward()
    nn.utils.clip_grad_norm_(agent.parameters(), LARGEST_GRADIENT)
    optimizer.step()


class Ward:
    """The patients, and what each has earned since his course began."""

    def __init__(self, identifier: str, seed: int) -> None:
        self.envs = gymnasium.make_vec(identifier, ENVS, autoreset_mode=AutoresetMode.SAME_STEP)
        self.scale = Scaled(self.envs)
        self.seen = self.scale.observation(self.envs.reset(seed=seed)[0])
        self.earned = np.zeros(ENVS)

    def treat(self, agent: Agent) -> tuple[dict[str, Tensor], list[float]]:
        """A rollout: what was seen, done and earned, flat, and the returns of the courses that ended in it."""
        rows, finished = [], []
        for _ in range(STEPS):
            with torch.no_grad():
                chosen = agent.action(self.seen)
                done = chosen.sample()
                row = [self.seen, done, chosen.log_prob(done).sum(-1), agent.value(self.seen).squeeze(-1)]
            seen, reward, terminated, truncated, _ = self.envs.step(self.scale.action(done))
            self.seen, ended = self.scale.observation(seen), terminated | truncated
            self.earned += reward
            finished += self.earned[ended].tolist()
            self.earned[ended] = 0.0
            rows.append([*row, torch.as_tensor(reward, dtype=torch.float32), torch.as_tensor(ended).float()])
        batch = dict(
            zip(
                ("seen", "done", "log_prob", "value", "reward", "ended"),
                map(torch.stack, zip(*rows, strict=True)),
                strict=True,
            )
        )
        with torch.no_grad():
            values = torch.cat([batch["value"], agent.value(self.seen).T])
        batch["gain"] = advantages(batch["reward"], values, batch["ended"])
        batch["earned"] = batch["gain"] + batch["value"]
        return {name: column.flatten(0, 1) for name, column in batch.items()}, finished


def train(identifier: str, steps: int, seed: int) -> None:
    """Train, and print the mean return of the courses of each rollout."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # the networks are small
    ward = Ward(identifier, seed)
    agent = Agent(len(ward.scale.low), len(ward.scale.least))
    optimizer = torch.optim.Adam(agent.parameters(), eps=1e-5)
    rollouts = max(steps // (STEPS * ENVS), 1)
    for k in range(rollouts):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * (1.0 - k / rollouts)
        batch, finished = ward.treat(agent)
        for _ in range(EPOCHS):
            for rows in torch.randperm(STEPS * ENVS).chunk(BATCHES):
                update(agent, optimizer, {name: column[rows] for name, column in batch.items()})
        if finished:
            print(f"{(k + 1) * STEPS * ENVS:>9} steps   mean return {np.mean(finished):+.4f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Train a dosing agent by PPO.")
    parser.add_argument("--env", default="dosing_env/VancomycinWard-v1", help="an id of Gymnasium")
    parser.add_argument("--steps", type=int, default=50_000, help="decisions in all")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    train(asked.env, asked.steps, asked.seed)
