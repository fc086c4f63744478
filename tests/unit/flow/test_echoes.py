"""What the Lab released comes back, laundered in every way that changes nothing of what it says; and what it never
released, or was told before, comes without an accusation."""

from typing import Any

import pytest
from msgspec.structs import replace

from backchannel.core.assess.echo import Echo
from backchannel.core.assess.keys import key_of
from backchannel.core.poison import Poison
from backchannel.core.stix import StixObject
from backchannel.core.terms import Handling
from backchannel.flow import echoes
from backchannel.flow.ports_echoes import RecordRow
from backchannel.protocol.origin_tag import origin_tag, tag_note
from exchange import DAY, Side, agreed, settle
from worlds import link, stix

Pair = tuple[Side, Side]
Three = tuple[Side, Side, Side]

THREAT, THEIRS = stix("malware", "Predator"), stix("malware", "theirs", name="Predator")
MD5, SHA256 = "0123456789abcdef" * 2, "0123456789abcdef" * 4
HOUR = DAY / 24


def indicator(label: str, pattern: str, **properties: Any) -> StixObject:
    return stix("indicator", label, pattern=pattern, **properties)


def told(sender: Side, receiver: Side, agreement: str, threat: StixObject, *objects: StixObject) -> None:
    """One side holds objects of its own about a threat, and releases them to the other, an hour later."""
    for side in (sender, receiver):
        side.now += HOUR
    ties = [link(one, threat, "indicates") for one in objects if one.type in {"indicator", "report"}]
    sender.holds([threat, *objects, *ties])
    sender.release(agreement)
    settle(sender, receiver)


def judged(side: Side, sender: Side, *objects: StixObject) -> list[str]:
    """The tiers of what a side was told."""
    return [echo.tier for echo in echoes_of(side, sender, *objects)]


def echoes_of(side: Side, sender: Side, *objects: StixObject) -> list[Echo]:
    with side.db.read() as tx:
        found = tx.echoes.of(sender.key, [one.id for one in objects])
    return [found.get(one.id, Echo()) for one in objects]


def record(side: Side, of: Side, kind: str = "indicator") -> RecordRow:
    with side.db.read() as tx:
        return next(row for row in tx.echoes.record(of.key) if row.type == kind)


LAUNDERED: dict[str, tuple[str, str]] = {
    "changed id": ("[domain-name:value = 'evil.example']", "[domain-name:value = 'evil.example']"),
    "case": ("[domain-name:value = 'evil.example']", "[domain-name:value = 'EVIL.Example']"),
    "defanging": ("[domain-name:value = 'evil.example']", "[domain-name:value = 'evil[.]example']"),
    "quoting and blanks": (f"[file:hashes.MD5 = '{MD5}']", f"[ file:hashes.'MD5'='{MD5}' ]"),
    "order": (
        "[domain-name:value = 'a.example' OR domain-name:value = 'b.example']",
        "[domain-name:value IN ('b.example', 'a.example')]",
    ),
    "/32": ("[ipv4-addr:value = '192.0.2.7']", "[ipv4-addr:value = '192.0.2.7/32']"),
    "names of hashes": (f"[file:hashes.'SHA-256' = '{SHA256}']", f"[file:hashes.SHA256 = '{SHA256.upper()}']"),
    "default ports": ("[url:value = 'http://evil.example/x']", "[url:value = 'http://EVIL.example:80/x']"),
    "a qualifier": ("[domain-name:value = 'evil.example']", "[domain-name:value = 'evil.example'] REPEATS 1 TIMES"),
    "a piece of it": ("[domain-name:value IN ('a.example', 'b.example')]", "[domain-name:value = 'b.example']"),
    "a common value beside": (
        "[domain-name:value = 'evil.example']",
        "[domain-name:value = 'evil.example' OR file:name = 'run.exe']",
    ),
}


