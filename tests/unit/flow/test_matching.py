"""Two parties find out what both hold, and nothing else, in whatever order envelopes come."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest

from backchannel.core.canonical import Observable, guess
from backchannel.core.stix import decode
from backchannel.core.term_fields import Quota, Record
from backchannel.core.terms import canonical
from backchannel.errors import BadArgument, BudgetSpent, WrongState
from backchannel.flow import matching, outbound
from backchannel.flow.match_keys import elements_of
from backchannel.flow.match_session import contract, own_pieces, sides
from backchannel.flow.matched import chosen
from backchannel.flow.ports import NewObject
from backchannel.flow.ports_matching import SessionRow
from backchannel.node.matching_engine import VoprfEngine
from backchannel.protocol import message
from backchannel.protocol.matching import State, contract_hash
from backchannel.protocol.message_matching import Kind
from exchange import DAY, Side, agreed, carry, following, one_process, opened, released
from match_play import (
    COMMON,
    TERMS,
    Pair,
    World,
    begin,
    breaks_off,
    draw_anew,
    goes_on,
    instead,
    latest_in,
    played,
    session_of,
    up_to,
    who_match,
    works,
)
from matching_sides import counted, knows, results
from vetting_world import MARK, indicator, link, threat


@pytest.fixture
def pair(pair: Pair) -> Pair:
    """The two, each of which draws something else every time."""
    return draw_anew(pair)


@pytest.fixture
def both(pair: Pair) -> World:
    """Two parties with an agreement that allows matching; each knows hosts, five of which the other knows."""
    return who_match(pair)


# --- what is learned -----------------------------------------------------------------------------------------------


def test_both_learn_what_both_hold_and_nothing_else(both: World) -> None:
    lab, vendor, agreement = both
    ours, theirs = played(lab, vendor, agreement)
    assert (ours.state, theirs.state) == (State.DONE, State.DONE)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)
    assert lab.refusals() == vendor.refusals() == []
    assert (ours.inputs, ours.hits, theirs.inputs, theirs.hits) == (17, 5, 35, 5)
    assert counted(lab, agreement) == 64, "their 35, padded"
    assert counted(vendor, agreement) == 32, "our 17, padded"


@pytest.mark.parametrize(("learns", "lab_learns", "vendor_learns"), [("opener", True, False), ("other", False, True)])
def test_one_side_learns_alone_where_the_contract_says_so(
    both: World, learns: str, lab_learns: bool, vendor_learns: bool
) -> None:
    lab, vendor, agreement = both
    ours, theirs = played(lab, vendor, agreement, learns=learns)
    assert (ours.state, theirs.state) == (State.DONE, State.DONE)
    assert results(lab, agreement) == (sorted(COMMON) if lab_learns else [])
    assert results(vendor, agreement) == (sorted(COMMON) if vendor_learns else [])
    assert bool(counted(lab, agreement)) is vendor_learns


def test_off_the_record_it_works_too(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS, record=Record(mode="off"))
    knows(lab, COMMON)
    knows(vendor, COMMON[:3])
    played(lab, vendor, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON[:3])


def test_after_a_first_session_only_new_values_cost_anything(both: World) -> None:
    lab, vendor, agreement = both
    played(lab, vendor, agreement)
    before = counted(lab, agreement), counted(vendor, agreement)
    knows(lab, ["vendor3.example"])  # theirs of before, and new here
    knows(vendor, ["lab4.example", "new.example"])
    played(vendor, lab, agreement)
    assert (
        results(lab, agreement) == results(vendor, agreement) == sorted([*COMMON, "lab4.example", "vendor3.example"])
    )
    assert (counted(lab, agreement) - before[0], counted(vendor, agreement) - before[1]) == (16, 16)
    assert session_of(lab, agreement).state == State.DONE
    nothing_new, _ = played(lab, vendor, agreement)
    assert (nothing_new.state, counted(lab, agreement)) == (State.DONE, before[0] + 16)


def test_nothing_is_matched_that_could_not_be_released(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(vendor, ["red.example", "elsewhere.example", "theirs.example", "open.example"])
    mine = threat("Predator of us", aliases=["Predator"])
    red = indicator("red.example", object_marking_refs=[MARK["red"]])
    told = indicator("open.example")
    lab.holds([mine, red, link(red, mine), told, link(told, mine), indicator("elsewhere.example")])
    with lab.db.write() as tx:
        tx.holdings.add([NewObject.of(indicator("theirs.example"))], source=vendor.key, now=lab.now)
    played(lab, vendor, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == ["open.example"]


def test_how_many_objects_may_leave_in_a_day_does_not_bound_what_is_matched(pair: Pair) -> None:
    """Else what is found would depend on the day: both have agreed here that nothing but matches crosses."""
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS, quota=Quota(objects_per_day=1))
    for side in pair:
        knows(side, COMMON)
    played(lab, vendor, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == COMMON


def test_a_look_up_says_what_is_held_and_the_other_side_learns_only_how_many(both: World) -> None:
    lab, vendor, agreement = both
    asked = [Observable("domain-name", one) for one in ("vendor7.example", "nowhere.example", COMMON[0])]
    ours, theirs = played(lab, vendor, agreement, look_up=asked)
    assert (ours.state, theirs.state, ours.look_ups) == (State.DONE, State.DONE, asked)
    with lab.db.read() as tx:
        held = {one.value: one.ours_since for one in tx.matching.matches(agreement)}
    assert held == {"vendor7.example": None, COMMON[0]: held[COMMON[0]]}
    offer, answer = contract(theirs)
    assert [(kind.inputs, kind.tags, kind.key) for kind in offer.kinds] == [(16, 0, b"")]
    assert [kind.inputs for kind in answer.kinds] == [0]
    assert results(vendor, agreement) == []
    assert vendor.db.path.read_bytes().find(b"nowhere.example") == -1


def test_what_was_looked_up_first_and_comes_to_be_ours_is_among_what_both_hold(both: World) -> None:
    """Also if the other side has told it already, and tells nothing new."""
    lab, vendor, agreement = both
    played(lab, vendor, agreement, look_up=[Observable("domain-name", COMMON[0])])
    played(lab, vendor, agreement)
    with lab.db.read() as tx:
        assert [one.value for one in tx.matching.matches(agreement) if one.ours_since is not None] == sorted(COMMON)


def test_what_was_found_says_what_to_release(both: World) -> None:
    lab, vendor, agreement = both
    played(lab, vendor, agreement)
    row = lab.row(agreement)

    def hosts_released(*, matched: bool) -> set[str]:
        with lab.db.write() as tx:
            choose = chosen(tx, row, TERMS.types, matched=matched)
            outbound.release(tx, lab.standing, lab.peers[vendor.key], row, lab.terms(agreement), None, choose)
        items = [one for item in lab.sealed(vendor) for one in released(item, lab, vendor)]
        carry(lab, vendor)
        values = (decode(bytes(one.object)).value for one in items)
        return {str(one["pattern"]).split("'")[1] for one in values if one["type"] == "indicator"}

    assert hosts_released(matched=True) == set(COMMON)
    assert hosts_released(matched=False) == {f"lab{number}.example" for number in range(12)}


# --- what is refused -----------------------------------------------------------------------------------------------


def test_a_coarse_value_is_not_looked_up(both: World) -> None:
    lab, vendor, agreement = both
    for value, why in (
        ("192.0.2.0/24", "is a network"),
        ("192.0.2.1:80", "names a port"),
        ("AS64496", "never matched"),
    ):
        observable = guess(value)
        assert observable
        with pytest.raises(BadArgument, match=why):
            begin(lab, vendor, agreement, look_up=[observable])
    with pytest.raises(BadArgument, match="the terms allow matching of domain-name, and not of ipv4-addr"):
        begin(lab, vendor, agreement, look_up=[Observable("ipv4-addr", "192.0.2.1")])


def test_without_terms_that_allow_it_nothing_is_matched(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    with pytest.raises(BadArgument, match=r"its terms have no table \[matching\]"):
        begin(lab, vendor, agreement)


def test_one_session_runs_at_a_time(both: World) -> None:
    lab, vendor, agreement = both
    first = begin(lab, vendor, agreement)
    with pytest.raises(WrongState, match=f"session {first.id[:12]} under agreement .* is not over yet"):
        begin(lab, vendor, agreement)


def test_of_two_offers_that_cross_one_goes_on(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    begin(vendor, lab, agreement)
    goes_on(lab, vendor, agreement)
    for side in (lab, vendor):
        with side.db.read() as tx:
            assert sorted(one.state for one in tx.matching.all(agreement))[0] == State.DONE
        assert results(side, agreement) == sorted(COMMON)


def test_who_enters_an_offer_that_ended_without_a_word_hears_that_it_is_over(both: World) -> None:
    """Its own crossed it and went on here; stopped there meanwhile, it leaves a session that nobody carries on."""
    lab, vendor, agreement = both
    first, second = begin(lab, vendor, agreement), begin(vendor, lab, agreement)
    if second.id < first.id:
        lab, vendor, first, second = vendor, lab, second, first
    carry(lab, vendor)
    with lab.db.write() as tx:
        matching.stop(tx, lab.standing, lab.peers[vendor.key], first, "enough")
    goes_on(vendor, lab, agreement)
    for side in (lab, vendor):
        with side.db.read() as tx:
            assert {one.id: one.state for one in tx.matching.all(agreement)} == {
                first.id: State.STOPPED,
                second.id: State.STOPPED,
            }
    begin(lab, vendor, agreement)


def test_a_replayed_session_is_refused(both: World) -> None:
    lab, vendor, agreement = both
    ours, _ = played(lab, vendor, agreement)
    lab.say(vendor, agreement, contract(ours)[0])
    carry(lab, vendor)
    assert vendor.rules_broken() == ["bad-matching"]
    assert "was offered before" in vendor.refusals()[0].message


def test_messages_of_a_foreign_session_are_refused(both: World) -> None:
    lab, vendor, agreement = both
    other = agreed(vendor, lab, title="Other", matching=TERMS)
    elsewhere = begin(vendor, lab, other)
    begin(lab, vendor, agreement)
    vendor.say(lab, agreement, message.MatchStop(elsewhere.id))
    carry(vendor, lab)
    assert lab.rules_broken() == ["bad-matching"]
    assert session_of(lab, agreement).state == State.OFFERED


def stopped_with(both: World, why: str) -> None:
    """Both have stopped, our officer knows why, and the other side was told no reason."""
    lab, vendor, agreement = both
    assert session_of(lab, agreement).state == State.STOPPED
    assert why in session_of(lab, agreement).reason
    said = [one for item in lab.sealed(vendor) for one in opened(item, lab, vendor)]
    assert message.MatchStop(session_of(lab, agreement).id) in said
    carry(lab, vendor)
    assert session_of(vendor, agreement).state == State.STOPPED
    assert session_of(vendor, agreement).reason == "the counterpart stopped it"
    for side in (lab, vendor):
        assert session_of(side, agreement).secret == b""


def test_a_wrong_key_in_one_element_fails_the_proof_and_stops(both: World) -> None:
    lab, vendor, agreement = both
    item, said = up_to(lab, vendor, agreement, message.MatchEvaluated)
    (part,) = said.parts
    wrong = one_process().evaluate(b"w" * 32, b"", elements_of(part.elements))[0].elements[0]
    elements = wrong + part.elements[32:]
    instead(
        vendor, lab, item, msgspec.structs.replace(said, parts=(msgspec.structs.replace(part, elements=elements),))
    )
    stopped_with(both, "proof fails")
    assert results(lab, agreement) == []


class WithPoint(VoprfEngine):
    """Blinds as it should, but for the first input: so the other side finds what was committed to."""

    def __init__(self, point: bytes) -> None:
        super().__init__(1)
        self.point = point

    def blind(self, inputs: Sequence[bytes], blinds: Sequence[bytes]) -> list[bytes]:
        return [self.point, *super().blind(inputs, blinds)[1:]]


@pytest.mark.parametrize(
    ("point", "why"),
    [(bytes(32), "is the identity"), (b"\xff" * 32, "is not canonical")],
    ids=["identity", "not canonical"],
)
def test_of_a_shard_with_a_malformed_point_nothing_is_evaluated(both: World, point: bytes, why: str) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    with vendor.db.write() as tx:
        assert matching.step(tx, vendor.standing, vendor.peers[lab.key], latest_in(tx, agreement), WithPoint(point))
    goes_on(vendor, lab, agreement)
    stopped = session_of(lab, agreement)
    assert (stopped.state, session_of(vendor, agreement).state) == (State.STOPPED, State.STOPPED)
    assert why in stopped.reason
    sealed = [one for item in lab.outbox(vendor) for one in opened(item, lab, vendor)]
    shards = [one for one in sealed if isinstance(one, message.MatchEvaluated)]
    elements = [one for shard in shards for part in shard.parts for one in elements_of(part.elements)]
    assert len(shards) == stopped.given < 64
    assert counted(lab, agreement) == len(elements) == stopped.given


def test_a_repeated_input_stops_the_session(both: World) -> None:
    lab, vendor, agreement = both
    item, said = up_to(lab, vendor, agreement, message.MatchBlinded)
    twice = said.elements[:32] + said.elements[:-32]
    instead(vendor, lab, item, msgspec.structs.replace(said, elements=twice))
    stopped_with(both, "comes twice")


def test_swapped_directions_stop_the_session(both: World) -> None:
    """Who answered begins, and who opened answers: each is out of place."""
    lab, vendor, agreement = both
    item, answer = up_to(lab, vendor, agreement, message.MatchAnswer)
    offer = msgspec.json.decode(session_of(lab, agreement).offer, type=message.MatchOffer)
    begun = message.MatchBegin(offer.session, contract_hash(offer, answer), answer.drawn)
    instead(vendor, lab, item, begun)
    stopped_with(both, "a session that is offered cannot begun")


def test_blinded_elements_other_than_those_committed_to_stop_the_session(both: World) -> None:
    """Else a side could put what it wants most where the order comes first, once it is known."""
    lab, vendor, agreement = both
    item, said = up_to(lab, vendor, agreement, message.MatchBlinded)
    swapped = said.elements[32:64] + said.elements[:32] + said.elements[64:]
    instead(vendor, lab, item, msgspec.structs.replace(said, elements=swapped))
    for _ in range(5):
        works(vendor, lab, agreement, most=1)
        carry(vendor, lab)
    stopped_with(both, "not those that were committed to")
    assert counted(lab, agreement) == 0


def test_parts_out_of_their_order_stop_the_session(both: World) -> None:
    lab, vendor, agreement = both
    item, said = up_to(lab, vendor, agreement, message.MatchBlinded)
    instead(vendor, lab, item, msgspec.structs.replace(said, start=32))
    stopped_with(both, "are not what comes next")


def test_another_key_within_an_epoch_is_refused(both: World) -> None:
    lab, vendor, agreement = both
    played(lab, vendor, agreement)
    with vendor.db.write() as tx:
        tx.matching.destroy_all_but(agreement, 2)
    knows(lab, ["more.example"])
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)
    stopped_with(both, "is not the one that epoch 1 began with")


# --- budgets -------------------------------------------------------------------------------------------------------


def test_a_budget_that_is_exceeded_in_mid_session_stops_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=msgspec.structs.replace(TERMS, per_day=32))
    knows(lab, ["one.example"])
    knows(vendor, [f"v{number}.example" for number in range(20)])
    with lab.db.write() as tx:
        tx.matching.count(agreement, "domain-name", lab.now.toordinal(), 20)
    ours, theirs = played(vendor, lab, agreement)
    assert (ours.state, theirs.state) == (State.STOPPED, State.STOPPED)
    assert "33 values of domain-name would be evaluated today; the terms allow 32" in theirs.reason
    assert ours.reason == "the counterpart stopped it"
    assert counted(lab, agreement) == 32


def test_a_shard_that_cannot_be_paid_for_in_one_kind_charges_none(pair: Pair) -> None:
    lab, vendor = pair
    types = ("domain-name", "file-name")
    agreement = agreed(lab, vendor, matching=msgspec.structs.replace(TERMS, types=types, per_day=32))
    knows(lab, ["one.example"])
    mine = threat(f"Predator of {vendor.key[:6]}", aliases=["Predator"])
    names = [indicator(f"{n}", pattern=f"[file:name = '{n}.bin']") for n in range(3)]
    vendor.holds([mine, *names, *(link(one, mine) for one in names)])
    knows(vendor, ["two.example"])
    with lab.db.write() as tx:
        tx.matching.count(agreement, "file-name", lab.now.toordinal(), 31)
    played(vendor, lab, agreement)
    said = [one for item in lab.outbox(vendor) for one in opened(item, lab, vendor)]
    sealed = [part for one in said if isinstance(one, message.MatchEvaluated) for part in one.parts]
    assert "33 values of file-name would be evaluated today" in session_of(lab, agreement).reason
    with lab.db.read() as tx:
        for kind, before in (("domain-name", 0), ("file-name", 31)):
            assert tx.matching.counted(agreement, kind) == before + len([one for one in sealed if one.type == kind])


def test_the_lifetime_cap_holds_on_the_next_day(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=msgspec.structs.replace(TERMS, per_day=32, lifetime=40))
    knows(lab, ["one.example"])
    knows(vendor, ["two.example"])
    with lab.db.write() as tx:
        tx.matching.count(agreement, "domain-name", lab.now.toordinal() - 1, 30)
    begin(vendor, lab, agreement)
    goes_on(vendor, lab, agreement)
    assert session_of(vendor, agreement).state == State.STOPPED
    (refusal,) = lab.refusals()
    assert "it wants 16 values of domain-name evaluated" in refusal.message
    assert "the terms allow 32 a day, and 10 are left of all" in refusal.message
    with lab.db.read() as tx:
        assert tx.matching.all() == []
    assert counted(lab, agreement) == 30


def test_a_session_that_the_terms_could_never_pay_for_is_not_opened(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=msgspec.structs.replace(TERMS, per_day=16))
    knows(lab, [f"l{number}.example" for number in range(17)])
    with pytest.raises(BudgetSpent, match=r"32 values of domain-name \(padded\) would have to be evaluated"):
        begin(lab, vendor, agreement)
    with lab.db.read() as tx:
        assert tx.matching.all() == []


def test_after_a_kill_a_step_is_made_again_with_the_same_bytes_and_charged_once(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)

    def killed(step: str) -> None:
        raise KeyboardInterrupt(step)

    for _ in range(200):
        for side, other in ((lab, vendor), (vendor, lab)):
            while session_of(side, agreement).state == State.RUNNING:
                before = counted(side, agreement), session_of(side, agreement)
                us, side.us = side.us, msgspec.structs.replace(side.us, reached=killed)
                with suppress(KeyboardInterrupt):
                    works(side, other, agreement, most=1)
                side.us = us
                if before[1].said >= len(own_pieces(sides(before[1])[0])):
                    assert counted(side, agreement) == before[0]
                    assert session_of(side, agreement).given == before[1].given
                if not works(side, other, agreement, most=1):
                    break
            carry(side, other)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)
    assert (counted(lab, agreement), counted(vendor, agreement)) == (64, 32)


def test_a_counterpart_that_wants_more_than_the_terms_allow_makes_us_keep_nothing(both: World) -> None:
    lab, vendor, agreement = both
    kinds = (Kind("domain-name", 1 << 20, 0, b""),)
    offer = message.MatchOffer("ab" * 16, lab.row(agreement).version, 1, 1, "opener", kinds, "cd" * 32, "ef" * 32)
    vendor.say(lab, agreement, offer)
    carry(vendor, lab)
    assert "it wants 1,048,576 values" in lab.refusals()[0].message
    with lab.db.read() as tx:
        assert tx.matching.all() == []
        assert tx.match_elements.numbered(offer.session, "domain-name tags", 0, 1) == []
    (said,) = [one for item in lab.sealed(vendor) for one in opened(item, lab, vendor)]
    assert said == message.MatchStop(offer.session)


def test_what_was_told_in_a_session_that_stopped_is_told_again(both: World) -> None:
    """The counterpart may have stopped before it heard it: else it would never find these values."""
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)
    works(lab, vendor, agreement)  # told, and not heard
    breaks_off(vendor, lab, agreement)
    goes_on(lab, vendor, agreement)
    played(vendor, lab, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)


def test_a_kind_that_new_terms_leave_out_is_evaluated_no_more(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement, rounds=4)
    before = counted(lab, agreement)
    terms = lab.terms(agreement)
    narrower = msgspec.structs.replace(terms, matching=msgspec.structs.replace(TERMS, types=("url",)))
    with lab.db.write() as tx:
        tx.agreements.put(msgspec.structs.replace(lab.row(agreement), terms=canonical(narrower)))
    goes_on(lab, vendor, agreement)
    assert "the terms allow no matching of domain-name any more" in session_of(lab, agreement).reason
    assert counted(lab, agreement) == before


BAD_KEY = b"\xff" * 32


def test_an_offer_that_is_refused_leaves_nothing_and_can_come_again(both: World) -> None:
    """Not even what it would have cost: keys are checked before anything is decided."""
    lab, vendor, agreement = both
    kinds = (Kind("domain-name", 16, 16, BAD_KEY),)
    offer = message.MatchOffer("ab" * 16, lab.row(agreement).version, 1, 1, "both", kinds, "cd" * 32, "ef" * 32)
    for _ in range(2):
        vendor.say(lab, agreement, offer)
        carry(vendor, lab)
        with lab.db.read() as tx:
            assert tx.matching.all() == []
            assert tx.match_elements.numbered(offer.session, "domain-name", 0, 1) == []
    assert lab.rules_broken() == ["bad-matching"] * 2
    played(lab, vendor, agreement)
    assert results(lab, agreement) == sorted(COMMON)


def test_our_own_key_sent_back_matches_nothing(both: World) -> None:
    lab, vendor, agreement = both
    item, answer = up_to(lab, vendor, agreement, message.MatchAnswer)
    (ours,) = msgspec.json.decode(session_of(lab, agreement).offer, type=message.MatchOffer).kinds
    kinds = tuple(msgspec.structs.replace(kind, key=ours.key) for kind in answer.kinds)
    instead(vendor, lab, item, msgspec.structs.replace(answer, kinds=kinds))
    stopped_with(both, "our own, sent back")


def test_our_own_blinded_elements_sent_back_stop_the_session(both: World) -> None:
    lab, vendor, agreement = both
    item, said = up_to(lab, vendor, agreement, message.MatchBlinded)
    with lab.db.read() as tx:
        ours = [one.sent for one in tx.match_elements.inputs(said.session, "domain-name", 0, 3)]
    elements = ours[1] + said.elements[32:]
    instead(vendor, lab, item, msgspec.structs.replace(said, elements=elements))
    stopped_with(both, "one of ours, sent back")


def test_a_session_does_not_go_on_under_other_terms(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=3))
    works(lab, vendor, agreement)
    assert session_of(lab, agreement).state == State.STOPPED
    said = [one for item in lab.sealed(vendor) for one in opened(item, lab, vendor)]
    assert not [one for one in said if isinstance(one, message.MatchTags)]


def test_a_frozen_session_is_not_got_rid_of_by_another_offer(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [f"l{number}.example" for number in range(60)])
    knows(vendor, [f"v{number}.example" for number in range(60)])
    usual(lab, agreement, 2_000, 1_500)
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement)
    with vendor.db.write() as tx:
        matching.stop(tx, vendor.standing, vendor.peers[lab.key], session_of(vendor, agreement), "impatient")
    before = counted(lab, agreement)
    begin(vendor, lab, agreement)
    goes_on(vendor, lab, agreement)
    assert counted(lab, agreement) == before
    assert session_of(lab, agreement).state == State.FROZEN
    assert "is frozen until an officer has looked" in lab.refusals()[-1].message


def test_after_a_session_that_stopped_sizes_say_no_more_than_before(both: World) -> None:
    """What was evaluated meanwhile is not subtracted: else each stop would tell the number better."""
    lab, vendor, agreement = both
    sizes = []
    for _ in range(3):
        lab.now = vendor.now = lab.now + timedelta(minutes=1)
        begin(lab, vendor, agreement)
        goes_on(lab, vendor, agreement, rounds=8)
        running = session_of(lab, agreement)
        sizes.append([(kind.inputs, kind.tags) for half in contract(running) for kind in half.kinds])
        with vendor.db.write() as tx:
            matching.stop(tx, vendor.standing, vendor.peers[lab.key], session_of(vendor, agreement), "enough")
        carry(vendor, lab)
    assert sizes == [[(32, 32), (64, 64)]] * 3


@pytest.mark.parametrize("learns", ["opener", "other"])
def test_after_a_session_that_stopped_a_side_that_learns_or_tells_nothing_says_no_size_of_that(
    both: World, learns: str
) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement, rounds=4)
    breaks_off(lab, vendor, agreement)
    carry(lab, vendor)
    ours, theirs = played(lab, vendor, agreement, learns=learns)
    assert (ours.state, theirs.state) == (State.DONE, State.DONE)
    ours, theirs = played(vendor, lab, agreement, look_up=[Observable("domain-name", COMMON[0])])
    assert (ours.state, theirs.state) == (State.DONE, State.DONE)


def test_nothing_of_a_shard_is_used_of_which_one_proof_fails(pair: Pair) -> None:
    lab, vendor = pair
    terms = msgspec.structs.replace(TERMS, types=("domain-name", "file-name"))
    agreement = agreed(lab, vendor, matching=terms)
    for side in pair:
        knows(side, COMMON)
        mine = threat(f"Predator of {side.key[:6]}", aliases=["Predator"])
        name = indicator("of a name", pattern="[file:name = 'evil.bin']")
        side.holds([mine, name, link(name, mine)])
    item, said = up_to(lab, vendor, agreement, message.MatchEvaluated)
    while len(said.parts) < 2:
        carry(vendor, lab)
        works(lab, vendor, agreement)
        carry(lab, vendor)
        works(vendor, lab, agreement, most=1)
        item = next(one for one in vendor.sealed(lab) if one.channel == agreement)
        (said,) = opened(item, vendor, lab)
    first, second = said.parts
    spoiled = msgspec.structs.replace(second, proof=first.proof)
    instead(vendor, lab, item, msgspec.structs.replace(said, parts=(first, spoiled)))
    stopped_with((lab, vendor, agreement), "proof fails")
    found = session_of(lab, agreement)
    with lab.db.read() as tx:
        tagged = [one for one in tx.matching.own(agreement, 1, "domain-name").values() if one.tag]
    assert found.inputs == len(tagged) + len([one for one in results(lab, agreement) if one == "evil.bin"])


# --- an officer looks ----------------------------------------------------------------------------------------------


def usual(side: Side, agreement: str, inputs: int, hits: int) -> None:
    with side.db.write() as tx:
        done = SessionRow("f" * 32, agreement, True, State.DONE, 1, b"", side.now, side.now, inputs=inputs, hits=hits)
        tx.matching.put(done)


def test_hits_that_fall_far_below_the_history_freeze_the_session_until_an_officer_says(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, matching=TERMS)
    knows(lab, [f"l{number}.example" for number in range(60)])
    knows(vendor, [f"v{number}.example" for number in range(60)])
    usual(lab, agreement, 2_000, 1_500)
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement)
    frozen = session_of(lab, agreement)
    assert (frozen.state, session_of(vendor, agreement).state) == (State.FROZEN, State.RUNNING)
    assert "0 of 27 values were found, and 1,500 of 2,000 before" in frozen.reason
    with lab.db.write() as tx:
        matching.resume(tx, lab.standing, frozen)
    goes_on(lab, vendor, agreement)
    assert (session_of(lab, agreement).state, session_of(vendor, agreement).state) == (State.DONE, State.DONE)


def test_stopping_early_gains_one_shard_and_is_visible_and_recorded(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    goes_on(lab, vendor, agreement, rounds=12)
    ours, theirs = session_of(lab, agreement), session_of(vendor, agreement)
    assert abs(ours.got - theirs.got) <= 1
    assert 0 < ours.got < 60
    with vendor.db.write() as tx:
        matching.stop(tx, vendor.standing, vendor.peers[lab.key], theirs, "enough")
    carry(vendor, lab)
    assert (session_of(lab, agreement).state, session_of(lab, agreement).got) == (State.STOPPED, ours.got)
    assert session_of(lab, agreement).reason == "the counterpart stopped it"


def test_keys_are_destroyed_when_their_epoch_or_the_agreement_is_over(both: World) -> None:
    lab, vendor, agreement = both
    played(lab, vendor, agreement)
    with lab.db.write() as tx:
        matching.tidy(tx, lab.standing, lab.row(agreement))
        assert tx.matching.key_seed(agreement, 1)
        later = msgspec.structs.replace(lab.standing, now=lab.now + 31 * DAY)
        session = session_of(lab, agreement).id
        assert tx.match_elements.sent_after(session, "domain-name tags", 0), "what was told stays for the epoch"
        matching.tidy(tx, later, lab.row(agreement))
        assert tx.matching.epochs() == set()
        assert tx.match_elements.sent_after(session, "domain-name tags", 0) == []
    vendor.end(agreement)
    with vendor.db.write() as tx:
        matching.tidy(tx, vendor.standing, vendor.row(agreement))
        assert tx.matching.epochs() == set()
        assert tx.matching.matches(agreement), "what was found stays"


def test_what_was_told_in_a_stopped_session_and_taken_back_is_told_again(both: World) -> None:
    lab, vendor, agreement = both
    begin(lab, vendor, agreement)
    carry(lab, vendor)
    carry(vendor, lab)
    works(lab, vendor, agreement)  # told, and not sent
    breaks_off(lab, vendor, agreement)
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=40_000))
    goes_on(lab, vendor, agreement)
    breaks_off(vendor, lab, agreement)
    goes_on(lab, vendor, agreement)
    played(vendor, lab, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)


def test_what_was_told_in_a_session_that_is_done_and_taken_back_is_told_again(both: World) -> None:
    lab, vendor, agreement = both
    begin(vendor, lab, agreement, learns="opener")
    carry(vendor, lab)
    works(lab, vendor, agreement)
    carry(lab, vendor)
    works(vendor, lab, agreement)
    carry(vendor, lab)
    works(lab, vendor, agreement)  # told and evaluated, and not sent
    assert session_of(lab, agreement).state == State.DONE
    lab.amend(agreement, following(lab.row(agreement), objects_per_day=40_000))
    goes_on(lab, vendor, agreement)
    breaks_off(vendor, lab, agreement)
    goes_on(lab, vendor, agreement)
    lab.now = vendor.now = lab.now + timedelta(minutes=1)
    played(lab, vendor, agreement)
    assert results(lab, agreement) == results(vendor, agreement) == sorted(COMMON)
