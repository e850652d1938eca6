"""Register an environment id for every shipped scenario, without loading what makes it run."""

from __future__ import annotations

import re
import tomllib
import warnings
from pathlib import Path

import gymnasium

from dosing_env import catalogue

_VECTOR, _SINGLE = "dosing_env.vector:DosingVectorEnv", "dosing_env.env:DosingEnv"


def register() -> None:
    """Register `dosing_env/<Scenario>-v<version>` for each scenario file, and `dosing_env/Scenario-v0` for any."""
    _register("dosing_env/Scenario-v0", {})
    for path in sorted(catalogue.content("scenarios").glob("*.toml")):
        identifier = environment_id(path)
        if identifier is None:
            warnings.warn(f"{path}: no readable version, so no environment id", stacklevel=2)
        else:
            _register(identifier, {"scenario": path.stem})


def environment_id(path: Path) -> str | None:
    """The id of a scenario file: its name in capitals and its version. None where the file has none."""
    try:
        version = tomllib.loads(path.read_text(encoding="utf-8"))["version"]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError):
        return None
    if type(version) is not int or version < 0:
        return None
    return f"dosing_env/{re.sub('(?:^|_)(.)', lambda m: m.group(1).upper(), path.stem)}-v{version}"


def _register(identifier: str, kwargs: dict[str, str]) -> None:
    if identifier not in gymnasium.registry:
        gymnasium.register(identifier, entry_point=_SINGLE, vector_entry_point=_VECTOR, kwargs=kwargs)
