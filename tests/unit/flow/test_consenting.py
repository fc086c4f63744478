"""Consents from hop to hop: asked for, granted or refused, and what leaves because of them."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backchannel.core.consent import State
from backchannel.core.stix import decode
from backchannel.errors import BadArgument, WrongState
from backchannel.flow import consenting
from backchannel.flow.consent_documents import consents_of
from backchannel.flow.outbound import decide_all
from backchannel.flow.ports import NewObject
from backchannel.protocol.consent import Consent, ItemName, Originator, make_consent
from backchannel.protocol.ledger import Kind
from backchannel.protocol.message import (
    ConsentGrant,
    ConsentRefusal,
    ConsentRequest,
    Provenance,
    Release,
    ReleasedObject,
)
from backchannel.protocol.versions import CURRENT
from exchange import Side, carry, following
from onward import ONE, PARTIES, STORY, THREAT, TIE, Row, asked_of, grant, kept, refuse, requests, row
from worlds import TLP, link, stix

IDS = {one.id for one in STORY}


def failing(made: Row, number: int, object_id: str) -> dict[str, str]:
    """The rules that keep an object, by the party of that number, and why."""
    plan = made.sides[number].preview(made.agreements[number])
    (decision,) = [one for one in plan.decisions if one.id == object_id]
    return {one.rule: one.evidence for one in decision.verdicts if one.result == "fail"}


def test_nothing_leaves_before_the_consent_and_all_of_it_after(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        assert vendor.ids() == IDS
        report = made.release(1)
        assert (report.objects, report.asked) == (0, 3)
        assert not third.ids()
        request, items = asked_of(lab)
        assert {one.object_id for one in items} == IDS
        grant(lab, request)
        made.carry()
        assert not third.ids()
        assert made.release(1).objects == 3
        assert third.ids() == IDS
        assert not third.refusals()


def test_a_party_two_hops_away_is_not_shown_to_the_originator(tmp_path: Path) -> None:
    """Nor the originator to it: all bytes that either received are searched for the other's key, name, identity."""
    with row(tmp_path) as made:
        passed_on(made)
        lab, _, third = made
        for one, other in ((lab, third), (third, lab)):
            heard = b"".join(made.heard[one.key])
            assert ONE.id.encode() in heard
            for name in (other.key, other.keys.card.name, other.us.identity):
                assert name.encode() not in heard


def test_names_go_along_where_the_terms_let_the_originator_know(tmp_path: Path) -> None:
    with row(tmp_path, 4, onward_names=True) as made:
        lab, vendor, third, fourth = made
        passed_on(made, onward="ask")
        made.release(2)
        newest, _ = next(one for one in requests(lab) if one[1][0].state is State.ASKED)
        assert (newest.to, newest.by, newest.party) == (fourth.key, third.key, vendor.key)


def test_consent_is_asked_and_given_hop_by_hop(tmp_path: Path) -> None:
    with row(tmp_path, 4) as made:
        lab, vendor, third, fourth = made
        passed_on(made, onward="ask")
        assert made.release(2).asked == 3
        request, items = next(one for one in requests(lab) if one[1][0].state is State.ASKED)
        assert request.party == vendor.key
        assert not fourth.ids()
        relayed = [one for one in requests(vendor) if one[1][0].link]
        assert {one.id for one, _ in relayed}.isdisjoint({one.id for one, _ in requests(third)} - {relayed[0][0].id})
        assert len({one.id for side in made for one, _ in requests(side)}) == 3
        grant(lab, request)
        made.carry()
        assert made.release(2).objects == 3
        assert fourth.ids() == IDS
        said = kept(fourth, ONE, made.agreements[2], third).provenance
        assert said.passed == "consent"
        assert len(said.consents) == 2
        assert said.onward == "never"
        assert not fourth.refusals()
        assert len(items) == 3


