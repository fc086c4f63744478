"""Counterparts, agreements, pins and standing rules: what is put is what is found."""

from datetime import timedelta

from msgspec.structs import replace

from backchannel.flow.ports import InboxRule
from backchannel.store.database import Database
from store_samples import AGREEMENT, NOW, OTHERS, THEM, US, agreement, indicator, new, party


def test_a_party_is_found_as_it_was_put(db: Database) -> None:
    one = party(card=b"\0\xff", verified=True)
    with db.write() as tx:
        tx.agreements.put_party(one)
    with db.read() as tx:
        assert tx.agreements.parties() == [one]


def test_a_party_put_again_is_changed_and_not_doubled(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_party(party())
        tx.agreements.put_party(party(verified=True, name="Renamed", carrier="folder:other"))
        assert [(one.name, one.verified, one.carrier) for one in tx.agreements.parties()] == [
            ("Renamed", True, "folder:other")
        ]


def test_parties_stand_in_the_order_of_their_enrolment(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_party(party(THEM, added_at=NOW + timedelta(seconds=1)))
        tx.agreements.put_party(party(OTHERS, added_at=NOW))
        assert [one.key for one in tx.agreements.parties()] == [OTHERS, THEM]


def test_two_parties_of_one_name_stay_two(db: Database) -> None:
    with db.write() as tx:
        for key in (THEM, OTHERS):
            tx.agreements.put_party(party(key, "Same Name"))
            tx.holdings.add(new(indicator("one.example")), source=key, now=NOW)
        held = tx.holdings.get(indicator("one.example").id)
        assert [(one.source, one.source_name) for one in held] == [(THEM, "Same Name"), (OTHERS, "Same Name")]


def test_only_the_node_itself_is_an_own_source(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.put_own(US, "Human Rights Lab")
        tx.agreements.put_party(party())
        for key in (US, THEM):
            tx.holdings.add(new(indicator("one.example")), source=key, now=NOW)
        held = tx.holdings.get(indicator("one.example").id)
        assert {one.source: one.own for one in held} == {US: True, THEM: False}


def test_an_agreement_is_found_as_it_was_put(db: Database) -> None:
    full = agreement(pending=b"\0pending", secrets=bytes(range(256)), state="in force")
    bare = agreement(OTHERS, updated_at=NOW + timedelta(seconds=1))
    with db.write() as tx:
        tx.agreements.put(bare)
        tx.agreements.put(full)
    with db.read() as tx:
        assert tx.agreements.all() == [full, bare]
        assert [tx.agreements.get(one.id) for one in (full, bare)] == [full, bare]
        assert tx.agreements.get(full.id[:12]) is None


def test_an_agreement_put_again_has_its_new_state_only(db: Database) -> None:
    ended = replace(agreement(), state="ended", secrets=None)
    with db.write() as tx:
        tx.agreements.put(agreement(secrets=b"secret"))
        tx.agreements.put(ended)
        assert tx.agreements.all() == [ended]


def test_a_pin_says_which_threat_a_name_stands_for(db: Database) -> None:
    with db.write() as tx:
        tx.agreements.pin(AGREEMENT, "Predator", "malware--1")
        tx.agreements.pin(AGREEMENT, "Predator", "malware--2")
        tx.agreements.pin(AGREEMENT, "'; --", "malware--3")
        tx.agreements.pin(OTHERS, "Predator", "malware--4")
        assert tx.agreements.pins(AGREEMENT) == {"Predator": "malware--2", "'; --": "malware--3"}
        assert tx.agreements.pins(US) == {}


def test_rules_are_numbered_and_a_number_is_never_used_again(db: Database) -> None:
    with db.write() as tx:
        first = tx.agreements.add_rule(THEM, "indicator", "green")
        second = tx.agreements.add_rule(None, None, None)
        assert tx.agreements.rules() == [first, second]
        assert tx.agreements.drop_rule(second.number)
        assert not tx.agreements.drop_rule(second.number)
        third = tx.agreements.add_rule(None, "malware", None)
        assert third == InboxRule(3, None, "malware", None)
        assert tx.agreements.rules() == [first, third]