@pytest.mark.parametrize("how", LAUNDERED)
def test_what_we_released_is_known_however_it_is_laundered(pair: Pair, how: str) -> None:
    lab, vendor = pair
    ours, theirs = LAUNDERED[how]
    agreement = agreed(lab, vendor)
    told(lab, vendor, agreement, THREAT, indicator("ours", ours))
    back = indicator("laundered", theirs)
    told(vendor, lab, agreement, THEIRS, back)
    (echo,) = echoes_of(lab, vendor, back)
    assert echo.tier == "strong"
    assert {one.object for one in echo.reasons} == {indicator("ours", ours).id}
    assert {one.to for one in echo.reasons} == {vendor.key}
    assert "echo" in {flag for item in lab.inbox() if item.object_id == back.id for flag, _ in item.flags}
    assert not lab.refusals(), "an echo is told to our officer, and refused for nothing else"


def test_what_comes_back_over_a_third_party_is_strong_in_several_parts_and_possible_in_one(three: Three) -> None:
    lab, vendor, other = three
    to_vendor, to_other = agreed(lab, vendor), agreed(lab, other)
    both = "[domain-name:value = '{}' AND ipv4-addr:value = '192.0.2.9']"
    told(
        lab,
        vendor,
        to_vendor,
        THREAT,
        indicator("several", both.format("a.example")),
        indicator("one", "[domain-name:value = 'b.example']"),
    )
    back = indicator("1", both.format("A.example")), indicator("2", "[domain-name:value = 'B.example']")
    told(other, lab, to_other, THEIRS, *back)
    assert judged(lab, other, *back) == ["strong", "possible"]


