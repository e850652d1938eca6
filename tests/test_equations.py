"""The hash of an equation is the same on every Python, and changes with what the equation says."""

import hashlib

import pytest

from dosing_env.source.equations import behind

# Whatever the syntax trees of different Pythons say differently: empty fields, type parameters, formats.
TEXT = '''
"""A docstring."""
import math

def rates(t, /, A, *more, p: int = 1, **others) -> float:
    """Another one."""
    if A is None or not more:
        return -1.5e-3 * A**2
    return [x for x in more if x] and {"a": 1, **others}["a"] or f" {A:{p}} {t!r:>5}" or ("", None, ...)

class Patient(object):
    """A third."""
    WT: float = 70.0  # kg
    kind = lambda self: self.WT
'''


def hashed(text: str) -> str:
    return hashlib.sha256(behind(text).encode()).hexdigest()[:12]


def test_the_hash_of_a_text_is_the_same_on_every_python() -> None:
    assert hashed(TEXT) == "84cab3522905"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("A docstring", "Another text"),
        ("  # kg", ""),
        ("import math", "import math\n\n\n"),
        ("p: int = 1", "p:int=1"),
    ],
)
def test_layout_comments_and_docstrings_do_not_count(old: str, new: str) -> None:
    assert old in TEXT
    assert hashed(TEXT.replace(old, new)) == hashed(TEXT)


@pytest.mark.parametrize(
    ("old", "new"),
    [("1.5e-3", "1.6e-3"), ('("", None, ...)', "(None, ...)"), ("A**2", "A*2"), ("is None", "is True"), ("/, ", "")],
)
def test_what_is_said_counts(old: str, new: str) -> None:
    assert old in TEXT
    assert hashed(TEXT.replace(old, new)) != hashed(TEXT)


def test_type_parameters_count_where_python_has_them() -> None:
    generic = "def first[T](x: T) -> T: return x"
    try:
        compile(generic, "generic", "exec")
    except SyntaxError:
        pytest.skip("this Python has none")
    assert behind(generic) != behind(generic.replace("[T]", ""))
