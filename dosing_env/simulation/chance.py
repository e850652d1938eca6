"""Chance as a pure function of (stream, seed, purpose, patient, decision): counter-based random numbers.

Philox 4x32 with ten rounds (Salmon et al., SC '11, doi:10.1145/2063384.2063405): the seed is the key, the rest is the
counter, so that any number can be had in any order, by any process, and no two of them share a counter. Everything
here is compiled; the functions are also plain Python for reading.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from dosing_env.arithmetic import log, sqrt
from dosing_env.io.arguments import seed_of

STREAMS = {"train": 0, "tune": 1, "evaluate": 2, "simulate": 3}

# What a draw is for. A number is never used again for something else: that would change every patient.
POPULATION, ETA, CHART, KIDNEY, LEVEL, AKI = np.arange(1, 7, dtype=np.uint64)  # of patients in an environment
SUBJECT, OCCASION, RESIDUAL, MISSED, LATE, AMOUNT = np.arange(7, 13, dtype=np.uint64)  # of subjects in `simulate`

PARTICLE = np.uint64(13)  # of posteriors
INR, VITAMIN_K, TAKEN, INTERACTION, GENOTYPED = np.arange(14, 19, dtype=np.uint64)  # of patients of a clinic

ZERO: Any = np.int64(0)  # a plain 0 would be a type of its own for numba: one more compilation
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_DROP = np.uint64(11)  # 64 random bits -> the 53 of a double


class Key(NamedTuple):
    """Which random world: a stream and a seed."""

    stream: np.uint64
    seed: np.uint64


def key_of(stream: str, seed: int) -> Key:
    """The key of a stream ("train", "tune", "evaluate", "simulate") and a seed (0 to 2**64 - 1).

    Raises:
        ValueError: unknown stream, or a seed that is no whole number or out of range.
    """
    if not isinstance(stream, str) or stream not in STREAMS:
        raise ValueError(f"stream: {stream!r} is not one of {', '.join(STREAMS)}")
    return Key(np.uint64(STREAMS[stream]), np.uint64(seed_of(seed)))


def world(seed: int) -> Key:
    """The key of the subjects of `simulate`: a stream of their own.

    Raises:
        ValueError: a seed that is no whole number, or out of range.
    """
    return key_of("simulate", seed)


def philox(c0, c1, c2, c3, k0, k1):  # type: ignore[no-untyped-def]
    """Philox 4x32-10: four random words of 32 bits (held in uint64) from a counter of four and a key of two."""
    for _ in range(10):
        p0, p1 = _M0 * c0, _M1 * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ k0, p1 & _LOW, (p0 >> _HALF) ^ c3 ^ k1, p0 & _LOW
        k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
    return c0, c1, c2, c3


def uniforms(key: Key, purpose: np.uint64, patient: int, decision: int, block: int) -> tuple[float, float]:
    """Two uniform draws in (0, 1). `block` numbers the pairs of one purpose and decision (0 to 65,535)."""
    return uniforms_of(key, (purpose << np.uint64(16)) | np.uint64(block), patient, decision)


def uniforms_of(key: Key, what: np.uint64, patient: int, decision: int) -> tuple[float, float]:
    """The same of `what` a draw is for, purpose and block in 28 bits."""
    number = np.uint64(patient)
    w0, w1, w2, w3 = philox(
        number & _LOW,
        number >> _HALF,
        np.uint64(decision),
        (key.stream << np.uint64(28)) | what,
        key.seed & _LOW,
        key.seed >> _HALF,
    )
    return _unit((w0 << _HALF) | w1), _unit((w2 << _HALF) | w3)


def _unit(bits):  # type: ignore[no-untyped-def]
    return (np.float64(bits >> _DROP) + 0.5) * 2.0**-53


def normals(key: Key, purpose: np.uint64, patient: int, decision: int, block: int) -> tuple[float, float]:
    """Two independent standard normal draws."""
    u, v = uniforms(key, purpose, patient, decision, block)
    return normal_quantile(u), normal_quantile(v)


def normal(key: Key, purpose: np.uint64, patient: int, decision: int) -> float:
    """One standard normal draw."""
    u, _ = uniforms(key, purpose, patient, decision, ZERO)
    return normal_quantile(u)


def fill_normals(z, key, purpose, patient, decision):  # type: ignore[no-untyped-def]
    """Fill the array `z`, of even length, with independent standard normal draws."""
    for j in range(0, len(z), 2):
        z[j], z[j + 1] = normals(key, purpose, patient, decision, j // 2)


def normal_quantile(u: float) -> float:
    """The standard normal quantile of u in (0, 1), to 1e-15: Wichura, algorithm AS 241, Appl Stat 1988;37:477-484."""
    q = u - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _ratio(
            r,
            (2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457,
             13731.693765509461125, 1971.5909503065514427, 133.14166789178437745, 3.387132872796366608),
            (5226.495278852854561, 28729.085735721942674, 39307.89580009271061, 21213.794301586595867,
             5394.1960214247511077, 687.1870074920579083, 42.313330701600911252, 1.0),
        )  # fmt: skip
    r = sqrt(-log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        tail = _ratio(
            r - 1.6,
            (7.7454501427834140764e-4, 0.0227238449892691845833, 0.24178072517745061177, 1.27045825245236838258,
             3.64784832476320460504, 5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734),
            (1.05075007164441684324e-9, 5.475938084995344946e-4, 0.0151986665636164571966, 0.14810397642748007459,
             0.68976733498510000455, 1.6763848301838038494, 2.05319162663775882187, 1.0),
        )  # fmt: skip
    else:
        tail = _ratio(
            r - 5.0,
            (2.01033439929228813265e-7, 2.71155556874348757815e-5, 0.0012426609473880784386, 0.026532189526576123093,
             0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699, 6.6579046435011037772),
            (2.04426310338993978564e-15, 1.4215117583164458887e-7, 1.8463183175100546818e-5, 7.868691311456132591e-4,
             0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769, 1.0),
        )  # fmt: skip
    return -tail if q < 0.0 else tail


def _ratio(r, a, b):  # type: ignore[no-untyped-def]
    """Ratio of two polynomials of degree 7, highest power first."""
    top = ((((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * r + a[6]) * r + a[7]
    low = ((((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + b[5]) * r + b[6]) * r + b[7]
    return top / low
