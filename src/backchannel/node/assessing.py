"""Assessment of press reports: read them, hear who says what, and answer a question, with what is installed here.

Nothing leaves the machine. Without the language model of the extra `assess` there is nothing to hear with; without
MiniLM a question is compared by words.
"""

from collections.abc import Sequence

import msgspec

from backchannel.core.assess.assessment import Answer, Heard, answer, could_ask, hear
from backchannel.core.assess.attribution import Tagger
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Article, Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords, Ranker
from backchannel.core.assess.statements_rules import attributions
from backchannel.core.assess.suggestions import Suggestion
from backchannel.core.text import shown
from backchannel.errors import BadArgument
from backchannel.formats import embedding, language

MOST_REPORTS = 500
"""Reports of one assessment."""

LONGEST_QUESTION = 500
"""Characters of a question."""


class Assessment(msgspec.Struct, frozen=True):
    """What was heard, and the answer if something was asked. `notices` has what a reader should know of how a report
    was parsed, by its name; `by_meaning` says whether the question was compared by meaning or by words."""

    heard: Heard
    answer: Answer | None
    suggestions: tuple[Suggestion, ...]
    notices: dict[str, tuple[str, ...]]
    by_meaning: bool


def assess(
    reports: Sequence[Report], question: str | None = None, observed: bool = False, tagger: Tagger | None = None
) -> Assessment:
    """Assess reports, whose names must differ. `observed` says that the node's organisation saw it itself.

    Raises:
        BadArgument: no report, too many, two of one name, or a question that is empty or too long.
        ReportTooLong: as it says.
        MissingExtra, DamagedExtra: the language model is not there, or cannot be used.
    """
    _check(reports, question)
    notices: dict[str, tuple[str, ...]] = {}

    def parse(article: Article) -> tuple[Sentence, ...]:
        parsed = language.parse(article.text, article.sentences)
        notices[article.report.name] = tuple(notice.value for notice in parsed.notices)
        return parsed.sentences

    known = gazetteer()
    heard = hear([read(report) for report in reports], parse, known, tagger or attributions)
    by_meaning = embedding.is_installed()
    ranker: Ranker = embedding.ByMeaning() if by_meaning else ByWords()
    return Assessment(
        heard=heard,
        answer=None if question is None else answer(heard, " ".join(question.split()), ranker, known, observed),
        suggestions=could_ask(heard) if question is None else (),
        notices={name: said for name, said in notices.items() if said},
        by_meaning=by_meaning,
    )


def _check(reports: Sequence[Report], question: str | None) -> None:
    if not reports:
        raise BadArgument("there is no report to assess; name files with press reports, or folders of them")
    if len(reports) > MOST_REPORTS:
        raise BadArgument(f"{len(reports):,} reports at once are more than {MOST_REPORTS}; name those on one event")
    names = [report.name for report in reports]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise BadArgument(f"two reports are called {shown(twice)}; give each a name of its own")
    if question is not None and not question.strip():
        raise BadArgument("--question is empty; write the claim as a sentence: 'A and B exchange information'")
    if question is not None and len(question) > LONGEST_QUESTION:
        raise BadArgument(f"--question has {len(question):,} characters; a claim may have {LONGEST_QUESTION}")
