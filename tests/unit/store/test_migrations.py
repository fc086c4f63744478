"""The revisions lead to the tables of `schema`, and a start that has nothing to do does not load Alembic."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from backchannel.store.database import MIGRATIONS, Database
from backchannel.store.schema import SCHEMA_VERSION, metadata


def schema_of(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as raw:
        rows = raw.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    raw.close()
    return {name: re.sub(r"\s+", " ", sql) for name, sql in rows if name != "alembic_version"}


def test_replayed_migrations_equal_a_fresh_schema(tmp_path: Path) -> None:
    Database.open(tmp_path / "replayed", create=True).close()
    engine = create_engine(f"sqlite:///{tmp_path / 'fresh'}")
    metadata.create_all(engine)
    engine.dispose()
    replayed = schema_of(tmp_path / "replayed")
    assert replayed == schema_of(tmp_path / "fresh")
    assert set(metadata.tables) < set(replayed)


def test_the_newest_revision_is_the_version_of_the_schema() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [SCHEMA_VERSION]
    numbers = [script.revision for script in scripts.walk_revisions()]
    assert numbers == sorted(numbers, reverse=True)
    assert all(re.fullmatch(r"\d{4}", number) for number in numbers)


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path) -> None:
    Database.open(tmp_path / "s", create=True).close()
    code = (
        "import sys; from pathlib import Path; from backchannel.store.database import Database;"
        "Database.open(Path(sys.argv[1])).close(); assert 'alembic' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "s")], check=True, timeout=60)
