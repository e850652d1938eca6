"""Control characters are visible and messages short, wherever text of users is printed."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pandas as pd
import pytest

from dosing_env import scenario
from dosing_env.catalogue import unknown
from dosing_env.cli.program import say
from dosing_env.cli.terminal import console
from dosing_env.io import printable
from dosing_env.io.spreadsheet import quoted, unquoted
from dosing_env.report.markdown import plain
from tests.cli.commands import complaint, run

NASTY = "a\x1b[31mb\x9bc\x1b]0;t\x07\u202ed\x00e\nf\u2066"


def test_nothing_invisible_is_left() -> None:
    shown = printable.visible(NASTY)
    assert shown == r"a\x1b[31mb\x9bc\x1b]0;t\x07\u202ed\x00e\nf\u2066"
    assert printable.visible("3\u00a0mg h/L \u00b5", "") == "3\u00a0mg h/L \u00b5"
    assert printable.visible("a\nb\r", keep="\n") == "a\nb\\r"


@pytest.mark.parametrize("text", ["x" * 10**6, "\x1b" * 10**6, "a", "", "\ud800" * 1000])
def test_a_line_is_short(text: str) -> None:
    for line in (printable.one_line(text), printable.value(text), unknown("drug", text, [text] * 50)):
        assert len(line) < 300
        assert line.isprintable()


def test_a_number_too_long_to_write() -> None:
    assert printable.value([10**5000]) == "a number of too many digits"


def test_many_names_are_counted() -> None:
    assert printable.listed(["a", "b"]) == "a, b"
    assert printable.listed([f"name{i}" for i in range(100)]).endswith(" more")
    assert len(printable.listed(["x" * 1000] * 1000)) < 200


def test_the_terminal_shows_no_codes_of_users(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("heading")
    table.add_row(Text(NASTY))
    out = io.StringIO()
    for thing in (NASTY, Text(NASTY), table):
        console(file=out, width=100).print(thing, markup=False)
    say(NASTY)
    for text in (out.getvalue(), capsys.readouterr().out):
        assert "\\x1b[31m" in text
        assert text.replace("\n", "").isprintable()


def test_errors_of_a_file_show_what_is_in_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = "a\x1b[31m\u202e\n.toml"
    Path(name).write_text('"x\\u001b\\n" = 1', encoding="utf-8")
    line = complaint(run("evaluate", name)).rstrip("\n")
    assert line.isprintable()
    assert r"a\x1b[31m\u202e\n.toml" in line
    with pytest.raises(ValueError, match=r"unknown key x\\x1b\\n") as refused:
        scenario.load(name)
    assert str(refused.value).isprintable()


CELLS = ["=1+1", "+x", "-x", "@x", "\tx", "'x", "''", "x", "", "-5", "'=x", "\n=x"]


def test_a_spreadsheet_runs_no_cell() -> None:
    table = pd.DataFrame({"=name": CELLS, "n": range(len(CELLS)), "x": [-1.5] * len(CELLS)})
    written = quoted(table)
    assert list(written["'=name"])[:6] == ["'=1+1", "'+x", "'-x", "'@x", "'\tx", "''x"]
    assert list(written["x"]) == [-1.5] * len(CELLS)
    assert list(table["=name"]) == CELLS
    text = io.StringIO(written.to_csv(index=False))
    back = unquoted(pd.read_csv(text, keep_default_na=False))
    assert list(back["=name"]) == CELLS
    assert back.columns[0] == "=name"
    assert not re.search(r'(?m)(^|,)"?[=+@\t]', written.to_csv(index=False).replace("\n=x", ""))


def test_markdown_has_no_html_of_users() -> None:
    assert plain("<script>alert(1)</script>\x1b") == "&lt;script>alert(1)&lt;/script>\\x1b"
    assert plain(1.5) == 1.5
