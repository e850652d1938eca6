"""Particles: draws from what is known of a patient after doses and levels, whatever shape that has.

Of each patient proposals are drawn from a mixture,

    q(z) = 0.8 N(mode, 1.3^2 Laplace covariance) + 0.2 N(0, I)          z: standard normal random effects (see `search`)

weighed by exp(-F(z)/2)/q(z), resampled (systematically, so that a particle of weight w comes n w times, give or take
one), and moved by independence Metropolis-Hastings steps with the same q, which leave the posterior as it is and undo
the copies. The part of the prior in q bounds the weights and finds other modes than the one that was searched for.
Where the search found no mode, q is the prior.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dosing_env.inference import search
from dosing_env.inference.problem import Problem, weigh
from dosing_env.simulation.cells import Floats
from dosing_env.simulation.chance import PARTICLE, ZERO, Key, fill_normals, uniforms
from dosing_env.simulation.compiling import specialise
from dosing_env.simulation.subject import Plan

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
    proposals, move = _proposals(problem, found), specialise(_move)
    draw = specialise(_normals)
    e = np.zeros((len(numbers), particles, proposals.mode.shape[1]))
    draw(e, key, numbers, ZERO)
    z, q = proposals.draw(e)
    posterior, size, moved = -0.5 * weigh(problem, z), np.zeros(len(z)), np.zeros(len(z))
    specialise(_resample)(z, posterior, q, size, key, numbers)
    for number in range(1, MOVES + 1):
        draw(e, key, numbers, number)
        new, new_q = proposals.draw(e)
        new_posterior = -0.5 * weigh(problem, new)
        move(z, posterior, q, new, new_posterior, new_q, moved, key, numbers, number)
    return Cloud(z, size, moved / MOVES)


def weighted(problem: Problem, found: search.Found, particles: int) -> tuple[Floats, Floats]:
    """The proposals and their probabilities, (subjects, particles, random effects) and (subjects, particles).

    For expectations: weighed once instead of four times, and drawn evenly (Sobol points, the same for every subject)
    instead of by chance. Where no particle explains the levels, all are equally probable.
    """
    z, q = _proposals(problem, found).even(particles)
    return z, weights(-0.5 * weigh(problem, z) - q)


def weights(odds: Floats) -> Floats:
    """Probabilities (subjects, particles) of particles with these logarithms of odds; where all are 0, equal ones."""
    best = odds.max(axis=1, keepdims=True)
    weight = np.exp(np.subtract(odds, best, out=np.zeros_like(odds), where=best > -math.inf))
    return np.asarray(weight / weight.sum(axis=1, keepdims=True))


def replicated(plan: Plan, subjects: int, particles: int, looks: int) -> Plan:
    """The plan for every particle of each subject, whose random effects stand in `plan.etas` one after the other."""
    each = np.arange(subjects * particles)
    of = each // particles
    return plan._replace(
        first_record=plan.first_record[of],
        last_record=plan.last_record[of],
        first_step=plan.first_step[of],
        last_step=plan.last_step[of],
        first_eta=each,
        first_row=each * looks,
        next_eta=0,
    )


class Proposals(NamedTuple):
    """What q is made of, per subject."""

    mode: Floats  # (subjects, most random effects)
    root: Floats  # (subjects, most, most) of the wider covariance
    share: Floats  # (subjects,) of the particles that come from around the mode
    sizes: NDArray[np.intp]  # (subjects,) random effects

    def even(self, particles: int) -> tuple[Floats, Floats]:
        """Particles that are spread evenly, and the logarithm of their density."""
        return self.draw(_even(particles, self.mode.shape[1])[None])

    def draw(self, e: Floats) -> tuple[Floats, Floats]:
        """Particles from standard normals (subjects or 1, particles, most), and the logarithm of their density."""
        (n, most), particles = self.mode.shape, e.shape[1]
        z, q = np.zeros((n, particles, most)), np.zeros((n, particles))
        specialise(_draw)(z, q, *self, np.broadcast_to(e, z.shape))
        return z, q


def proposals_of(mode: Floats, hessian: Floats, found: NDArray[np.bool_]) -> Proposals:
    """Around modes (n, d) with the Hessians (n, d, d) of F there; where none was found, from the prior."""
    n, d = mode.shape
    root = np.zeros((n, d, d))
    root[found] = WIDER * np.linalg.cholesky(2.0 * np.linalg.inv(hessian[found]))
    return Proposals(np.where(found[:, None], mode, 0.0), root, np.where(found, SEARCHED, 0.0), np.full(n, d))


def _proposals(problem: Problem, found: search.Found) -> Proposals:
    sizes = np.diff(problem.seen.first_z)
    n, most = len(sizes), int(sizes.max(initial=1))
    mode, root = np.zeros((n, most)), np.zeros((n, most, most))
    share = np.zeros(n)
    for s, (first, d) in enumerate(zip(problem.seen.first_z, sizes, strict=False)):
        if found.status[s] == search.CONVERGED:
            share[s] = SEARCHED
            mode[s, :d] = found.z[first : first + d]
            root[s, :d, :d] = WIDER * np.linalg.cholesky(2.0 * np.linalg.inv(found.hessian[first : first + d, :d]))
    return Proposals(mode, root, share, sizes)


@functools.cache
def _even(particles: int, most: int) -> Floats:
    """Standard normals (particles, most) spread evenly: scrambled Sobol points, shuffled."""
    from scipy.special import ndtri
    from scipy.stats import qmc

    whole = 1 << (particles - 1).bit_length()  # Sobol points are even in powers of two
    points = qmc.Sobol(max(most, 1), seed=0).random(whole)[:particles, :most]
    return np.asarray(ndtri(np.random.default_rng(0).permutation(points)))


def _normals(e, key, numbers, number):  # type: ignore[no-untyped-def]
    """Standard normals of each subject, (subjects, particles, most)."""
    n, particles, most = e.shape
    pairs = np.zeros(most + most % 2)  # normals come in pairs
    for s in range(n):
        for i in range(particles):
            fill_normals(pairs, key, PARTICLE, numbers[s], number * particles + i)
            for k in range(most):
                e[s, i, k] = pairs[k]


def _draw(z, q, mode, root, share, sizes, normal):  # type: ignore[no-untyped-def]
    """Proposals, and the logarithm of their density."""
    n, particles, most = z.shape
    e = np.zeros(most)
    for s in range(n):
        d = sizes[s]
        spread = 0.0
        for k in range(d):
            spread += math.log(root[s, k, k]) if share[s] > 0.0 else 0.0
        for i in range(particles):
            e[:] = normal[s, i]
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
