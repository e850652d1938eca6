"""Find drugs, populations, protocols, agents and scenarios by name or by path. Loading it is quick.

Shipped content (`agents/`, `scenarios/`) is looked up in the checkout that holds the imported package, else in the copy
shipped inside it; never in the working directory. A path to the user's own file is accepted wherever a name is. But a
Python file is executed when it is loaded, so its path is accepted only in a name that the user gave (see `Given`),
never in one that stands in a scenario, a recipe or a bundle.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import os
import tomllib
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from dosing_env.io import printable, reading
from dosing_env.source.modules import SOURCE, module_of

_PACKAGE = Path(__file__).resolve().parent
PYTHON_KINDS = {"drugs": "DRUG", "populations": "POPULATION", "protocols": "PROTOCOL", "planners": "PLANNER"}
USERS = "dosing_env_user_"  # how the names of modules of users' files begin
CONTENT_KINDS = ("agents", "scenarios")


class Given(str):
    """A name that the user gave, on the command line or as an argument in Python: it may be the path of a Python file.

    A name that was read from a file is a plain `str`, and the default is that no code runs. The parts of a given name
    are given too: the model and the policy in "shield:0.1@mine.py:own.py".

    Attributes:
        texts: path -> text of each Python file, as it was when first loaded by this name or by a part of it. A process
            that gets the name executes the same text, whatever happens to the file meanwhile.
    """

    texts: dict[str, str]

    def __new__(cls, name: str, texts: dict[str, str] | None = None) -> Given:
        """The name, with the texts of the name that it is a part of."""
        made = super().__new__(cls, name)
        made.texts = {} if texts is None else texts
        return made

    def partition(self, sep: str) -> tuple[str, str, str]:
        """As of any string; the parts are given too."""
        before, between, after = super().partition(sep)
        return Given(before, self.texts), between, Given(after, self.texts)

    def removeprefix(self, prefix: str) -> str:
        """As of any string; what is left is given too."""
        return Given(super().removeprefix(prefix), self.texts)


def given(value: Any) -> Any:
    """What a user gave, with each name and path in it as `Given`; other objects stay as they are."""
    if isinstance(value, Given):
        return value
    if type(value) in (list, tuple):
        return type(value)(map(given, value))
    return Given(os.fspath(value)) if isinstance(value, str | os.PathLike) else value


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
    """The `DRUG`, `POPULATION`, `PROTOCOL` or `PLANNER` of a catalogue name or, if it is `Given`, of a user's .py file.

    A drug may also be a model file, a population a file of its own (.toml).

    Raises:
        ValueError: no such name or file, code that the user did not name, or the file is broken or defines no such
            object.
    """
    if kind == "drugs" and name.endswith(".toml"):
        return importlib.import_module("dosing_env.interchange.model_files").read_drug(_existing(name))
    if kind == "populations" and name.endswith(".toml"):
        return importlib.import_module("dosing_env.interchange.population_files").read_population(_existing(name))
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
        ValueError: no such file, code that the user did not name, or it defines nothing that the catalogue knows.
    """
    if name.endswith(".py"):
        module = _own_module(name)
        for kind, what in PYTHON_KINDS.items():
            if hasattr(module, what):
                return kind
        raise ValueError(f"{name}: the file defines none of {', '.join(PYTHON_KINDS.values())}")
    try:
        keys = tomllib.loads(reading.read_text(Path(name)))
    except (RecursionError, ValueError):
        return "scenarios"
    if "compartments" in keys:
        return "drugs"
    if "values" in keys:
        return "populations"
    return "agents" if "algorithm" in keys else "scenarios"


def source(kind: str, name: str) -> str:
    """The source text of a catalogue name or of a model file (.toml); of a user's .py file that which was executed."""
    if kind in ("drugs", "populations") and name.endswith(".toml"):
        return reading.read_text(Path(name))
    module = _module(kind, name)
    if SOURCE in vars(module):
        return str(vars(module)[SOURCE])
    return Path(str(module.__file__)).read_text(encoding="utf-8")


def unknown(what: str, name: str, known: list[str]) -> str:
    """One line about a name that is not known, with the nearest that is."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.4)
    hint = f"Did you mean {printable.value(near[0])}?" if near else f"Known: {printable.listed(known) or 'none'}."
    return f"unknown {what} {printable.value(name)}. {hint}"


def _module(kind: str, name: str) -> ModuleType:
    if name.endswith(".py"):
        return _own_module(name)
    if name not in names(kind):
        raise ValueError(unknown(kind[:-1], name, names(kind)))
    try:
        return importlib.import_module(f"dosing_env.{kind}.{name}")
    except Exception as error:
        raise ValueError(_fault(_PACKAGE / kind / f"{name}.py", error)) from error


def _existing(name: str) -> Path:
    path = Path(name)
    reading.require(path, reading.WRITTEN)
    return path


def _own_module(name: str) -> ModuleType:
    """A user's own Python file as a module; another text or another path is another module.

    This is the only way by which a file outside the package is executed.

    Raises:
        ValueError: the name is not the user's, there is no such file, or its code fails; file and line are named.
    """
    if not isinstance(name, Given):
        raise ValueError(
            f"{name!r} is code, which is executed only where you name it yourself: on the command line or in Python"
        )
    path = Path(name)
    content = b"" if name in name.texts else reading.read_bytes(path, reading.WRITTEN)
    try:
        if name not in name.texts:
            name.texts[str(name)] = importlib.util.decode_source(content)
        text, file = name.texts[name], str(path.absolute())
        digest = hashlib.sha256(f"{file}\0{text}".encode()).hexdigest()[:24]
        return module_of(f"dosing_env_user_{digest}", text, file)
    except Exception as error:
        raise ValueError(_fault(path, error)) from error


def _fault(path: Path, error: Exception) -> str:
    """What went wrong in a Python file, and in which line."""
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path.absolute()]
    at = f", line {lines[-1]}" if lines else ""
    return f"{path}{at}: {type(error).__name__}: {error}"
