"""What the officer is told of what a counterpart did, without looking for it."""

from pathlib import Path

from backchannel.core.consent import State
from exchange import Side, agreed, carry, following, terms_for
from onward import STORY, asked_of, grant, refuse, requests, row

Pair = tuple[Side, Side]


def note(who: Side, did: str, agreement: str) -> tuple[str, ...]:
    return (f"{who.keys.card.name} {did} “Joint watch” ({agreement[:12]})",)


def test_the_officer_is_told_what_became_of_a_proposal(pair: Pair) -> None:
    lab, vendor = pair
    taken, left, withdrawn = (
        lab.propose(vendor, terms_for(lab, vendor, threat)).id for threat in ("one", "two", "three")
    )
    assert carry(lab, vendor).notes == (), "what waits for the officer is listed as that"
    vendor.accept(taken)
    vendor.decline(left)
    assert carry(vendor, lab).notes == (*note(vendor, "accepted", taken), *note(vendor, "declined", left))
    lab.decline(withdrawn)
    assert carry(lab, vendor).notes == note(lab, "withdrew", withdrawn)


def test_the_officer_is_told_of_new_terms_and_of_the_end(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.amend(agreement, following(lab.row(agreement), depth=1))
    assert carry(lab, vendor).notes == note(lab, "narrowed", agreement)
    lab.amend(agreement, following(lab.row(agreement), depth=3))
    assert carry(lab, vendor).notes == ()
    vendor.accept(agreement)
    assert carry(vendor, lab).notes == note(vendor, "accepted new terms for", agreement)
    lab.amend(agreement, following(lab.row(agreement), depth=4))
    carry(lab, vendor)
    vendor.decline(agreement)
    assert carry(vendor, lab).notes == note(vendor, "declined or withdrew new terms for", agreement)
    vendor.end(agreement)
    assert carry(vendor, lab).notes == note(vendor, "ended", agreement)


def test_what_both_ended_is_no_news(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    vendor.end(agreement)
    lab.end(agreement)
    assert carry(vendor, lab).notes == ()


def test_the_officer_is_told_what_became_of_a_request_for_consent(tmp_path: Path) -> None:
    with row(tmp_path) as made:
        lab, vendor, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        request, items = asked_of(lab)
        grant(lab, request, {items[0].number})
        (said,) = carry(lab, vendor).notes
        assert said.startswith(f"{lab.keys.card.name} gave consent to pass on 1 object: backchannel consent show ")
        refuse(lab, request)
        (said,) = carry(lab, vendor).notes
        assert "refused consent to pass on 2 objects" in said


def test_what_was_asked_for_another_party_is_no_news_of_ours(tmp_path: Path) -> None:
    with row(tmp_path, 4, onward="ask") as made:
        lab, vendor, third, _ = made
        lab.holds(STORY)
        made.release(0)
        made.release(1)
        grant(lab, asked_of(lab)[0], onward="ask")
        made.carry()
        made.release(1)
        made.release(2)
        (second,) = [one for one, items in requests(lab) if all(item.state is State.ASKED for item in items)]
        grant(lab, second)
        assert carry(lab, vendor).notes == ()
        (said,) = carry(vendor, third).notes
        assert f"{vendor.keys.card.name} gave consent" in said
