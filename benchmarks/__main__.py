"""Run every benchmark, each in a process of its own, and print one table."""

import subprocess
import sys

SCRIPTS = ("steps", "single", "clinic", "simulation", "forecasting", "deciding", "training", "trial", "starting")

codes = [subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *sys.argv[1:]]).returncode for name in SCRIPTS]
sys.exit(max(codes))
