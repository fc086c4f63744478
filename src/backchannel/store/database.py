"""The node's database: one SQLite file, opened, migrated and handed out in transactions.

Rules: one writer at a time, readers never wait for it (write-ahead log); a commit is on the disk when
`write` returns (`synchronous=FULL`); an exception inside the block undoes all of it. Nothing outside
`store` sees SQLAlchemy. A file of a newer version is refused before anything in it is read.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text

from backchannel.errors import DiskFull, NoNode, StoreBroken, StoreBusy, StoreReadOnly, StoreTooNew
from backchannel.flow.ports import Agreements, Holdings
from backchannel.flow.ports_arrivals import Arrivals
from backchannel.flow.ports_canaries import Canaries
from backchannel.flow.ports_cards import Cards
from backchannel.flow.ports_channels import Channels, Inbox
from backchannel.flow.ports_consents import Consents, Provenances
from backchannel.flow.ports_ledger import Ledger
from backchannel.flow.ports_matching import MatchElements, Matching
from backchannel.flow.ports_origins import Tellings
from backchannel.flow.ports_recalls import Recalls
from backchannel.flow.ports_reports import Givers, Regrades, Reliability
from backchannel.flow.ports_requests import Requests
from backchannel.flow.ports_retention import Retention
from backchannel.flow.ports_taxii import Pulls, Taxii
from backchannel.store.agreements import SqlAgreements
from backchannel.store.arrivals import SqlArrivals
from backchannel.store.canaries import SqlCanaries
from backchannel.store.cards import SqlCards
from backchannel.store.channels import SqlChannels
from backchannel.store.consents import SqlConsents
from backchannel.store.faults import translated
from backchannel.store.givers import SqlGivers
from backchannel.store.holdings import SqlHoldings
from backchannel.store.inbox import SqlInbox
from backchannel.store.ledger import SqlLedger
from backchannel.store.match_elements import SqlMatchElements
from backchannel.store.matching import SqlMatching
from backchannel.store.provenance import SqlProvenances
from backchannel.store.pulls import SqlPulls
from backchannel.store.recalls import SqlRecalls
from backchannel.store.reliability import SqlRegrades, SqlReliability
from backchannel.store.requests import SqlRequests
from backchannel.store.retention import SqlRetention
from backchannel.store.schema import APPLICATION_ID, SCHEMA_VERSION
from backchannel.store.taxii import SqlTaxii
from backchannel.store.tellings import SqlTellings

BUSY_MILLISECONDS = 30_000
"""How long a writer waits for another before it reports that the store is busy."""

FOLD_MILLISECONDS = 200
"""How long folding the log waits for readers, and holds up writers meanwhile."""

CACHE_KIB = 65_536
"""Page cache of one connection."""

MIGRATIONS = Path(__file__).parent / "migrations"

PAGE_BYTES = 8_192
"""Most objects fit into one page of this size, beside their neighbours."""

CHECKPOINT_PAGES = 8_192
"""The log is folded into the file when it is this long (64 MiB): one page is then written once for many commits."""

_SETTINGS = (
    f"page_size={PAGE_BYTES}",
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    "secure_delete=ON",  # what is deleted is overwritten, and not only left to be
    f"cache_size=-{CACHE_KIB}",
    f"wal_autocheckpoint={CHECKPOINT_PAGES}",
)

_BEGIN = "backchannel_begin"
_LATER = (StoreBusy, DiskFull, StoreReadOnly)
"""What puts off the care of a store until its next closing."""


class SqlTransaction:
    """One database transaction and the stores that share it (`flow.ports.Transaction`)."""

    def __init__(self, connection: Connection) -> None:
        self.holdings: Holdings = SqlHoldings(connection)
        self.agreements: Agreements = SqlAgreements(connection)
        self.channels: Channels = SqlChannels(connection)
        self.inbox: Inbox = SqlInbox(connection)
        self.taxii: Taxii = SqlTaxii(connection)
        self.pulls: Pulls = SqlPulls(connection)
        self.arrivals: Arrivals = SqlArrivals(connection)
        self.ledger: Ledger = SqlLedger(connection)
        self.canaries: Canaries = SqlCanaries(connection)
        self.cards: Cards = SqlCards(connection)
        self.recalls: Recalls = SqlRecalls(connection)
        self.retention: Retention = SqlRetention(connection)
        self.provenances: Provenances = SqlProvenances(connection)
        self.consents: Consents = SqlConsents(connection)
        self.requests: Requests = SqlRequests(connection)
        self.matching: Matching = SqlMatching(connection)
        self.match_elements: MatchElements = SqlMatchElements(connection)
        self.reliability: Reliability = SqlReliability(connection)
        self.regrades: Regrades = SqlRegrades(connection)
        self.givers: Givers = SqlGivers(connection)
        self.tellings: Tellings = SqlTellings(connection)


class Database:
    """An open store. Make it with `open`; safe to use from several threads, a transaction in each."""

    def __init__(self, path: Path, engine: Engine, busy_milliseconds: int = BUSY_MILLISECONDS) -> None:
        self.path = path
        self._engine = engine
        self._busy_seconds = busy_milliseconds / 1000
        self._writing = threading.Lock()
        self._watching = threading.Lock()
        self._watch: sqlite3.Connection | None = None

    @classmethod
    def open(cls, path: Path, *, create: bool = False, busy_milliseconds: int = BUSY_MILLISECONDS) -> Self:
        """Open the store at `path`, bringing an older one up to date; `create` makes it if it is missing.

        Raises:
            NoNode: there is no file and `create` is False.
            StoreTooNew: a newer version has used it. Nothing was changed.
            StoreBroken: it is not SQLite, damaged, or the database of another program.
            StoreBusy, StoreReadOnly, DiskFull: as they say.
        """
        _make_private(path, create)
        engine = _engine(path, busy_milliseconds)
        try:
            with translated(path):
                _bring_up_to_date(engine, path, create)
        except BaseException:
            engine.dispose()
            raise
        return cls(path, engine, busy_milliseconds)

    def close(self) -> None:
        """Give the connections back; the write-ahead log is folded into the file.

        What SQLite knows of the tables for its queries is brought up to date; while another process writes, or while
        nothing can be written, that waits for the next time: who only reads must not fail for it.
        """
        try:
            with suppress(*_LATER), translated(self.path), self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout=0")
                connection.exec_driver_sql("PRAGMA analysis_limit=400")
                connection.exec_driver_sql("PRAGMA optimize")
        finally:
            self._engine.dispose()
            if self._watch is not None:
                self._watch.close()

    def version(self) -> int:
        """A number that is another one after each commit, of whatever process: while it stays, so does all that was
        read since. It takes some microseconds and waits for nobody.

        Raises:
            StoreBusy, StoreBroken, StoreReadOnly: as they say.
        """
        with translated(self.path), self._watching:
            if self._watch is None:  # of its own, since a connection does not count what it commits itself
                self._watch = sqlite3.connect(self.path, timeout=0, check_same_thread=False, isolation_level=None)
            (number,) = self._watch.execute("PRAGMA data_version").fetchone()
            return int(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        """A transaction that may write: durable when the block ends, undone when it raises.

        Raises:
            StoreBusy: another thread or process wrote for longer than the time to wait.
            DiskFull, StoreReadOnly, StoreBroken: as they say; nothing of the block was kept.
        """
        # Threads queue here: SQLite lets whoever finds the store busy sleep, and the longer the later it came.
        if not self._writing.acquire(timeout=self._busy_seconds):
            raise StoreBusy(f"another thread holds {self.path}")
        try:
            with translated(self.path), _begun(self._engine, "BEGIN IMMEDIATE") as connection:
                yield SqlTransaction(connection)
        finally:
            self._writing.release()

    def fold(self) -> bool:
        """Fold the write-ahead log into the file and cut it off, so that it holds nothing any more that was deleted;
        False while others read or write, who would have to wait."""
        with translated(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={FOLD_MILLISECONDS}")
            try:
                busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
                return not busy
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={int(self._busy_seconds * 1000)}")

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        """A transaction that sees one state of the store from its first look on, whatever others write."""
        with translated(self.path), _begun(self._engine, "BEGIN") as connection:
            connection.exec_driver_sql("PRAGMA query_only=ON")
            try:
                yield SqlTransaction(connection)
            finally:
                connection.exec_driver_sql("PRAGMA query_only=OFF")


@contextmanager
def _begun(engine: Engine, begin: str) -> Iterator[Connection]:
    with engine.connect().execution_options(**{_BEGIN: begin}) as connection, connection.begin():
        yield connection


def _make_private(path: Path, create: bool) -> None:
    """Make the file before SQLite does, readable by its owner alone; the log files take over its mode."""
    if not create:
        if not path.exists():
            raise NoNode(f"there is no store at {path}")
        return
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreReadOnly(f"{path} cannot be made or written ({error.strerror})") from None


def _engine(path: Path, busy_milliseconds: int) -> Engine:
    url = URL.create("sqlite", database=str(path.absolute()))
    engine = create_engine(url, connect_args={"timeout": busy_milliseconds / 1000})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    """Settings of a new SQLite connection. `isolation_level=None`: transactions begin where we say so."""
    connection.isolation_level = None
    for setting in _SETTINGS:
        connection.execute(f"PRAGMA {setting}").close()


def _on_begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))


# --- versions of the schema -------------------------------------------------------------------------------


def _bring_up_to_date(engine: Engine, path: Path, create: bool) -> None:
    with _begun(engine, "BEGIN") as connection:
        version = _version(connection, path)
    if version == SCHEMA_VERSION:
        return
    if version is None and not create:
        raise StoreBroken(f"{path} is empty: it holds no store")
    with _begun(engine, "BEGIN IMMEDIATE") as connection:
        if _version(connection, path) != SCHEMA_VERSION:
            _migrate(connection)
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def _version(connection: Connection, path: Path) -> str | None:
    """The revision of the file; None if it is empty. Refuses what is too new and what is not ours."""
    tables = set(inspect(connection).get_table_names())
    if not tables:
        return None
    if connection.exec_driver_sql("PRAGMA application_id").scalar() != APPLICATION_ID:
        raise StoreBroken(f"{path} is the database of another program")
    version = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if version > SCHEMA_VERSION:
        raise StoreTooNew(f"{path} has schema {version}; this version of Backchannel knows up to {SCHEMA_VERSION}")
    return version


def _migrate(connection: Connection) -> None:
    """Run the missing migrations. Alembic is imported only here: a start with nothing to do is quick."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
