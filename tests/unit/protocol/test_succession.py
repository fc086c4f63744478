"""How a party comes from its first keys to those it has: nobody without the old keys, and nobody without the new."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
import rfc8785

from backchannel.core.identity import KeyCard, PublicKeys, fingerprint_words, identity_id, party_key
from backchannel.errors import BadCard, StaleCard, SuccessionFork
from backchannel.protocol.card import MAX_CARD, MAX_ENDPOINT, MAX_ENDPOINTS, make_card, read_card
from backchannel.protocol.crypto import own_party_key, public_keys, sign
from backchannel.protocol.keys import PrivateKeys
from backchannel.protocol.signing import sign_terms, verify_terms
from backchannel.protocol.succession import History, Link, Succession, check_follows, succeed, verify_chain
from backchannel.protocol.versions import CURRENT
from two_parties import LAB, MALLORY, NOW, PIN, seeds


def following(private: PrivateKeys, name: str) -> PrivateKeys:
    return private.succeeded(LAB.key, seeds(name), NOW)


SECOND = following(LAB.private, "second")
THIRD = following(SECOND, "third")
ONE = succeed(LAB.private, SECOND, None, NOW)
TWO = succeed(SECOND, THIRD, ONE, NOW + timedelta(days=1))


def card(private: PrivateKeys, history: History | None) -> KeyCard:
    return read_card(make_card(private, LAB.card.name, (), PIN, NOW, history))


def link(before: PrivateKeys, new: PrivateKeys, *, by_old: PrivateKeys, by_new: PrivateKeys, **fields: Any) -> Link:
    """A succession from `before` to `new` with anything wrong in it, signed by whomever."""
    plain = Succession(LAB.key, 1, party_key(public_keys(before)), public_keys(new), "2026-11-22T20:31:00.000Z")
    statement = msgspec.structs.replace(plain, **fields)
    text = rfc8785.dumps(msgspec.to_builtins(statement))
    return Link(statement, sign(by_old, "succession", text), sign(by_new, "succession-possession", text))


def chain(*links: Link, first: PrivateKeys = LAB.private, current: PrivateKeys = SECOND) -> tuple[PublicKeys, ...]:
    return verify_chain(public_keys(first), links, public_keys(current))


# --- the way it should go ----------------------------------------------------------------------------------------


def test_a_party_with_new_keys_keeps_its_key_its_words_and_its_identity() -> None:
    newer = card(THIRD, TWO)
    assert newer.key == LAB.key == own_party_key(THIRD)
    assert fingerprint_words(newer.key) == fingerprint_words(LAB.key)
    assert identity_id(newer.key) == identity_id(LAB.key)
    assert newer.keys == public_keys(THIRD)
    assert newer.former == (public_keys(LAB.private), public_keys(SECOND))
    assert (newer.generation, newer.rekeyed) == (2, NOW + timedelta(days=1))
    one = msgspec.structs.replace(card(SECOND, ONE), sealing=newer.sealing, ledger=newer.ledger, rekeyed=None)
    assert newer.before() == one


def test_the_words_of_todays_keys_are_others_and_those_of_the_first_card_are_both() -> None:
    assert LAB.card.current_words == fingerprint_words(LAB.key)
    words = {LAB.card.current_words, card(SECOND, ONE).current_words, card(THIRD, TWO).current_words}
    assert len(words) == 3


def test_the_tests_own_forger_can_make_a_good_link() -> None:
    good = link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND)
    assert chain(good) == (public_keys(LAB.private),)


def test_what_was_signed_with_former_keys_is_still_verified_with_them() -> None:
    """Terms and endings of the past are shown with the card of today: it has the keys of their time."""
    terms = b'{"title":"Joint watch"}'
    signatures = sign_terms(LAB.private, terms)
    verify_terms(card(THIRD, TWO).former[0], terms, signatures)


def test_the_ledger_keys_change_with_the_others() -> None:
    assert card(SECOND, ONE).ledger != LAB.card.ledger


def test_as_many_successions_as_there_may_be_fit_a_card_of_the_longest_name() -> None:
    private, history = LAB.private, None
    for number in range(CURRENT.max_successions):
        after = following(private, f"number {number}")
        private, history = after, succeed(private, after, history, NOW)
    endpoint = "https://h.example/" + "x" * (MAX_ENDPOINT - 18)
    data = make_card(private, "\U0001d54f" * 100, (endpoint,) * MAX_ENDPOINTS, PIN, NOW, history)
    assert len(data) < MAX_CARD
    assert read_card(data).generation == CURRENT.max_successions
    with pytest.raises(ValueError, match="a card has room for no more"):
        succeed(private, following(private, "more"), history, NOW)


def test_a_card_without_successions_has_no_field_for_them() -> None:
    for field in (b'"successions":[]', b'"first":null'):
        other = LAB.card_bytes.replace(b'"created"', field + b',"created"', 1)
        with pytest.raises(BadCard, match="canonical"):
            read_card(other)


# --- what is refused ---------------------------------------------------------------------------------------------


def test_a_succession_not_signed_by_the_old_keys_is_refused() -> None:
    with pytest.raises(BadCard, match="Ed25519 signature of the succession is wrong"):
        chain(link(LAB.private, SECOND, by_old=MALLORY.private, by_new=SECOND))
    good = link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND)
    for algorithm in ("ed25519", "mldsa65"):
        without = msgspec.structs.replace(good.by_old, **{algorithm: b""})
        with pytest.raises(BadCard, match="missing"):
            chain(msgspec.structs.replace(good, by_old=without))


def test_a_succession_to_keys_of_somebody_else_is_refused() -> None:
    """Nobody can say that another party's keys are its own next ones."""
    stolen = link(LAB.private, MALLORY.private, by_old=LAB.private, by_new=LAB.private)
    with pytest.raises(BadCard, match="succession-possession is wrong"):
        chain(stolen, current=MALLORY.private)


