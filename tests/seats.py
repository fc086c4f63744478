"""Two nodes whose stores are in memory and whose carrier is one of chance: real passes of `node.sync`, played fast.

A store is written to bytes and read from them: that is how a seat is copied, and how it is opened again after a
power cut. A fault is planned for the next command: a power cut at a durable step, or a disk that is full when a
transaction commits.
"""

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from backchannel.core.terms import Terms, from_canonical
from backchannel.errors import DiskFull
from backchannel.flow import agree, amend, ending, inbound
from backchannel.flow.parties import Peer, Us
from backchannel.flow.ports import AgreementRow, NewObject, Party
from backchannel.flow.vet import Services
from backchannel.node import exchange, recalls, requests, retention, sync
from backchannel.node.node import Node
from backchannel.node.report import SyncReport
from backchannel.node.settings import Settings
from backchannel.store.database import Database, SqlTransaction
from backchannel.store.faults import translated
from carrier_of_chance import CarrierOfChance
from exchange import harmless, one_process, valid
from two_parties import NOW
from two_parties import Node as Keys

T = TypeVar("T")
_salts = count()


class PowerCut(BaseException):
    """The process is gone; nothing catches that."""


class Fault(NamedTuple):
    """What goes wrong in the next command: a power cut when a step is reached for the nth time, or with the step
    `full` a disk that is full at the nth commit."""

    step: str = ""
    nth: int = 1


