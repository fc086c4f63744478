"""What is taken away is gone from the file, with everything it was found by; a tombstone stays."""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.core.stix import StixObject
from backchannel.flow.ports import Filter, NewObject, Transaction
from backchannel.flow.ports_channels import InboxItem
from backchannel.flow.ports_retention import Cause, Due, Going, Swept
from backchannel.flow.ports_taxii import Published
from backchannel.store.database import Database
from store_samples import steps
from two_parties import NOW
from worlds import decode, link, stix

THEM, OTHERS, US = "a" * 64, "b" * 64, "c" * 64
AGREEMENT, LONGER, ENVELOPE = "d" * 64, "e" * 64, "f" * 64
DAY = timedelta(days=1)
THREAT = stix("malware", "Predator", name="Zyzzyva Weevil", description="quokkaword")
TIE = link(stix("indicator", "one"), THREAT, "indicates")
ALL = datetime.max.replace(tzinfo=NOW.tzinfo)
RECALLED = Going(Cause.RECALL, NOW, "9" * 32)


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "node.db", create=True) as opened:
        with opened.write() as tx:
            tx.agreements.put_own(US, "Us")
        yield opened


def give(
    db: Database, *objects: StixObject, source: str = THEM, now: datetime = NOW, agreement: str = AGREEMENT
) -> None:
    with db.write() as tx:
        news = (NewObject.of(one, agreement=agreement, envelope=ENVELOPE) for one in objects)
        tx.holdings.add(news, source=source, now=now)


def wait(db: Database, one: StixObject, number: int = 1, agreement: str = AGREEMENT) -> None:
    item = InboxItem(
        number,
        THEM,
        agreement,
        ENVELOPE,
        one.id,
        one.type,
        one.version,
        "green",
        False,
        (("q", "quokkaflag"),),
        NOW,
        one.raw,
    )
    with db.write() as tx:
        tx.inbox.add([item])


def withdraw(db: Database, *objects: StixObject, source: str = THEM, going: Going = RECALLED) -> int:
    with db.write() as tx:
        return tx.retention.withdraw(source, [one.id for one in objects], going)


def clean(db: Database) -> None:
    while True:
        with db.write() as tx:
            if not tx.retention.clean(64):
                break
    assert db.fold()
    with db.write() as tx:
        tx.retention.folded()


def written(db: Database) -> bytes:
    """Everything that is on the disk."""
    return b"".join(path.read_bytes() for path in sorted(db.path.parent.iterdir()))


def ids(db: Database, **query: object) -> list[str]:
    with db.read() as tx:
        return [one.id for one in tx.holdings.find(Filter(**query))]  # type: ignore[arg-type]


def test_nothing_of_what_went_is_in_the_files_any_more(db: Database) -> None:
    other = stix("malware", "Pegasus", name="Pegasus", description="stays")
    give(db, THREAT, other, TIE)
    wait(db, stix("indicator", "waiting", pattern="[domain-name:value = 'quokkahost.example']"))
    words = (b"quokkaword", b"quokkahost", b"quokkaflag", b"zyzzyva", b"Zyzzyva")
    with db.read() as tx:
        assert list(tx.holdings.find(Filter(text="quokkaword")))
    before = written(db)
    assert all(word in before for word in words)
    assert withdraw(db, THREAT, stix("indicator", "waiting")) == 2
    clean(db)
    after = written(db)
    assert [word for word in words if word in after] == []
    assert ids(db, text="stays") == [other.id]
    assert THREAT.id.encode() in after, "the tombstone"


def test_a_tombstone_says_what_was_here_and_why_it_went(db: Database) -> None:
    give(db, THREAT)
    withdraw(db, THREAT, going=Going(Cause.RECALL, NOW + DAY, "9" * 32))
    with db.read() as tx:
        (stone,) = tx.retention.tombstones(THREAT.id)
        assert tx.retention.tombstones(TIE.id) == []
        assert tx.retention.tombstone_ids_beginning("malware--") == [THREAT.id]
    assert msgspec.structs.asdict(stone) == {
        "object_id": THREAT.id,
        "version": THREAT.version,
        "sha256": hashlib.sha256(THREAT.raw).hexdigest(),
        "source": THEM,
        "source_name": THEM[:12],
        "agreement": AGREEMENT,
        "envelope": ENVELOPE,
        "received_at": NOW,
        "gone_at": NOW + DAY,
        "cause": "recall",
        "recall": "9" * 32,
    }


def test_names_references_and_search_forget_what_went(db: Database) -> None:
    give(db, THREAT, TIE)
    withdraw(db, THREAT, TIE)
    with db.read() as tx:
        assert tx.holdings.terms(["zyzzyva weevil"]) == []
        assert tx.holdings.edges_to([THREAT.id]) == []
        assert list(tx.holdings.find(Filter(text="quokkaword"))) == []
        assert tx.holdings.known([THREAT.id], ()) == {}


def test_only_what_the_source_gave_goes(db: Database) -> None:
    for source in (THEM, OTHERS, US):
        give(db, THREAT, source=source)
    assert withdraw(db, THREAT) == 1
    with db.read() as tx:
        assert {one.source for one in tx.holdings.get(THREAT.id)} == {OTHERS, US}


