"""Ctrl-C, SIGTERM, SIGHUP: what was done is kept and said, nothing is half written, the exit code says which it was."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dosing_env import virtual_trial
from dosing_env.agent import load_agent
from dosing_env.cli.program import STOPPED
from dosing_env.trial import Trial
from dosing_env.weights import read_arrays, read_weights
from tests.cli.commands import PATIENCE, TWO, WARD, Terminal, complaint, files, run, slow_policy, small_recipe, start


def long_work(folder: Path, policies: str = "") -> tuple[str, ...]:
    """A trial that does not end before it is told to go on."""
    return ("evaluate", WARD, "--policies", policies + slow_policy(folder), "--no-rivals", "--patients", "30")


STOPS: dict[int, int] = {
    signal.SIGINT: STOPPED,
    signal.SIGTERM: 143,
    signal.SIGHUP: 129,
}


@pytest.mark.parametrize(
    ("jobs", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (2, signal.SIGTERM), (2, signal.SIGHUP)]
)
def test_a_stopped_trial_leaves_the_finished_policies(tmp_path: Path, jobs: int, number: int) -> None:
    terminal = Terminal(*long_work(tmp_path, "fixed_1g_q12h,"), "--jobs", str(jobs), folder=tmp_path)
    terminal.wait_for("fixed_1g_q12h on ")
    terminal.send(number)
    terminal.send(number)  # once more, while what was done is being kept
    (tmp_path / "go").touch()  # for the other processes: they end what they have begun
    result = terminal.end()
    folder = f"runs/{WARD}_seed7_stopped"
    assert result.code == STOPS[number], result
    assert result.err.endswith(f"stopped; 1 of 2 policies were finished and are in {folder}\r\n")
    assert "Traceback" not in result.err
    assert "Fixed 1 g every 12 h" in result.out
    trial = Trial.load(tmp_path / folder)
    assert trial.partial
    assert [arm.name for arm in trial.missing] == ["slow"]
    assert len(trial.frame) == 30
    assert (tmp_path / folder / "report.html").is_file()
    nothing_half_written(tmp_path)


def test_a_trial_stopped_before_the_first_policy_leaves_nothing(tmp_path: Path) -> None:
    process = start(*long_work(tmp_path), "-o", "run", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    assert "preparing" in process.stderr.readline()
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (STOPPED, "")
    assert err == "error: stopped before the first policy had treated every patient; there is nothing to keep\n"
    assert files(tmp_path) == {"slow.py"}


@pytest.mark.parametrize(
    ("moment", "where"),
    [("summary", ["-o", "run"]), ("save", ["-o", "run"]), ("report", ["-o", "run"]), ("summary", []), ("report", [])],
)
def test_a_stop_while_results_are_written_keeps_the_whole_trial(
    here: Path, monkeypatch: pytest.MonkeyPatch, moment: str, where: list[str]
) -> None:
    stop_once(monkeypatch, Trial, moment)
    words = ("--policies", TWO, "--patients", "4", "--no-rivals", "--quiet", "--report", "page.html")
    answer = complaint(run("evaluate", WARD, *words, *where), STOPPED)
    folder = where[-1] if where else f"runs/{WARD}_seed7_stopped"
    assert answer == f"error: stopped; 2 of 2 policies were finished and are in {folder}\n"
    assert not Trial.load(folder).partial
    nothing_half_written(here)


def stop_once(monkeypatch: pytest.MonkeyPatch, kind: type, method: str) -> None:
    """Ctrl-C when a method is called for the first time."""
    original, calls = getattr(kind, method), []

    def stopped(*args: Any, **more: Any) -> Any:
        calls.append(method)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return original(*args, **more)

    monkeypatch.setattr(kind, method, stopped)


@pytest.mark.parametrize("finished", [1, 0])
def test_a_worker_that_dies_costs_only_what_it_had_begun(tmp_path: Path, finished: int) -> None:
    (tmp_path / "dying.py").write_text(DYING)
    policies = ",".join(["fixed_1g_q12h"] * finished + ["dying.py"])
    words = ("evaluate", WARD, "--policies", policies, "--no-rivals", "--patients", "30", "--jobs", "2", "--quiet")
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = start(*words, "-o", "run", folder=tmp_path, **streams)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    died = "a worker process died (killed, or out of memory)"
    if not finished:
        assert err.startswith(
            f"error: RuntimeError: {died} before the first policy had treated every patient; there is"
        )
        assert files(tmp_path) == {"dying.py"}
        return
    assert err == f"error: {died}; 1 of 2 policies were finished and are in run\n"
    assert "Fixed 1 g every 12 h" in out
    trial = Trial.load(tmp_path / "run")
    assert trial.partial
    assert ([arm.name for arm in trial.arms()], trial.provenance["stopped"]) == (["fixed_1g_q12h"], died)
    nothing_half_written(tmp_path)


DYING = """import os, time
from dosing_env.policy import Policy

class Dying(Policy):
    name, title, kind = "dying", "Dying", "label"

    def doses(self, observation):
        time.sleep(10)
        os._exit(1)

