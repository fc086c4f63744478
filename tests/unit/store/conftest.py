"""An empty store for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backchannel.store.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "store.sqlite", create=True) as database:
        yield database
