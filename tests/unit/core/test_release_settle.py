"""Closure and mention: what leaves can be resolved, and says nothing of what stays."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backchannel.core.marking import TLP_2_EXTENSION, definition_for
from backchannel.core.release import Context, Decision, Outcome, Result, Subject, decide, settle, summary
from backchannel.core.stix import StixObject, decode
from backchannel.core.terms import Handling, Terms
from worlds import OUR_IDENTITY, THEM, TLP, US, World, context, link, said, stix, stix_id, terms

PREDATOR = stix("malware", "Predator")
PEGASUS = stix("malware", "Pegasus")
ONE, TWO = stix("indicator", "one"), stix("indicator", "two")
RED: dict[str, Any] = {"object_marking_refs": [TLP["red"]]}


def outcomes(*own: StixObject, agreed: Terms | None = None, known: Context | None = None, **given: Any) -> Any:
    """Decide a world of Predator and these objects: decisions by id."""
    world = World([PREDATOR, *own], **given)
    return {one.id: one for one in world.decide(agreed or terms(), known)}


def tied(one: StixObject) -> list[StixObject]:
    """An object and a relationship that puts it in scope."""
    return [one, link(one, PREDATOR)]


def cut(decision: Decision) -> set[str]:
    """The properties that a reduced copy lost."""
    assert decision.outcome is Outcome.REDUCE
    assert decision.sent is not None
    return set(decision.subject.object.value) - set(decision.sent.value)


# --- closure ---------------------------------------------------------------------------------------------------


def test_what_is_connected_and_allowed_leaves_whole() -> None:
    found = outcomes(*tied(ONE))
    assert {one.outcome for one in found.values()} == {Outcome.RELEASE}


def test_a_relationship_to_an_object_that_stays_stays() -> None:
    secret = stix("indicator", "secret", **RED)
    tie = link(secret, PREDATOR)
    found = outcomes(secret, tie)
    assert found[secret.id].outcome is Outcome.WITHHOLD
    assert found[tie.id].outcome is Outcome.WITHHOLD
    assert found[tie.id].verdict("closure").evidence == f"source_ref needs {secret.id}, which stays"


def test_an_optional_reference_to_what_stays_is_cut() -> None:
    sample = stix("file", "sample", name="sample")
    found = {
        one.id: one for one in World([stix("malware", "Predator", sample_refs=[sample.id]), sample]).decide(terms())
    }
    assert cut(found[PREDATOR.id]) == {"sample_refs"}
    assert "leaves without sample_refs[0]" in found[PREDATOR.id].verdict("closure").evidence


def test_a_report_loses_only_the_members_that_stay() -> None:
    secret = stix("indicator", "secret", **RED)
    report = stix("report", "Quarterly", object_refs=[PREDATOR.id, secret.id, ONE.id])
    found = outcomes(*tied(ONE), secret, report)
    sent = found[report.id].sent
    assert sent is not None
    assert sent.value["object_refs"] == [PREDATOR.id, ONE.id]
    assert secret.id.partition("--")[2] not in sent.raw.decode()


def test_a_report_of_which_nothing_leaves_stays() -> None:
    secret = stix("indicator", "secret", **RED)
    report = stix("report", "Quarterly", object_refs=[secret.id])
    found = outcomes(secret, link(secret, PREDATOR), report, agreed=terms(depth=3))
    assert found[report.id].verdict("closure").evidence == "nothing that object_refs names leaves"


def test_a_reference_to_an_object_that_is_not_held_is_cut() -> None:
    orphan = stix("indicator", "one", created_by_ref=stix_id("identity", "nobody"))
    found = outcomes(orphan, link(orphan, PREDATOR))
    assert found[orphan.id].outcome is Outcome.REDUCE
    assert found[orphan.id].sent.value["created_by_ref"] == OUR_IDENTITY


def test_references_to_what_has_crossed_ours_and_well_known_marks_are_closed() -> None:
    crossed = stix("identity", "Shared Lab")
    one = stix("indicator", "one", created_by_ref=crossed.id, object_marking_refs=[TLP["green"]])
    two = stix("indicator", "two", created_by_ref=OUR_IDENTITY)
    found = outcomes(*tied(one), *tied(two), crossed, known=context(crossed={crossed.id: crossed.id}))
    assert found[one.id].outcome is found[two.id].outcome is Outcome.RELEASE


def test_a_relationship_to_a_reduced_object_becomes_a_reduced_copy_that_names_the_new_id() -> None:
    noted = stix("indicator", "one", x_note="for us")
    tie = link(noted, PREDATOR)
    found = outcomes(noted, tie, agreed=terms(exclude_properties=("x_*",)))
    assert found[noted.id].outcome is found[tie.id].outcome is Outcome.REDUCE
    assert found[tie.id].sent.value["source_ref"] == found[noted.id].sent.id != noted.id
    assert found[tie.id].sent.value["target_ref"] == PREDATOR.id
    assert found[tie.id].verdict("closure").evidence == "it refers to reduced copies by their new ids"


def test_a_reference_to_what_crossed_reduced_names_the_id_that_the_counterpart_knows() -> None:
    old, sent = stix("indicator", "old", **RED), stix_id("indicator", "sent before")
    tie = link(old, PREDATOR)
    found = outcomes(old, tie, known=context(crossed={old.id: sent}))
    assert found[tie.id].sent.value["source_ref"] == sent


def test_the_copies_of_one_object_under_two_agreements_cannot_be_linked() -> None:
    noted = stix("indicator", "one", x_note="for us")
    agreed = terms(exclude_properties=("x_*",))
    one = outcomes(*tied(noted), agreed=agreed)[noted.id].sent
    same = outcomes(*tied(noted), agreed=agreed)[noted.id].sent
    other = outcomes(*tied(noted), agreed=agreed, known=context(agreement="e" * 64))[noted.id].sent
    assert one.raw == same.raw
    assert one.id != other.id


def test_a_chain_of_what_depends_on_each_other_stays_from_end_to_end() -> None:
    secret = stix("note", "secret", object_refs=[PREDATOR.id], **RED)
    chain = [secret]
    for number in range(40):
        chain.append(stix("note", f"n{number}", object_refs=[chain[-1].id]))
    found = outcomes(*chain, agreed=terms(depth=5))
    assert {found[one.id].outcome for one in chain} == {Outcome.WITHHOLD}


def test_a_copy_that_would_be_too_little_stays() -> None:
    secret = stix("ipv4-addr", "secret", value="192.0.2.7", **RED)
    traffic = stix("network-traffic", "t", name=None, protocols=["tcp"], dst_ref=secret.id)
    data = stix("malware", "Predator", sample_refs=[traffic.id])
    world = World([data, traffic, secret])
    found = {one.id: one for one in world.decide(terms(types=("malware", "network-traffic", "ipv4-addr")))}
    assert found[traffic.id].verdict("closure").evidence == "too little would be left of it"


def test_a_translation_of_an_object_that_leaves_reduced_stays() -> None:
    noted = stix("malware", "Predator", x_note="for us")
    words = {"de": {"name": "Räuber"}}
    translated = stix("language-content", "de", name=None, object_ref=noted.id, contents=words)
    agreed = terms(types=("malware", "language-content"), exclude_properties=("x_note",))
    found = {one.id: one for one in World([noted, translated]).decide(agreed)}
    assert found[noted.id].outcome is Outcome.REDUCE
    assert found[translated.id].outcome is Outcome.WITHHOLD


# --- marks and other definitions -------------------------------------------------------------------------------


def test_a_statement_mark_leaves_with_the_objects_it_marks_whatever_types_the_agreement_names() -> None:
    statement = stix("marking-definition", "Lab")
    one = stix("indicator", "one", object_marking_refs=[statement.id])
    found = outcomes(*tied(one), statement, agreed=terms(handling=Handling(tlp_max="green")), default="green")
    assert found[one.id].outcome is found[statement.id].outcome is Outcome.RELEASE
    assert found[statement.id].verdict("type").result is Result.MOOT


def test_a_statement_mark_that_nothing_needs_stays() -> None:
    statement, unused = stix("marking-definition", "Lab"), stix("marking-definition", "Unused")
    on_mark = stix("marking-definition", "On a mark", object_marking_refs=[unused.id])
    secret = stix("indicator", "one", object_marking_refs=[statement.id, TLP["red"]])
    found = outcomes(*tied(secret), statement, unused, on_mark)
    assert {found[one.id].outcome for one in (statement, unused, on_mark)} == {Outcome.WITHHOLD}
    assert found[statement.id].verdict("closure").evidence == "no object that leaves needs it"


def test_a_mark_is_never_cut_so_what_it_marks_stays_with_it() -> None:
    maker = stix("identity", "Lab", object_marking_refs=[TLP["red"]])
    statement = stix("marking-definition", "Lab", created_by_ref=maker.id)
    whole = stix("indicator", "one", object_marking_refs=[statement.id])
    part = stix("indicator", "two", granular_markings=[{"marking_ref": statement.id, "selectors": ["pattern"]}])
    found = outcomes(*tied(whole), *tied(part), statement, maker)
    assert {found[one.id].outcome for one in (whole, part, statement)} == {Outcome.WITHHOLD}
    both = stix("indicator", "both", object_marking_refs=[TLP["green"], statement.id])
    assert outcomes(*tied(both), statement, maker)[both.id].outcome is Outcome.WITHHOLD


def test_the_identity_that_made_a_mark_leaves_with_it_whatever_the_agreement_is_about() -> None:
    maker = stix("identity", "Lab", created="2001-01-01T00:00:00.000Z", modified="2001-01-01T00:00:00.000Z")
    statement = stix("marking-definition", "Lab", created_by_ref=maker.id)
    whole = stix("indicator", "one", object_marking_refs=[statement.id])
    part = stix("indicator", "two", granular_markings=[{"marking_ref": statement.id, "selectors": ["pattern"]}])
    since = terms(since=datetime(2026, 1, 1, tzinfo=UTC))
    found = outcomes(*tied(whole), *tied(part), statement, maker, agreed=since)
    assert {found[one.id].outcome for one in (whole, part, statement, maker)} == {Outcome.RELEASE}
    assert {found[maker.id].verdict(rule).result for rule in ("type", "scope", "age")} == {Result.MOOT}


def test_an_identity_leaves_only_with_a_definition_that_it_made_and_that_leaves() -> None:
    maker, author = stix("identity", "Maker"), stix("identity", "Author")
    statement = stix("marking-definition", "Lab", created_by_ref=maker.id)
    secret = stix("indicator", "one", object_marking_refs=[statement.id, TLP["red"]])
    made = stix("indicator", "two", created_by_ref=author.id)
    named = stix("marking-definition", "Named", x_of_ref=author.id)
    marked = stix("indicator", "three", object_marking_refs=[named.id])
    found = outcomes(*tied(secret), *tied(made), *tied(marked), statement, named, maker, author)
    assert {found[one.id].outcome for one in (maker, author, statement, named, marked)} == {Outcome.WITHHOLD}
    assert found[made.id].outcome is Outcome.REDUCE
    by_maker = stix("indicator", "four", created_by_ref=maker.id)
    found = outcomes(*tied(secret), *tied(by_maker), statement, maker)
    assert found[by_maker.id].outcome is Outcome.REDUCE
    assert found[maker.id].verdict("closure").evidence == "no object that leaves needs it"


@pytest.mark.parametrize("why", ["marking", "originator", "lifecycle", "designation", "default mark"])
def test_an_identity_that_another_rule_keeps_back_keeps_back_its_mark(why: str) -> None:
    marks = {"marking": {"object_marking_refs": [TLP["red"]]}, "lifecycle": {"revoked": True}}
    maker = stix("identity", "Acme Holding", **marks.get(why, {}))
    statement = stix("marking-definition", "Lab", created_by_ref=maker.id)
    one = stix("indicator", "one", object_marking_refs=[TLP["green"], statement.id])
    predator = stix("malware", "Predator", object_marking_refs=[TLP["green"]])
    theirs = [maker] if why == "originator" else []
    own = [predator, *tied(one), statement, *([] if theirs else [maker])]
    known = context(designated=frozenset({"acme holding"} if why == "designation" else ()))
    default = "amber" if why == "default mark" else "green"
    agreed = terms(handling=Handling(tlp_max="green"))
    found = {each.id: each for each in World(own, theirs, default=default).decide(agreed, known)}
    assert {found[each.id].outcome for each in (one, statement, maker)} == {Outcome.WITHHOLD}


def test_a_mark_never_leaves_with_a_property_that_is_excluded_nor_does_its_creator() -> None:
    odd = stix("identity", "Odd", x_rank=1)
    for flaw in ({"x_note": "a note"}, {"created_by_ref": odd.id}):
        statement = stix("marking-definition", "Lab", **flaw)
        one = stix("indicator", "one", object_marking_refs=[statement.id])
        for pattern in ("x_*", "created_by_ref") if "created_by_ref" in flaw else ("x_*",):
            found = outcomes(*tied(one), statement, odd, agreed=terms(exclude_properties=(pattern,)))
            assert {found[each.id].outcome for each in (one, statement, odd)} == {Outcome.WITHHOLD}


def test_what_crossed_stands_in_for_itself_so_that_nothing_counts_as_whole_twice() -> None:
    crossed = stix("marking-definition", "Crossed", created_by_ref=stix_id("identity", "Maker"))
    plain = stix("marking-definition", "Plain")
    maker = stix("identity", "Maker", object_marking_refs=[crossed.id, plain.id])
    lost = stix("malware", "Predator", revoked=True)
    one = stix("report", "One", object_refs=[lost.id, maker.id], object_marking_refs=[crossed.id, plain.id])
    agreed = terms(types=("report",), exclude_properties=("created_by_ref",))
    found = World([maker, one, crossed, plain, lost]).decide(agreed, context(crossed={crossed.id: crossed.id}))
    assert {each.outcome for each in found} == {Outcome.WITHHOLD}


def test_a_definition_that_leaves_for_others_is_handled_at_the_level_of_its_own_marks() -> None:
    statement = stix("marking-definition", "Lab")
    one = stix("indicator", "one", object_marking_refs=[TLP["green"], statement.id])
    predator = stix("malware", "Predator", object_marking_refs=[TLP["green"]])
    tie = link(one, predator, object_marking_refs=[TLP["green"]])
    agreed = terms(handling=Handling(tlp_max="green"))
    found = {each.id: each for each in World([predator, one, tie, statement], default="amber").decide(agreed)}
    assert found[statement.id].outcome is Outcome.RELEASE
    assert found[statement.id].subject.tlp == "clear"


def test_a_mark_that_is_revoked_or_marked_above_the_ceiling_itself_never_leaves() -> None:
    green = terms(handling=Handling(tlp_max="green"))
    for flaw in ({"revoked": True}, {"object_marking_refs": [TLP["amber"]]}):
        statement = stix("marking-definition", "Lab", **flaw)
        one = stix("indicator", "one", object_marking_refs=[TLP["green"], statement.id])
        predator = stix("malware", "Predator", object_marking_refs=[TLP["green"]])
        found = {each.id: each for each in World([predator, *tied(one), statement], default="amber").decide(green)}
        assert found[statement.id].outcome is Outcome.WITHHOLD
        assert found[one.id].outcome is Outcome.WITHHOLD


def test_a_mark_that_another_party_defined_needs_that_partys_consent() -> None:
    statement = stix("marking-definition", "Theirs")
    one = stix("indicator", "one", object_marking_refs=[statement.id])
    found = outcomes(*tied(one), theirs=[statement])
    assert found[one.id].outcome is Outcome.WITHHOLD


def test_an_extension_is_known_by_its_definition_if_we_hold_one() -> None:
    held = stix(
        "extension-definition", "held", schema="https://schema.example/x", version="1", created_by_ref=OUR_IDENTITY,
        extension_types=["property-extension"],
    )  # fmt: skip
    elsewhere = stix_id("extension-definition", "elsewhere")
    plain = {"extension_type": "property-extension"}
    one = stix("indicator", "one", extensions={held.id: plain, elsewhere: plain})
    found = outcomes(*tied(one), held)
    assert found[one.id].outcome is found[held.id].outcome is Outcome.RELEASE


def test_an_extension_whose_definition_stays_is_cut_unless_it_defines_the_object() -> None:
    held = stix("extension-definition", "held", revoked=True)
    one = stix("indicator", "one", extensions={held.id: {"extension_type": "property-extension"}})
    two = stix("indicator", "two", extensions={held.id: {"extension_type": "toplevel-property-extension"}})
    found = outcomes(*tied(one), *tied(two), held)
    assert cut(found[one.id]) == {"extensions"}
    assert found[two.id].outcome is Outcome.WITHHOLD


def test_the_published_definition_of_a_tlp_level_is_never_needed() -> None:
    definition = decode(definition_for("green"))
    assert TLP_2_EXTENSION in definition.value["extensions"]
    one = stix("indicator", "one", object_marking_refs=[definition.id])
    assert outcomes(*tied(one))[one.id].outcome is Outcome.RELEASE


# --- mention ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Shares code with Pegasus.",
        "PEGASUS",
        "see https://site.example/pegasus/2026",
        "(Pegasus)",
        "ｐｅｇａｓｕｓ",
        PEGASUS.id,
        f"urn:uuid:{PEGASUS.id.partition('--')[2].upper()}",
        "file pegasus.example.bin",
    ],
)
def test_free_text_that_mentions_what_stays_is_cut(text: str) -> None:
    described = stix("indicator", "one", description=text)
    found = outcomes(*tied(described), PEGASUS)
    assert cut(found[described.id]) == {"description"}
    assert found[described.id].verdict("mention").result is Result.CUT


@pytest.mark.parametrize(
    "properties",
    [
        {"name": "Loader of Pegasus"},
        {"labels": ["pegasus"]},
        {"external_references": [{"source_name": "Report", "description": "On Pegasus"}]},
        {"x_family": "Pegasus"},
        {"x_deep": [{"inner": {"Pegasus": True}}]},
        {"extensions": {"x-ext": {"extension_type": "property-extension", "family": "Pegasus"}}},
        {"pegasus": "a property called so"},
    ],
)
def test_a_mention_is_found_in_every_string_of_an_object(properties: dict[str, Any]) -> None:
    told = stix("indicator", "one", **properties)
    found = outcomes(*tied(told), PEGASUS)
    assert cut(found[told.id]) == set(properties)
    assert "pegasus" not in found[told.id].sent.raw.decode().lower()


def test_a_mention_in_something_the_object_needs_keeps_the_object() -> None:
    named = stix("tool", "Pegasus Loader")
    found = outcomes(*tied(named), PEGASUS)
    assert found[named.id].verdict("mention").evidence == "name says 'pegasus' (malware), which stays"


def test_a_url_that_contains_a_withheld_domain_stays() -> None:
    domain = stix("indicator", "d", pattern="[domain-name:value = 'c2.evil.example']")
    url = stix("indicator", "u", pattern="[url:value = 'http://c2.evil.example:8443/gate?id=1']")
    found = outcomes(*tied(url), domain)
    assert found[url.id].outcome is Outcome.WITHHOLD
    found = outcomes(*tied(url), *tied(domain))
    assert found[url.id].outcome is Outcome.RELEASE


@pytest.mark.parametrize(
    "text",
    [
        "beacons to hxxps://c2[.]evil[.]example/",
        "beacons to c2[dot]evil[dot]example",
        "beacons to c2 (DOT) evil{dot}example",
        "beacons to hxxps[:]//c2[.]evil.example:443/gate",
    ],
)
def test_a_defanged_value_is_a_mention(text: str) -> None:
    domain = stix("indicator", "d", pattern="[domain-name:value = 'c2.evil.example']")
    told = stix("indicator", "one", description=text)
    assert cut(outcomes(*tied(told), domain)[told.id]) == {"description"}


@pytest.mark.parametrize(
    "text", ["c2.evil.example/gate?id=7", "ftp://c2.evil.example/gate?id=7", "c2[.]evil.example/gate?id=7"]
)
def test_a_url_is_mentioned_without_its_scheme_too(text: str) -> None:
    url = stix("indicator", "u", pattern="[url:value = 'http://c2.evil.example/gate?id=7']")
    told = stix("indicator", "one", description=f"fetched {text} twice")
    assert cut(outcomes(*tied(told), url)[told.id]) == {"description"}


@pytest.mark.parametrize("comment", ["/* as in Night Jar */", "/* Bob's Night Jar, not Al's */", "// Night Jar\n"])
def test_a_name_in_the_comment_of_a_pattern_keeps_the_indicator(comment: str) -> None:
    told = stix("indicator", "one", pattern=f"[file:name = 'a.exe'] {comment} OR [file:name = 'b.exe']")
    found = outcomes(*tied(told), stix("malware", "Night Jar"))
    assert found[told.id].verdict("mention").result is Result.FAIL


def test_an_id_in_a_list_within_a_list_of_references_is_said() -> None:
    told = stix("indicator", "one", x_other_refs=[[PEGASUS.id]])
    assert cut(outcomes(*tied(told), PEGASUS)[told.id]) == {"x_other_refs"}


def test_a_term_longer_than_is_looked_for_is_known_by_its_beginning() -> None:
    long = "https://files.example/a/b/c/d/e/f/g/h/i/j/k"
    value = stix("indicator", "v", pattern=f"[url:value = '{long}']")
    told = stix("indicator", "one", description=f"from {long} on")
    assert cut(outcomes(*tied(told), value)[told.id]) == {"description"}


def test_the_threats_of_the_agreement_may_always_be_named() -> None:
    told = stix("indicator", "one", description="A host of Predator")
    secret = stix("malware", "Predator", **RED)
    found = {one.id: one for one in World([secret, *tied(told)]).decide(terms())}
    assert found[PREDATOR.id].outcome is Outcome.WITHHOLD
    assert found[told.id].sent is told


def test_a_part_of_a_threats_name_is_no_mention_within_it_but_is_alone() -> None:
    gang, storm = stix("malware", "Storm Petrel"), stix("tool", "Petrel")
    within = stix("indicator", "one", description="used by Storm Petrel")
    alone = stix("indicator", "two", description="used by Storm Petrel and Petrel")
    ties = [link(within, gang), link(alone, gang)]
    world = World([gang, storm, within, alone, *ties])
    found = {one.id: one for one in world.decide(terms("Storm Petrel"))}
    assert found[gang.id].outcome is found[within.id].outcome is Outcome.RELEASE
    assert cut(found[alone.id]) == {"description"}


def test_the_ending_of_a_host_name_mentions_no_tool_of_that_name() -> None:
    net = stix("tool", "Net")
    host = stix("indicator", "h", pattern="[domain-name:value = 'evil.net']")
    told = stix("indicator", "one", description="see evil[.]net, run by Net")
    found = outcomes(*tied(host), *tied(told), net)
    assert found[host.id].outcome is Outcome.RELEASE
    assert cut(found[told.id]) == {"description"}


def test_names_of_types_in_may_name_may_be_mentioned_but_never_their_values() -> None:
    host = stix("domain-name", "c2")
    told = stix("indicator", "one", description="Pegasus again")
    valued = stix("indicator", "two", description="c2.example again")
    agreed = terms(types=("malware", "indicator", "relationship"), may_name=("malware", "domain-name"))
    found = outcomes(*tied(told), *tied(valued), PEGASUS, host, agreed=agreed)
    assert found[told.id].outcome is Outcome.RELEASE
    assert found[valued.id].outcome is Outcome.REDUCE


def test_an_objects_own_value_may_leave_though_an_object_out_of_scope_has_it_too() -> None:
    same = stix("indicator", "elsewhere", pattern=ONE.value["pattern"])
    assert outcomes(*tied(ONE), same)[ONE.id].outcome is Outcome.RELEASE


@pytest.mark.parametrize("why", ["marking", "designation", "content"])
def test_a_value_that_a_restricted_object_of_ours_has_too_leaves_with_nothing(why: str) -> None:
    pattern = ONE.value["pattern"]
    properties: dict[str, Any] = {"marking": RED, "content": {"payload_bin": "TVqQ"}}.get(why, {})
    name = {"name": "Acme Holding"} if why == "designation" else {}
    same = stix("indicator", "elsewhere", pattern=pattern, **properties, **name)
    known = context(designated=frozenset({"acme holding"}))
    found = {one.id: one for one in World([PREDATOR, *tied(ONE), same]).decide(terms(), known)}
    assert [one.rule for one in found[same.id].verdicts if one.result is Result.FAIL and one.rule == why]
    assert found[ONE.id].verdict("mention").result is Result.FAIL


@pytest.mark.parametrize("mark", [{}, RED])
@pytest.mark.parametrize("theirs_came_last", [False, True])
def test_another_partys_object_does_not_silence_what_ours_bear(
    mark: dict[str, Any], *, theirs_came_last: bool
) -> None:
    same = stix("indicator", "elsewhere", pattern=ONE.value["pattern"], **mark)
    world = World([PREDATOR, *tied(ONE)], [same], theirs_came_last=theirs_came_last)
    assert world.sent(terms())[ONE.id].raw == ONE.raw


def test_another_partys_object_forbids_its_names_in_what_came_after_it_only() -> None:
    told = stix("indicator", "one", description="seen with the loader of Pegasus")
    before = World([PREDATOR, *tied(told)], [PEGASUS], theirs_came_last=True)
    after = World([PREDATOR, *tied(told)], [PEGASUS])
    assert before.sent(terms())[told.id].raw == told.raw
    assert "description" not in after.sent(terms())[told.id].value


def test_the_counterparts_word_frees_a_name_only_if_it_came_before_what_else_bears_it() -> None:
    told = stix("indicator", "one", description="dropped by Nightjar operators")
    nightjar, guess = stix("tool", "Nightjar"), stix("malware", "guess", aliases=["Nightjar", "Nighthawk"])
    known = context(crossed={guess.id: guess.id})
    guessed = World([PREDATOR, *tied(told), nightjar], [guess], theirs_came_last=True)
    learnt = World([PREDATOR, *tied(told), nightjar], [guess])
    assert "description" not in guessed.sent(terms(), known)[told.id].value
    assert learnt.sent(terms(), known)[told.id].raw == told.raw


@pytest.mark.parametrize("crossed", [True, False])
def test_a_name_that_a_later_red_version_bears_is_not_known_because_an_earlier_one_crossed(*, crossed: bool) -> None:
    told = stix("indicator", "one", description="a build of Glass Onion")
    tool = stix("tool", "Prober", aliases=["Glass Onion"], **RED)
    version = tool.version if crossed else "2025-01-01T00:00:00.000Z"
    known = context(crossed={tool.id: tool.id}, crossed_versions={tool.id: version})
    leaves = World([PREDATOR, *tied(told), tool]).sent(terms(), known)[told.id]
    assert ("description" in leaves.value) is crossed


def test_what_has_crossed_may_be_mentioned() -> None:
    told = stix("indicator", "one", description=f"Pegasus, {PEGASUS.id}")
    known = context(crossed={PEGASUS.id: PEGASUS.id}, crossed_versions={PEGASUS.id: PEGASUS.version})
    assert outcomes(*tied(told), PEGASUS, known=known)[told.id].outcome is Outcome.RELEASE


def test_the_id_of_what_crossed_reduced_is_not_known_to_the_counterpart() -> None:
    told = stix("indicator", "one", description=f"see {PEGASUS.id}")
    known = context(crossed={PEGASUS.id: stix_id("malware", "sent before")})
    assert cut(outcomes(*tied(told), PEGASUS, known=known)[told.id]) == {"description"}


def test_an_object_that_says_its_own_id_loses_that_when_it_is_reduced() -> None:
    own = stix_id("indicator", "own")
    told = stix("indicator", "own", description=f"https://site.example/{own}", x_note="for us")
    assert outcomes(*tied(told))[told.id].outcome is Outcome.RELEASE
    found = outcomes(*tied(told), agreed=terms(exclude_properties=("x_*",)))
    assert cut(found[told.id]) == {"description", "x_note"}


def test_another_objects_mention_of_a_reduced_objects_old_id_is_cut() -> None:
    noted = stix("indicator", "noted", x_note="for us")
    told = stix("indicator", "one", description=f"see {noted.id}")
    found = outcomes(*tied(noted), *tied(told), agreed=terms(exclude_properties=("x_*",)))
    assert cut(found[told.id]) == {"description"}


def test_what_stays_because_of_a_mention_may_not_be_mentioned_either() -> None:
    named = stix("tool", "Pegasus Loader")
    told = stix("indicator", "one", description="dropped by Pegasus Loader")
    last = stix("tool", "Third Stage", description="Pegasus Loader starts it")
    found = outcomes(*tied(named), *tied(told), *tied(last), PEGASUS)
    assert cut(found[told.id]) == {"description"}
    assert cut(found[last.id]) == {"description"}


def test_a_granular_mark_that_names_what_stays_goes_with_what_it_marks_or_keeps_the_object() -> None:
    mark = {"marking_ref": TLP["green"], "selectors": ["x_data.pegasus"]}
    told = stix("indicator", "one", x_data={"pegasus": 1}, granular_markings=[mark])
    found = outcomes(*tied(told), PEGASUS)
    assert cut(found[told.id]) == {"x_data", "granular_markings"}


def test_a_granular_mark_of_nothing_that_names_what_stays_keeps_the_object() -> None:
    mark = {"marking_ref": TLP["green"], "selectors": ["pegasus"]}
    told = stix("indicator", "one", granular_markings=[mark])
    assert outcomes(*tied(told), PEGASUS)[told.id].verdict("mention").result is Result.FAIL


def test_the_words_of_the_specification_mention_nobody() -> None:
    names = ("Malware", "Indicator", "Domain-Name", "Value", "Indicates", "Malicious-Activity", "Stix", "related-to")
    others = [stix("tool", name) for name in names]
    told = stix("indicator", "one", indicator_types=["malicious-activity"], pattern_version="2.1")
    tie = link(told, PREDATOR, "indicates")
    found = outcomes(told, tie, *others)
    assert found[told.id].outcome is found[tie.id].outcome is Outcome.RELEASE


def test_custom_words_and_comments_in_a_pattern_are_searched() -> None:
    custom = stix("indicator", "one", pattern="[x-pegasus:value = 'a.example']")
    quoted = stix("indicator", "two", pattern="[file:name = 'it\\'s pegasus.exe']")
    hashed = stix("indicator", "five", pattern="[file:hashes.'SHA-256' = 'aa' OR file:name = 'night owl.exe']")
    comment = stix("indicator", "three", pattern="[file:name = 'a.exe'] /* Pegasus */")
    yara = stix("indicator", "four", pattern="rule Pegasus { condition: true }", pattern_type="yara")
    all_of_them = (custom, quoted, hashed, comment, yara)
    found = outcomes(*(each for one in all_of_them for each in tied(one)), PEGASUS, stix("tool", "Night Owl"))
    assert {found[one.id].outcome for one in all_of_them} == {Outcome.WITHHOLD}


def test_names_are_looked_for_in_all_holdings_whatever_their_source() -> None:
    told = stix("indicator", "one", description="like Pegasus")
    assert cut(outcomes(*tied(told), theirs=[PEGASUS])[told.id]) == {"description"}


# --- a part of the holdings ------------------------------------------------------------------------------------


def partly(world: World, agreed: Terms, *, ask: bool) -> dict[str, Decision]:
    known = context()
    subjects = world.subjects(agreed)
    near = [decide(one, agreed, known) for one in subjects if one.hops is not None]

    def subjects_of(ids: Any) -> list[Subject]:
        return [one for one in subjects if one.object.id in ids]

    return {one.id: one for one in settle(near, agreed, known, world.lookup, subjects_of if ask else None)}


def test_a_value_whose_other_bearer_nobody_decided_on_stays_unless_it_can_be_asked_about() -> None:
    same = stix("indicator", "elsewhere", pattern=ONE.value["pattern"])
    world = World([PREDATOR, *tied(ONE), same])
    assert partly(world, terms(), ask=True)[ONE.id].outcome is Outcome.RELEASE
    assert partly(world, terms(), ask=False)[ONE.id].outcome is Outcome.WITHHOLD
    red = World([PREDATOR, *tied(ONE), stix("indicator", "elsewhere", pattern=ONE.value["pattern"], **RED)])
    assert partly(red, terms(), ask=True)[ONE.id].outcome is Outcome.WITHHOLD


def test_a_bare_uuid_of_an_object_that_nobody_decided_on_is_asked_about() -> None:
    told = stix("indicator", "one", description=f"case {PEGASUS.id.partition('--')[2]}")
    foreign = stix("indicator", "two", description="CLSID 0b7a1a5e-3c2d-4f0e-8b1a-2d3c4e5f6a7b")
    found = partly(World([PREDATOR, *tied(told), *tied(foreign), PEGASUS]), terms(), ask=True)
    assert cut(found[told.id]) == {"description"}
    assert found[foreign.id].outcome is Outcome.RELEASE


def test_definitions_that_nobody_asked_about_are_fetched_and_leave_too() -> None:
    outer = stix("marking-definition", "Outer")
    maker = stix("identity", "Lab", object_marking_refs=[outer.id])
    inner = stix("marking-definition", "Inner", created_by_ref=maker.id)
    one = stix("indicator", "one", object_marking_refs=[inner.id])
    found = partly(World([PREDATOR, *tied(one), inner, outer, maker]), terms(depth=1), ask=True)
    assert {found[each.id].outcome for each in (one, inner, outer, maker)} == {Outcome.RELEASE}


# --- quota -----------------------------------------------------------------------------------------------------


def test_what_exceeds_the_quota_waits_and_what_is_nearest_goes_first() -> None:
    far = link(TWO, ONE)
    objects = [far, TWO, *tied(ONE)]
    found = outcomes(*objects, known=context(quota_left=3))
    assert {one.id for one in found.values() if one.sent} == {PREDATOR.id, ONE.id, objects[3].id}
    assert found[TWO.id].verdict("quota").evidence == "it waits: the day's quota is used up"


def test_nothing_is_cut_because_of_the_quota() -> None:
    told = stix("indicator", "one", description="next is zulu.example")
    later = stix("indicator", "zulu")
    found = outcomes(*tied(told), *tied(later), known=context(quota_left=3))
    assert found[told.id].outcome is Outcome.WITHHOLD
    assert [one.id for one in found.values() if one.sent] == [PREDATOR.id]
    assert all(one.outcome is not Outcome.REDUCE for one in found.values())


# --- the whole -------------------------------------------------------------------------------------------------


def test_every_decision_carries_every_rule_once() -> None:
    for one in outcomes(*tied(ONE), PEGASUS).values():
        assert [verdict.rule for verdict in one.verdicts] == list(summary([])["rules"])


def test_nothing_to_decide_is_nothing_decided() -> None:
    assert World([]).decide(terms()) == []
    assert summary([])["release"] == 0


def test_evidence_about_hostile_ids_and_properties_cannot_drive_a_terminal() -> None:
    evil = stix("note", "n", object_refs=[PREDATOR.id], **{"x_\x1b[2J": f"Pegasus {PEGASUS.id}"})
    found = outcomes(evil, PEGASUS)
    assert all("\x1b" not in one.evidence for one in found[evil.id].verdicts)


def test_the_counterparts_copy_and_our_party_keys_never_meet() -> None:
    noted = stix("indicator", "one", x_note="for us")
    sent = outcomes(*tied(noted), agreed=terms(exclude_properties=("x_*",)))[noted.id].sent
    assert US not in sent.raw.decode()
    assert THEM not in sent.raw.decode()


SECRET_ID = stix_id("malware", "SECRET")
DEFINED = stix_id("extension-definition", "e")
MISSHAPEN: list[dict[str, Any]] = [
    {"x_refs": SECRET_ID},
    {"x_ref": [SECRET_ID]},
    {"x_ref": [SECRET_ID.upper()]},
    {"x_ref": [[SECRET_ID]]},
    {"x_refs": [[SECRET_ID]]},
    {"x_refs": [{"y_ref": SECRET_ID}]},
    {"x_refs": [{"y_refs": [SECRET_ID]}]},
    {"x_refs": [[{"y_ref": SECRET_ID}]]},
    {"x_refs": {"y": SECRET_ID}},
    {"x_ref": {SECRET_ID: 1}},
    {"x_info": {"y_refs": SECRET_ID}},
    {"x_info": {"y_ref": [SECRET_ID]}},
    {"x_info": [{"y_ref": SECRET_ID}]},
    {
        "extensions": {
            stix_id("extension-definition", "e"): {"extension_type": "property-extension", "a_refs": SECRET_ID}
        }
    },
    {
        "extensions": {
            stix_id("extension-definition", "e"): {"extension_type": "property-extension", "a_ref": [SECRET_ID]}
        }
    },
    {"extensions": {SECRET_ID: {"extension_type": "property-extension"}}},
]


@pytest.mark.parametrize("properties", MISSHAPEN)
def test_no_shape_of_a_reference_lets_the_id_of_what_stays_out(properties: dict[str, Any]) -> None:
    secret = stix("malware", "SECRET", **RED)
    told = stix("indicator", "one", **properties)
    leaves = World([PREDATOR, *tied(told), secret, link(secret, told)]).sent(terms())
    assert secret.id not in leaves
    assert all(SECRET_ID.partition("--")[2] not in said(one).lower() for one in leaves.values())
    assert told.id in leaves


@pytest.mark.parametrize(
    ("bearer", "text"),
    [
        (stix("tool", "Nightjar"), "rule APT_Nightjar_Loader"),
        (stix("tool", "nightjar c2"), "seen as nightjar_c2.exe"),
        (stix("tool", "Nightjar"), "the Ni\u00adght\u200bjar\u2060 build"),
        (stix("ipv4-addr", "a", value="198.51.100.7"), "in dump_198.51.100.7_2026.pcap"),
        (stix("ipv4-addr", "a", value="198.51.100.7"), "at ::ffff:198.51.100.7"),
        (stix("indicator", "six", pattern="[ipv6-addr:value = '2001:db8::5']"), "to 2001:0DB8:0:0:0:0:0:5 on 443"),
        (stix("indicator", "six", pattern="[ipv6-addr:value = '2001:db8:0:0::5']"), "to [2001:db8::5]:443"),
        (stix("domain-name", "d", value="m\u00fcnchen.example"), "on xn--mnchen-3ya.example"),
        (stix("domain-name", "d", value="xn--mnchen-3ya.example"), "on M\u00dcNCHEN.example"),
        (stix("domain-name", "d", value="elsewhere.example"), "u=https%3A%2F%2FElsewhere%2Eexample%2F"),
    ],
)
def test_a_name_or_value_is_found_in_any_of_its_spellings(bearer: StixObject, text: str) -> None:
    told = stix("indicator", "one", description=text)
    leaves = World([PREDATOR, *tied(told), bearer]).sent(terms())
    assert "description" not in leaves[told.id].value
