"""Files are written whole; what dead processes left is cleaned, and nothing else is."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from dosing_env.io import writing
from dosing_env.io.writing import clean, scratch, whole, write_whole

NAME = ".dosing-env-0123456789abcdef.part"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_an_existing_file_keeps_its_mode_and_a_new_one_gets_that_of_the_umask(tmp_path: Path) -> None:
    private, new = tmp_path / "private.json", tmp_path / "below" / "new.json"
    private.write_text("old")
    private.chmod(0o600)
    before = os.umask(0o027)
    try:
        write_whole(private, b"levels")
        write_whole(new, b"levels")
    finally:
        os.umask(before)
    assert (private.read_bytes(), mode(private), mode(new)) == (b"levels", 0o600, 0o640)


def test_what_is_to_replace_a_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    private = tmp_path / "private.json"
    private.touch(0o600)
    with whole(private) as half:
        assert mode(half) == 0o600


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    link, target = tmp_path / "link", tmp_path / "there" / "file"
    link.symlink_to(Path("there") / "file")
    for data in (b"first", b"second"):  # the target is absent, and then there
        write_whole(link, data)
        assert link.is_symlink()
        assert target.read_bytes() == data
    assert not target.is_symlink()


def test_a_device_is_written_in_place() -> None:
    write_whole(Path("/dev/null"), b"levels")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_device_says_so() -> None:
    with pytest.raises(OSError, match="No space left on device"):
        write_whole(Path("/dev/full"), b"levels")


def test_a_pipe_is_written_in_place(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe", list[bytes]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_whole(pipe, b"levels")
    reader.join(timeout=10)
    assert read == [b"levels"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_name_on_the_way_is_in_the_same_folder_and_cannot_be_guessed(tmp_path: Path) -> None:
    seen = set()
    for _ in range(3):
        with whole(tmp_path / ("long" * 60)) as half:
            seen.add(half.name)
            assert half.parent == tmp_path
            half.write_text("x")
    assert len(seen) == 3
    assert all(writing.UNFINISHED.fullmatch(name) for name in seen)


def test_a_name_that_somebody_has_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NAME).symlink_to(tmp_path / "victim")
    monkeypatch.setattr("secrets.token_hex", lambda size: NAME[12:28])
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "file", b"levels")
    assert not (tmp_path / "victim").exists()


def test_data_is_on_the_disk_before_the_name_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr("os.fsync", lambda descriptor: done.append("fsync"))
    monkeypatch.setattr("os.replace", lambda *names: done.append("replace"))
    write_whole(tmp_path / "file", b"levels")
    assert done == ["fsync", "replace", "fsync"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    def fail() -> None:
        with whole(tmp_path / "file") as half:
            half.write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]


@pytest.mark.parametrize("what", ["whole", "scratch"])
def test_what_a_killed_process_leaves_is_cleaned_at_the_next_start(tmp_path: Path, what: str) -> None:
    code = f"""import sys, time
from pathlib import Path
from dosing_env.io.writing import {what}
with {what}(Path(sys.argv[1]){" / 'file'" if what == "whole" else ""}) as half:
    ((half / "x") if half.is_dir() else half).write_text("half")
    print("there", flush=True)
    time.sleep(600)
"""
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"there\n"
    write_whole(tmp_path / "other", b"")
    assert len(list(tmp_path.iterdir())) == 2, "what a living process writes stays"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert len(list(tmp_path.iterdir())) == 2
    write_whole(tmp_path / "other", b"")
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_nothing_else_is_cleaned(tmp_path: Path) -> None:
    for name in (".mine.123.part", "dosing-env-0123456789abcdef.part", ".dosing-env-x.part", f"{NAME}.txt"):
        (tmp_path / name).touch()
    (tmp_path / NAME).touch()
    os.mkfifo(tmp_path / NAME.replace("0", "2"))
    (tmp_path / NAME.replace("0", "1")).symlink_to(tmp_path / ".mine.123.part")
    before = {path.name for path in tmp_path.iterdir()}
    with whole(tmp_path / "a") as half, scratch(tmp_path) as folder:
        clean(tmp_path)
        left = {path.name for path in tmp_path.iterdir()}
        assert left == before - {NAME} | {half.name, folder.name}
    clean(tmp_path / "nowhere")


def test_a_scratch_folder_is_gone_at_the_end(tmp_path: Path) -> None:
    with scratch(tmp_path / "new") as folder:
        (folder / "kept").write_text("x")
        (folder / "lost").write_text("y")
        (folder / "kept").rename(tmp_path / "new" / "kept")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["kept"]
