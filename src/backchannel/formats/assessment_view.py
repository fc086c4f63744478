"""What the page of an assessment shows, section by section, as values: every text is fit to be shown.

Rules. All that reports say is shown as evidence, with the report it stands in; nothing here weighs or counts. What is
long is cut, and it is said that it was.
"""

from collections.abc import Mapping, Sequence

import msgspec

from backchannel.core.assess.assessment import Answer, Heard
from backchannel.core.assess.edges import Edge, Kind
from backchannel.core.assess.parties import Party
from backchannel.core.assess.press import Span, Why
from backchannel.core.assess.utterances import Utterance
from backchannel.core.assess.voices import Told, Voice
from backchannel.formats.assessment_evidence import Evidence, of_figure, said
from backchannel.formats.assessment_text import line, name, pieces

KINDS: Mapping[Kind, str] = {
    Kind.DECLARED: "declares it",
    Kind.REUSE: "copied passages",
    Kind.SHARED_QUOTE: "the same quote",
    Kind.REWORDED_QUOTE: "a reworded quote",
}
"""By what a report is known to have taken something from another."""
WHY: Mapping[Why, str] = {
    Why.EDGE: "before or behind the story",
    Why.TEASER: "leads to another story",
    Why.CAPTION: "caption",
    Why.REPEATED: "said a second time",
}
"""Why a part of a report is set aside."""
_EVIDENCE = 3
"""Pieces of evidence of an edge."""
_SET_ASIDE = 160
"""Characters shown of what is set aside."""
MOST = 500
"""Rows of a table."""
_FIRST = 12
"""Pieces of evidence of one party that are in sight, and wordings of one statement."""
_MORE = 40
"""Of all else that a page lists."""


class PartyShown(msgspec.Struct, frozen=True):
    """A party with its evidence: one piece a report, the nearest to the question (`nearest`), and further ones, of
    which `more` are left out."""

    name: str
    speakers: tuple[str, ...]
    reports: int
    nearest: tuple[Evidence, ...]
    others: tuple[Evidence, ...]
    more: int


class Group(msgspec.Struct, frozen=True):
    """Parties that do the same to the claim; `more` are left out."""

    title: str
    note: str
    parties: tuple[PartyShown, ...]
    more: int


class Same(msgspec.Struct, frozen=True):
    """One statement in several wordings, of which `more` are left out."""

    speaker: str
    wordings: tuple[Evidence, ...]
    more: int


class Lead(msgspec.Struct, frozen=True):
    """An unnamed speaker who is taken for a named one."""

    report: str
    unnamed: str
    named: str
    cause: str
    evidence: Evidence


class Row(msgspec.Struct, frozen=True):
    """An edge: who took what from whom."""

    child: str
    parent: str
    parent_held: bool
    directed: bool
    how: str
    evidence: tuple[Evidence, ...]


class Aside(msgspec.Struct, frozen=True):
    """Something set aside: why, from which character to which, and how it begins."""

    why: str
    begin: int
    end: int
    text: str


class Document(msgspec.Struct, frozen=True):
    """A report: what is known of it, what of it is on the claim without a speaker, and what is set aside."""

    name: str
    outlet: str
    guessed: bool
    published: str
    url: str
    collected: bool
    on_claim: bool
    notices: tuple[str, ...]
    told: tuple[Evidence, ...]
    ignored: tuple[Aside, ...]
    more_ignored: int
    ignored_share: int
    """In hundredths of the characters."""


def groups(heard: Heard, answer: Answer) -> tuple[Group, ...]:
    """Who says what, by what they do to the claim; groups of nobody are left out."""
    found = answer.independence
    texts = _by_name(heard)
    named = (
        ("Affirm", "", found.affirming),
        ("May affirm", "It is not certain that what they say is on the claim.", found.possible),
        ("Deny", "They would know.", found.denied_by),
        ("Dispute", "They deny it, and it is not known that they would know.", found.disputed_by),
        ("Decline", "", found.declined_by),
        ("Experts", "They judge what they took no part in, and are no origin.", found.experts),
        ("Affirm, unnamed", "A source that nobody names adds no origin to those that are named.", found.unnamed),
    )
    made = (
        Group(title, note, tuple(_party(party, texts) for party in listed[:_MORE]), len(listed[_MORE:]))
        for title, note, listed in named
    )
    return tuple(group for group in made if group.parties)