def test_a_signature_of_the_one_kind_is_none_of_the_other() -> None:
    good = link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND)
    with pytest.raises(BadCard, match="is wrong"):
        chain(Link(good.succession, good.by_new, good.by_old))


def test_a_chain_that_does_not_start_at_the_party_key_is_refused() -> None:
    good = link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND)
    with pytest.raises(BadCard, match="but the first keys are those of"):
        chain(good, first=MALLORY.private)
    of_mallory = link(MALLORY.private, SECOND, by_old=MALLORY.private, by_new=SECOND, party=LAB.key)
    with pytest.raises(BadCard, match="a succession is that of party"):
        chain(of_mallory, first=MALLORY.private)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"number": 2}, "does not follow the keys before it"),
        ({"old": "0" * 64}, "does not follow the keys before it"),
        ({"at": "yesterday"}, "is not like"),
        ({"at": "2026-11-22T20:31:00Z"}, "is not like"),
    ],
)
def test_a_succession_that_says_something_else_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(BadCard, match=why):
        chain(link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND, **fields))


@pytest.mark.parametrize("name", ["ed25519", "mldsa65", "x25519", "mlkem768"])
def test_a_succession_that_keeps_one_of_the_old_keys_is_refused(name: str) -> None:
    half = msgspec.structs.replace(SECOND, **{name: getattr(LAB.private, name)})
    with pytest.raises(BadCard, match=f"keeps the old {name} key"):
        chain(link(LAB.private, half, by_old=LAB.private, by_new=half), current=half)


def test_a_succession_to_a_weak_key_is_refused() -> None:
    weak = msgspec.structs.replace(public_keys(SECOND), x25519=bytes(32))
    with pytest.raises(BadCard, match="low order"):
        chain(link(LAB.private, SECOND, by_old=LAB.private, by_new=SECOND, keys=weak))


def test_a_link_that_is_missing_doubled_or_out_of_order_is_refused() -> None:
    one, two = TWO.links
    for links in ((two,), (two, one), (one, one), (one,), ()):
        with pytest.raises(BadCard):
            chain(*links, current=THIRD)
    assert chain(one, two, current=THIRD)


def test_first_keys_without_successions_and_too_many_successions_are_refused() -> None:
    with pytest.raises(BadCard, match="if and only if"):
        verify_chain(public_keys(LAB.private), (), public_keys(LAB.private))
    with pytest.raises(BadCard, match="if and only if"):
        verify_chain(None, ONE.links, public_keys(SECOND))
    with pytest.raises(BadCard, match="at most 8"):
        chain(*ONE.links * 9)


# --- which card follows which ------------------------------------------------------------------------------------


def test_a_newer_card_follows_and_the_same_one_again_changes_nothing() -> None:
    check_follows(LAB.card, card(SECOND, ONE), same=False)
    check_follows(LAB.card, card(THIRD, TWO), same=False)
    check_follows(LAB.card, LAB.card, same=True)


def test_an_older_card_or_another_of_the_same_epoch_does_not_follow() -> None:
    newer = card(SECOND, ONE)
    with pytest.raises(StaleCard, match="it is an older card"):
        check_follows(newer, LAB.card, same=False)
    later = msgspec.structs.replace(LAB.card, sealing=msgspec.structs.replace(LAB.card.sealing, epoch=9))
    with pytest.raises(StaleCard, match="it is an older card"):
        check_follows(newer, later, same=False)
    with pytest.raises(StaleCard, match="another card of"):
        check_follows(newer, newer, same=False)


def test_a_second_succession_from_the_same_keys_is_a_fork_whichever_came_first() -> None:
    thief = following(LAB.private, "thief")
    forged = card(thief, succeed(LAB.private, thief, None, NOW))
    for held, offered in ((card(SECOND, ONE), forged), (forged, card(SECOND, ONE)), (card(THIRD, TWO), forged)):
        with pytest.raises(SuccessionFork, match="the keys before signed both"):
            check_follows(held, offered, same=False)
