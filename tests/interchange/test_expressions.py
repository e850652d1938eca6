"""The grammar: every tree comes back from its text, means the same in Python, and nothing else is understood."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dosing_env.arithmetic import power as on_anything
from dosing_env.interchange import generated
from dosing_env.interchange.expressions import (
    CONSTANT,
    DEEPEST,
    FUNCTIONS,
    LINEAR,
    LONGEST,
    OTHER,
    ZERO,
    Call,
    Chain,
    Name,
    Negative,
    Number,
    Tree,
    names,
    order,
    parse,
    python,
    repeated_calls,
)
from dosing_env.simulation.compiling import interpreted, specialise
from tests.interchange.trees import NAMES, TREES, text, value

VALUES = dict(zip(NAMES, (4.6, 32.0, 500.0, 0.3, -2.5, 1e-9, 0.0, 70.0, -0.2, 3.0, 1.5, 12.0), strict=True))
A, B, C = Name("a"), Name("b"), Name("c")


@pytest.fixture(autouse=True)
def _no_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generated, "cache_folder", lambda: None)


@pytest.mark.parametrize(
    ("written", "tree"),
    [
        ("1", Number(1.0)),
        (" 1.0\t", Number(1.0)),
        (".5", Number(0.5)),
        ("2.", Number(2.0)),
        ("1e-3", Number(0.001)),
        ("1E+2", Number(100.0)),
        ("a+b-c", Chain(A, (("+", B), ("-", C)))),
        ("a/b*c", Chain(A, (("/", B), ("*", C)))),
        ("a+b*c", Chain(A, (("+", Chain(B, (("*", C),))),))),
        ("a*(b+c)", Chain(A, (("*", Chain(B, (("+", C),))),))),
        ("-a*b", Chain(Negative(A), (("*", B),))),
        ("-(a)", Negative(A)),
        ("+a", A),
        ("- -a", Negative(Negative(A))),
        ("a--b", Chain(A, (("-", Negative(B)),))),
        ("((a))", A),
        ("pow(a,b)", Call("pow", (A, B))),
        ("exp (\n a )", Call("exp", (A,))),
    ],
)
def test_what_is_understood(written: str, tree: Tree) -> None:
    assert parse(written, "here") == tree


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("", "here: '', character 1: a number, a name or '(' is missing, found the end"),
        ("a+", "here: 'a+', character 3: a number, a name or '(' is missing, found the end"),
        ("a b", "character 3: an operator is missing before 'b'"),
        ("2a", "character 2: an operator is missing before 'a'"),
        ("1.5.2", "character 4: an operator is missing before '.2'"),
        ("a)", "character 2: ')' is too much"),
        ("(a", "character 3: ')' is missing, found the end"),
        ("pow(a b)", "character 7: ')' is missing, found 'b'"),
        ("pow(a)", "character 1: pow takes 2 values, found 1"),
        ("exp()", "character 5: a number, a name or '(' is missing, found ')'"),
        ("exp", "character 1: 'exp': a function cannot be a name"),
        ("pwo(a,b)", "character 1: unknown function 'pwo'. Did you mean 'pow'?"),
        ("a(b)", "character 1: unknown function 'a'"),
        ("a^b", "character 2: '^' is not known: a power is written pow(a,b)"),
        ("a**b", "character 3: a number, a name or '(' is missing, found '*'. A power is written pow(a,b)"),
        ("1e999", "character 1: '1e999' is too large a number"),
        ("9" * 400, "is too large a number"),
        ("lambda", "character 1: 'lambda': this word belongs to Python"),
        ("a" * 61, "a name has at most 60 characters"),
        ("a.b", "character 2: '.' is not known"),
        ("_a", "character 1: '_' is not known"),
        ("__import__('os')", "character 1: '_' is not known"),
        ("a;b", "character 2: ';' is not known"),
        ("a\n;b", r"here: 'a\n;b', character 3: ';' is not known"),
        ("'a'", '"\'" is not known'),
        ("a\u2028b", r"'\u2028' is not known"),
        ("١", "'١' is not known"),
        ("ＣＬ", "'Ｃ' is not known"),
        ("a" + "+a" * LONGEST, f"an expression has at most {LONGEST}"),
        ("(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), f"more than {DEEPEST} parentheses"),
        ("-" * 500 + "a", f"more than {DEEPEST} parentheses"),
    ],
)
def test_what_is_not_understood_is_answered_in_one_line(written: str, answer: str) -> None:
    with pytest.raises(ValueError, match=r"^here: ") as error:
        parse(written, "here")
    assert answer in str(error.value)
    assert len(str(error.value).splitlines()) == 1


LIKE_AN_EXPRESSION = st.text(alphabet="aCL019.eE+-*/(),;^_ \n[]=:'\"\\")
PIECES = st.lists(st.sampled_from([*FUNCTIONS, "(", ")", ",", "+", "-", "*", "/", "CL", "1.0", "1e", " "])).map("".join)


@settings(max_examples=2000, deadline=None)
@given(st.text() | LIKE_AN_EXPRESSION | PIECES)
def test_any_text_is_a_tree_or_an_error_of_one_line(anything: str) -> None:
    try:
        tree = parse(anything, "here")
    except ValueError as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017
    else:
        assert set("".join(names(tree))) <= {*string.ascii_letters, *string.digits, "_"}


@settings(max_examples=400, deadline=None)
@given(TREES)
def test_a_tree_comes_back_from_its_text(tree: Tree) -> None:
    assert parse(text(tree), "here") == tree


@settings(max_examples=400, deadline=None)
@given(TREES)
def test_python_means_what_the_tree_means(tree: Tree) -> None:
    with np.errstate(all="ignore"):
        expected = value(tree, VALUES)
        assert in_python(tree) == pytest.approx(expected, rel=1e-12, nan_ok=True)


def in_python(tree: Tree) -> Any:
    """The tree through generated Python, with everything that stands in it twice worked out once."""
    spelt: dict[Tree, str] = {Name(name): f"p['{name}']" for name in NAMES}
    lines = []
    for i, again in enumerate(repeated_calls([tree])):
        lines.append(f"    again{i} = {python(again, spelt)}\n")
        spelt[again] = f"again{i}"
    head = "import numpy\nfrom dosing_env.arithmetic import exp, log, log10, maximum, minimum, power, sqrt\n\n\n"
    code = f"{head}def f(p):\n{''.join(lines)}    return {python(tree, spelt)}\n"
    f = generated.module(code).f
    try:
        return f({name: np.float64(number) for name, number in VALUES.items()})
    except ArithmeticError:  # numbers of the text among themselves: Python's own, which compiled code never raises
        return value(tree, VALUES)


def test_the_deepest_tree_is_python_that_python_reads() -> None:
    deepest = "expit(" * (DEEPEST - 1) + "CL" + ")" * (DEEPEST - 1)
    assert in_python(parse(deepest, "here")) == pytest.approx(value(parse(deepest, "here"), VALUES))
    longest = "CL" + "-CL" * ((LONGEST - 2) // 3)
    assert in_python(parse(longest, "here")) == pytest.approx(value(parse(longest, "here"), VALUES))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0", ZERO),
        ("0*a", ZERO),
        ("k", CONSTANT),
        ("exp(k)+1", CONSTANT),
        ("-k*a", LINEAR),
        ("k*(a-b)/k-a", LINEAR),
        ("0+a", LINEAR),
        ("a+k", OTHER),
        ("a*b", OTHER),
        ("a*a", OTHER),
        ("k/a", OTHER),
        ("a/b", OTHER),
        ("0/a", OTHER),
        ("exp(a)", OTHER),
        ("pow(a,1)", OTHER),
        ("max(a,b)", OTHER),
        ("k*exp(a)*0", ZERO),
    ],
)
def test_how_a_tree_depends_on_the_states(written: str, expected: int) -> None:
    assert order(parse(written, "here"), ("a", "b")) == expected


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("pow(a,2)", "(a ** 2)"),
        ("pow(a+b,-1.0)", "((a + b) ** -1)"),
        ("pow(-a,3)", "((-a) ** 3)"),
        ("pow(a,0.75)", "power(a, 0.75)"),
        ("pow(a,9)", "power(a, 9.0)"),
        ("-a*b", "-a * b"),
        ("a-(b-c)", "a - (b - c)"),
        ("a/(b*c)", "a / (b * c)"),
        ("a*-b", "a * (-b)"),
        ("max(a,b)", "maximum(a, b)"),
    ],
)
def test_how_python_is_written(written: str, code: str) -> None:
    assert python(parse(written, "here"), {A: "a", B: "b", C: "c"}) == code


def test_a_base_below_zero_is_zero_where_there_is_no_such_power() -> None:
    for f in (on_anything, interpreted(_raise), specialise(_raise)):
        assert [f(-1e-18, 0.5), f(-3.0, 1.5), f(-3.0, 2.0), f(-2.0, 3.0), f(2.0, -1.0), f(0.0, 0.0)] == [
            0,
            0,
            9,
            -8,
            0.5,
            1,
        ]
    assert on_anything(np.array([-1.0, 4.0]), 0.5).tolist() == [0.0, 2.0]


def _raise(a, b):  # type: ignore[no-untyped-def]
    return on_anything(a, b)
