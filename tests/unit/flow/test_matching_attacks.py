"""A counterpart with a valid agreement matches in bad faith: what it may not learn, cost, block or get rid of."""

import re
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from backchannel.core.canary_form import MadeIds
from backchannel.core.canonical import Observable
from backchannel.core.term_fields import Matching
from backchannel.core.terms import canonical
from backchannel.errors import LimitExceeded
from backchannel.flow import matching, outbound, retract
from backchannel.flow.canaries import Wanted
from backchannel.flow.match_session import sides, take_back
from backchannel.flow.match_side import own_values
from backchannel.flow.ports_matching import SessionRow
from backchannel.formats.generate import Generator
from backchannel.protocol import message
from backchannel.protocol.matching import State
from backchannel.protocol.message_matching import TAG, Kind
from exchange import Side, agreed, carry, following, one_process, opened, settle
from match_play import (
    COMMON,
    TERMS,
    Pair,
    World,
    begin,
    breaks_off,
    draw_anew,
    goes_on,
    played,
    session_of,
    up_to,
    who_match,
    works,
)
from matching_sides import counted, knows, results
from vetting_world import indicator, link, threat


@pytest.fixture
def pair(pair: Pair) -> Pair:
    """The two, each of which draws something else every time."""
    return draw_anew(pair)


@pytest.fixture
def both(pair: Pair) -> World:
    """Two parties with an agreement that allows matching."""
    return who_match(pair)


def sealed(side: Side, other: Side, what: type) -> list[message.AnyMessage]:
    """What waits to be carried, of one type of message."""
    return [one for item in side.sealed(other) for one in opened(item, side, other) if isinstance(one, what)]


def later(*all_sides: Side) -> None:
    for side in all_sides:
        side.now += timedelta(minutes=1)


# --- the number of values ------------------------------------------------------------------------------------------


def sizes_of(side: Side, agreement: str) -> dict[str, tuple[int, int]]:
    ours, _ = sides(session_of(side, agreement))
    return {kind.type: (kind.inputs, kind.tags) for kind in ours}


def an_offer(session: str, row: object, kinds: Sequence[Kind], learns: str = "both") -> message.MatchOffer:
    return message.MatchOffer(session, row.version, 1, 1, learns, tuple(kinds), "cd" * 32, "ef" * 32)  # type: ignore[attr-defined, arg-type]


def evaluated_in_part(vendor: Side, lab: Side, agreement: str) -> None:
    """The counterpart evaluates some of our values, and stops."""
    later(lab, vendor)
    begin(vendor, lab, agreement)
    goes_on(vendor, lab, agreement, rounds=8)
    assert session_of(lab, agreement).inputs > 0
    breaks_off(vendor, lab, agreement)
    carry(vendor, lab)


def test_an_offer_that_was_never_entered_does_not_uncover_the_number_of_values(both: World) -> None:
    """Taken and replaced before our next step, it says no size: the one before it still does."""
    lab, vendor, agreement = both
    evaluated_in_part(vendor, lab, agreement)
    later(lab, vendor)
    key = one_process().public_key(b"k" * 32, b"")
    with lab.db.read() as tx:
        known = tx.matching.their_key(agreement, 1, "domain-name") or key
    vendor.say(lab, agreement, an_offer("0" * 32, lab.row(agreement), [Kind("domain-name", 0, 0, known)]))
    carry(vendor, lab)
    assert session_of(lab, agreement).state == State.ASKED
    later(lab, vendor)
    begin(vendor, lab, agreement)
    goes_on(vendor, lab, agreement, rounds=3)
    assert sizes_of(lab, agreement) == {"domain-name": (32, 32)}


@pytest.mark.parametrize("how", ["other kinds", "asks alone"])
def test_a_session_for_something_else_does_not_uncover_the_number_of_values(pair: Pair, how: str) -> None:
    """Whatever ends well in between: what was begun and not ended keeps its size until it is."""
    lab, vendor = pair
    types = ("domain-name", "file-name")
    agreement = agreed(lab, vendor, matching=Matching(types=types, per_day=1_000))
    for side, hosts in ((lab, 17), (vendor, 20)):
        knows(side, [f"{side.key[:4]}{number}.example" for number in range(hosts)])
        mine = threat(f"Predator of {side.key[:6]}", aliases=["Predator"])
        name = indicator("of a name", pattern="[file:name = 'evil.bin']")
        side.holds([mine, name, link(name, mine)])
    evaluated_in_part(vendor, lab, agreement)
    later(lab, vendor)
    with vendor.db.write() as tx:
        peer, row = vendor.peers[lab.key], vendor.row(agreement)
        if how == "asks alone":
            matching.open_session(tx, vendor.standing, peer, row, one_process(), learns="opener")
        else:
            narrow = msgspec.structs.replace(vendor.terms(agreement), matching=Matching(types=("file-name",)))
            only = msgspec.structs.replace(row, terms=canonical(narrow))
            matching.open_session(tx, vendor.standing, peer, only, one_process())
    goes_on(vendor, lab, agreement)
    assert session_of(lab, agreement).state == State.DONE
    later(lab, vendor)
    begin(vendor, lab, agreement)
    goes_on(vendor, lab, agreement, rounds=3)
    assert sizes_of(lab, agreement)["domain-name"][0] == 32


