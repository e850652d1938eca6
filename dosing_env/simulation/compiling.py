"""Compile functions written for one patient, and keep the machine code across processes.

A template is an ordinary function with holes: module-level names set to `HOLE`. `specialise` fills the holes (in the
template and in every project function it calls) and compiles the result with numba. The compiled function is named
after a hash of all the source that went into it, so that its file (`machine_code`) can neither be taken for that of
another drug nor hold machine code of an older source. The same holds for the functions inside: machine code loaded from
two files is linked by their names, which numba numbers anew in each process, so that one drug could be given the code
of another.
"""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import math
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from dosing_env.arithmetic import power
from dosing_env.source.modules import SOURCE


class _Hole:
    """The value of a name that `specialise` fills in."""

    def __repr__(self) -> str:
        return "HOLE"


HOLE: Any = _Hole()

_OPTIONS = {"error_model": "numpy"}
_UNCOUNTED = _OPTIONS | {"_nrt": False}  # numba counts no references to arrays


def _choose(condition: bool, yes: float, no: float) -> float:
    return yes if condition else no


def _power(a: float, b: float) -> float:
    """`arithmetic.power` that looks at b only where a is negative."""
    if a < 0.0 and b % 1.0 != 0.0:
        a = 0.0
    return a**b


def _tuple(row: Any, length: int) -> tuple[float, ...]:
    return tuple(row[:length])


def _with_item(values: tuple[float, ...], index: int, value: float) -> tuple[float, ...]:
    return (*values[:index], value, *values[index + 1 :])


def _themselves(functions: Any) -> Any:
    return functions


def _stretch(row: Any, first: int, end: int) -> Any:
    return row[first:end]


# Functions that numba has and Python lacks.
_IN_PYTHON: dict[str, Any] = {
    "to_fixed_tuple": _tuple,
    "tuple_setitem": _with_item,
    "functions_at": _themselves,
    "stretch": _stretch,
}


# NumPy's array functions compile to slow code on floats; these mean the same there.
_ON_FLOATS: dict[Any, Any] = {
    np.exp: math.exp,
    np.log: math.log,
    np.log10: math.log10,
    np.sqrt: math.sqrt,
    np.minimum: min,
    np.maximum: max,
    np.where: _choose,
    power: _power,
}


