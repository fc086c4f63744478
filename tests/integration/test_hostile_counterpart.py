"""An enemy with a valid agreement: it probes, floods, squats, claims and haggles, all properly signed.

It learns nothing from what we answer, changes no agreement but its own and that only as the terms allow, and it
cannot keep its own next good message, or anybody else's, from arriving.
"""

import os
import socket
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from backchannel.carriers.item import MAX_ITEM
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling, Parties, Quota, Scope, Terms, canonical, from_canonical, terms_id
from backchannel.flow import agree
from backchannel.flow.ports import Filter, NewObject
from backchannel.node import agreements, exchange, inbox, parties
from backchannel.node.inbox_choice import Choice
from backchannel.protocol import message
from backchannel.protocol.crypto import encapsulate
from backchannel.protocol.message import AnyMessage, Release
from backchannel.protocol.signing import sign_ending, sign_terms
from counterpart import TYPES, terms_between
from receipts import got, unsigned
from standoff import OURS, SECRET, THIRD, Standoff, good, hosts, welcome
from two_parties import MALLORY, NOW, VENDOR
from vetting_world import MARK, indicator, link, make_id, stix, threat

SECRETS = [one.id for one in SECRET]


# --- probing ------------------------------------------------------------------------------------------------------


def about(target: str) -> list[StixObject]:
    """A good story with one more object that refers to an id."""
    return [*good("probe.example"), stix("note", f"on {target}", content="seen", object_refs=[threat().id, target])]


PROBES: dict[str, Callable[[], list[StixObject]]] = {
    "a good story": lambda: good("probe.example"),
    "nothing": list,
    "a reference to our secret threat": lambda: about(SECRETS[0]),
    "a reference to our secret indicator": lambda: about(SECRETS[1]),
    "a reference to our RED indicator": lambda: about(SECRETS[3]),
    "a reference to nothing at all": lambda: about(make_id("indicator", "no such thing")),
    "our secret indicator, byte for byte": lambda: [SECRET[1], *good("probe.example")],
    "our secret indicator, changed": lambda: [indicator("secret.example", name="x"), *good("probe.example")],
    "our released indicator": lambda: [OURS[1], OURS[2]],
    "the third party's indicator": lambda: list(THIRD),
    "a name of ours": lambda: [indicator("x.example", name="The Nightjar relay"), *good("probe.example")],
    "something over the ceiling": lambda: [indicator("x.example", object_marking_refs=[MARK["red"]])],
    "something of no agreed type": lambda: [stix("tool", "x", name="x")],
    "a network of ours": lambda: [indicator("mail.lab.example"), *good("probe.example")],
    "more than the quota": lambda: [one for number in range(150) for one in good(f"p{number}.example")],
}


def answers(standoff: Standoff) -> list[tuple[str, int, int]]:
    """What lies in the Vendor's mailboxes: which one, the sequence and the size of each envelope."""
    return sorted(
        (channel, int(path.name.partition("-")[0]), path.stat().st_size)
        for channel in standoff.vendor.channels
        for path in standoff.vendor.folder(channel, "send").glob("*")
    )


@pytest.mark.parametrize("rule", [False, True])
def test_what_we_answer_does_not_depend_on_what_became_of_the_objects(
    prepared: Standoff, tmp_path: Path, rule: bool
) -> None:
    """The number, the sequence and the size of our envelopes are the same, whether objects were accepted, held or
    refused, known or unknown to us; and so is what the receipts say."""
    seen = set()
    for number, probe in enumerate(PROBES.values()):
        situation = prepared.copy(tmp_path / str(number))
        if rule:
            inbox.add_rule(situation.node, None, None, None)
        list(situation.vendor.fetch(situation.agreement))
        situation.vendor.release(situation.agreement, probe())
        situation.sync()
        sizes = tuple(answers(situation))
        said = [type(one) for one in situation.vendor.fetch(situation.agreement)]
        seen.add((sizes, tuple(said)))
        situation.node.close()
    assert len(seen) == 1
    ((_, said_once),) = seen
    assert said_once == (message.Receipt,)


