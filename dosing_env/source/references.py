"""Functions and models by where they stand, so that they can be pickled and found again by another process.

pickle names the module of a function and imports it. Modules made of a text, or of a user's file, have no name under
which another process could import them: they are made again, of the same text.
"""

from __future__ import annotations

import importlib
import operator
from types import FunctionType
from typing import Any, NamedTuple

from dosing_env.source.modules import SOURCE, module_of


class Reference(NamedTuple):
    """What stands in a module."""

    module: str
    text: str | None  # of which the module was made
    file: str | None  # whose name the text has
    name: str

    def found(self) -> Any:
        """It."""
        if self.text is None or self.file is None:
            module = importlib.import_module(self.module)
        else:
            module = module_of(self.module, self.text, self.file)
        return operator.attrgetter(self.name)(module)


def standing(model: Any, function: FunctionType) -> Reference | None:
    """Where a model stands that has this function; None where the module of the function does not hold it."""
    names = [name for name, value in function.__globals__.items() if value is model]
    return _beside(function, names[0]) if names and function.__module__ != "__main__" else None


def _beside(function: FunctionType, name: str) -> Reference:
    scope = function.__globals__
    return Reference(function.__module__, scope.get(SOURCE), scope.get("__file__"), name)


def packed(value: Any) -> Any:
    """A value with references in place of the functions that another process could not import."""
    if isinstance(value, FunctionType):
        place = _beside(value, value.__qualname__)
        return value if place.text is None else place
    return {name: packed(one) for name, one in value.items()} if isinstance(value, dict) else value


def unpacked(value: Any) -> Any:
    """A value with functions in place of its references."""
    if isinstance(value, Reference):
        return value.found()
    return {name: unpacked(one) for name, one in value.items()} if isinstance(value, dict) else value
