"""Run `make demo` and `make test` on every Python found, each in a fresh clone, and compare what the demo writes.

    python tools/every_python.py              # demo and tests
    python tools/every_python.py --demo       # the demo alone
    python tools/every_python.py /opt/python3.14/bin/python3    # these Pythons only

Pythons are looked for on the PATH and among those of pyenv and uv; of each series (3.11, 3.12, ...) the newest is
taken. A Python that pyproject.toml does not allow, or that lacks venv, is left out. Exit code 0: everything passed, and
report.html is the same to the byte on all of them.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HOMES = (".pyenv/versions/*/bin/python3", ".local/share/uv/python/*/bin/python3")
SEPARATE = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")


def main() -> int:
    """Run what is asked for on each Python and print a line for it."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("pythons", nargs="*", metavar="PYTHON", help="Default: all that are found.")
    arguments.add_argument("--demo", action="store_true", help="The demo alone, without the tests.")
    asked = arguments.parse_args()
    pythons = newest([python for python in asked.pythons or found() if fits(python)])
    if not pythons:
        print("no Python that fits was found", file=sys.stderr)
        return 2
    targets = ["demo"] if asked.demo else ["demo", "test"]
    reports, passed = zip(*[run(version, python, targets) for version, python in pythons.items()], strict=True)
    same = len(set(reports)) == 1
    print(f"report.html is {'the same' if same else 'NOT the same'} on {len(reports)} versions of Python")
    return 0 if all(passed) and same else 1


def found() -> Iterator[str]:
    """The Pythons of this machine, by path."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    yield from (
        str(file) for folder in folders for file in sorted(folder.glob("python3.[0-9]*")) if file.suffix[1:].isdigit()
    )
    yield from (str(file) for pattern in HOMES for file in sorted(Path.home().glob(pattern)))


def newest(pythons: list[str]) -> dict[str, str]:
    """Version -> path of the newest Python of each series."""
    of_series: dict[tuple[int, ...], tuple[tuple[int, ...], str]] = {}
    for python in pythons:
        version = tuple(map(int, version_of(python).split(".")))
        of_series[version[:2]] = max(of_series.get(version[:2], ((), "")), (version, python))
    return {".".join(map(str, version)): python for version, python in sorted(of_series.values())}


def fits(python: str) -> bool:
    """Whether tools/find_python.sh would take it."""
    answer = subprocess.run(
        ["sh", "tools/find_python.sh"], cwd=ROOT, env=os.environ | {"PYTHON": python}, capture_output=True, text=True
    )
    return answer.stdout.strip() == python


def version_of(python: str) -> str:
    """Such as "3.13.0"."""
    code = "import sys; print(*sys.version_info[:3], sep='.')"
    return subprocess.run([python, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def run(version: str, python: str, targets: list[str]) -> tuple[str, bool]:
    """The hash of the demo's report, and whether every target passed."""
    with tempfile.TemporaryDirectory(prefix="dosing-env-") as scratch:
        clone = Path(scratch) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        report, passed = "", True
        for target in targets:
            passed = made(clone, version, python, target) and passed
            if target == "demo" and passed:
                report = hashlib.sha256((clone / "report.html").read_bytes()).hexdigest()[:12]
        print(f"{version}: {'passed' if passed else 'FAILED'}, report {report or 'none'}", flush=True)
        return report, passed


def made(clone: Path, version: str, python: str, target: str) -> bool:
    """Whether `make TARGET` passes; what it prints goes to a file in the working folder."""
    log = Path.cwd() / f"python-{version}-{target}.log"
    print(f"{version}: make {target}, see {log.name}", flush=True)
    environment = {name: value for name, value in os.environ.items() if name not in SEPARATE}
    with log.open("w") as out:
        return (
            subprocess.run(
                ["make", target, f"PYTHON={python}"], cwd=clone, env=environment, stdout=out, stderr=out
            ).returncode
            == 0
        )


if __name__ == "__main__":
    sys.exit(main())
