"""Kill a training at random moments, resume it each time, and compare its weights with those of one never stopped.

    python tools/kill_and_resume.py --kills 20
    python tools/kill_and_resume.py --recipe my.toml --kills 5

Each kill is SIGKILL: nothing of the process has a chance to be put in order. Two equal answers on the last line are the
proof; the exit code is 1 if they differ.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dosing_env import catalogue
from dosing_env.training.seed import TRAINED
from dosing_env.weights import read_weights

SMALL = {
    "steps = 6_000_000": "steps = 1_500_000",
    "evaluate_every = 1_000_000": "evaluate_every = 30_000",
    "evaluate_patients = 2000": "evaluate_patients = 100",
}


def main() -> int:
    """Run it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", type=Path, help="default: a short vancomycin_ward_ppo")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0, help="of the moments")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        recipe = asked.recipe or short_recipe(Path(place))
        begin = time.monotonic()
        start("train", str(recipe), "-o", f"{place}/whole").wait()
        longest, killed = time.monotonic() - begin, kill_often(recipe, Path(place) / "killed", asked.kills, asked.seed)
        same = equal(Path(place) / "whole", Path(place) / "killed")
    print(f"never stopped: {longest:.0f} s; killed {killed} times: {'the same' if same else 'OTHER'} weights")
    return 0 if same else 1


def short_recipe(place: Path) -> Path:
    """The shipped recipe for a minute or two, with frequent checkpoints."""
    text = catalogue.find("agents", "vancomycin_ward_ppo").read_text(encoding="utf-8")
    for old, new in SMALL.items():
        assert old in text, old
        text = text.replace(old, new)
    path = place / "short.toml"
    path.write_text(text, encoding="utf-8")
    return path


def start(*words: str) -> subprocess.Popen[bytes]:
    """A training of one seed, without a card."""
    command = [sys.executable, "-m", "dosing_env", *words, "--no-card", "--quiet", "--jobs", "1"]
    if words[0] == "train" and words[1] != "--resume":
        command += ["--seed", "0"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def kill_often(recipe: Path, folder: Path, kills: int, seed: int) -> int:
    """Train in a folder, killed so many times at random moments. Returns how often there was something to kill."""
    moments, killed = random.Random(seed), 0
    words = ["train", str(recipe), "-o", str(folder)]
    for _ in range(kills):
        process = start(*words)
        time.sleep(moments.uniform(3.0, 12.0))  # of which some go by before anything is learned
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        if list(folder.glob("*.toml")):
            words = ["train", "--resume", str(folder)]
    start(*words).wait()
    return killed


def equal(one: Path, other: Path) -> bool:
    """Whether the weights of two runs are equal bit for bit."""
    (a, _), (b, _) = (read_weights(folder / "seed0" / TRAINED) for folder in (one, other))
    return a[0].keys() == b[0].keys() and all(np.array_equal(a[0][name], b[0][name]) for name in a[0])


if __name__ == "__main__":
    sys.exit(main())
