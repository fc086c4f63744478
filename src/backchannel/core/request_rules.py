"""What a request and an answer to one may say, judged by themselves and by the terms: the same for ours and theirs.

1. text: visible text on one line; no control characters, nothing that reorders or hides.
2. content: information only (`core.content`), in every text.
3. marking: the mark is within the ceiling.
4. observable: each is of a known kind and in its canonical spelling, and none is there twice.
5. threat: one that the terms name, spelled as they spell it.
6. time: wanted after now, and before the agreement is over.

How much of each there may be is the protocol's (`protocol.versions`). What a request would betray of what is held is
the release decision's (`core.release_spoken`).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from backchannel.core.canonical import KINDS, Observable, canonical, guess
from backchannel.core.content import active_content
from backchannel.core.marking import LEVELS, PAP_LEVELS, label, rank
from backchannel.core.stix import format_timestamp
from backchannel.core.term_fields import Terms
from backchannel.core.text import has_hidden, printable, shown


class Question(msgspec.Struct, frozen=True):
    """What is asked: a text, observables (in canonical spelling), a threat of the agreement; until when an answer is
    of use; and how it is handled, as a TLP level and perhaps a PAP level."""

    text: str
    tlp: str
    observables: tuple[Observable, ...] = ()
    threat: str | None = None
    wanted_by: datetime | None = None
    pap: str | None = None


class Broken(NamedTuple):
    """A rule that was not kept, and why."""

    rule: str
    why: str


def broken_by_question(question: Question, terms: Terms, now: datetime) -> list[Broken]:
    """Everything that a question breaks."""
    return [
        *_text("question", question.text),
        *_mark(question.tlp, question.pap, terms),
        *_observables(question.observables),
        *_threat(question.threat, terms),
        *_time(question.wanted_by, terms, now),
    ]


def broken_by_answer(note: str, tlp: str, terms: Terms) -> list[Broken]:
    """Everything that the note of an answer breaks. The objects of it are the release decision's, and vetting's."""
    return [*(_text("note", note) if note else ()), *_mark(tlp, None, terms)]


def observable_of(text: str) -> Observable:
    """The observable that an officer writes, as `TYPE=VALUE` or as a value whose type its form tells.

    Raises:
        ValueError: it is none.
    """
    kind, equals, value = text.partition("=")
    if equals and kind in KINDS:
        return canonical(kind, value)
    found = guess(text)
    if found is None:
        raise ValueError(f"{shown(text)} is no observable that can be told by its form; write TYPE=VALUE")
    return found


def threat_of(text: str, terms: Terms) -> str:
    """The threat of the terms that an officer means, upper and lower case alike, as the terms spell it.

    Raises:
        ValueError: they name no such threat.
    """
    for name in terms.scope.threats:
        if name.casefold() == text.casefold():
            return name
    raise ValueError(f"the agreement names no threat {shown(text)}; it names {_listed(terms)}")


# --- the rules -------------------------------------------------------------------------------------------------


def _text(what: str, text: str) -> Iterator[Broken]:
    if not text.strip():
        yield Broken("text", f"the {what} is empty")
    if has_hidden(text):
        yield Broken("text", f"the {what} has control characters, or some that reorder or hide others")
    found = active_content({what: text})
    if found is not None:
        yield Broken("content", f"the {printable(found, 160)}")


def _mark(tlp: str, pap: str | None, terms: Terms) -> Iterator[Broken]:
    ceiling = terms.handling.tlp_max
    if tlp not in LEVELS or rank(tlp) > rank(ceiling):
        yield Broken("marking", f"{printable(label(tlp), 40)} is above the ceiling {label(ceiling)}")
    if pap is not None and pap not in PAP_LEVELS:
        yield Broken("marking", f"{shown(pap)} is no PAP level: {', '.join(PAP_LEVELS)}")


def _observables(observables: Sequence[Observable]) -> Iterator[Broken]:
    for one in observables:
        why = _not_canonical(one)
        if why is not None:
            yield Broken("observable", why)
        elif (found := active_content({"value": one.value})) is not None:
            yield Broken("content", f"an observable's {printable(found, 160)}")
    if len(set(observables)) != len(observables):
        yield Broken("observable", "an observable is there twice")


def _not_canonical(one: Observable) -> str | None:
    if one.type not in KINDS:
        return f"there is no kind of observable {shown(one.type)}"
    try:
        meant = canonical(one.type, one.value)
    except ValueError as error:
        return printable(str(error), 160)
    return None if meant == one else f"{shown(one.value)} is not in the canonical spelling of a {one.type}"


def _threat(threat: str | None, terms: Terms) -> Iterator[Broken]:
    if threat is not None and threat not in terms.scope.threats:
        yield Broken("threat", f"the agreement names no threat {shown(threat)}; it names {_listed(terms)}")


def _time(wanted_by: datetime | None, terms: Terms, now: datetime) -> Iterator[Broken]:
    if wanted_by is None:
        return
    if wanted_by <= now:
        yield Broken("time", f"it is wanted by {format_timestamp(wanted_by)}, which is over")
    if wanted_by > terms.valid_until:
        until = format_timestamp(terms.valid_until)
        yield Broken("time", f"it is wanted by {format_timestamp(wanted_by)}; the agreement holds until {until}")


def _listed(terms: Terms) -> str:
    return ", ".join(printable(name) for name in terms.scope.threats)