def test_the_time_that_tags_take_does_not_tell_how_many_are_padding(
    both: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the other side, which sees when they come, would know our number far better than to a factor of two."""
    lab, vendor, agreement = both
    engine = one_process()
    made: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        def own_outputs(self, seed: bytes, info: bytes, inputs: Sequence[bytes]) -> list[bytes]:
            made.append(len(inputs))
            return engine.own_outputs(seed, info, inputs)

    monkeypatch.setattr("match_play.one_process", Counting)
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement, rounds=4)
    assert sorted(made) == [32, 64]


# --- the officer's look --------------------------------------------------------------------------------------------


@pytest.fixture
def frozen(pair: Pair) -> World:
    """Two of which the first has frozen a session, and waits for its officer."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [f"l{number}.example" for number in range(60)])
    knows(vendor, [f"v{number}.example" for number in range(60)])
    with lab.db.write() as tx:
        usual = SessionRow("f" * 32, agreement, True, State.DONE, 1, b"", lab.now, lab.now, inputs=2_000, hits=1_500)
        tx.matching.put(usual)
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement)
    assert session_of(lab, agreement).state == State.FROZEN
    return lab, vendor, agreement


def test_a_frozen_session_is_not_got_rid_of_by_breaking_it(frozen: World) -> None:
    """What does not fit ends any other session; here our officer looks first."""
    lab, vendor, agreement = frozen
    session = session_of(lab, agreement)
    vendor.say(lab, agreement, message.MatchTags(session.id, "domain-name", 0, b"t" * 16))
    carry(vendor, lab)
    after = session_of(lab, agreement)
    assert after.state == State.FROZEN
    assert after.reason.startswith(session.reason)
    assert sealed(lab, vendor, message.MatchStop) == [message.MatchStop(session.id)], "it hears the same"
    carry(lab, vendor)
    begin(vendor, lab, agreement)
    carry(vendor, lab)
    assert session_of(lab, agreement).state == State.FROZEN
    assert "is frozen until an officer has looked" in lab.refusals()[-1].message


def test_a_frozen_session_that_the_counterpart_ended_is_not_gone_on_with(frozen: World) -> None:
    """Our officer looks at it all the same; then nothing more is evaluated for who listens no longer."""
    lab, vendor, agreement = frozen
    breaks_off(vendor, lab, agreement)
    carry(vendor, lab)
    before = counted(lab, agreement)
    session = session_of(lab, agreement)
    assert (session.state, session.secret) == (State.FROZEN, b"")
    with lab.db.write() as tx:
        assert matching.resume(tx, lab.standing, session).state == State.STOPPED
    assert works(lab, vendor, agreement) == 0
    assert counted(lab, agreement) == before
    begin(lab, vendor, agreement)


def test_what_is_said_of_a_frozen_session_again_and_again_is_noted_once(frozen: World) -> None:
    lab, vendor, agreement = frozen
    session = session_of(lab, agreement)
    said = [message.MatchStop(session.id), message.MatchTags(session.id, "domain-name", 0, b"t" * 16)]
    vendor.say(lab, agreement, *(said * 32))
    carry(vendor, lab)
    after = session_of(lab, agreement)
    assert after.reason == f"{session.reason}; the counterpart stopped it"
    assert len(sealed(lab, vendor, message.MatchStop)) <= 1


def test_a_frozen_session_is_not_got_rid_of_by_an_end_of_its_epoch(frozen: World) -> None:
    """Which the counterpart could bring about by narrowing the terms: the epochs count from their first day."""
    lab, vendor, agreement = frozen
    lab.now = vendor.now = lab.now + timedelta(days=31)
    with lab.db.write() as tx:
        for _ in range(2):
            matching.tidy(tx, lab.standing, lab.row(agreement))
        assert tx.matching.epochs() == set()
    session = session_of(lab, agreement)
    assert (session.state, session.secret) == (State.FROZEN, b"")
    assert re.fullmatch("0 of 27 values were found, .* before; the epoch of its keys is over", session.reason)
    lab.end(agreement)
    with lab.db.write() as tx:
        matching.tidy(tx, lab.standing, lab.row(agreement))
    assert session_of(lab, agreement).state == State.STOPPED


