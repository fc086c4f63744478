"""Canaries leave like everything else under their own agreement, and under no other."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backchannel.core.canary import Canary
from backchannel.core.canary_form import MadeIds
from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Handling, Quota, Record, Scope, from_canonical
from backchannel.errors import NoCanaryDomains, NoCanaryForm
from backchannel.flow import ending, outbound
from backchannel.flow.canaries import Wanted
from backchannel.flow.outbound import Plan, ReleaseReport
from backchannel.flow.ports import Filter
from backchannel.formats.generate import Generator
from backchannel.protocol.ledger import Kind, decode_entry
from exchange import DAY, TYPES, Side, agreed, carry, released, settle
from two_parties import NOW
from worlds import link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

MAKE = Generator(UUID("7d0f6f0e-3f0c-4d59-8e58-1d0c6a3f9b27"), NOW)
THREAT = stix("malware", "Predator")
HOSTS = [stix("indicator", f"h{number}", name=f"h{number}.example") for number in range(12)]
CASE = [THREAT, *(one for host in HOSTS for one in (host, link(host, THREAT, "indicates")))]


def wanted(count: int = 2, *domains: str) -> Wanted:
    return Wanted(count, domains or ("example.com",), MadeIds(MAKE.indicator_id, MAKE.indicates_id))


def release(side: Side, agreement: str, more: Wanted | None = None) -> ReleaseReport:
    row = side.row(agreement)
    with side.db.write() as tx:
        return outbound.release(tx, side.standing, side.peer(row), row, from_canonical(row.terms), more)


def preview(side: Side, agreement: str, more: Wanted | None = None, *, everything: bool = True) -> Plan:
    row = side.row(agreement)
    with side.db.read() as tx:
        terms = from_canonical(row.terms)
        return outbound.decide_all(
            tx, side.standing, side.peer(row), row, terms, everything=everything, canaries=more
        )


def kept(side: Side, agreement: str = "") -> Sequence[Canary]:
    with side.db.read() as tx:
        return tx.canaries.under(agreement) if agreement else tx.canaries.all()


def sent(sender: Side, receiver: Side, agreement: str) -> list[bytes]:
    """What lies sealed for a receiver, in order."""
    items = [one for one in sender.sealed(receiver) if one.channel == agreement]
    return [bytes(one.object) for item in items for one in released(item, sender, receiver)]


def ready(pair: Pair, objects: Sequence[StixObject] = CASE, **changes: Any) -> str:
    lab, vendor = pair
    lab.holds(objects)
    return agreed(lab, vendor, **changes)


def test_a_preview_with_canaries_is_what_a_release_with_canaries_seals(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    plan = preview(lab, agreement, wanted(3))
    assert kept(lab) == [], "a preview keeps nothing"
    shown = {one.sent.raw for one in plan.decisions if one.sent is not None}
    assert plan.summary["canaries"] == 6
    report = release(lab, agreement, wanted(3))
    assert (report.objects, report.canaries, report.withheld) == (len(CASE) + 6, 6, 0)
    assert set(sent(lab, vendor, agreement)) == shown
    assert [one.name for one in kept(lab, agreement)] == [one.name for one in plan.fresh]
    assert release(lab, agreement).objects == 0


def test_a_repeated_release_adds_more_and_no_release_adds_any_unasked(pair: Pair) -> None:
    agreement = ready(pair)
    lab, _ = pair
    assert release(lab, agreement).canaries == 0
    for number in (2, 4, 6):
        assert release(lab, agreement, wanted(2)).canaries == 4
        assert len({one.name for one in kept(lab, agreement)}) == number
    assert release(lab, agreement).objects == 0


def test_who_adds_canaries_alone_is_told_that_they_may_be_noticed(pair: Pair) -> None:
    agreement = ready(pair)
    lab, _ = pair
    assert release(lab, agreement, wanted(1)).notes == []
    (note,) = release(lab, agreement, wanted(1)).notes
    assert "a canary alone may be noticed" in note


def test_two_recipients_never_get_the_same_canary(three: Three) -> None:
    lab, vendor, mallory = three
    lab.holds(CASE)
    copies = []
    for other in (vendor, mallory):
        agreement = agreed(lab, other)
        release(lab, agreement, wanted(20))
        copies.append(set(sent(lab, other, agreement)))
    own = {one.raw for one in CASE}
    assert copies[0] & copies[1] == own
    names = [{one.name for one in kept(lab) if one.recipient == other.key} for other in (vendor, mallory)]
    assert [len(one) for one in names] == [20, 20]
    assert names[0].isdisjoint(names[1])


def test_a_recipient_takes_canaries_in_like_the_rest(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    release(lab, agreement, wanted(3))
    carry(lab, vendor)
    with vendor.db.read() as tx:
        waiting = {item.object_id: item for item in tx.inbox.items()}
    assert len(waiting) == len(CASE) + 6
    flags = {item.flags for item in waiting.values()}
    assert len(flags) == 1, "nothing is noticed of a canary that is not noticed of the others"


def test_nobody_can_tell_a_canary_by_where_it_stands(pair: Pair) -> None:
    """Among the indicators of an envelope, canaries stand anywhere: on average in the middle, and at both ends."""
    agreement = ready(pair)
    lab, vendor = pair
    release(lab, agreement, wanted(60))
    order = [decode(raw).id for raw in sent(lab, vendor, agreement) if decode(raw).type == "indicator"]
    marked = {one.indicator.id for one in kept(lab)}
    places = [number / (len(order) - 1) for number, one in enumerate(order) if one in marked]
    theirs = [number / (len(order) - 1) for number, one in enumerate(order) if one not in marked]
    assert len(places) == 60
    assert 0.35 < sum(places) / len(places) < 0.65
    assert min(places) < min(theirs) or max(theirs) < max(places)
    assert min(theirs) < 0.3 < 0.7 < max(theirs)


@pytest.mark.parametrize("grouped", [False, True])
def test_a_canary_and_its_relationship_stand_as_those_of_the_others_do(pair: Pair, grouped: bool) -> None:
    """One after the other, or all of a type together: who reads the collection in its order sees no difference."""
    objects = sorted(CASE, key=lambda one: one.type) if grouped else CASE
    agreement = ready(pair, objects)
    lab, _ = pair
    plan = preview(lab, agreement, wanted(20))
    kinds = [one.subject.object.type for one in plan.decisions if one.sent is not None]
    if grouped:
        assert kinds == sorted(kinds)
    else:
        assert kinds == ["malware", *["indicator", "relationship"] * 32]
        ids = [one.id for one in plan.decisions]
        for one in plan.fresh:
            assert ids.index(one.indicator.id) + 1 == ids.index(one.relationship.id)


def test_consent_to_pass_on_a_canary_is_asked_for_like_any_other(three: Three) -> None:
    """Were it refused, or heard otherwise, the answer would tell which objects are canaries."""
    lab, vendor, mallory = three
    lab.holds(CASE)
    first, second = agreed(lab, vendor), agreed(vendor, mallory)
    release(lab, first, wanted(2))
    settle(lab, vendor)
    vendor.take()
    vendor.holds([THREAT])
    assert vendor.release(second).asked > 0
    carry(vendor, lab)
    with lab.db.read() as tx:
        (request,) = tx.consents.requests(10)
        items = {one.object_id: one.state for one in tx.consents.items(request.id)}
    assert {one.indicator.id for one in kept(lab)} < set(items)
    assert len(set(items.values())) == 1


# --- bound to its agreement -------------------------------------------------------------------------------------


def bearing(name: str) -> dict[str, StixObject]:
    """What somebody could bring into the holdings that says the name of a canary."""
    upper = name.upper()
    return {
        "the same value": stix("indicator", "back", pattern=f"[domain-name:value = '{name}']"),
        "in upper case": stix("indicator", "upper", pattern=f"[domain-name:value = '{upper}']"),
        "in a URL": stix("indicator", "url", pattern=f"[url:value = 'https://{name}/a']"),
        "below it": stix("indicator", "below", pattern=f"[domain-name:value = 'www.{name}']"),
        "in a name": stix("report", f"About {name}", object_refs=[THREAT.id]),
    }


def test_a_canary_never_crosses_under_another_agreement(three: Three) -> None:
    lab, vendor, mallory = three
    lab.holds(CASE)
    first, second = agreed(lab, vendor), agreed(lab, mallory)
    release(lab, first, wanted(2))
    name = kept(lab)[0].name
    brought = bearing(name)
    lab.holds([*brought.values(), *(link(one, THREAT, "indicates") for one in brought.values())])
    plain = {one.id for one in CASE}
    assert {one.id for one in preview(lab, second).decisions if one.sent is not None} == plain
    noted = stix("malware", "Predator", modified="2026-02-01T00:00:00.000Z", description=f"It talks to {name}.")
    lab.holds([noted])
    plan = preview(lab, second)
    staying = {one.id: one for one in plan.decisions if one.sent is None}
    for what, one in brought.items():
        assert one.id in staying, what
        assert staying[one.id].verdict("mention").result == "fail", what
    release(lab, second)
    label = name.partition(".")[0].encode()
    everything = sent(lab, mallory, second)
    assert len(everything) > len(HOSTS)
    assert all(label not in raw.lower() for raw in everything)
    assert not plan.canaries & {decode(raw).id for raw in everything}


@pytest.mark.parametrize("what", bearing("x.example.com"))
def test_what_says_a_canarys_name_stays_though_nothing_held_bears_it(three: Three, what: str) -> None:
    lab, vendor, mallory = three
    lab.holds(CASE)
    first, second = agreed(lab, vendor), agreed(lab, mallory)
    release(lab, first, wanted(1))
    brought = bearing(kept(lab)[0].name)[what]
    lab.holds([brought, link(brought, THREAT, "indicates")])
    assert brought.id not in {one.id for one in preview(lab, second).decisions if one.sent is not None}


def test_what_says_a_canarys_name_may_cross_to_whom_the_canary_was_given(pair: Pair) -> None:
    agreement = ready(pair)
    lab, _ = pair
    release(lab, agreement, wanted(1))
    brought = bearing(kept(lab)[0].name)["the same value"]
    lab.holds([brought, link(brought, THREAT, "indicates")])
    assert brought.id in {one.id for one in preview(lab, agreement).decisions if one.sent is not None}


def test_a_canary_is_no_holding_and_cannot_be_found_among_them(pair: Pair) -> None:
    """So it is in no export, no MISP event, no collection for own tools, and in no blocklist made from these."""
    agreement = ready(pair)
    lab, _ = pair
    release(lab, agreement, wanted(2))
    one = kept(lab)[0]
    with lab.db.read() as tx:
        assert len(list(tx.holdings.find(Filter()))) == len(CASE)
        assert list(tx.holdings.find(Filter(text=one.name))) == []
        assert tx.holdings.get(one.indicator.id) == []
        assert tx.holdings.ids_beginning(one.indicator.id) == []


# --- the same rules as for everything else ----------------------------------------------------------------------


def test_canaries_count_against_the_quota_and_wait_for_it(pair: Pair) -> None:
    agreement = ready(pair, quota=Quota(len(CASE) + 2))
    lab, vendor = pair
    plans = [preview(lab, agreement, wanted(13), everything=everything) for everything in (True, False)]
    shown = [{one.sent.raw for one in plan.decisions if one.sent is not None} for plan in plans]
    assert shown[0] == shown[1]
    report = release(lab, agreement, wanted(13))
    assert report.objects == len(CASE) + 2
    assert 0 < report.canaries < 26
    assert report.notes == ["some canaries wait for the day's quota, and leave with a later release"]
    assert set(sent(lab, vendor, agreement)) == shown[0]
    lab.now = NOW + 2 * DAY
    assert report.canaries + release(lab, agreement).canaries == 26
    assert len(kept(lab)) == 13


def test_a_canary_leaves_reduced_where_its_neighbours_do(pair: Pair) -> None:
    marked = [decode(msgspec.json.encode({**one.value, "x_case": "Birch"})) for one in CASE]
    agreement = ready(pair, marked, scope=Scope(threats=("Predator",), types=TYPES, exclude_properties=("x_*",)))
    lab, vendor = pair
    report = release(lab, agreement, wanted(2))
    assert report.reduced == report.objects == len(CASE) + 4
    forms = {tuple(decode(raw).value) for raw in sent(lab, vendor, agreement) if decode(raw).type == "indicator"}
    assert len(forms) == 1
    ids = {decode(raw).id for raw in sent(lab, vendor, agreement)}
    assert ids.isdisjoint(identifier for one in kept(lab) for identifier in one.ids)


def test_without_domains_no_canary_is_made(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    none = Wanted(1, (), wanted().made)
    with pytest.raises(NoCanaryDomains, match="canary_domains"):
        release(lab, agreement, none)
    with pytest.raises(NoCanaryDomains):
        preview(lab, agreement, none)
    assert kept(lab) == []
    assert sent(lab, vendor, agreement) == []


@pytest.mark.parametrize(
    ("objects", "changes"),
    [
        ([THREAT], {}),
        ([THREAT, HOSTS[0], link(HOSTS[0], THREAT, "related-to")], {}),
        (CASE, {"handling": Handling(tlp_max="clear")}),
        (CASE, {"scope": Scope(threats=("Predator",), types=("malware", "indicator"))}),
    ],
)
def test_without_an_indicator_that_leaves_no_canary_is_made(
    pair: Pair, objects: list[StixObject], changes: dict[str, Any]
) -> None:
    agreement = ready(pair, objects, **changes)
    lab, vendor = pair
    with pytest.raises(NoCanaryForm, match="is an indicator that indicates a threat"):
        release(lab, agreement, wanted(1))
    assert kept(lab) == []
    assert sent(lab, vendor, agreement) == []


def test_a_canary_that_a_rule_keeps_back_is_refused_with_the_reason_and_nothing_leaves(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    lab.designated = frozenset({"cdn example com"})
    private = stix("domain-name", "quiet", value="example.com")
    lab.holds([private], tlp="red")
    with pytest.raises(NoCanaryForm, match="mention"):
        release(lab, agreement, wanted(1))
    assert kept(lab) == []
    assert sent(lab, vendor, agreement) == []


def test_a_canary_is_in_the_ledgers_record_of_the_release_like_any_object(pair: Pair) -> None:
    agreement = ready(pair)
    lab, _ = pair
    release(lab, agreement, wanted(1))
    (one,) = kept(lab)
    with lab.db.read() as tx:
        entries = [decode_entry(body) for body in tx.ledger.entries()]
        records = [tx.ledger.record(one.named["decisions"]) for one in entries if one.kind is Kind.RELEASE]
        crossed = tx.channels.released_ids(agreement)
    assert set(one.ids) < set(crossed)
    (record,) = records
    assert all(identifier.encode() in (record or b"") for identifier in one.ids)


def test_off_the_record_a_canary_is_as_deniable_as_the_rest(pair: Pair) -> None:
    agreement = ready(pair, record=Record(mode="off"))
    lab, vendor = pair
    with lab.db.read() as tx:
        before = tx.ledger.size()
    assert release(lab, agreement, wanted(2)).canaries == 4
    with lab.db.read() as tx:
        assert tx.ledger.size() == before
    assert len(sent(lab, vendor, agreement)) == len(CASE) + 4


def test_canaries_stay_known_after_the_agreement_ended(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    release(lab, agreement, wanted(2))
    settle(lab, vendor)
    row = lab.row(agreement)
    with lab.db.write() as tx:
        ending.end(tx, lab.standing, lab.peer(row), row)
    assert len(kept(lab, agreement)) == 2


def test_a_canary_has_an_origin_tag_beside_it_like_every_indicator(pair: Pair) -> None:
    agreement = ready(pair)
    lab, vendor = pair
    release(lab, agreement, wanted(3))
    ids = {identifier for one in kept(lab) for identifier in one.ids}
    found = [one for item in lab.sealed(vendor) for one in released(item, lab, vendor)]
    objects = {decode(bytes(one.object)).id: one for one in found}
    assert len(ids & objects.keys()) == 6
    for identifier, one in objects.items():
        assert isinstance(one.provenance.tag, str) is identifier.startswith("indicator--")
