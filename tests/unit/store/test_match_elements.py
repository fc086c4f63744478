"""Inputs of a matching session and blinded elements of the other side: in order, once, and found without a search."""

from backchannel.flow.ports_matching import Input, SessionRow
from backchannel.store.database import Database
from store_samples import steps
from two_parties import NOW

URL = "url"
ROW = SessionRow("1" * 32, "a" * 64, True, "running", 1, b"offer", NOW, NOW, b"answer", b"secret", b"seed")


def test_inputs_come_in_the_order_of_their_places_padding_among_them(db: Database) -> None:
    with db.write() as tx:
        tx.match_elements.put_inputs(ROW.id, URL, ["u0", "u1"], 4)
        tx.match_elements.put_inputs(ROW.id, "mutex", ["m0"], 1)
        tx.match_elements.place_inputs(ROW.id, URL, [(0, 30), (1, 10), (2, 20), (3, 10)])
        tx.match_elements.put_sent(ROW.id, URL, {1: b"b" * 32})
        assert tx.match_elements.inputs(ROW.id, URL, 0, 2) == [Input(1, "u1", b"b" * 32), Input(3, None, b"")]
        assert [one.number for one in tx.match_elements.inputs(ROW.id, URL, 0, 9)] == [1, 3, 2, 0]
        assert [one.number for one in tx.match_elements.numbered(ROW.id, URL, 1, 3)] == [1, 2]
        assert [one.value for one in tx.match_elements.numbered(ROW.id, URL, 0, 9)][:2] == ["u0", "u1"]


def test_what_was_sent_stays_before_what_was_not_and_is_known_by_its_envelope(db: Database) -> None:
    with db.write() as tx:
        tx.match_elements.put_inputs(ROW.id, URL, ["u0", "u1", "u2", "u3"], 6)
        tx.match_elements.place_inputs(ROW.id, URL, [(0, 30), (1, 0), (2, 20), (3, 10), (4, 15), (5, 25)])
        assert tx.match_elements.sent_after(ROW.id, URL, 0) == []
        for begin, envelope in ((0, 7), (2, 9)):
            sent = tx.match_elements.inputs(ROW.id, URL, begin, begin + 2)
            tx.match_elements.sent_in(ROW.id, URL, [one.number for one in sent], envelope)
        assert {one.number for one in tx.match_elements.inputs(ROW.id, URL, 4, 6)} == {5, 0}, (
            "what is next to be sent"
        )
        assert tx.match_elements.sent_after(ROW.id, URL, 6) == ["u1", "u2", "u3"]
        assert tx.match_elements.sent_after(ROW.id, URL, 7) == tx.match_elements.sent_after(ROW.id, URL, 8) == ["u2"]
        assert tx.match_elements.sent_after(ROW.id, URL, 9) == []


def test_a_later_shard_costs_what_the_first_one_does(db: Database) -> None:
    """Rows that come before it are passed over in the index."""
    many = 20_000
    with db.write() as tx:
        tx.match_elements.put_inputs(ROW.id, URL, [f"u{number}" for number in range(many)], many)
        tx.match_elements.place_inputs(ROW.id, URL, ((number, number * 7919 % many) for number in range(many)))
        some = [number.to_bytes(32, "big") for number in range(many)]
        assert tx.match_elements.add_blinded(ROW.id, URL, 0, some, [number * 7919 % many for number in range(many)])
    for read in ("inputs", "blinded"):
        first, last = (
            steps(db, lambda tx, read=read, at=at: getattr(tx.match_elements, read)(ROW.id, URL, at, at + 200))  # type: ignore[misc]
            for at in (0, many - 200)
        )
        assert first > 0
        assert last < first + many * 6 / 1_000, "a few instructions for each row that is passed over"


def test_a_blinded_element_is_kept_once_in_a_session(db: Database) -> None:
    some = [bytes([number]) * 32 for number in range(5)]
    with db.write() as tx:
        assert tx.match_elements.add_blinded(ROW.id, URL, 0, some[:3], [7, 5, 6])
        assert tx.match_elements.blinded(ROW.id, URL, 0, 2) == some[1:3], "by their places"
        assert list(tx.match_elements.all_blinded(ROW.id, URL)) == some[:3], "by their numbers"
        assert not tx.match_elements.add_blinded(ROW.id, URL, 3, [some[3], some[3]], [0, 0])
        assert not tx.match_elements.add_blinded(ROW.id, "mutex", 0, [some[0]], [0])
        assert tx.match_elements.add_blinded("2" * 32, URL, 0, some[:3], [7, 5, 6])
