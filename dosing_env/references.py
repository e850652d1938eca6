"""Functions and models by where they stand, so that they can be pickled and found again by another process.

pickle names the module of a function and imports it. Modules made of a text, or of a user's file, have no name under
which another process could import them: they are made again, of the same text or file.
"""

from __future__ import annotations

import importlib
import operator
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

from dosing_env import catalogue

_TEXT = "__source__"  # global of a module made of a text, see `interchange.generated`


class Reference(NamedTuple):
    """What stands in a module."""

    module: str
    text: str | None  # of which the module was made
    file: str | None  # of which it was made, if it cannot be imported by its name
    name: str

    def found(self) -> Any:
        """It."""
        return operator.attrgetter(self.name)(self._module())

    def _module(self) -> ModuleType:
        if self.module in sys.modules:
            return sys.modules[self.module]
        if self.text is not None:
            made = importlib.import_module("dosing_env.interchange.generated").module(self.text)
            return made  # type: ignore[no-any-return]
        return importlib.import_module(self.module) if self.file is None else catalogue._load_file(Path(self.file))


def standing(model: Any, function: FunctionType) -> Reference | None:
    """Where a model stands that has this function; None where the module of the function does not hold it."""
    names = [name for name, value in function.__globals__.items() if value is model]
    return _beside(function, names[0]) if names and function.__module__ != "__main__" else None


def _beside(function: FunctionType, name: str) -> Reference:
    scope = function.__globals__
    own = function.__module__.startswith(catalogue.USERS)
    return Reference(function.__module__, scope.get(_TEXT), str(scope["__file__"]) if own else None, name)


def packed(value: Any) -> Any:
    """A value with references in place of the functions that another process could not import."""
    if isinstance(value, FunctionType):
        place = _beside(value, value.__qualname__)
        return value if place.text is None and place.file is None else place
    return {name: packed(one) for name, one in value.items()} if isinstance(value, dict) else value


def unpacked(value: Any) -> Any:
    """A value with functions in place of its references."""
    if isinstance(value, Reference):
        return value.found()
    return {name: unpacked(one) for name, one in value.items()} if isinstance(value, dict) else value
