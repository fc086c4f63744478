"""What leaving objects say of others: each name, value and id they mention, with its place.

Rules: all names and values that any held object bears are looked for, in chunks that bound the memory.
Names of the agreement's own threats are free: both parties know them. A term that is only a part of such
a name, or only the ending of a host name, is not a mention.
"""

from collections.abc import Callable, Collection, Sequence
from itertools import islice

from backchannel.core.mention import mentioned, words
from backchannel.core.release_case import Case, said_by
from backchannel.core.release_records import Lookup
from backchannel.core.release_terms import TermBook
from backchannel.core.release_text import Place, needs_a_look, stands

CHUNK = 250
"""Objects whose passages are looked up at a time; each can mention thousands of terms."""

Ask = Callable[[Collection[str]], None]
Begins = Callable[[set[str]], set[str]]


def listen(cases: Sequence[Case], lookup: Lookup, threats: Collection[str], book: TermBook, ask_about: Ask) -> None:
    """Note on each case what it mentions, and in the book who bears that.

    `threats` are names that may always be said. `ask_about` is told the ids of all bearers before the
    book is.
    """
    phrases = [words(name) for name in threats]
    begins = _remembering(lookup.beginnings)
    for start in range(0, len(cases), CHUNK):
        heard = _heard(cases[start : start + CHUNK], begins)
        keys: set[str] = set().union(*(own for _, _, _, own in heard))
        found = {key: bearers for key, bearers in lookup(keys).items() if bearers}
        ask_about({bearer[0] for bearers in found.values() for bearer in bearers})
        borne = set(found)
        careful = {key for key in found if needs_a_look(key, phrases)}
        for case, place, passages, own in heard:
            for key in sorted(own & borne):
                if all(bearer[0] == case.id for bearer in found[key]):
                    continue
                if key in careful and not any(stands(text, key, phrases) for text in passages):
                    continue
                book.add(key, found[key])
                case.hits.append((place, key))


def _heard(cases: Sequence[Case], begins: Begins) -> list[tuple[Case, Place, list[str], set[str]]]:
    """Each place where a case says something: its passages, and the runs of words in them that could be terms."""
    places: list[tuple[Case, Place, list[str]]] = []
    for case in cases:
        texts, case.said_ids = said_by(case.value)
        places += [(case, place, passages) for place, passages in texts.items()]
    runs = iter(mentioned([words(text) for _, _, passages in places for text in passages], begins))
    return [(*where, set().union(*islice(runs, len(where[2])))) for where in places]


def _remembering(begins: Begins) -> Begins:
    """The same, asking about each run only once."""
    known: dict[str, bool] = {}

    def remembered(runs: set[str]) -> set[str]:
        fresh = runs - known.keys()
        if fresh:
            begun = begins(fresh)
            known.update((run, run in begun) for run in fresh)
        return {run for run in runs if known[run]}

    return remembered
