"""Print the lowest versions that pyproject.toml allows, as constraints for pip: see `make test-lowest`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from packaging.requirements import Requirement


def lowest() -> Iterator[str]:
    """A line such as "numpy==2.2" for each package that the project names."""
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for line in sorted({line for lines in (project["dependencies"], *_extras(project)) for line in lines}):
        need = Requirement(line)
        (bound,) = (part.version for part in need.specifier if part.operator == ">=")
        yield f"{need.name}=={bound}"


def _extras(project: dict[str, dict[str, list[str]]]) -> Iterator[list[str]]:
    yield from project["optional-dependencies"].values()


if __name__ == "__main__":
    print("\n".join(lowest()))