def test_an_unreadable_message_is_answered_like_a_good_one(prepared: Standoff, tmp_path: Path) -> None:
    seen = set()
    for number, body in enumerate([None, b"[1]", b"[" * 100_000]):
        situation = prepared.copy(tmp_path / str(number))
        objects = situation.vendor.releasing(situation.agreement, good("x.example"))
        situation.vendor.say(situation.agreement, objects, body=body)
        situation.sync()
        seen.add(tuple(answers(situation)))
        situation.node.close()
    assert len(seen) == 1


def released_after(standoff: Standoff, probe: list[StixObject], *, accept: bool) -> set[bytes]:
    """What our next release says, after a probe and an officer who accepts whatever waits."""
    standoff.vendor.release(standoff.agreement, probe)
    standoff.sync()
    if accept:
        inbox.accept(standoff.node, Choice(everything=True))
    exchange.release(standoff.node, standoff.agreement)
    standoff.sync()
    return {
        bytes(item.object)
        for said in standoff.vendor.fetch(standoff.agreement)
        if isinstance(said, Release)
        for item in said.items
    }


@pytest.mark.parametrize("accept", [False, True])
def test_no_probe_changes_what_we_release(prepared: Standoff, tmp_path: Path, accept: bool) -> None:
    """Not even if the officer accepts all that waits: what they tie to the threat draws nothing of ours with it."""
    ours = {one.raw for one in OURS}
    for number, (name, probe) in enumerate(PROBES.items()):
        situation = prepared.copy(tmp_path / str(number))
        released = released_after(situation, probe(), accept=accept)
        situation.node.close()
        # What they sent as their own they have: it need not go back to them.
        assert released <= ours, name
        if name not in {"our released indicator"}:
            assert released == ours, name


def test_grafting_a_secret_onto_the_threat_releases_nothing_of_it(standoff: Standoff) -> None:
    ties = [link(target, threat(), id=make_id("relationship", f"graft {target}")) for target in SECRETS[:2]]
    report = stix(
        "report", "graft", name="All", published="2026-06-01T00:00:00Z", object_refs=[threat().id, *SECRETS]
    )
    released = released_after(standoff, [*ties, report], accept=True)
    assert released == {one.raw for one in OURS}
    text = b"".join(released)
    for needle in (b"Nightjar", b"secret.example", b"red.example", *(one.encode() for one in SECRETS)):
        assert needle not in text


# --- flooding -----------------------------------------------------------------------------------------------------


def test_a_flood_within_the_quota_is_taken_and_beyond_it_refused(standoff: Standoff) -> None:
    objects = [one for number in range(150) for one in good(f"flood{number}.example")]
    standoff.vendor.release(standoff.agreement, objects)
    report = standoff.sync()
    assert (report.held, report.refused) == (200, 100)
    assert standoff.rules().count("quota") == 100
    standoff.vendor.release(standoff.agreement, good("same-day.example"))
    assert standoff.sync().held == 0
    tomorrow = NOW + timedelta(days=1, seconds=1)
    object.__setattr__(standoff.node, "clock", lambda: tomorrow)
    standoff.later_good_arrives()


def test_a_flood_of_one_counterpart_does_not_touch_the_other_ones_quota(standoff: Standoff) -> None:
    standoff.vendor.release(standoff.agreement, [one for number in range(150) for one in good(f"f{number}.example")])
    standoff.third.release(standoff.other, good("third-later.example"))
    standoff.sync()
    assert set(hosts("third-later.example")) <= set(standoff.waiting())


def test_thousands_of_receipts_and_empty_envelopes_cost_little(standoff: Standoff) -> None:
    for _ in range(60):
        standoff.vendor.say(standoff.agreement, body=b"[]")
    receipts = [unsigned()] * 64
    for _ in range(10):
        standoff.vendor.say(standoff.agreement, *receipts)
    report = standoff.sync()
    assert (report.received, report.held) == (70, 0)
    assert report.sent <= 2, "many envelopes, one receipt"
    standoff.later_good_arrives()


