"""Matching between two sides in process, played step by step: what tests of it do again and again."""

from typing import Any

import msgspec

from backchannel.core.term_fields import Matching
from backchannel.flow import matching
from backchannel.flow.ports_channels import OutboxItem
from backchannel.flow.ports_matching import SessionRow
from backchannel.protocol import message
from backchannel.protocol.envelope import parse
from backchannel.protocol.matching import OVER, State
from exchange import Side, agreed, carry, one_process, opened
from matching_sides import draws, knows

Pair = tuple[Side, Side]
World = tuple[Side, Side, str]
TERMS = Matching(types=("domain-name",), per_day=1_000)
COMMON = [f"both{number}.example" for number in range(5)]


def draw_anew(pair: Pair) -> Pair:
    """Each of the two draws something else every time."""
    for side in pair:
        draws(side)
    return pair


def who_match(pair: Pair) -> World:
    """Two parties with an agreement that allows matching; each knows hosts, five of which the other knows."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [*COMMON, *(f"lab{number}.example" for number in range(12))])
    knows(vendor, [*(host.upper() for host in COMMON), *(f"vendor{number}.example" for number in range(30))])
    return lab, vendor, agreement


def begin(side: Side, other: Side, agreement: str, **how: object) -> SessionRow:
    with side.db.write() as tx:
        return matching.open_session(
            tx, side.standing, side.peers[other.key], side.row(agreement), one_process(), **how
        )


def latest_in(tx: Any, agreement: str) -> SessionRow | None:
    """The session that is not over, or else the last one; the officer's history aside."""
    found = [one for one in tx.matching.all(agreement) if one.offer]
    return next((one for one in found if State(one.state) not in OVER), found[-1] if found else None)


def session_of(side: Side, agreement: str) -> SessionRow:
    with side.db.read() as tx:
        found = latest_in(tx, agreement)
        assert found is not None
        return found


def works(side: Side, other: Side, agreement: str, most: int = 10_000) -> int:
    """What the side can do by itself; how many steps."""
    done = 0
    while done < most:
        with side.db.write() as tx:
            session = latest_in(tx, agreement)
            if session is None or not matching.step(tx, side.standing, side.peers[other.key], session, one_process()):
                break
        done += 1
    return done


def breaks_off(side: Side, other: Side, agreement: str) -> None:
    """The side's officer stops the session, if it is not over."""
    with side.db.write() as tx:
        session = session_of(side, agreement)
        if State(session.state) not in OVER:
            matching.stop(tx, side.standing, side.peers[other.key], session, "enough")


def goes_on(one: Side, other: Side, agreement: str, rounds: int = 1_000) -> None:
    """Both work and carry until nothing moves."""
    for _ in range(rounds):
        moved = works(one, other, agreement)
        carry(one, other)
        moved += works(other, one, agreement)
        carry(other, one)
        if not moved and not one.sealed(other) and not other.sealed(one):
            return


def played(one: Side, other: Side, agreement: str, **how: object) -> tuple[SessionRow, SessionRow]:
    """A session from its offer to where nothing moves any more, as both have it."""
    begin(one, other, agreement, **how)
    goes_on(one, other, agreement)
    return session_of(one, agreement), session_of(other, agreement)


def up_to(one: Side, other: Side, agreement: str, what: type) -> tuple[OutboxItem, Any]:
    """Play until `other` has sealed a message of that type, a shard with something in it; that envelope, not carried,
    and the message."""
    begin(one, other, agreement)
    for _ in range(50):
        works(one, other, agreement)
        carry(one, other)
        works(other, one, agreement, most=1)
        for item in other.sealed(one):
            for said in opened(item, other, one):
                if isinstance(said, what) and getattr(said, "parts", True):
                    return item, said
        carry(other, one)
    raise AssertionError(f"no {what.__name__} came")


def instead(other: Side, one: Side, item: OutboxItem, said: message.AnyMessage) -> None:
    """What arrives is another message than the one that waits, in its place in the channel."""
    with other.db.write() as tx:
        tx.channels.take_unsent(item.channel)
        row = tx.channels.state(item.channel, one.key)
        previous = parse(item.data).header.previous
        tx.channels.put_state(msgspec.structs.replace(row, sent=item.sequence - 1, sent_head=previous))
    other.say(one, item.channel, said)
    carry(other, one)
