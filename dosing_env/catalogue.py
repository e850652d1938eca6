"""Find drugs, populations, protocols, agents and scenarios by name or by path. Loading it imports nothing of ours.

Shipped content (`agents/`, `scenarios/`) is looked up in the checkout that holds the imported package, else in the copy
shipped inside it; never in the working directory. A path to the user's own file is accepted wherever a name is.
"""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import sys
import tomllib
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
PYTHON_KINDS = {"drugs": "DRUG", "populations": "POPULATION", "protocols": "PROTOCOL", "planners": "PLANNER"}
USERS = "dosing_env_user_"  # how the names of modules of users' files begin
CONTENT_KINDS = ("agents", "scenarios")


def names(kind: str) -> list[str]:
    """The catalogue's names of a kind ("drugs", "populations", "protocols", "planners", "agents", "scenarios")."""
    if kind in PYTHON_KINDS:
        files = (_PACKAGE / kind).glob("*.py")
    else:
        files = content(kind).glob("*.toml")
    return sorted(file.stem for file in files if not file.stem.startswith("_"))


def content(kind: str) -> Path:
    """The folder of shipped content: the checkout's, else the one inside the package."""
    checkout = _PACKAGE.parent / kind
    return checkout if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE / "_shipped" / kind


def load(kind: str, name: str) -> Any:
    """The `DRUG`, `POPULATION`, `PROTOCOL` or `PLANNER` of a catalogue name or of a user's .py file.

    A drug may also be a model file (.toml).

    Raises:
        ValueError: no such name or file, or the file is broken or defines no such object.
    """
    if kind == "drugs" and name.endswith(".toml"):
        return importlib.import_module("dosing_env.interchange.model_files").read_drug(_existing(name))
    module = _module(kind, name)
    what = PYTHON_KINDS[kind]
    if not hasattr(module, what):
        raise ValueError(f"{name}: the file defines no {what}")
    return getattr(module, what)


def find(kind: str, name: str) -> Path:
    """The .toml file of a catalogue name ("agents", "scenarios") or of a path.

    Raises:
        ValueError: no such name or file.
    """
    if name.endswith(".toml"):
        return _existing(name)
    if name not in names(kind):
        raise ValueError(unknown(kind[:-1], name, names(kind)))
    return content(kind) / f"{name}.toml"


def kind_of_file(name: str) -> str:
    """The kind of what a user's own .py or .toml file holds; a .toml file that cannot be read counts as a scenario.

    Raises:
        ValueError: no such file, or it defines nothing that the catalogue knows.
    """
    path = _existing(name)
    if path.suffix == ".py":
        module = _load_file(path)
        for kind, what in PYTHON_KINDS.items():
            if hasattr(module, what):
                return kind
        raise ValueError(f"{name}: the file defines none of {', '.join(PYTHON_KINDS.values())}")
    try:
        keys = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "scenarios"
    if "compartments" in keys:
        return "drugs"
    return "agents" if "algorithm" in keys else "scenarios"


def source(kind: str, name: str) -> str:
    """The source text of a catalogue name, of a user's .py file or of a model file (.toml)."""
    if kind == "drugs" and name.endswith(".toml"):
        return _existing(name).read_text(encoding="utf-8")
    return Path(str(_module(kind, name).__file__)).read_text(encoding="utf-8")


def unknown(what: str, name: str, known: list[str]) -> str:
    """One line about a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known) or 'none'}."
    return f"unknown {what} {name!r}. {hint}"


def _module(kind: str, name: str) -> ModuleType:
    if name.endswith(".py"):
        return _load_file(_existing(name))
    if name not in names(kind):
        raise ValueError(unknown(kind[:-1], name, names(kind)))
    try:
        return importlib.import_module(f"dosing_env.{kind}.{name}")
    except Exception as error:
        raise ValueError(_fault(_PACKAGE / kind / f"{name}.py", error)) from error


def _existing(name: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"{name}: no such file")
    return path


def _load_file(path: Path) -> ModuleType:
    """Import a user's own file under a name that no other file can have.

    Raises:
        ValueError: its code fails; file and line are named.
    """
    module_name = f"{USERS}{path.resolve().as_posix().replace('/', '_').removesuffix('.py')}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[module_name]
        if not isinstance(error, Exception):
            raise
        raise ValueError(_fault(path, error)) from error
    return module


def _fault(path: Path, error: Exception) -> str:
    """What went wrong in a Python file, and in which line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path.absolute()]
    at = f", line {lines[-1]}" if lines else ""
    return f"{path}{at}: {type(error).__name__}: {error}"