def test_a_flood_of_proposals_is_bounded(standoff: Standoff) -> None:
    vendor = standoff.vendor
    before = len(agreements.all_agreements(standoff.node))
    made = [vendor.propose(terms_between(vendor.key, vendor.them.key, title=f"Offer {n}")) for n in range(256)]
    for start in range(0, len(made), 64):
        vendor.say(vendor.party, *made[start : start + 64])
    report = standoff.sync()
    assert len(agreements.all_agreements(standoff.node)) == before + agree.MOST_PROPOSALS
    assert report.refused == 256 - agree.MOST_PROPOSALS
    assert set(standoff.rules()) == {"not-agreed"}
    standoff.later_good_arrives()


def test_proposals_withdrawn_again_do_not_make_room_for_a_flood(standoff: Standoff) -> None:
    vendor = standoff.vendor
    before = len(agreements.all_agreements(standoff.node))
    said: list[AnyMessage] = []
    for number in range(agree.MOST_PROPOSALS + 10):
        proposal = vendor.propose(terms_between(vendor.key, vendor.them.key, title=f"Offer {number}"))
        identifier = terms_id(bytes(proposal.terms))
        said += [proposal, message.Decline(identifier, identifier)]
    for start in range(0, len(said), 50):
        vendor.say(vendor.party, *said[start : start + 50])
    standoff.sync()
    assert len(agreements.all_agreements(standoff.node)) == before + agree.MOST_PROPOSALS
    month = NOW + timedelta(days=31)
    object.__setattr__(standoff.node, "clock", lambda: month)
    vendor.say(vendor.party, vendor.propose(terms_between(vendor.key, vendor.them.key, title="Later")))
    standoff.sync()
    assert "Later" in {one.title for one in agreements.all_agreements(standoff.node)}


def test_a_flood_of_proposals_leaves_room_for_the_other_counterpart(standoff: Standoff) -> None:
    vendor, third = standoff.vendor, standoff.third
    for start in range(0, 128, 64):
        titles = [f"Offer {number}" for number in range(start, start + 64)]
        made = [vendor.propose(terms_between(vendor.key, vendor.them.key, title=title)) for title in titles]
        vendor.say(vendor.party, *made)
    third.say(third.party, third.propose(terms_between(third.key, third.them.key, title="From the third")))
    standoff.sync()
    assert "From the third" in {one.title for one in agreements.all_agreements(standoff.node)}


def test_one_proposal_ten_thousand_times_is_one_proposal(standoff: Standoff) -> None:
    vendor = standoff.vendor
    proposal = vendor.propose(terms_between(vendor.key, vendor.them.key, title="Again"))
    for _ in range(20):
        vendor.say(vendor.party, *[proposal] * 64)
    standoff.sync()
    assert [one.title for one in agreements.all_agreements(standoff.node)].count("Again") == 1
    standoff.later_good_arrives()


# --- the mailbox --------------------------------------------------------------------------------------------------


def junk(folder: Path, secret: Path) -> None:
    """Everything that can lie in a folder, under names that look like items."""
    folder.mkdir(exist_ok=True)
    (folder / "0").write_bytes(b"junk")
    (folder / "0000000000000001-aa").write_bytes(os.urandom(5_000))
    (folder / "link").symlink_to(secret)
    (folder / "0000000000000001-link").symlink_to(secret)
    (folder / "dangling").symlink_to(folder / "nothing")
    (folder / "up").symlink_to("..")
    (folder / "folder").mkdir()
    (folder / "folder" / "inside").write_bytes(b"x")
    (folder / "empty").touch()
    (folder / "UPPER").write_bytes(b"x")
    (folder / ".hidden").write_bytes(b"x")
    (folder / ".0123456789abcdef_partial").write_bytes(b"x" * 100)
    (folder / "a name\nwith a line").write_bytes(b"x")
    os.mkfifo(folder / "fifo")
    with (folder / "sparse").open("wb") as file:
        file.truncate(MAX_ITEM + 1)
    with (folder / "zeros").open("wb") as file:
        file.truncate(MAX_ITEM)
    here = Path.cwd()
    os.chdir(folder)
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind("socket")
    finally:
        os.chdir(here)