def test_a_frozen_session_is_not_got_rid_of_by_having_its_words_taken_back(frozen: World) -> None:
    lab, _, agreement = frozen
    with lab.db.write() as tx:
        take_back(tx, agreement, 0)
    assert session_of(lab, agreement).state == State.FROZEN
    with lab.db.write() as tx:
        assert matching.resume(tx, lab.standing, session_of(lab, agreement)).state == State.STOPPED


# --- what it costs -------------------------------------------------------------------------------------------------


def test_an_envelope_is_answered_by_one_at_most(both: World) -> None:
    """Else 64 answers to an offer that is over, in one envelope, would have us seal 64."""
    lab, vendor, agreement = both
    first = begin(lab, vendor, agreement)
    carry(lab, vendor)
    with lab.db.write() as tx:
        tx.matching.put(msgspec.structs.replace(first, state=State.STOPPED))
    answer = message.MatchAnswer(first.id, "ab" * 32, (Kind("domain-name", 0, 0, b""),), "cd" * 32, b"d" * 32)
    vendor.say(lab, agreement, answer)
    carry(vendor, lab)
    assert sealed(lab, vendor, message.MatchStop) == [message.MatchStop(first.id)]
    body = b"[%s]" % b",".join([msgspec.json.encode(answer)] * 2)
    with pytest.raises(LimitExceeded, match="answers of matching"):
        message.decode(body)


def test_tags_of_a_session_that_is_over_are_kept_only_as_far_as_it_had_announced_them(both: World) -> None:
    """Else a session that is done would be a place to put millions of them, of any kind."""
    lab, vendor, agreement = both
    ours, _ = played(vendor, lab, agreement, learns="opener")
    for kind in ("domain-name", "url"):
        vendor.say(lab, agreement, message.MatchTags(ours.id, kind, 0, bytes(range(256)) * 16))
    carry(vendor, lab)
    with lab.db.read() as tx:
        assert [tx.matching.tag_count(agreement, 1, kind) for kind in ("domain-name", "url")] == [0, 0]


