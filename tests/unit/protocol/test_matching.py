"""The steps of a matching session: a contract that is the same on both sides, or nothing; and shards in lockstep."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backchannel.core.matching import NORMALISER
from backchannel.errors import BadEnvelope, BadMatching, LimitExceeded, WrongState
from backchannel.protocol.matching import (
    OVER,
    TRANSITIONS,
    Allowed,
    Event,
    Progress,
    SessionSecrets,
    State,
    advance,
    check_answer,
    check_begin,
    check_offer,
    commitment,
    contract_hash,
    draw_hash,
    key_info,
    offer_hash,
    progress,
    role,
    tag_of,
)
from backchannel.protocol.message_matching import (
    Evaluated,
    Kind,
    Learns,
    MatchAnswer,
    MatchBegin,
    MatchBlinded,
    MatchEvaluated,
    MatchOffer,
    MatchTags,
)
from backchannel.protocol.versions import CURRENT

SESSION, VERSION, ROOT = "ab" * 16, "cd" * 32, "ef" * 32
KEY = b"k" * 32
DRAWN, OTHER_DRAWN = b"d" * 32, b"e" * 32
ALLOWED = Allowed(VERSION, frozenset({"domain-name", "url"}), 3)
OFFER = MatchOffer(
    SESSION, VERSION, 3, NORMALISER, "both", (Kind("domain-name", 64, 64, KEY),), ROOT, draw_hash(DRAWN)
)
ANSWER = MatchAnswer(SESSION, offer_hash(OFFER), (Kind("domain-name", 16, 16, KEY),), ROOT, OTHER_DRAWN)
BEGIN = MatchBegin(SESSION, contract_hash(OFFER, ANSWER), DRAWN)
REPLACE = msgspec.structs.replace


# --- the contract ------------------------------------------------------------------------------------------------


def test_a_contract_that_both_sides_hold_alike_begins() -> None:
    check_offer(OFFER, ALLOWED)
    check_answer(OFFER, ANSWER, ALLOWED)
    check_begin(OFFER, ANSWER, BEGIN)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"version": "00" * 32}, "other terms"),
        ({"normaliser": NORMALISER + 1}, "spells values by version"),
        ({"epoch": 4}, "epoch 4 of the keys; it is 3 now"),
        ({"kinds": (Kind("email-addr", 16, 0, b""),)}, "do not allow matching of email-addr"),
        ({"learns": "other"}, "inputs of domain-name from a side that learns nothing"),
        ({"learns": "opener"}, "a key for domain-name from a side that tells nothing"),
        ({"kinds": (Kind("url", 16, 0, b""),)}, "or none from one that does"),
    ],
)
def test_an_offer_that_is_not_what_both_agreed_stops_before_a_value_is_used(
    changed: dict[str, object], why: str
) -> None:
    with pytest.raises(BadMatching, match=why):
        check_offer(REPLACE(OFFER, **changed), ALLOWED)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"session": "00" * 16}, "to another offer"),
        ({"offer": offer_hash(REPLACE(OFFER, epoch=4))}, "to another offer"),
        ({"kinds": (Kind("url", 16, 16, KEY),)}, "other kinds than the offer"),
        ({"kinds": ()}, "other kinds than the offer"),
    ],
)
def test_an_answer_to_another_offer_is_a_transcript_mismatch(changed: dict[str, object], why: str) -> None:
    with pytest.raises(BadMatching, match=why):
        check_answer(OFFER, REPLACE(ANSWER, **changed), ALLOWED)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"session": "00" * 16}, "began another session"),
        ({"contract": contract_hash(REPLACE(OFFER, epoch=4), ANSWER)}, "began another session"),
        ({"contract": contract_hash(OFFER, REPLACE(ANSWER, drawn=DRAWN))}, "began another session"),
        ({"drawn": OTHER_DRAWN}, "did not draw what it had committed to"),
    ],
)
def test_a_beginning_of_another_contract_is_a_transcript_mismatch(changed: dict[str, object], why: str) -> None:
    with pytest.raises(BadMatching, match=why):
        check_begin(OFFER, ANSWER, REPLACE(BEGIN, **changed))


def test_every_field_of_an_offer_and_an_answer_is_in_the_contract() -> None:
    def others(message: MatchOffer | MatchAnswer) -> list[MatchOffer | MatchAnswer]:
        other = {"kinds": (), "epoch": 9, "normaliser": 9, "learns": "other", "drawn": b"other"}
        return [REPLACE(message, **{name: other.get(name, "00" * 32)}) for name in message.__struct_fields__]

    made = [contract_hash(OFFER, ANSWER)]
    made += [contract_hash(offer, ANSWER) for offer in others(OFFER)]
    made += [contract_hash(OFFER, answer) for answer in others(ANSWER)]
    assert len(set(made)) == len(made) == 1 + len(OFFER.__struct_fields__) + len(ANSWER.__struct_fields__)


@pytest.mark.parametrize(
    ("learns", "opener", "other"),
    [
        ("both", (True, True), (True, True)),
        ("opener", (True, False), (False, True)),
        ("other", (False, True), (True, False)),
    ],
)
def test_who_learns_alone_tells_nothing(learns: Learns, opener: tuple[bool, bool], other: tuple[bool, bool]) -> None:
    assert (role(learns, opener=True), role(learns, opener=False)) == (opener, other)


# --- states ------------------------------------------------------------------------------------------------------


@given(st.sampled_from(State), st.sampled_from(Event))
def test_nothing_happens_to_a_session_that_is_not_in_the_table(state: State, event: Event) -> None:
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(WrongState, match=f"a session that is {state} cannot {event}"):
            advance(state, event)


def test_nothing_leads_out_of_an_end_and_a_stop_ends_everything_else() -> None:
    assert {state for state, _ in TRANSITIONS} == set(State) - OVER
    for state in set(State) - OVER:
        assert advance(state, Event.STOP) is State.STOPPED
    for state in set(State) - OVER - {State.FROZEN}:
        assert advance(state, Event.STOPPED) is State.STOPPED
    assert advance(State.FROZEN, Event.STOPPED) is State.FROZEN, "until our officer has looked"


# --- shards ------------------------------------------------------------------------------------------------------

SIZES = st.sampled_from([0, 16, 64, 256, 1024])


def both(one: int, other: int, *, learns: str = "both") -> tuple[Progress, Progress]:
    offer = REPLACE(OFFER, learns=learns, kinds=(Kind("url", one, other, KEY),))
    answer = REPLACE(ANSWER, kinds=(Kind("url", other, one, KEY),))
    return progress(offer, answer, opener=True), progress(offer, answer, opener=False)


@given(SIZES, SIZES, st.lists(st.booleans(), max_size=2_000))
def test_stopping_early_gains_one_shard_at_most(one: int, other: int, turns: list[bool]) -> None:
    """Whoever moves when: at no time has either learned more than one shard more than the other."""
    opener, answerer = both(one, other)
    on_the_way: dict[bool, list[int]] = {True: [], False: []}  # to the opener; to the answerer
    for to_opener in turns:
        if to_opener and answerer.may_give:
            on_the_way[True].append(answerer.given)
            answerer = answerer.after_giving()
        elif not to_opener and opener.may_give:
            on_the_way[False].append(opener.given)
            opener = opener.after_giving()
        elif on_the_way[to_opener]:
            shard = on_the_way[to_opener].pop(0)
            if to_opener:
                opener = opener.after_getting(shard)
            else:
                answerer = answerer.after_getting(shard)
        if one and other:
            assert abs(opener.got - answerer.got) <= 1
            assert abs(opener.given - answerer.given) <= 1


@given(SIZES, SIZES)
def test_a_session_that_nobody_stops_comes_to_its_end(one: int, other: int) -> None:
    opener, answerer = both(one, other)
    while opener.may_give or answerer.may_give:
        if answerer.may_give:
            opener = opener.after_getting(answerer.given)
            answerer = answerer.after_giving()
        if opener.may_give:
            answerer = answerer.after_getting(opener.given)
            opener = opener.after_giving()
    assert opener.is_over
    assert answerer.is_over


def test_who_has_nothing_to_learn_gives_everything_at_once() -> None:
    opener, answerer = both(1 << 14, 0, learns="opener")
    for _ in range(4):
        answerer = answerer.after_giving()
    assert answerer.is_over
    assert not opener.may_give


def test_a_shard_out_of_turn_is_refused_and_none_is_given_out_of_turn() -> None:
    opener, answerer = both(64, 64)
    with pytest.raises(WrongState, match="the counterpart's turn"):
        opener.after_giving()
    for shard in (1, 63, 64):
        with pytest.raises(BadMatching, match=f"shard {shard} came where 0 of 64 comes next"):
            opener.after_getting(shard)
    with pytest.raises(WrongState, match="the counterpart's turn"):
        answerer.after_giving().after_giving()


# --- what is derived -----------------------------------------------------------------------------------------------


def test_no_two_things_are_derived_alike_and_the_same_is_always_the_same() -> None:
    secrets = SessionSecrets(b"s" * 32)
    made = [
        secrets.drawn(),
        secrets.blind_secret("url"),
        secrets.blind_secret("domain-name"),
        *(secrets.padding(kind, number) for kind in ("url", "domain-name") for number in range(3)),
    ]
    assert len(set(made)) == len(made)
    assert SessionSecrets(b"s" * 32).padding("url", 1) == secrets.padding("url", 1)
    assert SessionSecrets(b"t" * 32).padding("url", 1) != secrets.padding("url", 1)
    assert "s" * 8 not in repr(secrets)


def test_a_commitment_is_to_every_blinded_input_and_to_their_order() -> None:
    root = commitment([b"one", b"two"])
    assert root == commitment(iter([b"one", b"two"]))
    others = [[b"two", b"one"], [b"one"], [b"one", b"two", b"three"], []]
    assert len({root, *map(commitment, others)}) == 1 + len(others)


def test_keys_are_one_for_each_agreement_kind_and_epoch() -> None:
    infos = {key_info(*one) for one in (("a", "url", 1), ("b", "url", 1), ("a", "url", 2), ("a", "domain-name", 1))}
    assert len(infos) == 4
    assert len(tag_of(b"o" * 64)) == 16


# --- messages ------------------------------------------------------------------------------------------------------

ELEMENTS = b"e" * 64
GOOD = [
    OFFER,
    ANSWER,
    BEGIN,
    MatchBlinded(SESSION, "url", 0, ELEMENTS),
    MatchTags(SESSION, "url", 0, b"t" * 32),
    MatchEvaluated(SESSION, 255, (Evaluated("url", 0, ELEMENTS, b"p" * 64),)),
    MatchEvaluated(SESSION, 0, ()),
]


@pytest.mark.parametrize("good", GOOD, ids=lambda one: type(one).__name__)
def test_what_is_well_formed_passes(good: MatchOffer) -> None:
    good.check(CURRENT)


@pytest.mark.parametrize(
    ("good", "changed"),
    [
        (OFFER, {"session": "AB" * 16}),
        (OFFER, {"commitment": "x"}),
        (OFFER, {"drawn": ""}),
        (OFFER, {"epoch": 0}),
        (OFFER, {"kinds": ()}),
        (OFFER, {"kinds": (Kind("url", 16, 16, KEY),) * 2}),
        (OFFER, {"kinds": (Kind("autonomous-system", 16, 16, KEY),)}),
        (OFFER, {"kinds": (Kind("url", 17, 16, KEY),)}),
        (OFFER, {"kinds": (Kind("url", 8, 16, KEY),)}),
        (OFFER, {"kinds": (Kind("url", 1 << 21, 16, KEY),)}),
        (OFFER, {"kinds": (Kind("url", 16, 16, b""),)}),
        (OFFER, {"kinds": (Kind("url", 16, 16, KEY[:31]),)}),
        (ANSWER, {"drawn": DRAWN[:31]}),
        (BEGIN, {"contract": "?"}),
        (GOOD[3], {"elements": b""}),
        (GOOD[3], {"elements": ELEMENTS[:33]}),
        (GOOD[3], {"elements": b"e" * 32 * 4_097}),
        (GOOD[3], {"type": "socket-addr"}),
        (GOOD[3], {"start": -1}),
        (GOOD[3], {"start": 1 << 20}),
        (GOOD[4], {"tags": b"t" * 17}),
        (GOOD[5], {"shard": 256}),
        (GOOD[5], {"shard": -1}),
        (GOOD[5], {"parts": (Evaluated("url", 0, ELEMENTS, b"p" * 63),)}),
        (GOOD[5], {"parts": GOOD[5].parts * 401}),
    ],
)
def test_what_is_misshapen_is_refused_before_it_is_used(good: MatchOffer, changed: dict[str, object]) -> None:
    with pytest.raises((BadEnvelope, LimitExceeded)):
        REPLACE(good, **changed).check(CURRENT)