def test_junk_in_the_mailbox_is_passed_over_or_refused_and_nothing_of_ours_is_read(standoff: Standoff) -> None:
    secret = standoff.home / "keyring.json"
    before = secret.read_bytes()
    for channel in (standoff.agreement, standoff.vendor.party):
        junk(standoff.vendor.folder(channel, "receive"), secret)
    report = standoff.sync()
    assert report.received == 0
    assert secret.read_bytes() == before
    assert set(standoff.rules()) <= {"bad-envelope", "limit", "unfit-item"}
    folder = standoff.vendor.folder(standoff.agreement, "receive")
    assert (folder / "link").is_symlink(), "what is no item is left as it is"
    assert (folder / "fifo").exists()
    for number in range(3):
        standoff.vendor.release(standoff.agreement, good(f"later{number}.example"))
        assert standoff.sync().held == 2


def test_junk_in_the_mailbox_we_write_to_does_not_keep_us_from_sending(standoff: Standoff) -> None:
    folder = standoff.vendor.folder(standoff.agreement, "send")
    junk(folder, standoff.home / "keyring.json")
    junk(standoff.drop / "stray", standoff.home / "keyring.json")
    exchange.release(standoff.node, standoff.agreement)
    assert standoff.sync().sent >= 1
    envelopes = [path for path in folder.iterdir() if path.is_file() and path.read_bytes()[:6] == b"BKCHNL"]
    assert envelopes
    standoff.later_good_arrives()


def test_a_mailbox_that_is_a_link_is_not_followed(standoff: Standoff) -> None:
    """Whoever can write to DROP could lead us into another folder of ours."""
    folder = standoff.vendor.folder(standoff.agreement, "receive")
    elsewhere = standoff.folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "0").write_bytes(b"precious")
    folder.symlink_to(elsewhere)
    report = standoff.sync()
    assert report.problems
    assert (elsewhere / "0").read_bytes() == b"precious"
    folder.unlink()
    standoff.later_good_arrives()


def test_a_name_squatted_before_our_envelope_costs_only_time(standoff: Standoff) -> None:
    """Names end in the envelope's hash: nobody can take one before it is known, and junk under it is refused."""
    exchange.release(standoff.node, standoff.agreement)
    folder = standoff.vendor.folder(standoff.agreement, "send")
    folder.mkdir(exist_ok=True)
    for sequence in range(1, 6):
        (folder / f"{sequence:016d}-{'0' * 32}").write_bytes(b"squatting")
    standoff.sync()
    ours = [path for path in folder.iterdir() if path.read_bytes()[:6] == b"BKCHNL"]
    assert ours


def test_hundreds_of_junk_items_are_refused_in_one_pass(standoff: Standoff) -> None:
    for number in range(200):
        standoff.vendor.put(standoff.agreement, b"junk %d" % number, f"{number:05d}")
    standoff.vendor.release(standoff.agreement, good("between.example"))
    report = standoff.sync()
    assert report.refused_envelopes == 200
    assert report.held == 2
    standoff.later_good_arrives()


# --- claims -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("through", [1, 2, 3, 10, 2**53 - 1])
def test_a_receipt_for_what_was_not_sent_frees_nothing(standoff: Standoff, through: int) -> None:
    exchange.release(standoff.node, standoff.agreement)
    standoff.sync()
    with standoff.node.db.read() as tx:
        before = tx.channels.outbox()
    standoff.vendor.say(standoff.agreement, standoff.vendor.receipted(standoff.agreement, got(through, "ab" * 32)))
    assert standoff.sync().refused == 1
    assert standoff.rules() == ["not-agreed"]
    with standoff.node.db.read() as tx:
        assert [item.sequence for item in tx.channels.outbox()] == [item.sequence for item in before]
        assert tx.channels.state(standoff.agreement, standoff.vendor.key).acknowledged == 0
    standoff.later_good_arrives()


