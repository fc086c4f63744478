"""How reliable our sources are: the node's own record, which nobody but its analysts writes.

Rules: a source of which nothing was said has the letter F. A letter is given by name to an outlet, an agency, an
organisation or a person, and a name means one source in whatever case and with whatever blanks it is written; all
names that the gazetteer has for an outlet mean that one. A party is told by its key: whatever name a counterpart
gives itself, it gets no other's letter. Every change is kept, and the last one counts.
"""

import unicodedata
from collections.abc import Iterable
from datetime import datetime

import msgspec

from backchannel.core import grading
from backchannel.core.assess.outlets import gazetteer
from backchannel.core.grading import RELIABILITY
from backchannel.core.identity import check_name
from backchannel.core.text import has_hidden, shown
from backchannel.errors import BadArgument, NotFound
from backchannel.flow.ports import Transaction
from backchannel.flow.ports_reports import Judgement
from backchannel.node.node import Node
from backchannel.node.parties import find_party, party_names

UNJUDGED = grading.UNJUDGED.reliability
"""The letter of a source of which nothing is on record."""

MAX_REASON = 2_000
"""Characters of a reason."""


class Given(msgspec.Struct, frozen=True):
    """One letter that a source was given: why, by whom, and when."""

    letter: str
    because: str
    by: str
    at: datetime


class Source(msgspec.Struct, frozen=True):
    """A source and how reliable it is taken to be, in letter and words; the `history` begins with the oldest."""

    name: str
    party: bool
    letter: str
    words: str
    history: tuple[Given, ...]


def grade(node: Node, name: str, letter: str, *, because: str = "", by: str = "", party: bool = False) -> Source:
    """Put on record how reliable a source is; with `party` that of an enrolled counterpart.

    Raises:
        BadArgument: no such letter, a name that cannot be shown, or a reason that is too long.
        NotFound, Ambiguous: no such party, or several.
    """
    wanted = letter.strip().upper()
    if wanted not in RELIABILITY:
        raise BadArgument(f"{shown(letter)} is no letter of reliability: {_letters()}")
    if max(len(because), len(by)) > MAX_REASON:
        raise BadArgument(f"a reason, or who gave it, may have {MAX_REASON:,} characters")
    with node.db.write() as tx:
        key, written = _party(tx, name) if party else (_key(name), _written(name))
        tx.reliability.put(Judgement(key, written, party, wanted, because, by, node.clock()))
        return _sources(tx)[party, key]


def sources(node: Node) -> list[Source]:
    """All sources on record, by name."""
    with node.db.read() as tx:
        return sorted(_sources(tx).values(), key=lambda one: (one.party, one.name.casefold()))


def source(node: Node, name: str, *, party: bool = False) -> Source:
    """One source on record.

    Raises:
        NotFound: nothing is on record of it. NotFound, Ambiguous: no such party, or several.
    """
    with node.db.read() as tx:
        found = _sources(tx).get((party, _party(tx, name)[0] if party else _key(name)))
    if found is None:
        what = "the party" if party else "a source called"
        raise NotFound(f"nothing is on record of {what} {shown(name)}: its letter is {UNJUDGED}")
    return found


def letters_of(node: Node, names: Iterable[str]) -> dict[str, Source]:
    """The outlets, organisations and persons among some names that are on record, by the names given."""
    with node.db.read() as tx:
        known = _sources(tx)
    found = {name: known.get((False, _key(name))) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def letter_of_party(node: Node, key: str) -> str:
    """The letter of a counterpart, by its key."""
    with node.db.read() as tx:
        one = _sources(tx).get((True, key))
    return UNJUDGED if one is None else one.letter


def _sources(tx: Transaction) -> dict[tuple[bool, str], Source]:
    """All sources on record, by whether they are parties and by key. Names are levelled as they are today: what the
    gazetteer has learned since counts for what was said before."""
    every: dict[tuple[bool, str], list[Judgement]] = {}
    names = party_names(tx)
    for one in tx.reliability.all():
        every.setdefault((one.party, one.key if one.party else _key(one.name)), []).append(one)
    return {
        (party, key): Source(
            names.get(key, given[-1].name) if party else _usual(given[-1].name),
            party,
            given[-1].letter,
            RELIABILITY[given[-1].letter],
            tuple(Given(one.letter, one.because, one.by, one.at) for one in given),
        )
        for (party, key), given in every.items()
    }


def _party(tx: Transaction, name: str) -> tuple[str, str]:
    party = find_party(tx, name)
    return party.key, party.name


def _key(name: str) -> str:
    """What is equal for the spellings of one name."""
    return _level(_usual(name))


def _usual(name: str) -> str:
    """The name that the gazetteer has for an outlet; any other as it was written, and so is one with something hidden
    in it, which the gazetteer would not see."""
    outlet = None if has_hidden(name) else gazetteer().named(name)
    return name if outlet is None else outlet.name


def _level(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def _written(name: str) -> str:
    """The name of a new entry: it must be what it seems.

    Raises:
        BadArgument: it has characters that are not seen, or letters of several scripts that look alike.
    """
    try:
        return check_name(unicodedata.normalize("NFC", " ".join(name.split())))
    except ValueError as error:
        raise BadArgument(str(error)) from None


def _letters() -> str:
    return "; ".join(f"{letter} {words}" for letter, words in RELIABILITY.items())