class MemoryStore(Database):
    """A store in memory: the tables and statements are the real ones, and so are SQLite's transactions; only what
    SQLAlchemy does around each of them is left out. One engine, so that statements are compiled once."""

    def __init__(self, on_commit: Callable[[], None]) -> None:
        super().__init__(Path("memory"), create_engine("sqlite://", creator=self._connect, poolclass=StaticPool))
        self._on_commit = on_commit
        self._raw: sqlite3.Connection | None = None
        self._data = b""
        self._tx: SqlTransaction | None = None

    def load(self, data: bytes) -> None:
        """The store is what these bytes say, over a connection of its own."""
        self._engine.dispose()
        self._data, self._raw = data, None
        self._tx = SqlTransaction(self._engine.connect())

    def save(self) -> bytes:
        """What was committed."""
        assert self._raw is not None
        return self._raw.serialize()

    def query(self, statement: str, *values: str) -> list[Any]:
        """Read the tables as they are."""
        assert self._raw is not None
        return self._raw.execute(statement, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[SqlTransaction]:
        with translated(self.path), self._begun("BEGIN IMMEDIATE") as tx:
            yield tx
            self._on_commit()

    def fold(self) -> bool:
        """There is no log to fold."""
        return True

    @contextmanager
    def read(self) -> Iterator[SqlTransaction]:
        with self._begun("BEGIN") as tx:
            yield tx

    @contextmanager
    def _begun(self, begin: str) -> Iterator[SqlTransaction]:
        assert self._raw is not None
        assert self._tx is not None
        self._raw.execute(begin)
        try:
            yield self._tx
            self._raw.execute("COMMIT")
        except BaseException:
            self._raw.execute("ROLLBACK")
            raise

    def _connect(self) -> sqlite3.Connection:
        self._raw = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._raw.deserialize(self._data)
        self._raw.execute("PRAGMA foreign_keys=ON")
        return self._raw


class Seat:
    """One party: its keys, its store, its clock, and the fault that waits for it."""

    def __init__(self, keys: Keys, home: Path) -> None:
        self.keys = keys
        self.now = NOW
        self.fault = Fault()
        self._steps = Counter[str]()
        self.store = MemoryStore(lambda: self._reached("full"))
        us = Us(keys.private, keys.card, keys.key[:32].encode(), _random, self._reached)
        home.mkdir(exist_ok=True)
        services = Services(validate=valid, poison=harmless, engine=one_process)
        settings = Settings(warning_lists=False, synonyms=False)
        self.node = Node(
            home, settings, us, keys.card_bytes, self.store, _no_synonyms, lambda: services, lambda: self.now
        )

    @property
    def key(self) -> str:
        return self.keys.key

    @property
    def as_peer(self) -> Peer:
        """This party as the other one has it enrolled."""
        return Peer(self.as_party, self.keys.card)

    @property
    def as_party(self) -> Party:
        return Party(self.key, self.keys.card.name, self.keys.card_bytes, "self", False, NOW)

    @property
    def db(self) -> Database:
        return self.store

    def load(self, data: bytes) -> None:
        self.store.load(data)
        self.now = NOW
        self.fault = Fault()

    def reopen(self) -> None:
        """What was committed is there; nothing else is."""
        self.store.load(self.store.save())

    def _reached(self, step: str) -> None:
        if step != self.fault.step:
            return
        self._steps[step] += 1
        if self._steps[step] == self.fault.nth:
            self.fault = Fault()
            if step != "full":
                raise PowerCut(step)
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    def does(self, action: Callable[[], T], fault: Fault) -> T | None:
        """Do something with that fault; None if it came to it. After a power cut the store is opened again."""
        self.fault, self._steps = fault, Counter()
        try:
            return action()
        except PowerCut:
            self.reopen()
        except DiskFull:
            pass
        finally:
            self.fault = Fault()
        return None

    # --- what the officer does ------------------------------------------------------------------------------

    def enrol(self, other: "Seat") -> None:
        with self.db.write() as tx:
            tx.agreements.put_own(self.key, self.keys.card.name)
            tx.agreements.put_party(other.as_party)

    def holds(self, objects: Any, tlp: str = "green") -> None:
        with self.db.write() as tx:
            tx.holdings.add((NewObject.of(one, default_tlp=tlp) for one in objects), source=self.key, now=self.now)

    def propose(self, to: "Seat", terms: Terms) -> str:
        with self.db.write() as tx:
            return agree.propose(tx, self.node.standing(), to.as_peer, terms).id

    def decide(self, what: str, agreement: str, other: "Seat", terms: Terms | None = None) -> None:
        """Accept, decline, end or (with terms) amend an agreement."""
        with self.db.write() as tx:
            row = self.node.agreement(tx, agreement)
            if terms is not None:
                amend.amend(tx, self.node.standing(), other.as_peer, row, terms)
            else:
                verbs = {"accept": agree.accept, "decline": agree.decline, "end": ending.end}
                verbs[what](tx, self.node.standing(), other.as_peer, row)

    def release(self, agreement: str) -> None:
        exchange.release(self.node, agreement)

    def ask(self, agreement: str) -> str:
        """Ask something; the id of the request."""
        return requests.ask(self.node, agreement, requests.Asking("What else of it did you see?")).id

    def recall(self, object_id: str) -> None:
        recalls.recall(self.node, object_id, "it was wrong")

    def take(self) -> None:
        """Accept everything that waits in the inbox."""
        with self.db.write() as tx:
            inbound.merge(tx, tx.inbox.take([item.number for item in tx.inbox.items()]), now=self.now)

    def sync(self, carrier: CarrierOfChance) -> SyncReport:
        """One pass, over that carrier; keys stay as they are, and nothing is so old that it must go."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sync, "own_mailboxes", lambda _node: carrier)
            patch.setattr(sync, "upkeep", lambda node: node)
            patch.setattr(sync, "card_news", lambda _node, _since: [])
            patch.setattr(retention, "run", lambda _node, **_most: retention.Carried())
            return sync.sync(self.node, timer=lambda: 0.0)

    # --- what it knows --------------------------------------------------------------------------------------

    def query(self, statement: str, *values: str) -> list[Any]:
        """What lies in its tables, read without the code that writes them."""
        return self.store.query(statement, *values)

    def read(self, look: Callable[[SqlTransaction], T]) -> T:
        with self.db.read() as tx:
            return look(tx)

    def rows(self) -> dict[str, AgreementRow]:
        return self.read(lambda tx: {row.id: row for row in tx.agreements.all()})

    def terms(self, agreement: str) -> Terms:
        return from_canonical(self.rows()[agreement].terms)


def _no_synonyms(_name: str) -> frozenset[str]:
    return frozenset()


def draw_anew(first: int) -> None:
    """What all seats draw from now on is what they drew when this was called before."""
    global _salts
    _salts = count(first)


def _random(size: int) -> bytes:
    return hashlib.shake_256(b"salt %d" % next(_salts)).digest(size)