def test_the_receipt_of_another_channel_frees_nothing(standoff: Standoff) -> None:
    exchange.release(standoff.node, standoff.agreement)
    standoff.sync()
    list(standoff.vendor.fetch(standoff.agreement))
    real = standoff.vendor.receipt(standoff.agreement)
    standoff.vendor.say(standoff.vendor.party, real)
    standoff.sync()
    with standoff.node.db.read() as tx:
        assert any(item.channel == standoff.agreement for item in tx.channels.outbox())
    standoff.vendor.say(standoff.agreement, real)
    assert standoff.sync().refused == 0
    with standoff.node.db.read() as tx:
        assert not [item for item in tx.channels.outbox() if item.channel == standoff.agreement and not item.answer]


# --- haggling -----------------------------------------------------------------------------------------------------


def in_force(standoff: Standoff, agreement: str = "") -> tuple[str, str, bytes, bool]:
    """State, version and terms of an agreement, and whether an amendment waits."""
    with standoff.node.db.read() as tx:
        row = standoff.node.agreement(tx, agreement or standoff.agreement)
        return row.state, row.version, row.terms, row.pending is not None


def next_terms(standoff: Standoff, **changes: object) -> Terms:
    """The terms in force with changes, following the version in force."""
    _, version, terms, _ = in_force(standoff)
    return msgspec.structs.replace(from_canonical(terms), **{"predecessor": version} | changes)


WIDER: dict[str, dict[str, object]] = {
    "a higher ceiling": {"handling": Handling(tlp_max="red")},
    "another threat beside it": {"scope": Scope(threats=("Predator", "Nightjar"), types=TYPES)},
    "another threat instead of it": {"scope": Scope(threats=("Nightjar",), types=TYPES)},
    "more types": {"scope": Scope(threats=("Predator",), types=(*TYPES, "tool"))},
    "more hops and fewer types": {"scope": Scope(threats=("Predator",), types=("indicator",), depth=5)},
    "a longer time": {"valid_until": NOW.replace(year=2029, minute=0)},
    "an earlier start": {"valid_from": NOW.replace(year=2020, minute=0)},
    "a larger quota and a lower ceiling": {
        "quota": Quota(objects_per_day=999),
        "handling": Handling(tlp_max="green"),
    },
    "another title only": {"title": "Same terms, trust me"},
}


@pytest.mark.parametrize("trick", WIDER)
def test_widening_in_the_dress_of_narrowing_waits_for_our_officer(standoff: Standoff, trick: str) -> None:
    before = in_force(standoff)
    amendment = standoff.vendor.amendment(standoff.agreement, next_terms(standoff, **WIDER[trick]))
    standoff.vendor.say(standoff.vendor.party, amendment)
    assert standoff.sync().refused == 0
    state, version, terms, pending = in_force(standoff)
    assert (state, version, terms) == before[:3], "not in force by their signature alone"
    assert pending
    assert exchange.release(standoff.node, standoff.agreement).objects == len(OURS)
    standoff.later_good_arrives()


def test_an_amendment_that_does_not_follow_the_version_in_force_is_refused(standoff: Standoff) -> None:
    before = in_force(standoff)
    for predecessor in ("", "ab" * 32, standoff.other):
        terms = next_terms(standoff, quota=Quota(objects_per_day=1), predecessor=predecessor)
        standoff.vendor.say(standoff.vendor.party, standoff.vendor.amendment(standoff.agreement, terms))
    assert standoff.sync().refused == 3
    assert in_force(standoff) == before
    standoff.later_good_arrives()


def test_a_narrowing_made_for_an_older_version_cannot_undo_a_newer_one(standoff: Standoff) -> None:
    stale = next_terms(standoff, handling=Handling(tlp_max="green"))
    first = next_terms(standoff, quota=Quota(objects_per_day=100))
    standoff.vendor.say(standoff.vendor.party, standoff.vendor.amendment(standoff.agreement, first))
    standoff.vendor.say(standoff.vendor.party, standoff.vendor.amendment(standoff.agreement, stale))
    standoff.sync()
    _, _, terms, _ = in_force(standoff)
    assert from_canonical(terms).quota.objects_per_day == 100


