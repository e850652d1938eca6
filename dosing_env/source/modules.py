"""Modules made of source text that was read once. Imports nothing of the project.

The text is executed under the name of a file, for tracebacks and for numba, but what stands in the file is not read
again. The text stays in the module, so that a hash of it is a hash of what was executed.
"""

from __future__ import annotations

import importlib.util
import linecache
import sys
from importlib.abc import ExecutionLoader
from types import ModuleType

SOURCE = "__source__"  # global of such a module: the text that was executed, which its file may no longer hold


def module_of(name: str, text: str, path: str) -> ModuleType:
    """The module of this name, executed from the text the first time it is asked for.

    It is entered in `sys.modules`, where numba looks up the named tuples of cached machine code. The name has to be
    one that no other text has.
    """
    if name in sys.modules:
        return sys.modules[name]
    loader = _Text(text, path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))  # type: ignore[arg-type]
    vars(module)[SOURCE] = text
    sys.modules[name] = module
    try:
        loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


class _Text(ExecutionLoader):
    """Loads a module from a text, under the name of a file."""

    def __init__(self, text: str, path: str) -> None:
        self.text, self.path = text, path
        lines = text.splitlines(keepends=True)
        linecache.cache[path] = (len(text), None, lines, path)  # what a traceback shows

    def get_source(self, fullname: str) -> str:
        """The text, whatever the file holds."""
        return self.text

    def get_filename(self, fullname: str) -> str:
        """The file, or a name that is none where it cannot be written."""
        return self.path
