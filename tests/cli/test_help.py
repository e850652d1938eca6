"""What the program says of itself, and what it answers to a command it does not know."""

from __future__ import annotations

import subprocess
from pathlib import Path

import click
import pytest

from dosing_env import __version__
from dosing_env.cli import main
from tests.cli.commands import complaint, run, start

COMMANDS = ["list", "show", "train", "search", "import-sb3", "evaluate", "report", "card", "distil", "dataset"]
COMMANDS += ["simulate", "forecast", "verify", "new"]


def test_these_are_the_commands() -> None:
    assert sorted(main.commands) == sorted(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = run(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: dosing-env {command}")
    assert all(option.help for option in main.commands[command].params if isinstance(option, click.Option))
    assert main.commands[command].help


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_the_help_names_every_command_and_the_exit_codes(words: list[str]) -> None:
    result = run(*words)
    assert (result.code, result.err) == (0, "")
    assert all(f"\n  {command} " in result.out for command in COMMANDS)
    assert "dosing-env evaluate vancomycin_ward" in result.out
    assert "Exit codes: 0 done" in result.out
    assert "not for the care of patients" in " ".join(result.out.split())


def test_the_module_is_the_program(tmp_path: Path) -> None:
    process = start("--version", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.communicate() == (f"dosing-env {__version__}\n", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["evalaute", "vancomycin_ward"], "unknown command 'evalaute'. Did you mean 'evaluate'?"),
        (["lst"], "unknown command 'lst'. Did you mean 'list'?"),
        (
            ["qqq"],
            "'qqq'. Known: card, dataset, distil, evaluate, forecast, import-sb3, list, new, report, search, "
            "show, simulate, train, verify.",
        ),
        (["--quite"], "No such option"),  # click 8.3 puts it in quotes
        (["evaluate", "vancomycin_ward", "--patient", "3"], "--patients"),
        (["evaluate"], "Missing argument 'SCENARIO'. See: dosing-env evaluate --help"),
        (["list", "drugs", "agents"], "Got unexpected extra argument (agents). See: dosing-env list --help"),
        (["evaluate", "vancomycin_ward", "--patients", "0"], "'--patients': 0 is not in the range x>=1."),
        (["evaluate", "vancomycin_ward", "--patients", "many"], "'--patients': 'many' is not a valid integer"),
        (["evaluate", "vancomycin_ward", "--seed", "-1"], "'--seed': -1 is not in the range"),
        (["evaluate", "vancomycin_ward", "--jobs", "0"], "'--jobs': 0 is not in the range x>=1."),
    ],
)
def test_a_wrong_call_is_answered_in_one_line(words: list[str], answer: str) -> None:
    assert answer in complaint(run(*words))


def test_a_wrong_call_ends_the_process_with_2(tmp_path: Path) -> None:
    process = start("evalaute", folder=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.communicate() == ("", "error: unknown command 'evalaute'. Did you mean 'evaluate'?\n")
    assert process.returncode == 2
