"""The code behind a drug or population file: its own, and every function of the project that it reaches.

As text of the syntax tree, so that comments, docstrings and layout do not count; of a module with several functions
only those reached, so that a new building block changes nothing for drugs that do not use it.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path

# The words every file is written in, not equations of its own.
VOCABULARY = ("dosing_env.arithmetic", "dosing_env.patients", "dosing_env.pharmacology", "dosing_env.policy")
_FIGURES = "dosing_env.evidence"


def behind(text: str) -> str:
    """The syntax tree of a file with this text, and of what it reaches, as text."""
    tree = _parsed(text)
    reached: dict[str, str] = {}
    for module, name in _imported(tree).values():
        _reach(module, name, reached)
    return "\n".join([_form(tree), *(f"{name} {code}" for name, code in sorted(reached.items()))])


def source(module: str) -> str:
    """The source text of a module of the project."""
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"{module}: no such module")
    return Path(spec.origin).read_text(encoding="utf-8")


def _reach(module: str, name: str, reached: dict[str, str]) -> None:
    """Enter what a module binds to a name, and whatever that mentions; names of other libraries are left alone."""
    if f"{module}.{name}" in reached or module in VOCABULARY or not module.startswith("dosing_env."):
        return
    tree = _parsed(source(module))
    bound = [node for node in tree.body if name in _names_bound(node)]
    if not bound:  # a local or built-in name
        return
    reached[f"{module}.{name}"] = "\n".join(map(_form, bound))
    imported = _imported(tree)
    for mentioned in sorted(set(_names_mentioned(bound))):
        _reach(*imported.get(mentioned, (module, mentioned)), reached)


def _form(part: object) -> str:
    """A syntax tree as text that is the same on every Python.

    It is the text of `ast.dump` on Python 3.11, where the first agents were stamped. Later versions know more fields,
    and leave out empty ones.
    """
    if isinstance(part, ast.JoinedStr):
        part = ast.JoinedStr([value for value in part.values if not _is_empty_text(value)])
    if isinstance(part, ast.AST):
        fields = [(name, getattr(part, name)) for name in part._fields if _counts(part, name)]
        return f"{type(part).__name__}({', '.join(f'{name}={_form(value)}' for name, value in fields)})"
    if isinstance(part, list):
        return f"[{', '.join(map(_form, part))}]"
    return repr(part)


def _is_empty_text(part: object) -> bool:
    """Whether this is the empty text that Python 3.12 puts at the end of some formats: f"{x:{width}}"."""
    return isinstance(part, ast.Constant) and part.value == ""


def _counts(part: ast.AST, name: str) -> bool:
    """Whether a field is written: it is there, or it is the value None of a constant."""
    if name == "type_params":  # Python 3.12 and later
        return bool(getattr(part, name))
    return getattr(part, name, None) is not None or (isinstance(part, ast.Constant) and name == "value")


def _parsed(text: str) -> ast.Module:
    """The syntax tree without docstrings, and without the published figures, which change nothing."""
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.ImportFrom) and node.module == _FIGURES)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "published"]
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    return tree


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Name in the file -> the module it comes from and its name there."""
    statements = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module]
    return {alias.asname or alias.name: (str(node.module), alias.name) for node in statements for alias in node.names}


def _names_bound(node: ast.stmt) -> Iterator[str]:
    """The names that a statement of a module defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (inner.id for target in targets for inner in ast.walk(target) if isinstance(inner, ast.Name))


def _names_mentioned(nodes: Iterable[ast.AST]) -> Iterator[str]:
    yield from (inner.id for node in nodes for inner in ast.walk(node) if isinstance(inner, ast.Name))
