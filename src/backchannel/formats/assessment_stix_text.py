"""What the notes, opinions and relationships of an assessment say: plain text, with the sentences of the reports.

Rules. Texts of strangers are one line each, with hidden characters made visible, in quotation marks; each has the
name of its report. What is long is cut, so that a note stays one that can cross.
"""

from collections.abc import Iterator, Mapping, Sequence

from backchannel.core.assess.assessment import Answer
from backchannel.core.assess.credibility import RULES
from backchannel.core.assess.edges import Edge
from backchannel.core.assess.figures import Figure
from backchannel.core.assess.grading import Grading
from backchannel.core.assess.independence import Independence
from backchannel.core.assess.parties import Party
from backchannel.core.assess.press import Article, Span
from backchannel.core.assess.summary import counted, summary
from backchannel.core.assess.voices import Told, Voice
from backchannel.core.text import printable
from backchannel.formats.assessment_evidence import ATTITUDES
from backchannel.formats.assessment_view import KINDS

Texts = Mapping[str, Told]
"""The reports whose sentences may be repeated, by their names."""

_SENTENCE = 400
_LINE = 500
_SENTENCES = 3
"""Sentences of one party in the note."""
_EXPLAINED = 10
"""Sentences of one party in its opinion, and pieces of evidence of an edge."""
_PARTIES = 20
"""Parties of one kind in the note."""


def plain(text: str, limit: int) -> str:
    """A text as one line without hidden characters."""
    return printable(" ".join(text[: 4 * limit].split()), limit)


def headline(article: Article, limit: int) -> str:
    """What a report is called: its headline, or its name."""
    title = article.headline.of(article.text) if article.headline is not None else ""
    return plain(title, limit) or plain(article.report.name, limit)


def content(answer: Answer, grading: Grading, texts: Texts) -> str:
    """The text of the note: the claim, the answer, the grade with its reasons, and who says what."""
    return "\n".join(_content(answer, grading, texts))


def explanation(party: Party, texts: Texts) -> str:
    """Why an opinion is taken for that of a party: its sentences, those that are surely on the claim first."""
    voices = _voices(party)
    said = [
        f"{plain(party.name, _LINE)}, as {_reports(party)}:",
        *(_quoted(one, texts) for one in voices[:_EXPLAINED]),
    ]
    if len(voices) > _EXPLAINED:
        said.append(f"and {len(voices) - _EXPLAINED} more sentences")
    return "\n".join(said)


def edge_words(edge: Edge, texts: Texts) -> str:
    """How a report is known to have taken something from another one, or from a source, with the evidence."""
    child, parent = plain(edge.child, _LINE), plain(edge.parent, _LINE)
    if edge.directed:
        first = f"{child} took it from {parent}{'' if edge.parent_held else ', which is not held'}"
    else:
        first = f"{child} and {parent} have it in common, and which was first is not known"
    evidence = (f"- {_sentence(texts, one.report, one.span)}" for one in edge.evidence[:_EXPLAINED])
    return "\n".join((f"{first} ({edge.kind.value}: {KINDS[edge.kind]}).", *evidence))


def _content(answer: Answer, grading: Grading, texts: Texts) -> Iterator[str]:
    found = answer.independence
    yield f"Claim: {plain(answer.question, _LINE)}"
    yield f"Answer: {plain(summary(found), _LINE)}."
    yield f"Grade {grading.grade}: {grading.grade.words}."
    if grading.because:
        yield f"Set by the analyst instead of {grading.proposed}: {plain(grading.because, _LINE)}"
    yield from _list("Why", grading.reasons)
    yield f"Rule {answer.credibility.digit}: {RULES[answer.credibility.digit]}."
    yield from _list("What would change it", grading.changes)
    yield from _list("Counted", _counts(found))
    heard = [*found.collectors.sure, *(f"perhaps {name}" for name in found.collectors.possible)]
    yield from _list("Heard by", [*heard, *(f"somebody unknown, for {name}" for name in found.collectors.unknown)])
    for title, parties in (
        ("Affirm", found.affirming),
        ("May affirm", found.possible),
        ("Deny, and would know", found.denied_by),
        ("Dispute", found.disputed_by),
        ("Decline", found.declined_by),
        ("Experts, who are no origin", found.experts),
        ("Affirm, and nobody names them: no origin by themselves", found.unnamed),
    ):
        yield from _parties(title, parties, texts)
    yield from _list(
        "Taken for one speaker",
        [
            f"{one.unnamed} in {one.report} is {one.named}: {one.cause}"
            for one in answer.joined
            if one.report in texts
        ],
    )
    yield from _list(
        "Said once, and worded differently",
        [f"{one.speaker}, in {', '.join(one.reports)}" for one in answer.utterances],
    )
    yield from _list(
        "Figures that contradict each other",
        [
            f"{_figure(one.one)} and {_figure(one.other)}"
            for one in answer.conflicts
            if one.one.report in texts and one.other.report in texts
        ],
    )


def _list(title: str, said: Sequence[str]) -> Iterator[str]:
    if said:
        yield f"{title}:"
        yield from (f"- {plain(one, _LINE)}" for one in said[:_PARTIES])


def _counts(found: Independence) -> list[str]:
    reports = (len(found.reports), len(found.reports))
    return [
        counted(reports, "report"),
        counted(found.collectors.span, "collector"),
        counted(found.speakers, "affirming speaker"),
        counted(found.organisations, "affirming organisation"),
        counted(found.sides, "affirming side"),
        counted(found.origins, "independent origin"),
    ]


def _parties(title: str, parties: Sequence[Party], texts: Texts) -> Iterator[str]:
    if parties:
        yield f"{title}:"
    for party in parties[:_PARTIES]:
        yield f"- {plain(party.name, _LINE)} ({plain(', '.join(party.speakers), _LINE)}), as {_reports(party)}"
        yield from (f"  {_quoted(voice, texts)}" for voice in _voices(party)[:_SENTENCES])
    if len(parties) > _PARTIES:
        yield f"- and {len(parties) - _PARTIES} more"


def _voices(party: Party) -> list[Voice]:
    """The voices of a party, one a sentence: first the sure ones, then the nearest."""
    ordered = sorted(party.voices, key=lambda voice: (not voice.sure, -voice.near))
    return list({(voice.report, voice.sentence): voice for voice in reversed(ordered)}.values())[::-1]


def _quoted(voice: Voice, texts: Texts) -> str:
    doubt = "" if voice.sure else ", not certainly on the claim"
    return f"- {ATTITUDES[voice.attitude]}{doubt}: {_sentence(texts, voice.report, voice.sentence)}"


def _sentence(texts: Texts, report: str, span: Span) -> str:
    if report not in texts:
        return f"a sentence that is not repeated here ({plain(report, _LINE)})"
    return f'"{plain(span.of(texts[report].text), _SENTENCE)}" ({plain(report, _LINE)})'


def _reports(party: Party) -> str:
    return "1 report has it" if len(party.reports) == 1 else f"{len(party.reports)} reports have it"


def _figure(figure: Figure) -> str:
    return f"{figure.shown} in {figure.report}"
