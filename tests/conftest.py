"""Fixtures that every test may use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ctrl_c import heard


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout under test."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def ctrl_c_is_heard() -> Iterator[None]:
    """See `tests.ctrl_c`."""
    with heard():
        yield
