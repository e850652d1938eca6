"""The wheel holds what git tracks and nothing else, and every package it needs is pinned."""

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dosing_env

CONTENT = ("agents", "scenarios")
MOVED = (*CONTENT, "tests/reference")
CUDA = re.compile(r"nvidia-|cuda-|triton\b")
SHIPPED = ("dosing_env", *MOVED)


def test_wheel_holds_exactly_the_tracked_files(root: Path, tmp_path: Path) -> None:
    assert wheel_files(root, tmp_path) == {in_wheel(file) for file in tracked(root)}, "git add or remove the difference"


def test_ignored_files_stay_out_of_the_wheel(root: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    for file in [*tracked(root), "pyproject.toml", "README.md", "LICENSE", ".gitignore"]:
        (copy / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / file, copy / file)
    for folder in SHIPPED:
        (copy / folder / "__pycache__").mkdir(exist_ok=True)
        (copy / folder / "__pycache__" / "junk.pyc").touch()
    assert wheel_files(copy, tmp_path / "dist") == {in_wheel(file) for file in tracked(root)}


def test_wheel_names_version_command_and_licence(root: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(build(root, tmp_path)) as wheel:
        folder = f"dosing_env-{dosing_env.__version__}.dist-info"
        assert f"\nVersion: {dosing_env.__version__}\n" in wheel.read(f"{folder}/METADATA").decode()
        assert "dosing-env = dosing_env.cli:main" in wheel.read(f"{folder}/entry_points.txt").decode()
        assert "MIT License" in wheel.read(f"{folder}/licenses/LICENSE").decode()


@pytest.mark.parametrize("folder", CONTENT)
def test_content_is_not_a_python_package(root: Path, folder: str) -> None:
    assert list((root / folder).iterdir())
    assert not list((root / folder).rglob("__init__.py"))


def require_pinned_versions(root: Path) -> None:
    """What is needed is found in the packages that are installed: others, such as the lowest, need other things."""
    if importlib.metadata.version("numpy") != dict(pinned(root))["numpy"]:
        pytest.skip("these are not the pinned versions")


def test_every_package_that_can_be_installed_is_pinned(root: Path) -> None:
    require_pinned_versions(root)
    pins = dict(pinned(root))
    assert sorted(needed(declared(root)) - set(pins)) == []
    assert pins["torch"] == "2.13.0"  # the build that the README speaks of; the plain one, for every platform


def test_pins_satisfy_what_the_project_declares(root: Path) -> None:
    pins = dict(pinned(root))
    assert [str(need) for need in declared(root) if pins[canonicalize_name(need.name)] not in need.specifier] == []


@pytest.mark.parametrize(("file", "extras"), [("core", False), ("all", True)])
def test_every_pin_has_hashes(root: Path, file: str, extras: bool) -> None:
    require_pinned_versions(root)
    pins, hashed = dict(pinned(root)), with_hashes(root / "requirements" / f"{file}.txt")
    assert sorted(needed(declared(root, extras)) - set(hashed)) == []
    assert {name: pin.partition(" ")[0] for name, pin in hashed.items() if name in pins} == {
        name: version for name, version in pins.items() if name in hashed
    }
    assert [name for name, pin in hashed.items() if not re.search("--hash=sha256:[0-9a-f]{64}", pin)] == []


def tracked(root: Path) -> list[str]:
    """Files of the shipped folders that git knows, relative to the checkout."""
    names = subprocess.run(["git", "ls-files", "-z", *SHIPPED], cwd=root, check=True, capture_output=True, text=True)
    return [name for name in names.stdout.split("\0") if name]


def in_wheel(file: str) -> str:
    return f"dosing_env/_shipped/{file}" if file.startswith(MOVED) else file


def build(root: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def wheel_files(root: Path, folder: Path) -> set[str]:
    with zipfile.ZipFile(build(root, folder)) as wheel:
        return {name for name in wheel.namelist() if ".dist-info/" not in name}


def declared(root: Path, extras: bool = True) -> list[Requirement]:
    """What the core and all extras ask for, and what builds the wheel."""
    file = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    more = file["project"]["optional-dependencies"].values() if extras else ()
    lists = [file["project"]["dependencies"], *more, file["build-system"]["requires"]]
    return [Requirement(line) for lines in lists for line in lines]


def pinned(root: Path) -> Iterator[tuple[str, str]]:
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, version = re.fullmatch(r"([a-z0-9-]+)==([0-9.]+)", line).groups()  # type: ignore[union-attr]
            yield name, version


def with_hashes(file: Path) -> dict[str, str]:
    """Name of a package -> its version, and behind it where the pin counts and its hashes."""
    lines = file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    return dict(line.split("==", 1) for line in lines if not line.startswith("#"))  # type: ignore[misc]


def needed(roots: list[Requirement]) -> set[str]:
    """Names of all packages that the given ones pull in here, themselves included.

    The CUDA libraries of torch are left out: it names their versions itself.
    """
    names: set[str] = set()
    queue = list(roots)
    while queue:
        need = queue.pop()
        name = canonicalize_name(need.name)
        if name not in names:
            names.add(name)
            lines = importlib.metadata.requires(name) or []
            queue += [child for child in map(Requirement, lines) if wanted(child) and not CUDA.match(child.name)]
    return names


def wanted(need: Requirement) -> bool:
    return need.marker is None or need.marker.evaluate({"extra": ""})
