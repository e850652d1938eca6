"""Write requirements/core.txt and requirements/all.txt: the pins of constraints.txt with the hashes of their files.

    python tools/hash_pins.py        # needs uv on the PATH (pip install uv), and the package index

Run it after a change of pyproject.toml or constraints.txt. Each version has the hashes of all its files, so they hold
on every platform and Python that the project runs on. The CUDA libraries of torch on Linux are left out: torch names
their versions itself.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# The pins of constraints.txt with hashes, made by tools/hash_pins.py: what `make` installs.\n"
CUDA = re.compile(r"(?:nvidia-|cuda-|triton\b)")
# torch's CPU builds stand in an index of their own. We have tried this one, for Python 3.11 on Linux x86_64.
CPU_BUILD = "6746dbcbeb526eb61330b76b41ff1b4eb848951103a892eeb080dfa2b264667b"


def main() -> None:
    """Write both files."""
    folder = ROOT / "requirements"
    folder.mkdir(exist_ok=True)
    (folder / "core.txt").write_text(HEAD + hashed(), encoding="utf-8")
    (folder / "all.txt").write_text(HEAD + hashed("--all-extras"), encoding="utf-8")


def hashed(*options: str) -> str:
    """The pins of the core, or of more, as pip's --require-hashes reads them."""
    command = ["uv", "--quiet", "pip", "compile", "pyproject.toml", "-", "--constraint", "constraints.txt"]
    command += ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-annotate", "--no-header"]
    built_with = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    made = subprocess.run(
        [*command, *options], cwd=ROOT, input="\n".join(built_with), check=True, stdout=subprocess.PIPE, text=True
    )
    pins = re.split(r"\n(?=\S)", made.stdout.strip())
    return "\n".join(with_cpu_build(pin) for pin in pins if not CUDA.match(pin)) + "\n"


def with_cpu_build(pin: str) -> str:
    """The pin of torch with one more hash; any other as it is."""
    return f"{pin} \\\n    --hash=sha256:{CPU_BUILD}" if pin.startswith("torch==") else pin


if __name__ == "__main__":
    main()