@pytest.mark.parametrize("who", ["swapped", "with a third", "with themselves"])
def test_an_amendment_that_names_other_parties_is_refused(standoff: Standoff, who: str) -> None:
    before = in_force(standoff)
    them, us = standoff.vendor.key, standoff.node.us.key
    named = {
        "swapped": Parties(them, us),
        "with a third": Parties(us, MALLORY.key),
        "with themselves": Parties(them, MALLORY.key),
    }[who]
    terms = next_terms(standoff, parties=named, quota=Quota(objects_per_day=1))
    standoff.vendor.say(standoff.vendor.party, standoff.vendor.amendment(standoff.agreement, terms))
    assert standoff.sync().refused == 1
    assert in_force(standoff) == before
    standoff.later_good_arrives()


def test_terms_signed_by_somebody_else_are_refused(standoff: Standoff) -> None:
    before = in_force(standoff)
    terms = next_terms(standoff, quota=Quota(objects_per_day=1))
    forged = msgspec.structs.replace(
        standoff.vendor.amendment(standoff.agreement, terms),
        signatures=sign_terms(MALLORY.private, canonical(terms)),
    )
    other = standoff.vendor.propose(terms_between(standoff.vendor.key, standoff.node.us.key))
    unsigned = msgspec.structs.replace(other, signatures=sign_terms(MALLORY.private, bytes(other.terms)))
    standoff.vendor.say(standoff.vendor.party, forged, unsigned)
    assert standoff.sync().refused == 2
    assert set(standoff.rules()) == {"bad-signature"}
    assert in_force(standoff) == before
    assert len(agreements.all_agreements(standoff.node)) == 2
    standoff.later_good_arrives()


def offered_to_third(standoff: Standoff) -> str:
    """We propose another agreement to the third party; its id."""
    with standoff.node.db.write() as tx:
        peer = parties.peer_of(parties.find_party(tx, MALLORY.key))
        terms = terms_between(standoff.node.us.key, MALLORY.key, title="For the third only")
        return agree.propose(tx, standoff.node.standing(), peer, terms).id


def meddling(standoff: Standoff, agreement: str) -> list[AnyMessage]:
    """Everything that can be said about an agreement, said by the Vendor."""
    vendor = standoff.vendor
    _, version, terms, _ = in_force(standoff, agreement)
    share = encapsulate(vendor.them.keys)
    ours = sign_terms(vendor.keys.private, terms)
    narrower = msgspec.structs.replace(from_canonical(terms), predecessor=version, quota=Quota(objects_per_day=1))
    at = "2026-11-22T20:31:00.000Z"
    return [
        message.Acceptance(agreement, version, ours, share.ciphertext),
        message.Decline(agreement, version),
        message.Ending(agreement, at, sign_ending(vendor.keys.private, agreement, at)),
        vendor.amendment(agreement, narrower),
        message.AmendmentAcceptance(agreement, version, ours),
    ]


WITH_OTHERS: dict[str, Callable[[Standoff], str]] = {
    "in force": lambda standoff: standoff.other,
    "offered": offered_to_third,
    "with a guest": lambda standoff: welcome(standoff.node, "Birch Desk"),
}


@pytest.mark.parametrize("which", WITH_OTHERS)
def test_nobody_meddles_with_an_agreement_of_others(standoff: Standoff, which: str) -> None:
    agreement = WITH_OTHERS[which](standoff)
    before, own = in_force(standoff, agreement), in_force(standoff)
    said = meddling(standoff, agreement)
    standoff.vendor.say(standoff.vendor.party, *said)
    assert standoff.sync().refused == len(said)
    assert in_force(standoff, agreement) == before
    assert in_force(standoff) == own
    assert all("no agreement" in one.message for one in standoff.refusals())
    standoff.third.release(standoff.other, good("third-later.example"))
    assert standoff.sync().held == 2
    standoff.later_good_arrives()


def test_an_agreement_of_others_looks_like_none_at_all(standoff: Standoff) -> None:
    """Even our own record says the same of both; the counterpart gets one receipt either way."""
    vendor, at = standoff.vendor, "2026-11-22T20:31:00.000Z"
    for agreement in (standoff.other, "ab" * 32):
        vendor.say(vendor.party, message.Ending(agreement, at, sign_ending(vendor.keys.private, agreement, at)))
    standoff.sync()
    first, second = (one.message.replace(one.message.split()[4], "") for one in standoff.refusals())
    assert first == second


