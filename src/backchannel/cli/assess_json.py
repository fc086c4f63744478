"""What `assess --json` prints: the answer, the documents, the edges between them, and every statement."""

from collections.abc import Sequence
from typing import Any

from backchannel.core.assess.assessment import Answer
from backchannel.core.assess.collector import collector_of
from backchannel.core.assess.edges import Edge
from backchannel.core.assess.figures import Figure
from backchannel.core.assess.grading import Grading
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.parties import Party
from backchannel.core.assess.press import Span
from backchannel.core.assess.profiles import Profile, Sort
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.voices import Told, Voice, content_of
from backchannel.node.assessing import Assessment


def view(found: Assessment, grading: Grading | None) -> dict[str, Any]:
    """All of an assessment."""
    by_name = {report.name: report for report in found.heard.reports}
    return {
        "answer": None if found.answer is None or grading is None else _answer(found.answer, grading, by_name),
        "suggestions": [{"claim": one.text, "files": list(one.reports)} for one in found.suggestions],
        "documents": [_document(report, found.notices) for report in found.heard.reports],
        "edges": [_edge(edge, by_name) for edge in found.heard.lineage.edges],
        "statements": [
            _statement(report, number) for report in found.heard.reports for number in range(len(report.statements))
        ],
        "compared_by": "meaning" if found.by_meaning else "words",
    }


def _answer(answer: Answer, grading: Grading, by_name: dict[str, Told]) -> dict[str, Any]:
    found = answer.independence
    return {
        "question": answer.question,
        "reports": len(found.reports),
        "collectors": list(found.collectors.span),
        "origins": list(found.origins),
        "affirming_organisations": list(found.organisations),
        "speakers": list(found.speakers),
        "sides": list(found.sides),
        "denied_by": [party.name for party in found.denied_by],
        "grade": {
            "reliability": grading.grade.reliability,
            "credibility": grading.grade.credibility,
            "proposed": str(grading.proposed),
            "rule": answer.credibility.rule,
            "reasons": list(grading.reasons),
            "would_change_it": list(grading.changes),
            "because": grading.because or None,
        },
        "heard_by": {
            "sure": list(found.collectors.sure),
            "possible": list(found.collectors.possible),
            "unknown": list(found.collectors.unknown),
        },
        "parties": [
            _party(kind, party, by_name)
            for kind, parties in (
                ("affirms", found.affirming),
                ("may affirm", found.possible),
                ("affirms, unnamed", found.unnamed),
                ("expert", found.experts),
                ("denies", found.denied_by),
                ("disputes", found.disputed_by),
                ("declines", found.declined_by),
            )
            for party in parties
        ],
        "same_speaker": [
            {"file": one.report, "unnamed": one.unnamed, "named": one.named, "cause": one.cause}
            for one in answer.joined
        ],
        "same_statement": [
            {"speaker": one.speaker, "wordings": [_voice(voice, by_name) for voice in one.voices]}
            for one in answer.utterances
        ],
        "conflicting_figures": [
            {"figures": [_figure(conflict.one), _figure(conflict.other)]} for conflict in answer.conflicts
        ],
    }


def _figure(one: Figure) -> dict[str, Any]:
    return {"file": one.report, "text": one.shown, "span": _span(one.span)}


def _party(kind: str, party: Party, by_name: dict[str, Told]) -> dict[str, Any]:
    return {
        "part": kind,
        "name": party.name,
        "speakers": list(party.speakers),
        "side": party.side,
        "sure": party.sure,
        "voices": [_voice(voice, by_name) for voice in party.voices],
    }


def _voice(voice: Voice, by_name: dict[str, Told]) -> dict[str, Any]:
    report = by_name[voice.report]
    return {
        "file": voice.report,
        "stance": voice.attitude.value,
        "sentence": voice.sentence.of(report.text),
        "span": _span(voice.sentence),
        "collector": voice.through or None,
        "sure": voice.sure,
    }


def _document(report: Told, notices: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    room = report.read.newsroom
    return {
        "file": report.name,
        "outlet": None if room.outlet is None else room.outlet.name,
        "own_collection": room.collected,
        "ignored": [_span(item.span) for item in report.read.article.ignored],
        "notices": list(notices.get(report.name, ())),
    }


def _edge(edge: Edge, by_name: dict[str, Told]) -> dict[str, Any]:
    return {
        "child": edge.child,
        "parent": edge.parent,
        "parent_held": edge.parent_held,
        "kind": edge.kind.value,
        "directed": edge.directed,
        "evidence": [
            {"file": one.report, "text": one.span.of(by_name[one.report].text), "span": _span(one.span)}
            for one in edge.evidence
        ],
    }


def _statement(report: Told, number: int) -> dict[str, Any]:
    one, speaker = report.statements[number], report.speakers[number]
    return {
        "file": report.name,
        "speaker": None if speaker is None else speaker.name,
        "organisation": _organisation(speaker),
        "collector": _collector(report, one),
        "cue": None if one.cue is None else one.cue.of(report.text),
        "content": content_of(report, one),
        "stance": one.stance.value,
        "span": _span(one.span),
        "kind": one.kind.value,
        "nested": one.nested,
    }


def _organisation(speaker: Profile | None) -> str | None:
    if speaker is None or not speaker.bodies or speaker.sort in {Sort.OUTLET, Sort.NOBODY}:
        return None
    return speaker.bodies[0].name


def _collector(report: Told, one: Statement) -> str | None:
    sentences: Sequence[Span] = report.read.article.sentences
    sentence = next((span for span in sentences if span.begin <= one.span.begin < span.end), one.span)
    through, own = collector_of(report, one, sentence, gazetteer())
    outlet = report.read.newsroom.outlet
    return through or (outlet.name if own and outlet is not None else None)


def _span(span: Span) -> list[int]:
    return [span.begin, span.end]
