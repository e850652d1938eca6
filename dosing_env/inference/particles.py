"""Particles: draws from what is known of a patient after doses and levels, whatever shape that has.

Of each patient proposals are drawn from a mixture,

    q(z) = 0.8 N(mode, 1.3^2 Laplace covariance) + 0.2 N(0, I)          z: standard normal random effects (see `search`)

weighed by exp(-F(z)/2)/q(z), resampled (systematically, so that a particle of weight w comes n w times, give or take
one), and moved by independence Metropolis-Hastings steps with the same q, which leave the posterior as it is and undo
the copies. The part of the prior in q bounds the weights and finds other modes than the one that was searched for.
Where the search found no mode, q is the prior.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.inference import search
from dosing_env.inference.problem import Problem, weigh
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.chance import PARTICLE, ZERO, Key, fill_normals, uniforms
from dosing_env.simulation.compiling import specialise

SEARCHED, WIDER = 0.8, 1.3  # share of the proposals from around the mode; their SD in units of Laplace's
MOVES = 3  # rounds of Metropolis-Hastings


class Cloud(NamedTuple):
    """Particles of equal weight."""

    z: Floats  # (subjects, particles, most random effects)
    size: Floats  # (subjects,) effective sample size of the weights; 0: no particle explains the levels
    moved: Floats  # (subjects,) share of the particles' moves that were accepted


def sample(problem: Problem, found: search.Found, particles: int, key: Key, numbers: NDArray[np.uint64]) -> Cloud:
    """Draw particles of each subject.

    Args:
        problem: what was given and seen.
        found: the modes.
        particles: how many of each subject.
        key: the random world.
        numbers: (subjects,) whose draws they are: a subject has the same ones in any company.
    """
    sizes = np.diff(problem.seen.first_z)
    n, most = len(sizes), int(sizes.max(initial=1))
    mode, root = np.zeros((n, most)), np.zeros((n, most, most))
    share = np.zeros(n)
    for s, (first, d) in enumerate(zip(problem.seen.first_z, sizes, strict=False)):
        if found.status[s] == search.CONVERGED:
            share[s] = SEARCHED
            mode[s, :d] = found.z[first : first + d]
            root[s, :d, :d] = WIDER * np.linalg.cholesky(2.0 * np.linalg.inv(found.hessian[first : first + d, :d]))
    draw, move = specialise(_draw), specialise(_move)
    z, new = np.zeros((n, particles, most)), np.zeros((n, particles, most))
    q, new_q = np.zeros((n, particles)), np.zeros((n, particles))
    draw(z, q, mode, root, share, sizes, key, numbers, ZERO)
    posterior = -0.5 * weigh(problem, z)
    size = np.zeros(n)
    specialise(_resample)(z, posterior, q, size, key, numbers)
    moved = np.zeros(n)
    for number in range(1, MOVES + 1):
        draw(new, new_q, mode, root, share, sizes, key, numbers, number)
        new_posterior = -0.5 * weigh(problem, new)
        move(z, posterior, q, new, new_posterior, new_q, moved, key, numbers, number)
    return Cloud(z, size, moved / MOVES)


def _draw(z, q, mode, root, share, sizes, key, numbers, number):  # type: ignore[no-untyped-def]
    """Proposals, and the logarithm of their density."""
    n, particles, most = z.shape
    e = np.zeros(most + most % 2)  # normals come in pairs
    for s in range(n):
        d = sizes[s]
        spread = 0.0
        for k in range(d):
            spread += math.log(root[s, k, k]) if share[s] > 0.0 else 0.0
        for i in range(particles):
            fill_normals(e, key, PARTICLE, numbers[s], number * particles + i)
            if (i + 0.5) / particles < share[s]:
                for k in range(d):
                    z[s, i, k] = mode[s, k]
                    for m in range(k + 1):
                        z[s, i, k] += root[s, k, m] * e[m]
            else:
                for k in range(d):
                    z[s, i, k] = e[k]
            far = around = 0.0
            for k in range(d):
                far += z[s, i, k] * z[s, i, k]
            if share[s] == 0.0:
                q[s, i] = -0.5 * far
            else:
                for k in range(d):  # solve root x = z - mode
                    e[k] = z[s, i, k] - mode[s, k]
                    for m in range(k):
                        e[k] -= root[s, k, m] * e[m]
                    e[k] /= root[s, k, k]
                    around += e[k] * e[k]
                a, b = math.log(share[s]) - 0.5 * around - spread, math.log(1.0 - share[s]) - 0.5 * far
                q[s, i] = max(a, b) + math.log1p(math.exp(-abs(a - b)))


def _resample(z, posterior, q, size, key, numbers):  # type: ignore[no-untyped-def]
    """Copy each particle as often as its weight says, in place. Of all weights 0 nothing is copied."""
    n, particles, most = z.shape
    weight, old = np.zeros(particles), np.zeros((particles, most + 2))
    for s in range(n):
        best = -math.inf
        for i in range(particles):
            best = max(best, posterior[s, i] - q[s, i])
        total = squares = 0.0
        for i in range(particles):
            weight[i] = math.exp(posterior[s, i] - q[s, i] - best) if best > -math.inf else 1.0
            total += weight[i]
            squares += weight[i] * weight[i]
            old[i, :most] = z[s, i]
            old[i, most], old[i, most + 1] = posterior[s, i], q[s, i]
        size[s] = total * total / squares if best > -math.inf else 0.0
        at, i = uniforms(key, PARTICLE, numbers[s], ZERO, 1_000)[0], 0
        below = weight[0]
        for j in range(particles):
            while below * particles < (j + at) * total and i < particles - 1:
                i += 1
                below += weight[i]
            z[s, j] = old[i, :most]
            posterior[s, j], q[s, j] = old[i, most], old[i, most + 1]


def _move(z, posterior, q, new, new_posterior, new_q, moved, key, numbers, number):  # type: ignore[no-untyped-def]
    """Independence Metropolis-Hastings: go to the new particle with the chance that leaves the posterior as it is.

    The proposals are stratified over the mixture in the order of the particles; they are shuffled against each other by
    a shift that is drawn.
    """
    n, particles = posterior.shape
    for s in range(n):
        shift = int(particles * uniforms(key, PARTICLE, numbers[s], number, 1_001)[0])
        for i in range(particles):
            j = (i + shift) % particles
            chance = new_posterior[s, j] - new_q[s, j] - posterior[s, i] + q[s, i]
            if math.log(uniforms(key, PARTICLE, numbers[s], number * particles + i, 1_002)[0]) < chance:
                z[s, i] = new[s, j]
                posterior[s, i], q[s, i] = new_posterior[s, j], new_q[s, j]
                moved[s] += 1.0 / particles
