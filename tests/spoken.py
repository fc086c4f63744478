"""Made-up speakers and voices as values: for tests of what is made of them."""

from backchannel.core.assess.bodies import Body
from backchannel.core.assess.press import Span
from backchannel.core.assess.profiles import Profile, Sort, last_name
from backchannel.core.assess.voices import Attitude, Voice

HERE = Span(0, 5)
"""The sentence of every voice."""


def body(name: str, countries: str = "") -> Body:
    """A body that is told from others by the words of its name."""
    return Body(name, frozenset(name.casefold().split()), frozenset(countries.split()))


def person(name: str, *bodies: Body, words: str = "", countries: str = "") -> Profile:
    """Somebody who is named."""
    return Profile(name, Sort.PERSON, last_name(name), bodies, frozenset(words.split()), frozenset(countries.split()))


def unnamed(name: str, *bodies: Body, countries: str = "", plural: bool = False) -> Profile:
    """Somebody who is only called by what they are."""
    words = frozenset(name.casefold().split())
    return Profile(name, Sort.UNNAMED, "", bodies, words, frozenset(countries.split()), plural)


def organisation(name: str, countries: str = "") -> Profile:
    """A body that speaks itself."""
    itself = body(name, countries)
    return Profile(name, Sort.BODY, "", (itself,), itself.words, itself.countries)


def voice(
    speaker: Profile,
    report: str = "1.txt",
    statement: int = 0,
    attitude: Attitude = Attitude.AFFIRMS,
    *,
    near: float = 1.0,
    sure: bool = True,
    likely: bool = False,
    outright: bool = False,
    through: str = "",
    own: bool = False,
    leads: bool = False,
) -> Voice:
    """A statement of a speaker that is on the claim."""
    return Voice(
        report,
        statement,
        HERE,
        speaker,
        attitude,
        near=near,
        sure=sure,
        likely=likely,
        anonymous=speaker.sort is Sort.UNNAMED,
        through=through,
        own=own,
        outright=outright,
        leads=leads,
    )