def test_tags_that_were_on_their_way_when_a_session_ended_are_kept_once(both: World) -> None:
    lab, vendor, agreement = both
    _, said = up_to(lab, vendor, agreement, message.MatchTags)
    breaks_off(lab, vendor, agreement)
    vendor.say(lab, agreement, msgspec.structs.replace(said, tags=bytes(range(256)) * (len(said.tags) // 256)))
    carry(vendor, lab)
    came = {said.tags[at : at + TAG] for at in range(0, len(said.tags), TAG)}
    with lab.db.read() as tx:
        assert tx.matching.tag_count(agreement, 1, "domain-name") == len(came)


def test_an_offer_with_one_bad_key_leaves_none_of_the_others(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=Matching(types=("domain-name", "url"), per_day=1_000))
    good, bad = one_process().public_key(b"k" * 32, b""), b"\xff" * 32
    kinds = [Kind("domain-name", 0, 0, good), Kind("url", 0, 0, bad)]
    vendor.say(lab, agreement, an_offer("a" * 32, lab.row(agreement), kinds))
    carry(vendor, lab)
    with lab.db.read() as tx:
        assert tx.matching.their_key(agreement, 1, "domain-name") is None


# --- between one word and the next ---------------------------------------------------------------------------------


def test_nothing_is_evaluated_under_an_agreement_that_is_over(both: World) -> None:
    """It ends between what they said and our next step."""
    lab, vendor, agreement = both
    up_to(lab, vendor, agreement, message.MatchEvaluated)
    carry(vendor, lab)
    lab.now += timedelta(days=400)
    before = counted(lab, agreement)
    assert works(lab, vendor, agreement) == 1
    assert counted(lab, agreement) == before
    assert session_of(lab, agreement).state == State.STOPPED
    assert sealed(lab, vendor, message.MatchEvaluated) == []


def test_an_offer_is_not_entered_once_the_agreement_is_over(both: World) -> None:
    lab, vendor, agreement = both
    begin(vendor, lab, agreement)
    carry(vendor, lab)
    assert session_of(lab, agreement).state == State.ASKED
    lab.end(agreement)
    works(lab, vendor, agreement)
    assert session_of(lab, agreement).state == State.STOPPED
    with lab.db.read() as tx:
        assert tx.matching.key_seed(agreement, 1) is None


# --- what we have said before ---------------------------------------------------------------------------------------


def test_what_is_taken_back_does_not_have_told_tags_told_again(both: World) -> None:
    """With other padding among them, they would show which of the first were padding. The counterpart could bring it
    about by narrowing the terms while something of ours waits for its host."""
    lab, vendor, agreement = both
    begin(vendor, lab, agreement)
    told: set[bytes] = set()
    carry(vendor, lab)
    while session_of(lab, agreement).given < 3:
        works(lab, vendor, agreement)
        told |= tags_in(lab, vendor)
        if session_of(lab, agreement).given < 3:
            carry(lab, vendor)
            works(vendor, lab, agreement)
            carry(vendor, lab)
    assert len(told) == 32
    vendor.amend(agreement, following(vendor.row(agreement), objects_per_day=3))
    carry(vendor, lab)
    assert session_of(lab, agreement).reason == "what it said was taken back"
    later(lab, vendor)
    carry(lab, vendor)
    breaks_off(vendor, lab, agreement)
    begin(vendor, lab, agreement)
    for _ in range(10):
        carry(vendor, lab)
        works(lab, vendor, agreement)
        assert not tags_in(lab, vendor) & told
        carry(lab, vendor)
        works(vendor, lab, agreement)
    assert session_of(lab, agreement).given > 3


def test_tags_that_never_left_are_told_again(both: World) -> None:
    lab, vendor, agreement = both
    begin(vendor, lab, agreement)
    carry(vendor, lab)
    works(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)
    works(lab, vendor, agreement)
    assert len(tags_in(lab, vendor)) == 32
    with lab.db.write() as tx:
        retract.take_back(tx, agreement, vendor.key)
    assert not lab.sealed(vendor)
    breaks_off(vendor, lab, agreement)
    later(lab, vendor)
    ours, theirs = played(vendor, lab, agreement)
    assert (ours.state, theirs.state) == (State.DONE, State.DONE)
    assert results(vendor, agreement) == sorted(COMMON)


def test_a_look_up_does_not_tell_a_canary_from_what_else_we_released(both: World) -> None:
    """Whoever got it asks for every name that it got: the one that we do not hold would be it."""
    lab, vendor, agreement = both
    row = lab.row(agreement)
    make = Generator(UUID("7d0f6f0e-3f0c-4d59-8e58-1d0c6a3f9b27"), lab.now)
    canaries = Wanted(2, ("example.com",), MadeIds(make.indicator_id, make.indicates_id))
    with lab.db.write() as tx:
        outbound.release(tx, lab.standing, lab.peers[vendor.key], row, lab.terms(agreement), canaries)
        names = {one.name for one in tx.canaries.under(agreement)}
    settle(lab, vendor)
    asked = [Observable("domain-name", one) for one in (COMMON[0], "lab3.example", *names)]
    played(vendor, lab, agreement, look_up=asked)
    assert len(names) == 2
    assert set(results(vendor, agreement)) == {one.value for one in asked}


def test_a_canary_is_matched_under_no_other_agreement(both: World) -> None:
    lab, vendor, agreement = both
    other = agreed(lab, vendor, title="Other", matching=TERMS)
    make = Generator(UUID("7d0f6f0e-3f0c-4d59-8e58-1d0c6a3f9b27"), lab.now)
    canaries = Wanted(1, ("example.com",), MadeIds(make.indicator_id, make.indicates_id))
    with lab.db.write() as tx:
        peer = lab.peers[vendor.key]
        outbound.release(tx, lab.standing, peer, lab.row(agreement), lab.terms(agreement), canaries)
        (canary,) = tx.canaries.under(agreement)
    with lab.db.read() as tx:
        assert canary.name in own_values(tx, lab.standing, peer, lab.row(agreement))["domain-name"]
        assert canary.name not in own_values(tx, lab.standing, peer, lab.row(other))["domain-name"]
        less = following(lab.row(agreement), tlp_max="clear")
        stays = msgspec.structs.replace(lab.row(agreement), terms=canonical(less))
        assert own_values(tx, lab.standing, peer, stays)["domain-name"] == {}


def tags_in(side: Side, other: Side) -> set[bytes]:
    """The tags that wait to be carried."""
    parts = [one.tags for one in sealed(side, other, message.MatchTags)]
    return {part[at : at + TAG] for part in parts for at in range(0, len(part), TAG)}
