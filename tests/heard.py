"""Made-up reports that were heard, and what they are worth on a question: for tests of assessment."""

from collections.abc import Sequence

from backchannel.core.assess.assessment import Answer, Heard, answer, hear
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.parties import Party
from backchannel.core.assess.press import Article, Report
from backchannel.core.assess.profiles import Profile
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords, Ranker
from backchannel.formats.language import parse
from press_texts import KNOWN

CLAIM = "Alderland sells water to Birchland"
"""What the made-up reports are asked about."""


def trees(article: Article) -> tuple[Sentence, ...]:
    """The sentences of an article as trees."""
    return parse(article.text, article.sentences).sentences


def heard(*texts: str, known: Gazetteer = KNOWN) -> Heard:
    """Reports `1.txt`, `2.txt` and so on, read and heard."""
    reports = [Report(f"{number}.txt", text) for number, text in enumerate(texts, start=1)]
    return hear([read(report) for report in reports], trees, known)


def asked(*texts: str, question: str = CLAIM, ranker: Ranker | None = None, observed: bool = False) -> Answer:
    """What reports are worth on a question."""
    return answer(heard(*texts), question, ranker or ByWords(), KNOWN, observed)


def speaker(text: str) -> Profile:
    """The speaker of the last statement of a text."""
    (report,) = heard(text).reports
    last = report.speakers[-1]
    assert last is not None
    return last


def named(parties: Sequence[Party]) -> list[str]:
    """The names of some parties."""
    return [party.name for party in parties]
