"""Voices on a claim: who speaks on it in a report, and for or against it."""

from enum import StrEnum

import msgspec

from backchannel.core.assess.edges import Read
from backchannel.core.assess.parsed import Sentence
from backchannel.core.assess.press import Span
from backchannel.core.assess.profiles import Profile
from backchannel.core.assess.statements import Statement


class Attitude(StrEnum):
    """What a speaker does to the claim."""

    AFFIRMS = "affirms"
    CONFIRMS_SAID = "confirms-said"
    CONFIRMS_SO = "confirms-so"
    DENIES = "denies"
    DECLINES = "declines"

    @property
    def affirming(self) -> bool:
        """Whether it says that the claim is so."""
        return self in {Attitude.AFFIRMS, Attitude.CONFIRMS_SO}

    @property
    def takes_part(self) -> bool:
        """Whether it says that the claim is so, or is not."""
        return self.affirming or self is Attitude.DENIES


class Told(msgspec.Struct, frozen=True):
    """A report with who says what in it: its statements, the speaker of each where there is one, and the trees of its
    sentences."""

    read: Read
    statements: tuple[Statement, ...]
    speakers: tuple[Profile | None, ...]
    sentences: tuple[Sentence, ...]

    @property
    def name(self) -> str:
        """The report's name."""
        return self.read.name

    @property
    def text(self) -> str:
        """The raw text."""
        return self.read.article.text


class Voice(msgspec.Struct, frozen=True):
    """A statement on the claim. `statement` is its place among those of the report; `sentence` is where it begins;
    `near` is how near its content is to the question, and `sure` whether that is near enough; `through` is the outlet
    that the report has it from by its own words, as far as it names one."""

    report: str
    statement: int
    sentence: Span
    speaker: Profile
    attitude: Attitude
    near: float
    sure: bool
    likely: bool = False
    anonymous: bool = False
    through: str = ""
    own: bool = False
    """The report's own newsroom heard it."""
    outright: bool = False
    """Its cue denies or confirms; it is not only worked out from its content."""
    leads: bool = False
    """It stands among the first sentences of the report."""


class OnClaim(msgspec.Struct, frozen=True):
    """What a report has on the claim: voices, and sentences that tell it without a speaker."""

    report: str
    voices: tuple[Voice, ...]
    told: tuple[Span, ...]

    @property
    def on_it(self) -> bool:
        """Whether the report says anything on the claim."""
        return bool(self.told) or any(voice.sure for voice in self.voices)


def content_of(report: Told, statement: Statement) -> str:
    """What is said, as one text."""
    return " ".join(content.of(report.text) for content in statement.contents)