def test_the_version_before_is_the_newest_again(db: Database) -> None:
    newer = decode(msgspec.json.encode({**THREAT.value, "modified": "2026-11-01T00:00:00.000Z"}))
    give(db, THREAT)
    give(db, newer, agreement=LONGER)
    with db.write() as tx:
        swept = tx.retention.sweep(Due(LONGER, THEM, ALL, {}), Going(Cause.END, NOW), 10)
    assert swept == Swept(1, 0, False)
    with db.read() as tx:
        (left,) = tx.holdings.find(Filter(latest=True))
    assert left.raw == THREAT.raw


def test_what_was_published_of_it_goes_at_once(db: Database) -> None:
    give(db, THREAT)
    with db.write() as tx:
        (held,) = tx.holdings.get(THREAT.id)
        tx.taxii.publish(
            LONGER, [Published(THREAT.id, "malware", THREAT.version, held.seq, b'{"secretcopy":1}', THREAT.id)], NOW
        )
    withdraw(db, THREAT)
    clean(db)
    assert b"secretcopy" not in written(db)


def test_without_its_definition_what_a_mark_stands_on_is_as_strict_as_can_be_again(db: Database) -> None:
    definition = stix(
        "marking-definition", "white", definition_type="statement", definition={"statement": "Copyright"}, name="x"
    )
    marked = stix("indicator", "marked", object_marking_refs=[definition.id])
    give(db, definition, marked)
    with db.read() as tx:
        (before,) = tx.holdings.get(marked.id)
    withdraw(db, definition)
    with db.read() as tx:
        (after,) = tx.holdings.get(marked.id)
    assert (before.tlp, after.tlp) == ("amber", "red")


def test_readers_of_the_holdings_notice_that_something_went(db: Database) -> None:
    give(db, THREAT)
    with db.read() as tx:
        before = tx.taxii.holdings_state()
    withdraw(db, THREAT)
    with db.read() as tx:
        assert tx.taxii.holdings_state() != before


def test_what_is_due_is_counted_as_a_sweep_would_find_it(db: Database) -> None:
    give(db, THREAT)
    give(db, TIE, now=NOW + 2 * DAY)
    wait(db, stix("indicator", "waiting"))
    due = Due(AGREEMENT, THEM, NOW + DAY, {})
    with db.write() as tx:
        assert tx.retention.count_due(due) == 2
        assert tx.retention.count_due(Due(AGREEMENT, OTHERS, ALL, {})) == 0
        assert tx.retention.count_due(Due(LONGER, THEM, ALL, {})) == 0
        assert tx.retention.sweep(due, Going(Cause.AGE, NOW), 10).gone == 2
        assert tx.retention.count_due(due) == 0
    assert ids(db) == [TIE.id]


def test_a_store_in_which_nothing_went_has_nothing_to_clean(db: Database) -> None:
    give(db, THREAT)
    with db.write() as tx:
        assert not tx.retention.is_unclean()
        swept = tx.retention.sweep(Due(AGREEMENT, THEM, NOW - DAY, {}), Going(Cause.AGE, NOW), 10)
        assert swept == Swept(0, 0, False)
        assert not tx.retention.is_unclean()
        tx.retention.withdraw(THEM, [THREAT.id], RECALLED)
        assert tx.retention.is_unclean()
    clean(db)
    with db.read() as tx:
        assert not tx.retention.is_unclean()


def test_the_log_is_not_folded_under_a_reader_and_is_still_to_be(db: Database) -> None:
    give(db, THREAT)
    with db.read() as tx:
        assert ids(db) == [THREAT.id]
        assert list(tx.holdings.find(Filter()))
        withdraw(db, THREAT)
        with db.write() as other:
            while other.retention.clean(64):
                pass
        assert not db.fold()
        assert len(list(tx.holdings.find(Filter()))) == 1, "the reader sees what it saw"
    with db.read() as tx:
        assert tx.retention.is_unclean()
    clean(db)
    with db.read() as tx:
        assert not tx.retention.is_unclean()


# --- what it costs -----------------------------------------------------------------------------------------------


def numbered(start: int, end: int) -> list[StixObject]:
    return [stix("indicator", f"number {number}") for number in range(start, end)]


COSTS: dict[str, Callable[[Transaction, list[tuple[str, str]]], object]] = {
    "received": lambda tx, versions: tx.retention.received(LONGER, THEM, [(*one, NOW) for one in versions]),
    "also received": lambda tx, versions: tx.retention.also_received(LONGER, THEM, versions, NOW),
    "expire": lambda tx, versions: tx.retention.expire(THEM, versions, RECALLED),
    "withdraw": lambda tx, versions: tx.retention.withdraw(THEM, [one for one, _ in versions], RECALLED),
}


@pytest.mark.parametrize("what", COSTS)
def test_what_is_put_on_record_of_some_costs_the_same_however_many_there_are(db: Database, what: str) -> None:
    def cost() -> int:
        return steps(db, lambda tx: COSTS[what](tx, [(one.id, one.version) for one in some]))

    def came(objects: list[StixObject]) -> None:
        give(db, *objects)
        with db.write() as tx:
            tx.retention.received(LONGER, THEM, [(one.id, one.version, NOW) for one in objects])

    some = numbered(0, 300)
    came(some)
    few = cost()
    came(numbered(300, 6_000))
    assert few > 5
    assert cost() < 2 * few