def apart(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function that is compiled by itself, not into each place that calls it: large, or called from several."""
    function.apart = True  # type: ignore[attr-defined]
    return function


def merged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a function to be compiled as part of the text of its one caller: that saves a round of optimisation."""
    function.merged = True  # type: ignore[attr-defined]
    return function


def specialise(template: Callable[..., Any], **filling: Any) -> Callable[..., Any]:
    """The template compiled with its holes filled.

    Args:
        template: a function; the project functions it calls by global name are compiled with it.
        filling: hole name -> function, class or number. Every hole met must be filled.

    Raises:
        ValueError: a hole is left open.
    """
    return _specialise(template, tuple(sorted(filling.items())))


def uncounted(template: Callable[..., Any], **filling: Any) -> Callable[..., Any]:
    """As `specialise`, for a template that makes no array: nothing is counted by reference, which is faster."""
    return _uncounted_template(template, tuple(sorted(filling.items())))


def addresses(templates: Any, **filling: Any) -> Any:
    """Where the machine code of templates with their holes filled is, for a caller that is compiled without knowing it.

    Args:
        templates: a named tuple of them; its class gives the types of the functions as `signatures()`.
        filling: as for `specialise`.
    """
    return _addresses(templates, tuple(sorted(filling.items())))[0]


def interpreted(template: Callable[..., Any], **filling: Any) -> Callable[..., Any]:
    """The template with its holes filled, as plain Python: slow, and free to call SciPy."""
    return _python(template, tuple(sorted(filling.items())))


@functools.cache
def _python(function: FunctionType, filling: tuple[tuple[str, Any], ...]) -> FunctionType:
    return _with_globals(function, filling, function.__name__, _python)


@functools.cache
def _specialise(template: FunctionType, filling: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    return _jitted(template, filling, _inner, _OPTIONS)


@functools.cache
def _uncounted_template(template: FunctionType, filling: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    return _jitted(template, filling, _uncounted, _UNCOUNTED)


def _jitted(
    template: FunctionType, filling: tuple[tuple[str, Any], ...], prepare: Callable[..., Any], options: dict[str, Any]
) -> Callable[..., Any]:
    import numba

    from dosing_env.simulation.machine_code import keep

    function = _with_globals(template, filling, _name(template, filling), prepare)
    jitted = numba.njit(function, **options, nogil=True)
    return keep(jitted, function) if _in_a_file(template, dict(filling)) else jitted  # type: ignore[no-any-return]


@functools.cache
def _addresses(templates: Any, filling: tuple[tuple[str, Any], ...]) -> tuple[Any, list[Any]]:
    """Also the functions: remembered, they stay where they are."""
    functions = [_at(*pair, filling) for pair in zip(templates, templates.signatures(), strict=True)]
    return templates._make(function.address for function in functions), functions


def _at(template: FunctionType, signature: Any, filling: tuple[tuple[str, Any], ...]) -> Any:
    from dosing_env.simulation.machine_code import callback

    function = _with_globals(template, filling, _name(template, filling), _uncounted)
    return callback(function, signature, _UNCOUNTED, _in_a_file(template, dict(filling)))


@functools.cache
def _inner(function: FunctionType, filling: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    copy = _with_globals(function, filling, _name(function, filling), _inner)
    return _part(function, copy, _OPTIONS)


@functools.cache
def _uncounted(function: FunctionType, filling: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
    copy = _with_globals(function, filling, f"{_name(function, filling)}_uncounted", _uncounted)
    return _part(function, copy, _UNCOUNTED)


def _part(function: FunctionType, copy: FunctionType, options: dict[str, Any]) -> Callable[..., Any]:
    """A function inside a template, compiled as its mark wants it."""
    import numba

    if hasattr(function, "merged"):
        return numba.njit(copy, **options, inline="always")
    inline = not hasattr(function, "apart")
    return numba.njit(copy, **options, forceinline=inline, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _name(function: FunctionType, filling: tuple[tuple[str, Any], ...]) -> str:
    return f"{function.__name__}_{_fingerprint(function, dict(filling))}"


def _with_globals(
    function: FunctionType, filling: tuple[tuple[str, Any], ...], name: str, prepare: Callable[..., Any]
) -> FunctionType:
    """A copy of the function that sees the filling, and `prepare(f, filling)` in place of each function it calls."""
    scope = dict(function.__globals__)
    for global_name in _names(function):
        value = _resolve(function, global_name, dict(filling))
        if prepare is _python:
            value = _IN_PYTHON.get(global_name, value)
        scope[global_name] = prepare(value, _needed(value, filling)) if isinstance(value, FunctionType) else value
    code = function.__code__.replace(co_name=name, co_qualname=name)
    copy = FunctionType(code, scope, name, function.__defaults__, function.__closure__)
    copy.__module__ = function.__module__
    return copy


@functools.cache
def _needed(function: FunctionType, filling: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    """What of the filling reaches a function: one that no hole reaches is compiled once for all drugs and protocols."""
    members = [f for f in _family(function, dict(filling), {}) if isinstance(f, FunctionType)]
    holes = {name for f in members for name in _names(f) if f.__globals__[name] is HOLE}
    return tuple((name, value) for name, value in filling if name in holes)


@functools.cache
def _names(function: FunctionType) -> list[str]:
    """The global names a function mentions, also in the functions inside it."""
    return sorted({name for name in _names_in(function.__code__) if name in function.__globals__})


def _names_in(code: CodeType) -> Iterator[str]:
    """The names loaded as globals (`co_names` alone would also give attributes)."""
    yield from {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)


def _resolve(function: FunctionType, name: str, filling: dict[str, Any]) -> Any:
    value = function.__globals__[name]
    if value is HOLE:
        if name not in filling:
            raise ValueError(f"{function.__module__}.{function.__name__}: nothing given for the hole {name!r}")
        value = filling[name]
    try:
        return _ON_FLOATS.get(value, value)
    except TypeError:  # an unhashable constant
        return value


def _family(function: FunctionType, filling: dict[str, Any], seen: dict[Any, None]) -> dict[Any, None]:
    """Every function that is compiled with this one, and every other value that went into a hole."""
    if function in seen:
        return seen
    seen[function] = None
    for name in _names(function):
        value = _resolve(function, name, filling)
        if isinstance(value, FunctionType):
            _family(value, filling, seen)
        elif isinstance(generator := getattr(value, "_defn", None), FunctionType):  # that of a function of numba's own
            seen[generator] = None
        elif function.__globals__[name] is HOLE:
            seen[(name, repr(value))] = None
    return seen


def mentioned(function: Callable[..., Any]) -> frozenset[str]:
    """The names that a function mentions, attributes too, with every project function that it calls."""
    members = [f for f in _family(function, {}, {}) if isinstance(f, FunctionType)]  # type: ignore[arg-type]
    return frozenset(name for f in members for name in f.__code__.co_names)


def _fingerprint(template: FunctionType, filling: dict[str, Any]) -> str:
    import numba

    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {_OPTIONS} {_UNCOUNTED}".encode())
    for member in _family(template, filling, {}):
        digest.update(_digest(member))
    return digest.hexdigest()[:16]


@functools.cache
def _digest(member: Any) -> bytes:
    return hashlib.sha256(_source(member).encode()).digest()


def _source(member: Any) -> str:
    if not isinstance(member, FunctionType):
        return repr(member)
    try:
        text = member.__globals__.get(SOURCE) or _file_text(inspect.getfile(member))
        return f"{member.__module__}.{member.__name__} {text}"
    except OSError:
        return f"{member.__module__}.{member.__name__} {member.__code__.co_code.hex()} {member.__code__.co_consts!r}"


@functools.cache
def _file_text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _in_a_file(template: FunctionType, filling: dict[str, Any]) -> bool:
    """Whether it can be kept: the functions live in files and close over nothing, so the fingerprint says all."""
    functions = [f for f in _family(template, filling, {}) if isinstance(f, FunctionType)]
    return all(f.__closure__ is None and inspect.getfile(f).endswith(".py") for f in functions)
