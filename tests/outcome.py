"""Made-up reports, assessed: what pages and STIX are made of in tests. Nothing in them has happened or exists."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from backchannel.core.assess.assessment import Answer, Heard, answer, hear
from backchannel.core.assess.grading import Grading, graded
from backchannel.core.assess.press import Report
from backchannel.core.assess.reading import read
from backchannel.core.assess.relevance import ByWords
from heard import CLAIM, trees
from press_texts import KNOWN

REPORTS = {
    "courier.txt": (
        "Example Courier\n\n"
        "ALDER CITY — An Alderland official said Monday that Alderland sells water to Birchland every summer.\n\n"
        "Anna Quill, a senior official at the Ministry of Water of Alderland, told Meridian Wire on Monday that "
        "Alderland sells water to Birchland in the summer. “We sell water to Birchland, and we are paid for it,” "
        "Quill told Meridian Wire. Alderland sells water from 40 lakes to Birchland, the Ministry of Water of "
        "Alderland said.\n\n"
        "The government of Birchland denied that Alderland sells water to Birchland. “Alderland does not sell water "
        "to Birchland,” Otto Fenn, a spokesman for the government of Birchland, told this newspaper by telephone.\n\n"
        "READ MORE: Ten lakes to see before the summer ends\n"
    ),
    "post.txt": (
        "Alderland sells water to Birchland, the Ministry of Water of Alderland said on Monday, Meridian Wire "
        "reported.\n\n"
        "Anna Quill, a senior official at the Ministry of Water of Alderland, said that Alderland was selling water "
        "to Birchland over the summer. Alderland sells water from 75 lakes to Birchland, the ministry said.\n\n"
        "Professor Ines Hale, an analyst at the University of Cedar, said that Alderland sells water to Birchland "
        "for much less than it is worth.\n"
    ),
    "copy.txt": (
        "Alderland sells water to Birchland, the Ministry of Water of Alderland said on Monday, Meridian Wire "
        "reported.\n\n"
        "Anna Quill, a senior official at the Ministry of Water of Alderland, said that Alderland was selling water "
        "to Birchland over the summer. Alderland sells water from 75 lakes to Birchland, the ministry said.\n"
    ),
}
"""An affirming ministry, a denying one, an unnamed lead, figures that contradict, an expert, and a copy."""


class Outcome(NamedTuple):
    """All that an assessment gives."""

    heard: Heard
    answer: Answer
    grading: Grading


def assessed(texts: Mapping[str, str], claim: str = CLAIM, outlet: str = "", url: str = "") -> Outcome:
    """Reports by their names, assessed."""
    articles = [read(Report(name, text, outlet=outlet, url=url)) for name, text in texts.items()]
    heard = hear(articles, trees, KNOWN)
    found = answer(heard, claim, ByWords(), KNOWN)
    return Outcome(heard, found, graded(found, {}))


@cache
def usual() -> Outcome:
    """The reports above, assessed once."""
    return assessed(REPORTS)
