"""No password of a storage stands in a message."""

from __future__ import annotations

import pytest

pytest.importorskip("optuna")

from dosing_env.training import study
from dosing_env.training.search import prepare
from tests.training.recipes import small

URLS = (
    "postgresql://user:secret@host/db",
    "postgresql+psycopg2://user:sec@secret/ret@host:5432/db",
    "mysql+pymysql://user:s%65cret-secret@host/db?charset=utf8",
    "nosuchbase://user@host/db?password=secret&x=1",
)


@pytest.mark.parametrize("url", URLS)
def test_a_password_is_not_shown(url: str) -> None:
    assert "secret" not in study.shown(url)
    assert "***" in study.shown(url)
    plan, _ = prepare(small(), 1, url, None, None, None, None)
    with pytest.raises(ValueError, match=r"storage .*\*\*\*") as refused:
        study.opened(plan)
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_url_without_a_password_stays() -> None:
    for url in ("sqlite:///runs/a/study.db", "postgresql://user@host/db", "journal:a@b/study.log"):
        assert study.shown(url) == url