def test_the_originator_of_four_sees_neither_of_the_far_two(tmp_path: Path) -> None:
    with row(tmp_path, 4) as made:
        passed_on(made, onward="ask")
        made.release(2)
        heard = b"".join(made.heard[made.sides[0].key])
        for other in made.sides[2:]:
            assert other.key.encode() not in heard
            assert other.keys.card.name.encode() not in heard


def test_without_a_word_for_it_nobody_further_down_may_pass_it_on(tmp_path: Path) -> None:
    with row(tmp_path, 4) as made:
        passed_on(made)
        report = made.release(2)
        assert (report.objects, report.asked) == (0, 0)
        assert "forbid passing it on" in failing(made, 2, ONE.id)["originator"]
        assert not made.sides[3].ids()


def test_a_refusal_is_told_and_the_same_is_not_asked_again(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        refuse(lab, asked_of(lab)[0])
        made.carry()
        report = made.release(1)
        assert (report.objects, report.asked) == (0, 0)
        assert "refused its consent" in failing(made, 1, ONE.id)["originator"]
        assert len(requests(vendor)) == 1


def test_what_waits_for_an_answer_is_not_asked_twice_until_it_lapses(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        assert made.release(1).asked == 0
        assert "has not answered" in failing(made, 1, ONE.id)["originator"]
        for side in made:
            side.now += timedelta(days=30)
        assert made.release(1).asked == 3
        with pytest.raises(WrongState, match="nothing of consent request"):
            grant(lab, requests(lab)[-1][0])
        assert len(requests(vendor)) == 2


def test_never_withholds_and_asks_nobody(tmp_path: Path) -> None:
    with row(tmp_path, onward="never") as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        assert vendor.ids() == IDS
        assert (made.release(1).asked, third.ids()) == (0, set())
        assert "forbid passing it on" in failing(made, 1, ONE.id)["originator"]
        assert not requests(lab)


def test_listed_lets_it_pass_to_those_in_the_list_and_asks_for_others(tmp_path: Path) -> None:
    with row(tmp_path, 4, onward="listed", onward_to=(PARTIES[2].key,)) as made:
        lab, vendor, third, fourth = made
        lab.holds(STORY)
        made.release(0)
        report = made.release(1)
        assert (report.objects, report.asked) == (3, 0)
        said = kept(third, ONE, made.agreements[1], vendor).provenance
        assert (said.passed, said.onward, said.consents) == ("listed", "ask", ())
        assert made.release(2).asked == 3
        assert not fourth.ids()
        grant(lab, asked_of(lab)[0])
        made.carry()
        made.release(2)
        assert fourth.ids() == IDS


def test_an_originators_list_is_not_the_next_ones(tmp_path: Path) -> None:
    """The fourth is in everybody's list: the third has the objects by the first's, and has to ask all the same."""
    with row(tmp_path, 4, onward="listed", onward_to=(PARTIES[2].key, PARTIES[3].key)) as made:
        made.sides[0].holds(STORY)
        made.release(0)
        made.release(1)
        assert made.sides[2].ids() == IDS
        assert (made.release(2).objects, made.sides[3].ids()) == (0, set())


def test_an_expired_consent_lets_nothing_more_leave_and_what_crossed_stays(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, _, third = made
        lab.holds([THREAT, ONE, TIE])
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0], until=lab.now + timedelta(days=1))
        made.carry()
        for side in made:
            side.now += timedelta(days=2)
        report = made.release(1)
        assert (report.objects, report.asked, third.ids()) == (0, 3, set())
        grant(lab, requests(lab)[0][0], until=lab.now + timedelta(days=1))
        made.carry()
        made.release(1)
        for side in made:
            side.now += timedelta(days=2)
        assert third.ids() == IDS
        assert made.release(1).objects == 0


def test_a_consent_speaks_of_some_objects_and_not_of_others(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, _, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        request, items = asked_of(lab)
        chosen = {one.number for one in items if one.object_id == THREAT.id}
        grant(lab, request, chosen)
        refuse(lab, request)
        made.carry()
        made.release(1)
        assert third.ids() == {THREAT.id}


def test_a_consent_names_a_version_and_not_the_next_one(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, _, third = made
        passed_on(made)
        newer = decode(ONE.raw.replace(b"2026-01-02T", b"2026-02-02T"))
        lab.holds([newer])
        made.release(0)
        report = made.release(1)
        assert (report.objects, report.asked) == (0, 1)
        assert {held.version for held in third.held(ids=frozenset({ONE.id}))} == {ONE.version}


def test_consents_never_make_the_mark_weaker(tmp_path: Path) -> None:
    """The object is AMBER by what the Lab declared; with the third party only GREEN crosses."""
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY, tlp="amber")
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        vendor.amend(made.agreements[1], following(vendor.row(made.agreements[1]), tlp_max="green"))
        made.carry()
        assert made.release(1).objects == 0
        assert "above the ceiling" in failing(made, 1, ONE.id)["marking"]
        assert not third.ids()


def test_the_mark_that_was_declared_goes_on_with_an_object_that_has_a_weaker_one_of_its_own(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        marked = stix("indicator", "marked", object_marking_refs=[TLP["green"]])
        lab.holds([THREAT, marked, link(marked, THREAT)])
        items = [
            ReleasedObject(msgspec.Raw(one.raw), "amber", False) for one in (THREAT, marked, link(marked, THREAT))
        ]
        lab.say(vendor, made.agreements[0], Release(lab.row(made.agreements[0]).version, tuple(items)))
        carry(lab, vendor)
        plan = vendor.preview(made.agreements[1])
        (decision,) = [one for one in plan.decisions if one.id == marked.id]
        assert decision.subject.tlp == "amber"


def test_what_is_said_of_an_object_only_gets_stricter_on_its_way(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        passed_on(made, onward="ask")
        first = kept(vendor, ONE, made.agreements[0], lab).provenance
        second = kept(third, ONE, made.agreements[1], vendor).provenance
        assert first.destroy_by == vendor.now + timedelta(days=365)
        assert second.destroy_by == first.destroy_by
        assert second.origin == first.origin != ""
        third.now += timedelta(days=10)
        assert second.destroy_by < third.now + timedelta(days=365)


def test_a_weaker_word_than_the_terms_is_tightened(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        loose = Provenance("ab" * 32, "listed", "2099-01-01T00:00:00.000Z")
        items = tuple(ReleasedObject(msgspec.Raw(one.raw), "green", False, loose) for one in STORY)
        lab.say(vendor, made.agreements[0], Release(lab.row(made.agreements[0]).version, items))
        carry(lab, vendor)
        said = kept(vendor, ONE, made.agreements[0], lab).provenance
        assert (said.onward, said.destroy_by) == ("ask", vendor.now + timedelta(days=365))


def test_anothers_object_leaves_whole_or_not_at_all(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        noted = stix("indicator", "noted", x_note="internal")
        lab.holds([*STORY, noted, link(noted, THREAT)])
        made.release(0)
        terms = following(vendor.row(made.agreements[1]), exclude_properties=("x_note",))
        vendor.amend(made.agreements[1], terms)
        made.carry()
        assert made.release(1).asked == 3
        assert "leaves whole or not at all" in failing(made, 1, noted.id)["properties"]
        grant(lab, asked_of(lab)[0])
        made.carry()
        made.release(1)
        assert third.ids() == IDS


def test_nothing_is_cut_from_anothers_object_to_let_it_leave(tmp_path: Path) -> None:
    """The note refers to our own secret by what it was given: without that reference it could leave as a copy."""
    with row(tmp_path) as made:
        lab, vendor, _ = made
        secret = stix("indicator", "secret", object_marking_refs=[TLP["red"]])
        report = stix("report", "both", object_refs=[THREAT.id, secret.id])
        lab.holds(STORY)
        made.release(0)
        vendor.holds([secret])
        with vendor.db.write() as tx:
            new = NewObject.of(report, "green", agreement=made.agreements[0], envelope="e" * 64)
            tx.holdings.add([new], source=lab.key, now=vendor.now)
        assert made.release(1).asked == 3
        decision = [one for one in vendor.preview(made.agreements[1]).decisions if one.id == report.id]
        assert [str(one.outcome) for one in decision] == ["withhold"]


def test_what_a_third_party_sent_draws_no_other_partys_object_into_scope(tmp_path: Path) -> None:
    """The Lab's object on another threat; the third party ties it to the threat that it shares with the Vendor."""
    with row(tmp_path, onward="listed", onward_to=(PARTIES[2].key,)) as made:
        lab, vendor, third = made
        other, quiet = stix("malware", "Nightjar"), stix("indicator", "quiet")
        lab.holds(STORY)
        made.release(0)
        with vendor.db.write() as tx:
            given = [
                NewObject.of(one, "green", agreement=made.agreements[0]) for one in (other, quiet, link(quiet, other))
            ]
            tx.holdings.add(given, source=lab.key, now=vendor.now)
            lure = [NewObject.of(link(quiet, THREAT, label="lure"), "green", agreement=made.agreements[1])]
            tx.holdings.add(lure, source=third.key, now=vendor.now)
        made.release(1)
        assert third.ids() == IDS


def test_anothers_links_draw_its_own_objects_and_none_of_ours(tmp_path: Path) -> None:
    with row(tmp_path, onward="listed", onward_to=(PARTIES[2].key,)) as made:
        lab, vendor, third = made
        ours = stix("indicator", "ours")
        lab.holds(STORY)
        made.release(0)
        vendor.holds([ours])
        with vendor.db.write() as tx:
            lure = [NewObject.of(link(ours, THREAT), "green", agreement=made.agreements[0])]
            tx.holdings.add(lure, source=lab.key, now=vendor.now)
        made.release(1)
        assert ours.id not in third.ids()
        assert ONE.id in third.ids()


def test_of_several_who_gave_the_same_object_one_that_permits_it_is_enough(tmp_path: Path) -> None:
    with row(tmp_path, onward="listed", onward_to=(PARTIES[2].key,)) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        with vendor.db.write() as tx:
            again = [NewObject.of(one, "green", agreement=made.agreements[1]) for one in STORY]
            tx.holdings.add(again, source="d" * 64, now=vendor.now)
        report = made.release(1)
        assert (report.objects, third.ids()) == (3, IDS)


def test_what_came_from_a_counterpart_is_not_passed_on_to_it(tmp_path: Path) -> None:
    with row(tmp_path, 2, onward="listed", onward_to=(PARTIES[0].key,)) as made:
        lab, vendor = made
        lab.holds(STORY)
        made.release(0)
        assert vendor.release(made.agreements[0]).objects == 0
        assert "this counterpart itself" in failing_for(vendor, made.agreements[0], ONE.id)


def test_others_objects_are_not_published_where_nothing_can_go_beside_them(tmp_path: Path) -> None:
    with row(tmp_path, onward="listed", onward_to=(PARTIES[2].key,)) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        ours = stix("malware", "ours", aliases=["Predator"])
        vendor.holds([ours])
        agreement = vendor.row(made.agreements[1])
        vendor.pin(agreement.id, "Predator", THREAT.id)
        with vendor.db.read() as tx:
            terms = vendor.terms(agreement.id)
            plan = decide_all(
                tx, vendor.standing, vendor.peers[third.key], agreement, terms, everything=True, beside=False
            )
        assert not [one for one in plan.decisions if one.sent is not None and not one.subject.own]
        assert vendor.preview(agreement.id).summary["release"] > 0


def test_preview_says_whom_a_release_would_ask(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        plan = vendor.preview(made.agreements[1])
        assert plan.notes[1:] == [f"a release asks {lab.keys.card.name} for its originator's consent to 3 objects"]
        assert failing(made, 1, ONE.id)["originator"] == f"a release would ask {lab.keys.card.name} for consent"
        assert not requests(vendor)


def test_what_is_recalled_is_consented_to_no_more(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0])
        made.carry()
        with vendor.db.write() as tx:
            assert consenting.withdraw(tx, {ONE.id}, vendor.now) == 1
        made.release(1)
        assert third.ids() == {THREAT.id}
        assert "withdrawn" in failing(made, 1, ONE.id)["originator"]


# --- on and off the record -------------------------------------------------------------------------------------


def consents_kept(side: Side) -> list[Consent]:
    with side.db.read() as tx:
        ids = {item.consent for _, items in requests(side) for item in items if item.consent}
        return list(consents_of(tx, ids).values())


def entries(side: Side, kind: Kind) -> int:
    with side.db.read() as tx:
        return sum(entry[1] == kind for entry in tx.ledger.entries())


def test_off_the_record_an_originator_signs_nothing_and_each_hop_vouches(tmp_path: Path) -> None:
    with row(tmp_path, off={0}) as made:
        lab, vendor, third = made
        passed_on(made)
        assert kept(vendor, ONE, made.agreements[0], lab).provenance.origin == ""
        assert [one.signed for one in consents_kept(lab)] == [None]
        assert not [body for body in made.heard[vendor.key] if b'"signatures":{' in body and b"consent" in body]
        said = kept(third, ONE, made.agreements[1], vendor).provenance
        assert (said.origin, said.passed) == ("", "consent")
        assert entries(lab, Kind.CONSENT) == 0


def test_consents_on_the_record_are_in_the_ledgers_of_who_gave_and_got_them(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        passed_on(made)
        assert [entries(side, Kind.CONSENT) for side in (lab, vendor, third)] == [1, 1, 0]


# --- what a hostile party says --------------------------------------------------------------------------------


def test_what_never_crossed_cannot_be_asked_about(tmp_path: Path) -> None:
    with row(tmp_path, 2) as made:
        lab, vendor = made
        lab.holds([*STORY, stix("indicator", "unreleased")])
        made.release(0)
        for name in (ItemName.of(stix("indicator", "unreleased")), ItemName(ONE.id, ONE.version, "ab" * 32)):
            said = ConsentRequest("cd" * 32, (name,), "ef" * 32, "", "", "")
            vendor.say(lab, made.agreements[0], said)
            carry(vendor, lab)
            assert lab.rules_broken()[-1] == "bad-consent"
        assert not requests(lab)


def test_nobody_is_flooded_with_requests(tmp_path: Path) -> None:
    with row(tmp_path, 2) as made:
        lab, vendor = made
        lab.holds(STORY)
        made.release(0)
        for number in range(CURRENT.consent_requests_a_day + 1):
            said = ConsentRequest(f"{number:064x}", (ItemName.of(ONE),), "ef" * 32, "", "", "")
            vendor.say(lab, made.agreements[0], said)
        carry(vendor, lab)
        assert len(requests(lab)) == CURRENT.consent_requests_a_day
        assert lab.rules_broken() == ["limit"]
        lab.now += timedelta(days=1, seconds=1)
        vendor.say(lab, made.agreements[0], ConsentRequest("ff" * 32, (ItemName.of(ONE),), "ef" * 32, "", "", ""))
        carry(vendor, lab)
        assert len(requests(lab)) == CURRENT.consent_requests_a_day + 1


def test_an_answer_counts_in_the_channel_of_its_request_and_once(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        request, items = asked_of(lab)
        originator = Originator(lab.us.secret, made.agreements[0])
        names = [ItemName(one.object_id, one.version, one.sha256) for one in items]
        consent = make_consent(
            originator, names, recipient=request.recipient, until=UNTIL, at="2026-11-22T20:31:00.000Z"
        )
        nonces = tuple(originator.nonce(one.id).hex() for one in names)
        said = ConsentGrant(request.id, (0, 1, 2), nonces, consent)
        third.say(vendor, made.agreements[1], said)
        carry(third, vendor)
        assert vendor.rules_broken() == ["bad-consent"]
        lab.say(vendor, made.agreements[0], said, said)
        carry(lab, vendor)
        assert vendor.rules_broken() == ["bad-consent", "wrong-state"]


def test_nobody_but_who_was_asked_can_refuse_and_not_after_it_lapsed(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, third = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        said = ConsentRefusal(asked_of(lab)[0].id, (0,))
        third.say(vendor, made.agreements[1], said)
        carry(third, vendor)
        assert vendor.rules_broken() == ["bad-consent"]
        vendor.now += timedelta(days=30)
        lab.say(vendor, made.agreements[0], said)
        carry(lab, vendor)
        assert vendor.rules_broken() == ["bad-consent", "wrong-state"]
        assert {one.state for one in requests(vendor)[0][1]} == {State.ASKED}


@pytest.mark.parametrize("wrong", ["recipient", "keys", "item", "expired", "unsigned", "nonce"])
def test_a_consent_that_is_not_what_was_asked_is_not_kept(tmp_path: Path, wrong: str) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        request, items = asked_of(lab)
        originator = Originator(b"another" * 8 if wrong == "keys" else lab.us.secret, made.agreements[0])
        names = [ItemName(one.object_id, one.version, one.sha256) for one in items]
        consent = make_consent(
            originator,
            names[:1] if wrong == "item" else names,
            recipient="ab" * 32 if wrong == "recipient" else request.recipient,
            until="2026-11-22T20:31:00.000Z" if wrong == "expired" else UNTIL,
            at="2026-11-22T20:31:00.000Z",
            on_record=wrong != "unsigned",
        )
        nonces = ["ab" * 32 if wrong == "nonce" else originator.nonce(one.id).hex() for one in names]
        lab.say(vendor, made.agreements[0], ConsentGrant(request.id, (0, 1, 2), tuple(nonces), consent))
        carry(lab, vendor)
        assert vendor.rules_broken() == ["bad-consent"]
        assert {one.state for one in requests(vendor)[0][1]} == {State.ASKED}
        assert made.release(1).objects == 0


def test_only_what_waits_for_us_can_be_answered(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        with pytest.raises(WrongState, match="we asked for consent"):
            grant(vendor, requests(vendor)[0][0])
        with pytest.raises(BadArgument, match="is over already"):
            grant(lab, asked_of(lab)[0], until=lab.now)
        grant(lab, asked_of(lab)[0])
        with pytest.raises(WrongState, match="waits for our answer"):
            refuse(lab, asked_of(lab)[0])


def test_what_a_relay_cannot_ask_for_is_refused_at_once(tmp_path: Path) -> None:
    """The third party asks the Vendor about the Lab's objects, whose agreement with the Vendor ended meanwhile."""
    with row(tmp_path, 4) as made:
        passed_on(made, onward="ask")
        _, vendor, third, _ = made
        vendor.end(made.agreements[0])
        made.release(2)
        made.carry()
        states = {one.state for request, items in requests(third) if request.ours for one in items}
        assert states == {State.REFUSED}


# --- the pieces -----------------------------------------------------------------------------------------------

UNTIL = "2027-01-01T00:00:00.000Z"


def passed_on(made: Row, **how: Any) -> None:
    """The first party's story reaches the third by the second, with consent."""
    lab, _, third = made.sides[:3]
    lab.holds(STORY)
    made.release(0)
    made.release(1)
    grant(lab, asked_of(lab)[0], **how)
    made.carry()
    made.release(1)
    assert third.ids() == IDS


def failing_for(side: Side, agreement: str, object_id: str) -> str:
    (decision,) = [one for one in side.preview(agreement).decisions if one.id == object_id]
    return decision.verdict("originator").evidence