def test_an_echo_is_stored_beside_what_was_refused_for_being_ours(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours = indicator("ours", "[domain-name:value = 'evil.example']")
    told(lab, vendor, agreement, THREAT, ours)
    told(vendor, lab, agreement, THEIRS, ours)
    assert set(lab.rules_broken()) == {"echo", "overwrites-own"} or "echo" in lab.rules_broken()
    assert judged(lab, vendor, ours) == ["certain"]
    assert record(lab, vendor).certain == 1


def test_what_is_derived_from_ours_is_certain_over_others_too(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours = indicator("ours", "[domain-name:value = 'evil.example']")
    told(lab, vendor, agreement, THREAT, ours)
    near, far = (indicator(name, f"[domain-name:value = '{name}.example']") for name in ("near", "far"))
    chain = [link(near, ours, "derived-from"), link(far, near, "derived-from")]
    told(vendor, lab, agreement, THEIRS, near, far, *chain)
    assert judged(lab, vendor, near, far) == ["certain", "certain"]


def test_a_circle_of_derivations_ends(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    one, two = (indicator(name, f"[domain-name:value = '{name}.example']") for name in ("one", "two"))
    told(vendor, lab, agreement, THEIRS, one, two, link(one, two, "derived-from"), link(two, one, "derived-from"))
    assert judged(lab, vendor, one, two) == ["none", "none"]


# --- no false accusation -------------------------------------------------------------------------------------------


def test_what_we_hold_and_never_released_is_no_echo(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    lab.holds([indicator("secret", "[domain-name:value = 'evil.example' OR domain-name:value = 'b.example']")])
    theirs = indicator("theirs", "[domain-name:value = 'evil.example' OR domain-name:value = 'b.example']")
    told(vendor, lab, agreement, THEIRS, theirs)
    assert judged(lab, vendor, theirs) == ["none"]
    assert record(lab, vendor).new == 0, "we had it, which is another thing"


def test_who_told_us_first_gives_no_echo_when_it_tells_it_again(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor, handling=Handling(tlp_max="amber"))
    theirs, again = (indicator(name, "[domain-name:value = 'evil.example']") for name in ("theirs", "again"))
    told(vendor, lab, agreement, THEIRS, theirs)
    told(lab, vendor, agreement, THREAT, indicator("ours", "[domain-name:value = 'evil.example']"))
    told(vendor, lab, agreement, THEIRS, again)
    (echo,) = echoes_of(lab, vendor, again)
    assert (echo.tier, [one.rule for one in echo.against]) == ("none", ["they-first"])


def test_an_old_id_filled_with_what_was_released_since_is_known(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    first = indicator("theirs", "[domain-name:value = 'first.example']")
    told(vendor, lab, agreement, THEIRS, first)
    told(lab, vendor, agreement, THREAT, indicator("ours", "[domain-name:value = 'evil.example']"))
    filled = indicator("theirs", "[domain-name:value = 'evil.example']", modified="2026-02-01T00:00:00.000Z")
    told(vendor, lab, agreement, THEIRS, filled)
    assert judged(lab, vendor, filled) == ["strong"]


def test_what_another_party_told_before_we_released_it_is_only_possible(three: Three) -> None:
    lab, vendor, other = three
    to_vendor, to_other = agreed(lab, vendor), agreed(lab, other)
    public, ours, theirs = (indicator(name, "[domain-name:value = 'evil.example']") for name in ("p", "o", "t"))
    told(other, lab, to_other, THEIRS, public)
    told(lab, vendor, to_vendor, THREAT, ours)
    told(vendor, lab, to_vendor, THEIRS, theirs)
    (echo,) = echoes_of(lab, vendor, theirs)
    assert (echo.tier, [one.rule for one in echo.against]) == ("possible", ["others-first"])


def test_a_popular_value_is_no_echo(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    told(lab, vendor, agreement, THREAT, indicator("ours", "[domain-name:value IN ('a.example', 'popular.example')]"))
    popular = Poison("popular", "stands on a list")
    lab.services = replace(lab.services, poison=lambda _kind, value: popular if value == "popular.example" else None)
    theirs = indicator("theirs", "[domain-name:value IN ('x.example', 'popular.example')]")
    told(vendor, lab, agreement, THEIRS, theirs)
    assert judged(lab, vendor, theirs) == ["none"]


def test_an_observable_is_no_object_of_ours_for_its_id(pair: Pair) -> None:
    """Whoever saw the value names it alike."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    seen = stix("domain-name", "evil")
    lab.holds([seen])
    report = stix("report", "theirs", object_refs=[seen.id, THEIRS.id])
    told(vendor, lab, agreement, THEIRS, seen, report)
    assert judged(lab, vendor, seen, report) == ["none", "none"]


def test_a_sighting_of_ours_by_them_is_no_echo(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours = indicator("ours", "[domain-name:value = 'evil.example']")
    told(lab, vendor, agreement, THREAT, ours)
    sighting = stix("sighting", "seen", sighting_of_ref=ours.id)
    told(vendor, lab, agreement, THEIRS, sighting)
    assert judged(lab, vendor, sighting) == ["none"]


def test_their_sighting_before_ours_is_shown_against_it(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours, theirs = (indicator(name, "[domain-name:value = 'evil.example']") for name in ("ours", "theirs"))
    mine = stix("sighting", "mine", sighting_of_ref=ours.id, first_seen="2025-12-20T00:00:00Z")
    told(lab, vendor, agreement, THREAT, ours, mine)
    early = stix("sighting", "early", sighting_of_ref=theirs.id, first_seen="2025-12-01T00:00:00Z")
    told(vendor, lab, agreement, THEIRS, theirs, early)
    (echo,) = echoes_of(lab, vendor, theirs)
    assert (echo.tier, [one.rule for one in echo.against]) == ("strong", ["earlier-sighting"])
    assert record(lab, vendor).contested == 1


def test_their_sighting_after_ours_is_not(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours, theirs = (indicator(name, "[domain-name:value = 'evil.example']") for name in ("ours", "theirs"))
    mine = stix("sighting", "mine", sighting_of_ref=ours.id, first_seen="2025-11-20T00:00:00Z")
    told(lab, vendor, agreement, THREAT, ours, mine)
    late = stix("sighting", "late", sighting_of_ref=theirs.id, first_seen="2025-12-01T00:00:00Z")
    told(vendor, lab, agreement, THEIRS, theirs, late)
    assert [one.against for one in echoes_of(lab, vendor, theirs)] == [()]


def test_what_others_made_is_no_object_of_ours_because_we_hold_it(pair: Pair) -> None:
    """Both took it from whoever publishes it."""
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    publisher = stix("identity", "A publisher", identity_class="organization")
    lab.holds([stix("tool", "public", created_by_ref=publisher.id)])
    changed = stix("tool", "public", created_by_ref=publisher.id, description="newer")
    told(vendor, lab, agreement, THEIRS, publisher, changed, link(THEIRS, changed, "uses"))
    assert judged(lab, vendor, changed) == ["none"]
    assert "overwrites-own" in lab.rules_broken(), "it came, and was looked at"
    nameless = stix("tool", "nameless")
    lab.holds([nameless])
    told(vendor, lab, agreement, THEIRS, nameless, link(THEIRS, nameless, "uses"))
    assert judged(lab, vendor, nameless) == ["certain"]


@pytest.mark.parametrize(
    "odd",
    [
        {"relationship_type": ["derived-from"], "source_ref": 1, "target_ref": {}},
        {"created_by_ref": ["identity"], "revoked": "yes", "created": "2026-02-31T00:00:00Z"},
        {"valid_from": [], "first_seen": "0000-00-00T00:00:00Z"},
        {"sighting_of_ref": [1]},
    ],
)
@pytest.mark.parametrize("kind", ["relationship", "sighting", "indicator"])
def test_no_shape_of_an_object_keeps_its_neighbours_from_being_judged(
    pair: Pair, kind: str, odd: dict[str, Any]
) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours = indicator("ours", "[domain-name:value = 'evil.example']")
    told(lab, vendor, agreement, THREAT, ours)
    back, wrong = indicator("theirs", "[domain-name:value = 'evil.example']"), stix(kind, "odd", **odd)
    with lab.db.write() as tx:
        known = echoes.judge_all(tx, lab.us, vendor.key, [wrong, back])
        echoes.tell(tx, lab.us, vendor.key, zip([wrong, back], known, strict=True), lab.now)
    assert judged(lab, vendor, back) == ["strong"]


# --- what is kept --------------------------------------------------------------------------------------------------


def test_what_was_released_is_known_after_we_hold_it_no_more(pair: Pair) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    ours = indicator("ours", "[domain-name:value = 'evil.example']")
    told(lab, vendor, agreement, THREAT, ours)
    with lab.db.write() as tx:
        assert tx.holdings.remove_own(ours.id, None)
    back = indicator("theirs", "[domain-name:value = 'evil[.]example']")
    told(vendor, lab, agreement, THEIRS, back)
    assert judged(lab, vendor, back) == ["strong"]


def test_what_was_released_before_there_were_traces_is_read_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    with monkeypatch.context() as patch:
        patch.setattr(echoes, "traces_of", lambda _value, _secret: echoes.Traces())
        told(lab, vendor, agreement, THREAT, indicator("ours", "[domain-name:value = 'evil.example']"))
    with lab.db.write() as tx:
        tx.echoes.read_down_to(1_000)
    back = indicator("theirs", "[domain-name:value = 'evil[.]example']")
    told(vendor, lab, agreement, THEIRS, back)
    assert judged(lab, vendor, back) == ["strong"]
    with lab.db.read() as tx:
        assert tx.echoes.unread(10) == []


# --- the record of a party -----------------------------------------------------------------------------------------


def test_a_record_of_what_two_others_told(three: Three) -> None:
    """The Lab releases three indicators to the Vendor, who gives two back, one of ours in part, and one that is new;
    the third party tells the new one later, and poison came too."""
    lab, vendor, other = three
    to_vendor, to_other = agreed(lab, vendor), agreed(lab, other)
    mine = [indicator(name, f"[domain-name:value = '{name}.example']") for name in ("a", "b", "c")]
    told(lab, vendor, to_vendor, THREAT, *mine)
    lab.services = replace(
        lab.services,
        poison=lambda _kind, value: Poison("own-asset", "ours") if value == "vpn.example" else None,
    )
    back = [
        indicator("back a", "[domain-name:value = 'A[.]example']"),
        indicator("back b", "[domain-name:value = 'b.example' AND domain-name:value = 'more.example']"),
        indicator("new", "[domain-name:value = 'new.example']"),
        indicator("bad", "[domain-name:value = 'vpn.example']"),
    ]
    told(vendor, lab, to_vendor, THEIRS, *back)
    assert judged(lab, vendor, *back) == ["strong", "possible", "none", "none"]
    assert record(lab, vendor) == RecordRow("indicator", 4, 1, 0, 1, 1, 0, 1, 0, 0)
    told(other, lab, to_other, THEIRS, indicator("found too", "[domain-name:value = 'NEW.example']"))
    assert record(lab, vendor) == RecordRow("indicator", 4, 1, 0, 1, 1, 0, 1, 1, 0)
    assert record(lab, other).new == 0, "the Vendor had told it before"


def test_our_own_origin_tag_is_certain_beside_an_object_and_in_a_note(pair: Pair) -> None:
    lab, vendor = pair
    one, other, strange = (
        indicator(name, f"[domain-name:value = '{name}.example']") for name in ("one", "other", "strange")
    )
    ours = {each.id: origin_tag(lab.us.secret, str(key_of(each.value))) for each in (one, other)}
    note = tag_note(other, ours[other.id], "green", "2026-01-01T00:00:00Z")
    beside = {one.id: ours[one.id], strange.id: ours[one.id]}
    with lab.db.read() as tx:
        found = echoes.judge_all(tx, lab.us, vendor.key, [one, other, strange, note], tags=beside)
    assert [each.echo.tier for each in found] == ["certain", "certain", "none", "none"], "a tag is of one value alone"
    assert {reason.rule for each in found[:2] for reason in each.echo.reasons} == {"own-tag"}


def test_one_origin_tag_is_one_origin_whoever_tells_it(three: Three) -> None:
    """Two parties that tell one value with one tag confirm nothing to each other; with two tags they do."""
    lab, vendor, other = three
    for tags, expected in ((("aa" * 32, "aa" * 32), 0), (("aa" * 32, "bb" * 32), 1)):
        one, two = (indicator(f"{name}{expected}", f"[domain-name:value = 'n{expected}.example']") for name in "ab")
        with lab.db.write() as tx:
            for sender, each, tag in ((vendor, one, tags[0]), (other, two, tags[1])):
                known = echoes.judge_all(tx, lab.us, sender.key, [each], tags={each.id: tag})
                lab.now += HOUR
                echoes.tell(tx, lab.us, sender.key, [(each, known[0])], lab.now)
        assert record(lab, vendor).confirmed == expected


def test_whom_somebody_passes_it_on_for_is_the_origin(three: Three) -> None:
    """What comes by a list or with consents is another's, whoever that is."""
    lab, vendor, other = three
    first, second = (indicator(name, "[domain-name:value = 'new.example']") for name in ("first", "second"))
    for passed_on, expected in (({second.id}, 0), ((), 1)):
        with lab.db.write() as tx:
            for sender, one in ((vendor, first), (other, second)):
                known = echoes.judge_all(tx, lab.us, sender.key, [one])
                lab.now += HOUR
                echoes.tell(tx, lab.us, sender.key, [(one, known[0])], lab.now, passed_on=passed_on)
        assert record(lab, vendor).confirmed == expected
        second = indicator("third", "[domain-name:value = 'new.example']")


def test_a_flood_of_what_is_refused_does_not_fill_the_record(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    lab, vendor = pair
    agreement = agreed(lab, vendor)
    monkeypatch.setattr("backchannel.flow.inbound.MOST_TOLD_OF_REFUSED", 2)
    lab.services = replace(lab.services, poison=lambda _kind, _value: Poison("own-asset", "ours"))
    bad = [indicator(str(number), f"[domain-name:value = '{number}.example']") for number in range(5)]
    told(vendor, lab, agreement, THEIRS, *bad)
    assert record(lab, vendor).poisoned == 2
