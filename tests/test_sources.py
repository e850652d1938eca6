"""Every number of a drug or population file carries the evidence behind it, as a comment on its line.

Numbers that need none: -1, 0, 1, 2 and what stands in an index. An entry (a keyword argument, a dictionary item or a
statement) that runs over several lines may carry the label on its first or last line.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from dosing_env.evidence import EVIDENCE

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(file for folder in ("drugs", "populations") for file in (ROOT / "dosing_env" / folder).glob("*.py"))
LABEL = re.compile(rf"\b({'|'.join(EVIDENCE)})\b")
PLAIN = (0, 1, 2)


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_every_number_has_a_source(file: Path) -> None:
    assert unlabelled(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "CL = 2.99  # L/h",
        "CL = 2.99  # unVERIFIED",
        "# VERIFIED\nCL = 2.99",
        "CL = (\n    2.99  # L/h\n    + 1\n)",
        "p = P(  # VERIFIED\n    CL=2.99,\n    V=0.7,  # VERIFIED\n)",
        'omega = {  # VERIFIED\n    "CL": 0.27**2,\n}  # VERIFIED',
        'omega = {\n    "V": 0.3,  # VERIFIED\n    "CL": 0.27**2,\n}',
        "def f(x):\n    if x > 5:\n        return 0\n    return 1  # VERIFIED",
        "def f(x, y=5):\n    return 1  # VERIFIED",
        "SIZE = (WT / 70) ** 2",
        'CL = float("2.99") * exp(-0.3)',
    ],
)
def test_a_number_without_source_is_found(code: str) -> None:
    assert unlabelled(code) != []


@pytest.mark.parametrize(
    "code",
    [
        "CL = 2.99  # L/h  VERIFIED",
        "CL = (  # SINGLE\n    2.99\n    * 0.7\n)",
        "CL = (\n    2.99\n    * 0.7\n)  # SINGLE",
        "p = P(\n    CL=(\n        2.99\n        * exp(0.7)\n    ),  # DERIVED\n)",
        'omega = {\n    "CL": (\n        0.27**2\n        + 0.1\n    ),  # MEMORY\n}',
        "CL = (\n    2.99  # VERIFIED\n    * 0.7  # REPRODUCED\n)",
        "x = -1.0 + 2 * A[3] ** 2 - A[4:5]",
        '"""CL 2.99"""\nyes = True',
    ],
)
def test_a_number_with_source_passes(code: str) -> None:
    assert unlabelled(code) == []


def unlabelled(code: str) -> list[str]:
    """The numbers without evidence label, as `line: number`."""
    labelled = labelled_lines(code)
    found = numbers(ast.parse(code), set())
    return [f"{line}: {value}" for line, value, entry in found if labelled.isdisjoint({line, *entry})]


def labelled_lines(code: str) -> set[int]:
    """Lines of code that end in a comment with a label."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    comments = [token for token in tokens if token.type == tokenize.COMMENT and LABEL.search(token.string)]
    return {token.start[0] for token in comments if token.line[: token.start[1]].strip()}


def numbers(node: ast.AST, entry: set[int]) -> Iterator[tuple[int, complex, set[int]]]:
    """Line, value, and the lines where the label of its entry may stand, for each number that needs a source."""
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float | complex) and node.value not in PLAIN:
        yield node.lineno, node.value, entry
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Published":
        return  # carries its own source, with a label
    for child, lines in children(node, entry):
        yield from numbers(child, lines)


def children(node: ast.AST, entry: set[int]) -> Iterator[tuple[ast.AST, set[int]]]:
    """What stands inside, each with the lines of the narrowest entry around it; an index is left out."""
    if isinstance(node, ast.Dict):
        yield from items(node)
    elif isinstance(node, ast.Subscript):
        yield node.value, entry
    else:
        for child in ast.iter_child_nodes(node):
            yield child, ends(child) if isinstance(child, ast.stmt | ast.keyword) else entry


def items(node: ast.Dict) -> Iterator[tuple[ast.AST, set[int]]]:
    following = [key.lineno for key in node.keys[1:] if key is not None] + [end_of(node)]
    for key, value, after in zip(node.keys, node.values, following, strict=True):
        if key is None:
            raise ValueError(f"line {value.lineno}: name each entry of a dictionary of numbers, without **")
        lines = {key.lineno, end_of(value), *range(end_of(value), after)}  # a bracket may close below the value
        yield key, lines
        yield value, lines


def ends(node: ast.stmt | ast.keyword) -> set[int]:
    """First and last line; none for what has a body, where each number answers for itself."""
    return set() if hasattr(node, "body") else {node.lineno, end_of(node)}


def end_of(node: ast.stmt | ast.keyword | ast.expr) -> int:
    return node.end_lineno or node.lineno
