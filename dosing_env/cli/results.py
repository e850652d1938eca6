"""The end of `dosing-env evaluate`: the table, the files, and what is kept where they cannot be written."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dosing_env.cli.program import FAILED, STOPPED, CommandError, console, say
from dosing_env.cli.progress import Report
from dosing_env.trial import Trial
from dosing_env.trial_files import identity_of, require_free
from dosing_env.virtual_trial import DIED


class Results:
    """The files of a trial: written so that whatever happens, what is finished is kept and said."""

    def __init__(self, trial: Trial, output: Path | None, parquet: bool, overwrite: bool) -> None:
        self.trial, self.parquet, self.overwrite = trial, parquet, overwrite
        self.folder = _folder_of_stopped(trial) if trial.partial and output is None else output
        self.saved = False
        self.written: list[Path] = []  # those a reader opens first

    @contextmanager
    def kept_after_ctrl_c(self) -> Iterator[None]:
        """Ctrl-C meanwhile ends the program, but not without the tables."""
        try:
            yield
        except KeyboardInterrupt:
            self.folder = self.folder or _folder_of_stopped(self.trial)
            self.save()
            raise self._stopped() from None

    def print(self) -> None:
        """Print the table, before anything can go wrong with files."""
        from dosing_env.report.table import TerminalReport

        console().print(TerminalReport(self.trial))

    def write(self, report: Path | None, shown: Report) -> None:
        """Write what was asked for.

        Raises:
            CommandError: the disk is full, or the like: what is written all the same is named.
        """
        shown(0, 2, "tables")
        if self.folder is not None:
            self.save()
            self.written += [self.folder / ("trial.parquet" if self.parquet else "trial.csv")]
            self.written += [self.folder / "summary.csv"]
        shown(1, 2, "report")
        for path in (self.folder and self.folder / "report.html", report):
            if path is not None:
                self._report(path)
        shown(2, 2, "results")

    def save(self) -> None:
        """Write the tables, unless that was done: to another folder where the one asked for is taken by now."""
        if self.saved or self.folder is None:
            return
        try:
            self.trial.save(self.folder, parquet=self.parquet, overwrite=self.overwrite)
        except ValueError as error:  # files have come there meanwhile, or a partial trial would replace a finished one
            self.folder = _folder_of_stopped(self.trial)
            warnings.warn(f"{error}. The results go to {self.folder}", stacklevel=2)
            self.trial.save(self.folder, parquet=self.parquet)
        except OSError as error:
            raise self._failed(self.folder, error, "the table above is all there is") from error
        self.saved = True

    def end(self) -> None:
        """Say where the files are.

        Raises:
            CommandError: the trial is not whole.
        """
        if self.trial.partial:
            raise self._stopped()
        say(*([""] if self.written else []), *(f"wrote {path}" for path in self.written))

    def _report(self, path: Path) -> None:
        try:
            self.trial.report(path)
        except OSError as error:
            there = f"the tables are in {self.folder}" if self.saved else "the table above is all there is"
            raise self._failed(path, error, there) from error
        self.written.append(path)

    def _failed(self, path: Path, error: OSError, there: str) -> CommandError:
        return CommandError(f"{path}: not written: {error.strerror or error}; {there}", FAILED)

    def _stopped(self) -> CommandError:
        trial = self.trial
        finished, all_ = len(trial.arms()), len(trial.policies)
        why = trial.provenance.get("stopped", "stopped")
        code = FAILED if why == DIED else STOPPED
        return CommandError(f"{why}; {finished} of {all_} policies were finished and are in {self.folder}", code)


def _folder_of_stopped(trial: Trial) -> Path:
    """Where a trial goes that nobody named a folder for: one where nothing else is."""
    name = f"{trial.provenance['scenario']}_seed{trial.provenance['seed']}_stopped"
    for number in itertools.count(1):
        folder = Path("runs") / (name if number == 1 else f"{name}_{number}")
        with suppress(ValueError):
            require_free(folder, None if trial.partial else identity_of(trial), overwrite=False)
            return folder
    raise AssertionError
