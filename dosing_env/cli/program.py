"""What all commands share: exit codes, errors in one line, the nearest command for one that is not known."""

from __future__ import annotations

import io
import sys
import tempfile
import traceback
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

from dosing_env import catalogue
from dosing_env.cli.stops import STOPPED, answered
from dosing_env.io import printable

if TYPE_CHECKING:
    from rich.console import Console

DEBUG = "DOSING_ENV_DEBUG"
FAILED, WRONG_INPUT = 1, 2
ONE_LINE = 1000  # columns where nobody looks: every row of a table on a line of its own


class CommandError(Exception):
    """The end of the program with one line and an exit code."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Program(click.Group):
    """The commands. Every error becomes one line on stderr and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Never:
        """Run, and exit."""
        _print_what_the_terminal_can()
        with answered() as stops:
            code = stops.code(self._run(*args, **extra))
        sys.exit(code)

    def _run(self, *args: Any, **extra: Any) -> int:
        """Run; returns the exit code."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _warn
                code = super().main(*args, **(extra | {"standalone_mode": False}))
        except (click.Abort, KeyboardInterrupt):
            code = _complain("stopped", STOPPED)
        except click.ClickException as error:
            code = _complain(_usage(error), error.exit_code)
        except CommandError as failure:
            code = _complain(str(failure), failure.exit_code)
        return code if isinstance(code, int) else 0

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; whatever it raises becomes a `CommandError`, except what click has words for."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except (KeyboardInterrupt, Exception) as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            raise _failure(error) from error

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
        """The command of a name.

        Raises:
            UsageError: there is none; the nearest is named.
        """
        found = super().get_command(ctx, cmd_name)
        if found is None:
            raise click.UsageError(catalogue.unknown("command", cmd_name, self.list_commands(ctx)))
        return found


def seeds_asked(seed: int | None, seeds: int | None) -> int | list[int] | None:
    """The training seeds that --seed or --seeds ask for; None: neither does.

    Raises:
        UsageError: both do.
    """
    if seed is not None and seeds is not None:
        raise click.UsageError("Either --seed or --seeds.")
    return list(range(seeds)) if seeds is not None else seed


def require_writable(path: Path) -> None:
    """Fail before the long work where its results could not be written.

    Raises:
        CommandError: a part of a path is no directory, or may not be written to.
    """
    there = next(p for p in (path, *path.parents) if p.exists())
    try:
        with tempfile.TemporaryDirectory(dir=there, prefix=".writable-"):
            pass
    except OSError as error:
        raise CommandError(f"{path}: cannot be written: {there}: {error.strerror}", WRONG_INPUT) from None


def require_file_writable(path: Path) -> None:
    """The same for a file."""
    if path.is_dir():
        raise CommandError(f"{path}: cannot be written: it is a directory", WRONG_INPUT)
    require_writable(path.parent)


def _print_what_the_terminal_can() -> None:
    """A character that the encoding of an output lacks is printed as "?"; it must not end a command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _failure(error: BaseException) -> CommandError:
    message = printable.one_line(str(error))
    if isinstance(error, CommandError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return CommandError(message or "stopped", STOPPED)
    if isinstance(error, ValueError):
        return CommandError(message, WRONG_INPUT)
    said = printable.one_line(" ".join(str(error).split()), 200)
    return CommandError(f"{type(error).__name__}: {said} ({DEBUG}=1 shows where)", FAILED)


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split())
    if isinstance(error, click.UsageError) and error.ctx is not None and error.ctx.parent is not None:
        message += f"{'' if message.endswith(('.', '?', '?)')) else '.'} See: {error.ctx.command_path} --help"
    return message


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """A warning in one line, without the place in the code that Python adds."""
    print(f"warning: {printable.one_line(str(message))}", file=sys.stderr, flush=True)


def _complain(message: str, code: int) -> int:
    click.secho("error: ", fg="red", bold=True, nl=False, err=True)
    click.echo(printable.one_line(message), err=True)
    return code


def say(*lines: str, err: bool = False) -> None:
    """Print lines in which names of users may stand, each as one visible line."""
    for line in lines:
        click.echo(printable.visible(line), err=err)


def table_console() -> Console:
    """Where tables are printed: as wide as the terminal, and where there is none, with every row on one line."""
    return console(width=None if sys.stdout.isatty() else ONE_LINE)


def console(**how: Any) -> Console:
    """A console of Rich that makes the control characters in what it prints visible."""
    from dosing_env.cli import terminal

    return terminal.console(**how)