PLANNER = Dying
"""


def test_an_interrupted_trial_does_not_replace_the_finished_one(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("evaluate", WARD, "--policies", TWO, "--patients", "4", "--no-rivals", "--quiet", "-o", "run")
    assert run(*words).code == 0
    folder = f"runs/{WARD}_seed7_stopped"
    for _ in range(2):
        stop_after_one_policy(monkeypatch)
        result = run(*words)
        assert result.code == STOPPED
        assert "run: holds a finished trial that would be replaced" in result.err
        assert f"1 of 2 policies were finished and are in {folder}\n" in result.err
    assert not Trial.load("run").partial
    assert Trial.load(folder).partial


def stop_after_one_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    original, calls = virtual_trial._run, []

    def stopped(job: Any) -> Any:
        calls.append(job)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return original(job)

    monkeypatch.setattr(virtual_trial, "_run", stopped)


@pytest.mark.parametrize(("jobs", "number"), [(1, signal.SIGINT), (2, signal.SIGINT), (2, signal.SIGTERM)])
def test_stopped_training_leaves_weights_and_checkpoints(tmp_path: Path, jobs: int, number: int) -> None:
    small_recipe(tmp_path, steps="50_000_000")
    terminal = Terminal("train", "tiny.toml", "--jobs", str(jobs), folder=tmp_path)
    terminal.wait_for("% of days within target")
    terminal.send(number)
    result = terminal.end()
    assert (result.code, result.out) == (STOPS[number], "")
    kept = "what was trained so far is in runs/tiny/tiny.safetensors"
    assert result.err.endswith(f"stopped; {kept}; `dosing-env train --resume runs/tiny` goes on\r\n")
    assert "Traceback" not in result.err
    agent = load_agent(str(tmp_path / "runs" / "tiny" / "tiny.toml"))
    assert not agent.card["finished"]
    assert 0 in agent.states or jobs > 1
    for path in (tmp_path / "runs" / "tiny" / "seed0").glob("checkpoint-*"):
        read_arrays(path)
    assert "runs/tiny/tiny.md" not in files(tmp_path)
    nothing_half_written(tmp_path)


def test_a_killed_training_goes_on_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL as soon as there is a checkpoint; a checkpoint that was altered is left out."""
    monkeypatch.chdir(tmp_path)
    small_recipe(tmp_path, steps="40_000")
    words = ("train", "tiny.toml", "--seed", "0", "--no-card", "--quiet")
    assert run(*words, "-o", "whole").code == 0
    process, own = start(*words, "-o", "killed", folder=tmp_path), tmp_path / "killed" / "seed0"
    while len(list(own.glob("checkpoint-*.safetensors"))) < 2:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    newest = sorted(own.glob("checkpoint-*.safetensors"))[-1]
    newest.write_bytes(newest.read_bytes()[:-5])
    result = run("train", "--resume", "killed", "--no-card", "--quiet")
    assert result.code == 0, result
    assert "went on: seed 0 at step " in result.out
    assert f"{newest.name}: not a weight file" in result.out
    (whole, _), (killed, _) = (read_weights(tmp_path / name / "tiny.safetensors") for name in ("whole", "killed"))
    assert all((whole[0][name] == killed[0][name]).all() for name in whole[0])


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("train",), "Either RECIPE or --resume RUN."),
        (("train", "tiny.toml", "--resume", "x"), "Either RECIPE or --resume RUN."),
        (("train", "tiny.toml", "--seed", "1", "--seeds", "2"), "Either --seed or --seeds."),
        (("train", "--resume", "x", "--steps", "5"), "--resume RUN goes on with the seeds and steps of the run"),
        (("train", "--resume", "nowhere"), "nowhere: holds 0 recipes (*.toml), a run that can be resumed holds one"),
        (("train", "tiny.toml", "-o", "full"), "full: holds a training. Go on with it by `dosing-env train --resume"),
    ],
)
def test_what_cannot_be_trained_or_resumed(here: Path, words: tuple[str, ...], answer: str) -> None:
    small_recipe(here)
    (here / "full" / "seed0").mkdir(parents=True)
    assert answer in complaint(run(*words))


def test_another_recipe_does_not_go_on_with_a_run(here: Path) -> None:
    small_recipe(here)
    assert run("train", "tiny.toml", "--seed", "0", "--steps", "1792", "-o", "run", "--no-card", "--quiet").code == 0
    text = (here / "run" / "tiny.toml").read_text()
    assert "gamma = 1.0" in text
    (here / "run" / "tiny.toml").write_text(text.replace("gamma = 1.0", "gamma = 0.9"))
    answer = complaint(run("train", "--resume", "run", "--no-card", "--quiet"))
    assert "run/seed0/trained.safetensors: recipe of this training is another now: start anew" in answer


def test_training_stopped_at_its_card_names_the_weights(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: Any) -> str:
        raise KeyboardInterrupt("a model card needs the whole trial")

    monkeypatch.setattr("dosing_env.training.run.describe", stop)
    small_recipe(here)
    words = ("train", "tiny.toml", "--seed", "0", "--steps", "1792", "--quiet")
    answer = complaint(run(*words), STOPPED)
    assert "the trained agent is in runs/tiny_seed0/tiny.safetensors, without its card: " in answer
    assert answer.endswith("dosing-env card runs/tiny_seed0/tiny.toml -o runs/tiny_seed0/tiny.md\n")
    assert load_agent("runs/tiny_seed0/tiny.toml").card["finished"]


def test_a_failed_write_leaves_the_old_report(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("evaluate", WARD, "--policies", TWO, "--patients", "4", "--no-rivals", "--quiet")
    assert run(*words, "--report", "page.html").code == 0
    before = (here / "page.html").read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    assert "No space left on device" in complaint(run(*words, "--seed", "8", "--report", "page.html"), 1)
    assert (here / "page.html").read_bytes() == before
    nothing_half_written(here)


def nothing_half_written(folder: Path) -> None:
    assert not [path for path in folder.rglob("*") if path.name.startswith(".") or path.suffix == ".part"]
    for table in folder.rglob("*.csv"):
        assert len(pd.read_csv(table))