def left_out(answer: Answer) -> int:
    """How many statements, leads and figures a page has no room for."""
    return sum(len(found[_MORE:]) for found in (answer.utterances, answer.joined, answer.conflicts))


def same(heard: Heard, found: Sequence[Utterance]) -> tuple[Same, ...]:
    """Statements in several wordings."""
    texts = _by_name(heard)
    return tuple(
        Same(name(one.speaker), said(one.voices[:_FIRST], texts, apart=True), len(one.voices[_FIRST:]))
        for one in found[:_MORE]
    )


def leads(heard: Heard, answer: Answer) -> tuple[Lead, ...]:
    """Unnamed speakers who are taken for named ones."""
    texts = _by_name(heard)
    return tuple(
        Lead(name(one.report), name(one.unnamed), name(one.named), line(one.cause), said([one.voice], texts)[0])
        for one in answer.joined[:_MORE]
    )


def contradictions(heard: Heard, answer: Answer) -> tuple[tuple[Evidence, Evidence], ...]:
    """Figures that cannot both be right."""
    texts = _by_name(heard)
    return tuple((of_figure(one.one, texts), of_figure(one.other, texts)) for one in answer.conflicts[:_MORE])


def rows(heard: Heard) -> tuple[Row, ...]:
    """The edges, the first `MOST`."""
    texts = _by_name(heard)
    return tuple(_row(edge, texts) for edge in heard.lineage.edges[:MOST])


def documents(heard: Heard, answer: Answer | None, notices: Mapping[str, Sequence[str]]) -> tuple[Document, ...]:
    """The reports."""
    told = {one.report: one.told for one in answer.on} if answer is not None else {}
    on_claim = set(answer.independence.reports) if answer is not None else set()
    return tuple(
        _document(report, told.get(report.name, ()), report.name in on_claim, notices.get(report.name, ()))
        for report in heard.reports
    )


def _by_name(heard: Heard) -> Mapping[str, Told]:
    return {report.name: report for report in heard.reports}


def _party(party: Party, texts: Mapping[str, Told]) -> PartyShown:
    first: dict[str, Voice] = {}
    for voice in sorted(party.voices, key=lambda voice: (not voice.sure, -voice.near)):
        first.setdefault(voice.report, voice)
    nearest = {(voice.report, voice.sentence) for voice in first.values()}
    near = said([voice for voice in party.voices if (voice.report, voice.sentence) in nearest], texts)
    rest = said([voice for voice in party.voices if (voice.report, voice.sentence) not in nearest], texts)
    others = (*near[_FIRST:], *rest)
    return PartyShown(
        name=name(party.name),
        speakers=tuple(name(speaker) for speaker in party.speakers if speaker != party.name),
        reports=len(party.reports),
        nearest=near[:_FIRST],
        others=others[:_MORE],
        more=len(others[_MORE:]),
    )


def _row(edge: Edge, texts: Mapping[str, Told]) -> Row:
    return Row(
        child=name(edge.child),
        parent=name(edge.parent),
        parent_held=edge.parent_held,
        directed=edge.directed,
        how=KINDS[edge.kind],
        evidence=tuple(
            Evidence(name(one.report), pieces(texts[one.report].text, one.span, [], 300))
            for one in edge.evidence[:_EVIDENCE]
        ),
    )


def _document(report: Told, told: Sequence[Span], on_claim: bool, notices: Sequence[str]) -> Document:
    article, room = report.read.article, report.read.newsroom
    outlet = room.outlet.name if room.outlet is not None else article.report.outlet
    aside = sum(item.span.end - item.span.begin for item in article.ignored)
    published = article.report.published
    return Document(
        name=name(report.name),
        outlet=name(outlet),
        guessed=room.outlet is not None and not room.sure,
        published="" if published is None else f"{published:%Y-%m-%d %H:%M %Z}".strip(),
        url=line(article.report.url, 200),
        collected=room.collected,
        on_claim=on_claim,
        notices=tuple(line(notice, 200) for notice in notices),
        told=tuple(Evidence(name(report.name), pieces(report.text, span, [])) for span in told[:_MORE]),
        ignored=tuple(
            Aside(WHY[item.why], item.span.begin, item.span.end, line(item.span.of(report.text), _SET_ASIDE))
            for item in article.ignored[:_MORE]
        ),
        more_ignored=len(article.ignored[_MORE:]),
        ignored_share=round(100 * aside / len(report.text)) if report.text else 0,
    )
