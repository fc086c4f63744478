"""A store as an earlier version left it: for tests of what the migrations take over."""

import sqlite3
from contextlib import closing
from pathlib import Path

_SINCE = ("told", "released_trace", "telling", "judgement", "regrade", "report_giver")
"""Tables that later revisions made, which have to make them again."""


def back_to_0009(path: Path, *then: str) -> None:
    """Take a closed store back to revision 0009: nothing that later ones made is in it. `then` is run in it."""
    with closing(sqlite3.connect(path)) as raw, raw:
        for table in _SINCE:
            raw.execute(f"DROP TABLE {table}")
        raw.execute("ALTER TABLE provenance DROP COLUMN tag")
        raw.execute("UPDATE alembic_version SET version_num = '0009'")
        for statement in then:
            raw.execute(statement)
