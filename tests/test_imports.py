"""Imports run one way, and importing the package is cheap."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

# Bottom first. A room (a module or folder directly under dosing_env) may import rooms of its own line and of those
# above it here, never of those below. A new room needs a place in this table.
ORDER = (
    {"io", "source", "catalogue", "statistics", "evidence", "processes", "weights", "algorithms"},
    {"arithmetic", "formulas", "residual", "pharmacology", "patients", "blocks"},
    {"drugs", "populations", "simulation", "outcomes", "anticoagulation"},
    {"care", "task", "interchange"},
    {"decision", "cohort", "inference", "policy", "ward", "clinic", "scenario_file", "scenario", "tasks"},
    {"sight", "recipe", "learned"},
    {
        "spaces",
        "threads",
        "env",
        "vector",
        "registration",
        "warfarin_dosing",
        "protocols",
        "planners",
        "agent",
        "bedside",
    },
    {"trial", "trial_files", "trial_summary"},
    {"policies", "treatment"},
    {"virtual_trial", "verification", "datasets"},
    {"report", "training", "fitting", "boosting", "distil"},
    {"cli"},
    {"__main__", "__init__"},
)
# Rooms that may import less than their line allows: the only project rooms they may name.
NARROW = {
    "io": set[str](),
    "source": set[str](),
    "catalogue": {"io", "source"},
    "statistics": set[str](),
    "evidence": set[str](),
    "processes": set[str](),
    "algorithms": set[str](),
    "blocks": {"arithmetic"},
    "threads": set[str](),
    "residual": {"arithmetic"},
    "patients": set[str](),
    "anticoagulation": set[str](),
    "interchange": {"catalogue", "formulas", "io", "pharmacology", "simulation", "source"},
    "drugs": {"arithmetic", "evidence", "formulas", "pharmacology", "patients", "blocks"},
    "populations": {"arithmetic", "formulas", "pharmacology", "patients"},
}
LEVEL = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
LIGHT = {"torch", "matplotlib", "pandas", "numba", "scipy.integrate", "scipy.linalg"}


class Import(NamedTuple):
    """One imported module: who imports it, from which line, and whether that happens when the importer is loaded."""

    importer: str  # dotted, without the leading "dosing_env."
    line: int
    imported: str  # dotted, in full
    on_load: bool


def test_imports_run_one_way(root: Path) -> None:
    assert faults(root / "dosing_env") == []


def test_import_is_light(root: Path) -> None:
    program = f"import sys, dosing_env; print(*sorted(set(sys.modules) & {LIGHT!r}))"
    run = subprocess.run([sys.executable, "-c", program], cwd=root, check=True, capture_output=True, text=True)
    assert run.stdout.split() == []


@pytest.mark.parametrize(
    ("file", "code", "fault"),
    [
        ("task.py", "from dosing_env.env import DosingEnv", "task:1 imports env, which stands above it"),
        ("task.py", "from . import env", "task:1 imports env, which stands above it"),
        ("drugs/x.py", "from ..formulas import f\nfrom ..simulation import g", "drugs.x:2 may not import simulation"),
        ("statistics.py", "from dosing_env import formulas", "statistics:1 may not import formulas"),
        ("policy.py", "if True:\n    import gymnasium.spaces", "policy:2 imports gymnasium below env"),
        ("agent.py", "def f():\n    import torch", "agent:2 imports torch, only training may"),
        ("surprise.py", "", "surprise has no place in ORDER"),
        ("env.py", "from dosing_env import vector", "a circle: env, vector, env"),
    ],
)
def test_faults_are_found(tmp_path: Path, file: str, code: str, fault: str) -> None:
    empty = dict.fromkeys(["__init__.py", "env.py", "formulas.py", "simulation.py"], "")
    write(tmp_path, {**empty, "vector.py": "from dosing_env.env import x", file: code})
    assert faults(tmp_path) == [fault]


def test_a_late_import_may_point_back(tmp_path: Path) -> None:
    write(tmp_path, {"task.py": "def f():\n    from dosing_env import env", "env.py": "from dosing_env.task import f"})
    assert faults(tmp_path) == []


def write(folder: Path, modules: dict[str, str]) -> None:
    for file, code in modules.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(code, encoding="utf-8")


def faults(package: Path) -> list[str]:
    """Everything that breaks the order, one line each."""
    found = [f"{room} has no place in ORDER" for room in sorted(rooms(package) - set(LEVEL))]
    imports = [one for file in sorted(package.rglob("*.py")) for one in read(package, file)]
    for one in imports:
        if room_of(one.importer) in LEVEL:
            found += fault_of(one)
    return found + circles(imports)


def rooms(package: Path) -> set[str]:
    folders = {file.relative_to(package).parts[0] for file in package.rglob("*.py")}
    return {name.removesuffix(".py") for name in folders}


def fault_of(one: Import) -> Iterator[str]:
    where, room, library = f"{one.importer}:{one.line}", room_of(one.importer), one.imported.split(".")[0]
    if library == "dosing_env":
        yield from arrow(where, room, room_of(one.imported.partition(".")[2]) if one.on_load else room)
    elif library == "gymnasium" and LEVEL[room] < LEVEL["env"]:
        yield f"{where} imports gymnasium below env"
    elif library in ("torch", "stable_baselines3") and room != "training":
        yield f"{where} imports {library}, only training may"


def arrow(where: str, room: str, other: str) -> Iterator[str]:
    if other == room or other not in LEVEL:
        return
    if other not in NARROW.get(room, LEVEL):
        yield f"{where} may not import {other}"
    elif LEVEL[other] > LEVEL[room]:
        yield f"{where} imports {other}, which stands above it"


def circles(imports: list[Import]) -> list[str]:
    graph: dict[str, set[str]] = {}
    for one in imports:
        library, _, module = one.imported.partition(".")
        if library == "dosing_env" and one.on_load and LEVEL.get(room_of(module)) == LEVEL.get(room_of(one.importer)):
            graph.setdefault(one.importer, set()).add(module)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return ["a circle: " + ", ".join(error.args[1])]
    return []


def room_of(module: str) -> str:
    return module.split(".")[0] or "__init__"


def read(package: Path, file: Path) -> Iterator[Import]:
    """The imports of one file."""
    parts = list(file.relative_to(package).with_suffix("").parts)
    name = ".".join(parts).removesuffix(".__init__")
    tree = ast.parse(file.read_text(encoding="utf-8"), str(file))
    late = {id(node) for function in ast.walk(tree) if is_function(function) for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for imported in targets(package, parts, node):
                yield Import(name, node.lineno, imported, id(node) not in late)


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def targets(package: Path, parts: list[str], node: ast.Import | ast.ImportFrom) -> list[str]:
    """Full dotted names of the modules that one statement loads; a package itself where no module is named."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    above = ["dosing_env", *parts][: -node.level] if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    return [target for alias in node.names if (target := target_of(package, base, alias.name)) is not None]


def target_of(package: Path, base: str, name: str) -> str | None:
    """The module that `from base import name` means; None for the version, which every module may read."""
    if base.split(".")[0] != "dosing_env":
        return base
    folder = package.joinpath(*base.split(".")[1:])
    if (folder / f"{name}.py").exists() or (folder / name / "__init__.py").exists():
        return f"{base}.{name}"
    return None if (base, name) == ("dosing_env", "__version__") else base
