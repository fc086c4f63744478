"""An assessment as standard STIX 2.1: reports, who took what from whom, the answer, and who says what of it.

Rules. Which object says what is told in `docs/reference/assessment-stix.md`. A report that is held is referred to by
its id; another one is made, without its text. Sources that are not held are identities, to which a report is
`related-to`: `derived-from` is between objects of one type only, and there is no report of theirs to point at. An
opinion is on the note, in which the claim stands; whose it is, is its author, and a relationship says so. Ids are
UUIDv5, under the caller's namespace, of all that an object says but its times: the same assessment gives the same
objects, and one that says something else gives others. Nothing is made of the unnamed: they are no origin.
Source: STIX 2.1, sections 2.9, 2.5, 3.7, 4.5, 4.11, 4.13, 4.14, 5.1 and appendix A (confidence scales).
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import msgspec
import rfc8785

from backchannel.core.assess.assessment import Answer, Heard
from backchannel.core.assess.edges import Edge
from backchannel.core.assess.grading import Grading
from backchannel.core.assess.independence import Independence
from backchannel.core.assess.parties import Party
from backchannel.core.assess.summary import summary
from backchannel.core.assess.voices import Told
from backchannel.core.grading import Grade
from backchannel.core.marking import TLP_2
from backchannel.core.stix import format_timestamp
from backchannel.formats.assessment_stix_text import content, edge_words, explanation, headline, plain
from backchannel.formats.entries import reference
from backchannel.formats.generate import Generator
from backchannel.formats.press_items import LABEL, UNKNOWN_OUTLET

CONFIDENCE: Mapping[str, int] = MappingProxyType({"1": 90, "2": 70, "3": 50, "4": 30, "5": 10})
"""Confidence by the digit of the grade (STIX 2.1, appendix A, the Admiralty scale); of 6 there is none."""

_NOBODY: Mapping[str, str] = MappingProxyType({})
_MARKS: Mapping[str, str] = MappingProxyType({level: identifier for identifier, level in TLP_2.items()})
_NAME = 200


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """How objects are made: the `namespace` of their ids, the time (`now`), the TLP level of each, the id of the
    identity that makes them (`creator`), who signs the note (`authors`), and the ids of what the reports are `about`,
    by which all is in the scope of an agreement."""

    namespace: UUID
    now: datetime
    tlp: str
    creator: str = ""
    authors: tuple[str, ...] = ()
    about: tuple[str, ...] = ()


def bundle_of(
    heard: Heard,
    answer: Answer | None,
    grading: Grading | None,
    made: Made,
    held: Mapping[str, str] = _NOBODY,
    given: Collection[str] = (),
) -> bytes:
    """A bundle of all objects of an assessment: JSON in UTF-8. `held` has the ids of reports that are held, by the
    name of the report; `given` are those that somebody else made, whose sentences are not repeated. Without an answer
    there is no note, and no opinion."""
    objects = _Objects(heard, made, held, given)
    objects.lineage()
    if answer is not None and grading is not None:
        objects.answer(answer, grading)
    listed = list(objects.made.values())
    key = hashlib.sha256("".join(objects.made).encode()).hexdigest()
    bundle = {"type": "bundle", "id": objects.id_of("bundle", key), "objects": listed}
    return msgspec.json.encode(bundle)


class _Objects:
    """The objects that are made, by their ids, in an order in which none refers to a later one."""

    def __init__(self, heard: Heard, made: Made, held: Mapping[str, str], given: Collection[str]) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.id_of = Generator(made.namespace, made.now).id_of
        self._given = made
        self._stamp = format_timestamp(made.now)
        texts = {report.name: report for report in heard.reports}
        self._texts = {name: report for name, report in texts.items() if name not in given}
        self._edges = heard.lineage.edges
        self._reports = {name: held.get(name) or self._report(report) for name, report in texts.items()}

    def lineage(self) -> None:
        """Who took what from whom."""
        for edge in self._edges:
            self._edge(edge)

    def answer(self, answer: Answer, grading: Grading) -> None:
        """What is known, and who says what of it."""
        grade, found = grading.grade, answer.independence
        confidence = CONFIDENCE.get(grade.credibility)
        opinions = list(_opinions(found))
        speaking = [self._party(party) for party, _, _ in opinions]
        note = self._add(
            "note",
            abstract=plain(summary(found), 1_000),
            content=content(answer, grading, self._texts),
            **({"authors": list(self._given.authors)} if self._given.authors else {}),
            object_refs=list(dict.fromkeys((*self._reports.values(), *speaking, *self._given.about))),
            labels=labels_of(grade),
            **({"confidence": confidence} if confidence is not None else {}),
        )
        for party, opinion, label in opinions:
            self._opinion(party, note, opinion, label)

    def _report(self, report: Told) -> str:
        article = report.read.article
        outlet = report.read.newsroom.outlet
        name = article.report.outlet or (outlet.name if outlet is not None else "")
        published = article.report.published
        return self._add(
            "report",
            name=headline(article, _NAME),
            published=self._stamp if published is None else format_timestamp(published),
            object_refs=[self._identity(name, "organization" if name else "unknown"), *self._given.about],
            labels=[LABEL],
            external_references=[_reference(report, name)],
        )

    def _identity(self, name: str, kind: str) -> str:
        return self._add("identity", name=plain(name, _NAME) or UNKNOWN_OUTLET, identity_class=kind)

    def _party(self, party: Party) -> str:
        return self._identity(party.name, "organization" if party.profile.bodies else "individual")

    def _edge(self, edge: Edge) -> None:
        child = self._reports[edge.child]
        parent = self._reports[edge.parent] if edge.parent_held else self._identity(edge.parent, "organization")
        derived = edge.directed and edge.parent_held
        self._relationship("derived-from" if derived else "related-to", child, parent, edge_words(edge, self._texts))

    def _opinion(self, party: Party, note: str, opinion: str, label: str) -> None:
        given = self._add(
            "opinion",
            opinion=opinion,
            explanation=explanation(party, self._texts),
            authors=[plain(name, _NAME) for name in dict.fromkeys((party.name, *party.speakers))],
            object_refs=[note],
            labels=[label],
        )
        self._relationship("related-to", given, self._party(party), "Whose opinion it is, as the reports have it.")

    def _relationship(self, kind: str, source: str, target: str, description: str) -> None:
        self._add(
            "relationship",
            relationship_type=kind,
            description=description,
            source_ref=source,
            target_ref=target,
        )

    def _add(self, type_: str, **properties: Any) -> str:
        common = {"created_by_ref": self._given.creator} if self._given.creator else {}
        said = {**common, **properties, "object_marking_refs": [_MARKS[self._given.tlp]]}
        keyed = {name: value for name, value in said.items() if value != self._stamp}
        identifier = self.id_of(type_, rfc8785.dumps(keyed).decode())
        head = {
            "type": type_,
            "spec_version": "2.1",
            "id": identifier,
            "created": self._stamp,
            "modified": self._stamp,
        }
        self.made.setdefault(identifier, {**head, **said})
        return identifier


def _opinions(found: Independence) -> Iterator[tuple[Party, str, str]]:
    """Who has an opinion, which one, and its label. Who declines has none; nor has one whom nobody names."""
    for parties, opinion, label in (
        (found.affirming, "strongly-agree", "affirms"),
        (found.possible, "agree", "may-affirm"),
        (found.experts, "agree", "expert"),
        (found.denied_by, "strongly-disagree", "denies"),
        (found.disputed_by, "disagree", "disputes"),
    ):
        yield from ((party, opinion, label) for party in parties)


def labels_of(grade: Grade) -> list[str]:
    """A grade in the words of the MISP taxonomy `admiralty-scale`."""
    return [
        f'admiralty-scale:source-reliability="{grade.reliability.lower()}"',
        f'admiralty-scale:information-credibility="{grade.credibility}"',
    ]


def _reference(report: Told, outlet: str) -> dict[str, str]:
    """Where a report stood, and which text was assessed."""
    given = report.read.article.report
    digest = hashlib.sha256(report.text.encode(errors="surrogatepass")).hexdigest()
    said = {
        "source_name": plain(outlet, 250) or UNKNOWN_OUTLET,
        "description": f"file {plain(report.name, 250)}; its text has the SHA-256 {digest}",
    }
    found = reference(given.url) if given.url else None
    return {**said, "url": found.url} if found is not None and found.url else said
