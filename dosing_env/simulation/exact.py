"""Exact propagation of a linear drug under constant inflow.

With dA/dt = K A + r the amounts after h hours, and their integral, are

    A(h)     = e(K) A + f(K) r          e(s) = exp(s h)
    int A dt = f(K) A + g(K) r          f(s) = (exp(s h) - 1)/s,   g(s) = (exp(s h) - 1 - s h)/s^2

K v is `system` at v without inflow: the whole of a linear drug, or the leading compartments that drive a nonlinear one
(driver.py), M of them. Up to three compartments a function of K is its Newton interpolation at the
eigenvalues (Higham, Functions of Matrices, 2008, section 1.2.2),

    e(K) v = e[l1] v + e[l1,l2] (K - l1) v + e[l1,l2,l3] (K - l2)(K - l1) v,

which needs no eigenvectors. Where nothing flows into a compartment, its own rate constant is an eigenvalue. Taken as it
stands, and as l1, it makes (K - l1) v exactly 0 there: a depot that has almost emptied keeps all its digits. Where two
eigenvalues are too close for the divided differences e[l1,l2] (ka = ke, or a very short step), where they are complex,
and above three compartments, the functions are summed as Taylor series over short steps (the action of the matrix
exponential, Al-Mohy and Higham, SIAM J Sci Comput 2011;33:488-511).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.arithmetic import exp, sqrt
from dosing_env.simulation.compiling import HOLE

system: Any = HOLE  # rates of the M compartments
output: Any = HOLE
M: Any = HOLE  # number of compartments
EMPTY: Any = HOLE  # M zeros: no amounts, no inflow

_ROWS = 3  # of workspace: K, where there is a closed form
_TERMS = 16  # of the Taylor series: with |K| h <= 0.5 the first one left out is below 1e-18
_CLOSE = 1e-3  # eigenvalues closer than this (times h) are left to the series


class Modes(NamedTuple):
    """What depends on K alone; nan where there is no closed form."""

    l1: float  # 1/h  eigenvalues
    l2: float
    l3: float
    r1: float  # h    their reciprocals
    r2: float
    r3: float
    r12: float  # h    reciprocals of l2 - l1, l3 - l2 and l3 - l1
    r23: float
    r13: float
    norm: float  # 1/h  largest absolute column sum of K


class Newton(NamedTuple):
    """The vectors of the interpolation: M amounts each. They do not depend on the time."""

    v1: Any  # A
    v2: Any  # (K - l1) A
    v3: Any  # (K - l2)(K - l1) A
    w1: Any  # the same of the inflow
    w2: Any
    w3: Any


class Weights(NamedTuple):
    """Of the vectors of `Newton` over a step: e[l1], e[l1,l2] and e[l1,l2,l3], and the same of f and g."""

    e1: float
    e2: float
    e3: float
    f1: float
    f2: float
    f3: float
    g1: float
    g2: float
    g3: float


def rows(n: int) -> int:
    """Rows of workspace for n compartments."""
    return _ROWS


def decompose(p, work):  # type: ignore[no-untyped-def]
    """The modes of K."""
    norm = 0.0
    for j in range(M):
        column = system(0.0, tuple_setitem(EMPTY, j, 1.0), p, EMPTY)
        size = 0.0
        for i in range(M):
            size += abs(column[i])
            if j < _ROWS:
                work[j, i] = column[i]  # K transposed: the eigenvalues are the same
        norm = max(norm, size)
    l1, l2, l3 = _eigenvalues(work)
    return Modes(l1, l2, l3, 1.0 / l1, 1.0 / l2, 1.0 / l3, 1.0 / (l2 - l1), 1.0 / (l3 - l2), 1.0 / (l3 - l1), norm)


def _eigenvalues(k):  # type: ignore[no-untyped-def]
    if M == 1:
        return k[0, 0], math.nan, math.nan
    if M == 2:
        l1, l2 = _of_two(k, 0, 1)
        return l1, l2, math.nan
    if M == 3:
        return _of_three(k)
    return math.nan, math.nan, math.nan


def _of_three(k):  # type: ignore[no-untyped-def]
    """Those of all three compartments; first that of one into which nothing flows, last that of one that feeds none."""
    for i in range(3):
        j, m = (i + 1) % 3, (i + 2) % 3
        if k[j, i] == 0.0 and k[m, i] == 0.0:
            l2, l3 = _of_two(k, j, m)
            return k[i, i], l2, l3
    for i in range(3):
        j, m = (i + 1) % 3, (i + 2) % 3
        if k[i, j] == 0.0 and k[i, m] == 0.0:
            l1, l2 = _of_two(k, j, m)
            return l1, l2, k[i, i]
    return _three_roots(k)


def _of_two(k, i, j):  # type: ignore[no-untyped-def]
    """Those of the compartments i and j alone; first that of one into which nothing flows."""
    if k[j, i] == 0.0:
        return k[i, i], k[j, j]
    if k[i, j] == 0.0:
        return k[j, j], k[i, i]
    return _two_roots(k[i, i] + k[j, j], k[i, i] * k[j, j] - k[i, j] * k[j, i])


def _two_roots(total, product):  # type: ignore[no-untyped-def]
    """Roots of s^2 - total s + product, larger magnitude first; nan where complex."""
    inside = total * total - 4.0 * product
    if inside < 0.0:
        return math.nan, math.nan
    large = 0.5 * (total - sqrt(inside) if total < 0.0 else total + sqrt(inside))
    return large, (product / large if large != 0.0 else 0.0)


def _three_roots(k):  # type: ignore[no-untyped-def]
    """Roots of the characteristic polynomial s^3 - a s^2 + b s - c: the leftmost by Newton, then a quadratic."""
    a = k[0, 0] + k[1, 1] + k[2, 2]
    b = (
        k[0, 0] * k[1, 1] - k[0, 1] * k[1, 0]
        + k[0, 0] * k[2, 2] - k[0, 2] * k[2, 0]
        + k[1, 1] * k[2, 2] - k[1, 2] * k[2, 1]
    )  # fmt: skip
    c = (
        k[0, 0] * (k[1, 1] * k[2, 2] - k[1, 2] * k[2, 1])
        - k[0, 1] * (k[1, 0] * k[2, 2] - k[1, 2] * k[2, 0])
        + k[0, 2] * (k[1, 0] * k[2, 1] - k[1, 1] * k[2, 0])
    )
    s = -(abs(a) + sqrt(abs(b)) + abs(c) ** (1.0 / 3.0))  # left of every real root: Newton descends to the leftmost
    for _ in range(100):
        step = (((s - a) * s + b) * s - c) / ((3.0 * s - 2.0 * a) * s + b)
        s -= step
        if abs(step) <= 1e-15 * abs(s):
            break
    if s == 0.0 or not s < 0.0:
        return math.nan, math.nan, math.nan
    l2, l3 = _two_roots(a - s, c / s)
    return s, l2, l3


def move(a, p, modes, inflow, t, h, work):  # type: ignore[no-untyped-def]
    """Advance the amounts `a` (M,) by h hours in place. Returns the integral of the output over those hours."""
    v, total = propagate(values(a), p, modes, values(inflow), h)
    for i in range(M):
        a[i] = v[i]
    return output(total, p)


def propagate(v, p, modes, r, h):  # type: ignore[no-untyped-def]
    """Amounts after h hours from the amounts v under the inflow r, and the integral of the amounts."""
    if separate(modes, h):
        return interpolate(expand(v, p, modes, r), modes, h)
    total = EMPTY
    steps = max(1, math.ceil(2.0 * modes.norm * h))
    for _ in range(steps):
        v, part = _series(v, p, r, h / steps)
        total = _combine(1.0, total, 1.0, part)
    return v, total


def separate(modes, h):  # type: ignore[no-untyped-def]
    """Whether the eigenvalues are real and far enough apart for the closed form over h hours."""
    if M == 1:
        return True
    if M == 2:
        return abs(modes.l1 - modes.l2) * h > _CLOSE
    if M == 3:
        return min(abs(modes.l1 - modes.l2), abs(modes.l2 - modes.l3), abs(modes.l1 - modes.l3)) * h > 10.0 * _CLOSE
    return False


def expand(a, p, modes, r):  # type: ignore[no-untyped-def]
    """What the closed form needs to know of the amounts a and the inflow r."""
    v1, w1 = a, system(0.0, EMPTY, p, r)
    v2 = v3 = w2 = w3 = EMPTY
    if M >= 2:
        v2, w2 = _deflate(v1, p, modes.l1), _deflate(w1, p, modes.l1)
    if M >= 3:
        v3, w3 = _deflate(v2, p, modes.l2), _deflate(w2, p, modes.l2)
    return Newton(v1, v2, v3, w1, w2, w3)


def interpolate(x, modes, h):  # type: ignore[no-untyped-def]
    """Amounts h hours after `expand`, and the integral of the amounts."""
    return weighted(x, weights(modes, h))


def weights(modes, h):  # type: ignore[no-untyped-def]
    """The divided differences for a step of h hours."""
    e1, f1, g1 = _functions(modes.l1, modes.r1, h)
    e12 = f12 = g12 = e123 = f123 = g123 = 0.0
    if M >= 2:
        e2, f2, g2 = _functions(modes.l2, modes.r2, h)
        e12, f12, g12 = (e2 - e1) * modes.r12, (f2 - f1) * modes.r12, (g2 - g1) * modes.r12
    if M >= 3:
        e3, f3, g3 = _functions(modes.l3, modes.r3, h)
        e123 = ((e3 - e2) * modes.r23 - e12) * modes.r13
        f123 = ((f3 - f2) * modes.r23 - f12) * modes.r13
        g123 = ((g3 - g2) * modes.r23 - g12) * modes.r13
    return Weights(e1, e12, e123, f1, f12, f123, g1, g12, g123)


def weighted(x, w):  # type: ignore[no-untyped-def]
    """The sums of the docstring: amounts, and the integral of the amounts."""
    new, total = _combine(w.e1, x.v1, w.f1, x.w1), _combine(w.f1, x.v1, w.g1, x.w1)
    if M >= 2:
        new, total = _add(new, w.e2, x.v2, w.f2, x.w2), _add(total, w.f2, x.v2, w.g2, x.w2)
    if M >= 3:
        new, total = _add(new, w.e3, x.v3, w.f3, x.w3), _add(total, w.f3, x.v3, w.g3, x.w3)
    return new, total


def _functions(s, reciprocal, h):  # type: ignore[no-untyped-def]
    """e, f and g of the docstring at the eigenvalue s, for a step of h hours."""
    z = s * h
    if abs(z) < 0.1:  # where the closed forms cancel: nine terms, the first one left out is below 1e-16
        g = 1 / 1814400 + z * (1 / 19958400)
        for term in (1 / 181440, 1 / 20160, 1 / 2520, 1 / 360, 1 / 60, 1 / 12, 1 / 3, 1.0):
            g = g * z + term
        g *= 0.5 * h * h
        f = h + s * g
        return 1.0 + s * f, f, g
    e = exp(z)
    f = (e - 1.0) * reciprocal
    return e, f, (f - h) * reciprocal


def _series(a, p, r, h):  # type: ignore[no-untyped-def]
    """The same as `interpolate`, by Taylor series, for a short step."""
    term = system(0.0, a, p, r)  # first derivative
    new, total = _combine(1.0, a, h, term), _combine(h, a, 0.5 * h * h, term)
    scale = h
    for k in range(2, _TERMS):
        scale *= h / k
        term = system(0.0, term, p, EMPTY)
        new = _combine(1.0, new, scale, term)
        total = _combine(1.0, total, scale * h / (k + 1), term)
    return new, total


def _deflate(v, p, s):  # type: ignore[no-untyped-def]
    """(K - s) v."""
    return _combine(1.0, system(0.0, v, p, EMPTY), -s, v)


def _add(u, a, x, b, y):  # type: ignore[no-untyped-def]
    """u + a x + b y for tuples u, x, y."""
    return _combine(1.0, u, 1.0, _combine(a, x, b, y))


def _combine(a, x, b, y):  # type: ignore[no-untyped-def]
    """a x + b y for tuples x, y."""
    out = EMPTY
    for i in range(M):
        out = tuple_setitem(out, i, a * x[i] + b * y[i])
    return out


def values(row):  # type: ignore[no-untyped-def]
    """The first M numbers of an array as a tuple."""
    out = EMPTY
    for i in range(M):
        out = tuple_setitem(out, i, row[i])
    return out
