"""What is learned decision by decision fits a course of as many decisions."""

from __future__ import annotations

from dosing_env.task import Task


def require_decisions(known: int, what: str, task: Task, where: str) -> None:
    """Refuse a task of another number of decisions.

    Raises:
        ValueError: it has another.
    """
    if known != task.decisions:
        raise ValueError(f"{where}: there are {what} for {known} decisions, task {task.name} has {task.decisions}")
