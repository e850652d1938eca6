"""Exact propagation of a linear drug under constant inflow.

With dA/dt = K A + r the amounts after h hours, and their integral, are

    A(h)     = e(K) A + f(K) r          e(s) = exp(s h)
    int A dt = f(K) A + g(K) r          f(s) = (exp(s h) - 1)/s,   g(s) = (exp(s h) - 1 - s h)/s^2

K v is `rates` at v without inflow. Up to three compartments a function of K is its Newton interpolation at the
eigenvalues (Higham, Functions of Matrices, 2008, section 1.2.2),

    e(K) v = e[l1] v + e[l1,l2] (K - l1) v + e[l1,l2,l3] (K - l2)(K - l1) v,

which needs no eigenvectors. Where two eigenvalues are too close for the divided differences e[l1,l2] (ka = ke, or a
very short step), where they are complex, and above three compartments, the functions are summed as Taylor series over
short steps (the action of the matrix exponential, Al-Mohy and Higham, SIAM J Sci Comput 2011;33:488-511).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from numba.cpython.unsafe.tuple import tuple_setitem

from dosing_env.arithmetic import exp, sqrt
from dosing_env.simulation.compiling import HOLE

rates: Any = HOLE
output: Any = HOLE
N: Any = HOLE  # number of compartments
NOTHING: Any = HOLE  # N zeros: no amounts, no inflow

ROWS = 3  # rows of workspace: K, where there is a closed form
_TERMS = 14  # of the Taylor series: with |K| h <= 0.5 the first one left out is below 1e-16
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


def decompose(p, work):  # type: ignore[no-untyped-def]
    """The modes of K."""
    norm = 0.0
    for j in range(N):
        column = rates(0.0, tuple_setitem(NOTHING, j, 1.0), p, NOTHING)
        size = 0.0
        for i in range(N):
            size += abs(column[i])
            if j < ROWS:
                work[j, i] = column[i]  # K transposed: the eigenvalues are the same
        norm = max(norm, size)
    l1, l2, l3 = _eigenvalues(work)
    return Modes(l1, l2, l3, 1.0 / l1, 1.0 / l2, 1.0 / l3, 1.0 / (l2 - l1), 1.0 / (l3 - l2), 1.0 / (l3 - l1), norm)


def _eigenvalues(k):  # type: ignore[no-untyped-def]
    if N == 1:
        return k[0, 0], math.nan, math.nan
    if N == 2:
        l1, l2 = _two_roots(k[0, 0] + k[1, 1], k[0, 0] * k[1, 1] - k[0, 1] * k[1, 0])
        return l1, l2, math.nan
    if N == 3:
        return _three_roots(k)
    return math.nan, math.nan, math.nan


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
    """Advance the amounts `a` (N,) by h hours in place. Returns the integral of the output over those hours."""
    v, r = _values(a), _values(inflow)
    if _separate(modes, h):
        v, total = _newton(v, p, modes, r, h)
    else:
        total = NOTHING
        steps = max(1, math.ceil(2.0 * modes.norm * h))
        for _ in range(steps):
            v, part = _series(v, p, r, h / steps)
            total = _combine(1.0, total, 1.0, part)
    for i in range(N):
        a[i] = v[i]
    return output(total, p)


def _separate(modes, h):  # type: ignore[no-untyped-def]
    if N == 1:
        return True
    if N == 2:
        return abs(modes.l1 - modes.l2) * h > _CLOSE
    if N == 3:
        return min(abs(modes.l1 - modes.l2), abs(modes.l2 - modes.l3), abs(modes.l1 - modes.l3)) * h > 10.0 * _CLOSE
    return False


def _newton(a, p, modes, r, h):  # type: ignore[no-untyped-def]
    """Amounts after h hours, and the integral of the amounts."""
    v, w = a, rates(0.0, NOTHING, p, r)
    e1, f1, g1 = _functions(modes.l1, modes.r1, h)
    new, total = _combine(e1, v, f1, w), _combine(f1, v, g1, w)
    if N >= 2:
        e2, f2, g2 = _functions(modes.l2, modes.r2, h)
        e12, f12, g12 = (e2 - e1) * modes.r12, (f2 - f1) * modes.r12, (g2 - g1) * modes.r12
        v, w = _deflate(v, p, modes.l1), _deflate(w, p, modes.l1)
        new, total = _add(new, e12, v, f12, w), _add(total, f12, v, g12, w)
    if N >= 3:
        e3, f3, g3 = _functions(modes.l3, modes.r3, h)
        e = ((e3 - e2) * modes.r23 - e12) * modes.r13
        f = ((f3 - f2) * modes.r23 - f12) * modes.r13
        g = ((g3 - g2) * modes.r23 - g12) * modes.r13
        v, w = _deflate(v, p, modes.l2), _deflate(w, p, modes.l2)
        new, total = _add(new, e, v, f, w), _add(total, f, v, g, w)
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
    """The same as `_newton` by Taylor series, for a short step."""
    term = rates(0.0, a, p, r)  # first derivative
    new, total = _combine(1.0, a, h, term), _combine(h, a, 0.5 * h * h, term)
    scale = h
    for k in range(2, _TERMS):
        scale *= h / k
        term = rates(0.0, term, p, NOTHING)
        new = _combine(1.0, new, scale, term)
        total = _combine(1.0, total, scale * h / (k + 1), term)
    return new, total


def _deflate(v, p, s):  # type: ignore[no-untyped-def]
    """(K - s) v."""
    return _combine(1.0, rates(0.0, v, p, NOTHING), -s, v)


def _add(u, a, x, b, y):  # type: ignore[no-untyped-def]
    """u + a x + b y for tuples u, x, y."""
    return _combine(1.0, u, 1.0, _combine(a, x, b, y))


def _combine(a, x, b, y):  # type: ignore[no-untyped-def]
    """a x + b y for tuples x, y."""
    out = NOTHING
    for i in range(N):
        out = tuple_setitem(out, i, a * x[i] + b * y[i])
    return out


def _values(row):  # type: ignore[no-untyped-def]
    """The first N numbers of an array as a tuple."""
    out = NOTHING
    for i in range(N):
        out = tuple_setitem(out, i, row[i])
    return out
