"""What an officer writes to a counterpart, under the release decision: as if each text were an object of ours.

Rules: a question betrays what it names as much as an object does, so it is judged by the same rules in the same
decision: its mark within the ceiling, information only, nothing designated, and no id, name or value of what stays
(`core.release_settle`). Nothing can be cut from it: it is said as it is, or not. It is said after everything that is
held came in, and it leads nowhere: no object is in scope, or allowed to leave, because a text names it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from backchannel.core.mention import MAX_WORDS, words
from backchannel.core.release_copy import reduced_id
from backchannel.core.release_records import Context, Decision, Result, Subject, Verdict
from backchannel.core.release_rules import RULES, Rule
from backchannel.core.release_terms import NEVER
from backchannel.core.stix import StixObject
from backchannel.core.terms import Terms
from backchannel.core.text import shown

_KIND = "note"
LATEST = NEVER - 1
"""The `seq` of what is being said: it comes after everything that is held."""


class Spoken(NamedTuple):
    """One text that is to be said, under a mark; `place` is what an officer calls it: `the question`."""

    place: str
    text: str
    tlp: str


class Finding(NamedTuple):
    """Why a text may not be said. Only `mention` is a matter of judgement; the others nobody can overrule."""

    place: str
    rule: str
    why: str

    @property
    def is_mention(self) -> bool:
        """Whether it names what stays, and nothing worse."""
        return self.rule == "mention"


def subjects_said(said: Iterable[Spoken], context: Context) -> list[Subject]:
    """The texts as subjects of a decision, under ids that nobody can have guessed."""
    return [_subject(number, one, context) for number, one in enumerate(said)]


def findings(said: Sequence[Spoken], decisions: Sequence[Decision]) -> tuple[Finding, ...]:
    """Everything that the decisions on these texts object to."""
    return tuple(
        Finding(one.place, verdict.rule, f"{one.place}: {verdict.evidence.removeprefix('content ')}")
        for one, decision in zip(said, decisions, strict=True)
        for verdict in decision.verdicts
        if verdict.result in {Result.FAIL, Result.CUT}
    )


def _subject(number: int, one: Spoken, context: Context) -> Subject:
    identifier = reduced_id(f"{_KIND}--said {number}", context.secret, context.agreement, context.them)
    value = {"type": _KIND, "id": identifier, "content": one.text}
    return Subject(LATEST, StixObject(msgspec.json.encode(value), value), own=True, tlp=one.tlp, hops=0)


def _designation(subject: Subject, terms: Terms, context: Context) -> Verdict:
    whom = RULES["designation"](subject, terms, context)
    tokens = words(subject.object.value["content"])
    for start in range(len(tokens)):
        for end in range(start + 1, min(start + MAX_WORDS, len(tokens)) + 1):
            if " ".join(tokens[start:end]) in context.designated:
                name = shown(" ".join(tokens[start:end]))
                return Verdict("designation", Result.FAIL, f"says {name}, which is on a list that binds us")
    return whom


SPOKEN_RULES: Mapping[str, Rule] = {
    "marking": RULES["marking"],
    "content": RULES["content"],
    "designation": _designation,
}
"""The rules that a text is judged by alone; closure and mention come with `core.release.settle`."""
