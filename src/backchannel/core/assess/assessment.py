"""What a set of reports is worth on a question: read, joined, counted, graded.

This is where the parts come together; each has its own rules in its own module.
"""

from collections.abc import Callable, Sequence

import msgspec

from backchannel.core.assess.attribution import Tagger
from backchannel.core.assess.chains import Chains
from backchannel.core.assess.credibility import Credibility, credibility
from backchannel.core.assess.figures import Conflict, Figure, conflicts, figures
from backchannel.core.assess.independence import Independence, independence
from backchannel.core.assess.lineage import Lineage, lineage
from backchannel.core.assess.on_claim import on_claim
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.parties import Joined, Party, joined_leads, parties
from backchannel.core.assess.press import Article
from backchannel.core.assess.profiles import Directory
from backchannel.core.assess.relevance import Ranker
from backchannel.core.assess.statements import statements
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.suggestions import Suggestion, suggestions
from backchannel.core.assess.utterances import Utterance, utterances
from backchannel.core.assess.voices import OnClaim, Told, content_of

Parse = Callable[[Article], Sequence[Sentence]]
"""Makes trees of the sentences of an article."""


class Heard(msgspec.Struct, frozen=True):
    """Reports that were read: who took what from whom, and who says what in each."""

    reports: tuple[Told, ...]
    lineage: Lineage


class Answer(msgspec.Struct, frozen=True):
    """What is known on a question."""

    question: str
    on: tuple[OnClaim, ...]
    parties: tuple[Party, ...]
    joined: tuple[Joined, ...]
    utterances: tuple[Utterance, ...]
    independence: Independence
    figures: tuple[Figure, ...]
    conflicts: tuple[Conflict, ...]
    credibility: Credibility


def hear(articles: Sequence[Article], parse: Parse, known: Gazetteer, tagger: Tagger = attributions) -> Heard:
    """Read who says what and who took what from whom. Names of reports must differ."""
    found = lineage(articles, known)
    rooms = [
        one.newsroom.outlet.name for one in found.reports if one.newsroom.outlet is not None and one.newsroom.sure
    ]
    told = []
    for read in found.reports:
        article = read.article
        sentences = tuple(parse(article))
        said = statements(article.text, sentences, article.quotations, article.paragraphs, tagger)
        trees = [Tree(sentence) for sentence in sentences]
        directory = Directory(trees, known, (item.name.of(article.text) for item in read.credits), rooms)
        told.append(Told(read, said, directory.speakers(said), sentences))
    return Heard(tuple(told), found)


def answer(heard: Heard, question: str, ranker: Ranker, known: Gazetteer, observed: bool = False) -> Answer:
    """What the reports are worth on a question. `observed` says that we saw it ourselves."""
    on = on_claim(heard.reports, question, ranker, known)
    by_name = {report.name: report for report in heard.reports}
    spoken = [voice for one in on for voice in one.voices]
    contents = {
        (voice.report, voice.statement): content_of(
            by_name[voice.report], by_name[voice.report].statements[voice.statement]
        )
        for voice in spoken
    }
    joined = joined_leads(spoken, contents)
    sides = parties(spoken, contents)
    counted = independence(question, on, sides, Chains(heard.lineage.reports, heard.lineage.edges, known), contents)
    found = tuple(figure for one in on for figure in _figures(by_name[one.report], one))
    return Answer(
        question=question,
        on=on,
        parties=sides,
        joined=joined,
        utterances=utterances(sides, contents, ranker),
        independence=counted,
        figures=found,
        conflicts=conflicts(found),
        credibility=credibility(counted, observed),
    )


def could_ask(heard: Heard) -> tuple[Suggestion, ...]:
    """Questions that the reports suggest."""
    return suggestions(heard.reports)


def _figures(report: Told, one: OnClaim) -> list[Figure]:
    """The figures of the sentences on the claim."""
    spans = {*one.told, *(voice.sentence for voice in one.voices if voice.sure)}
    trees = [Tree(sentence) for sentence in report.sentences if sentence.span in spans]
    return list(figures(report.name, report.text, trees))