def test_a_proposal_in_somebody_elses_name_is_refused(standoff: Standoff) -> None:
    us, vendor = standoff.node.us.key, standoff.vendor
    for proposer, accepter in ((MALLORY.key, us), (us, vendor.key), (vendor.key, MALLORY.key)):
        vendor.say(vendor.party, vendor.propose(terms_between(proposer, accepter, title="In another name")))
    assert standoff.sync().refused == 3
    assert "In another name" not in {one.title for one in agreements.all_agreements(standoff.node)}
    standoff.later_good_arrives()


def test_a_proposal_already_over_or_with_a_bad_share_is_refused_or_harmless(standoff: Standoff) -> None:
    vendor = standoff.vendor
    for size in (0, 1087, 1089):
        terms = terms_between(vendor.key, vendor.them.key, title=f"share of {size}")
        vendor.say(vendor.party, vendor.propose(terms, kem=bytes(size)))
    assert standoff.sync().refused == 3
    vendor.say(vendor.party, vendor.propose(terms_between(vendor.key, vendor.them.key, title="odd"), kem=bytes(1088)))
    assert standoff.sync().refused == 0
    standoff.later_good_arrives()


def test_an_acceptance_of_other_terms_than_ours_opens_nothing(standoff: Standoff) -> None:
    with standoff.node.db.write() as tx:
        peer = parties.peer_of(parties.find_party(tx, VENDOR.key))
        terms = terms_between(standoff.node.us.key, VENDOR.key, title="Ours")
        row = agree.propose(tx, standoff.node.standing(), peer, terms)
    wider = canonical(msgspec.structs.replace(terms, handling=Handling(tlp_max="red")))
    share = encapsulate(standoff.vendor.them.keys)
    private = standoff.vendor.keys.private
    for version, document in ((row.version, wider), (terms_id(wider), wider), (terms_id(wider), row.terms)):
        said = message.Acceptance(row.id, version, sign_terms(private, document), share.ciphertext)
        standoff.vendor.say(standoff.vendor.party, said)
    assert standoff.sync().refused == 3
    assert standoff.state(row.id) == "offered"
    standoff.later_good_arrives()


def test_an_acceptance_or_decline_again_and_again_changes_nothing(standoff: Standoff) -> None:
    before = in_force(standoff)
    acceptance, decline = meddling(standoff, standoff.agreement)[:2]
    for _ in range(3):
        standoff.vendor.say(standoff.vendor.party, acceptance, decline)
    assert standoff.sync().refused == 6
    assert in_force(standoff) == before
    standoff.later_good_arrives()


def test_an_ending_signed_for_another_agreement_or_time_ends_nothing(standoff: Standoff) -> None:
    vendor = standoff.vendor
    real = vendor.ending(standoff.agreement)
    wrong_time = msgspec.structs.replace(real, at="2026-11-22T20:31:00.001Z")
    wrong_agreement = msgspec.structs.replace(vendor.ending(standoff.other), agreement=standoff.agreement)
    wrong_signer = message.Ending(
        standoff.agreement, real.at, sign_ending(MALLORY.private, standoff.agreement, real.at)
    )
    vendor.say(vendor.party, wrong_time, wrong_agreement, wrong_signer)
    assert standoff.sync().refused == 3
    assert set(standoff.rules()) == {"bad-signature"}
    assert standoff.state() == "in force"
    standoff.later_good_arrives()


def test_what_the_third_party_gave_us_never_goes_to_the_vendor(standoff: Standoff) -> None:
    with standoff.node.db.read() as tx:
        (held,) = tx.holdings.find(Filter(ids=frozenset([THIRD[0].id])))
    assert held.source == standoff.third.key
    with standoff.node.db.write() as tx:
        more = link(
            OURS[1], THIRD[0].id, id=make_id("relationship", "ours to theirs"), relationship_type="related-to"
        )
        tx.holdings.add([NewObject.of(more)], source=standoff.node.us.key, now=NOW)
    released = released_after(standoff, good("x.example"), accept=True)
    assert not [raw for raw in released if b"third.example" in raw or THIRD[0].id.encode() in raw]
