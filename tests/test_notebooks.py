"""Every notebook runs from top to bottom, and what is committed is clean and looks like what a run gives."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).resolve().parent.parent / "notebooks").glob("*.ipynb"))
LARGEST = 1_500_000  # bytes
PATIENCE = 600  # s for one cell, on a machine that does other things too
ABSOLUTE = re.compile(r"(?<![\w.:/<~-])/[A-Za-z_][\w.-]*/[\w.-]+|\b[A-Z]:\\\w")

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@each
def test_it_runs_as_committed(path: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a copy: no error, no warning, no file left beside it, and each cell shows what the committed one shows."""
    for name in ("TMPDIR", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("PYTHONPATH", str(root))
    folder = tmp_path / "class"
    folder.mkdir()
    ran = read(Path(shutil.copy(path, folder)))
    for cell in code(ran):
        cell.outputs, cell.execution_count = [], None
    NotebookClient(ran, timeout=PATIENCE, kernel_name="python3", resources={"metadata": {"path": folder}}).execute()
    check_outputs(ran)
    assert [kinds(cell) for cell in code(ran)] == [kinds(cell) for cell in code(read(path))]
    assert [file.name for file in folder.iterdir()] == [path.name]


@each
def test_committed_outputs_are_whole_and_clean(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    check_outputs(notebook)
    assert path.stat().st_size < LARGEST


@each
def test_nothing_of_the_machine_is_kept(path: Path) -> None:
    notebook = read(path)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    assert dict(notebook.metadata) == {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert [dict(cell.metadata) for cell in notebook.cells] == [{}] * len(notebook.cells)
    assert [found for text in texts(notebook) for found in ABSOLUTE.findall(text)] == []


@each
def test_it_says_what_it_is_not_for(path: Path) -> None:
    first, *_, last = read(path).cells
    for cell in (first, last):
        assert "research and education only. not for the care of real patients" in cell.source.lower()


@pytest.mark.parametrize("text", ["in /tmp/ipykernel_7/1.py:6", "/home/me/x", "'/srv/runs/a.toml'", r"C:\runs"])
def test_an_absolute_path_is_found(text: str) -> None:
    assert ABSOLUTE.search(text)


@pytest.mark.parametrize("text", ["mg/L, mL/min/1.73", "https://a.org/b/c", "</td></tr>", "agents/a.toml", "a / b / c"])
def test_what_is_no_absolute_path_is_left_alone(text: str) -> None:
    assert not ABSOLUTE.search(text)


def check_outputs(notebook: Any) -> None:
    """Every code cell ran, in order, without an error or a warning, and there are pictures."""
    cells = code(notebook)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    shown = [kind for cell in cells for kind in kinds(cell)]
    assert not {"error", "stderr"} & set(shown)
    assert "image/png" in shown


def kinds(cell: Any) -> list[str]:
    """What the outputs of a cell are: "stdout", "stderr", "error", or the richest form of what is displayed."""
    return [kind_of(output) for output in cell.outputs]


def kind_of(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.name)
    data = output.get("data", {})
    return next((kind for kind in ("image/png", "text/html", "text/plain") if kind in data), output.output_type)


def texts(notebook: Any) -> Iterator[str]:
    """Everything that can be read, pictures left out."""
    for cell in notebook.cells:
        yield cell.source
        for output in cell.get("outputs", []):
            yield output.get("text", "")
            yield from (text for kind, text in output.get("data", {}).items() if kind.startswith("text/"))


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)
