"""What leaving objects say of others: each name, value and id they mention, with its place.

Rules: all names and values that any held object bears are looked for, in chunks that bound the memory.
Names of the agreement's own threats are free: both parties know them. A term that is only a part of such
a name, or only the ending of a host name, is not a mention.
"""

from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from backchannel.core.mention import mentioned, words
from backchannel.core.release_case import Case, said_by
from backchannel.core.release_records import Lookup
from backchannel.core.release_terms import TermBook
from backchannel.core.release_text import Place, need_a_look, stands

CHUNK = 250
"""Objects whose passages are looked up at a time; each can mention thousands of terms."""

Ask = Callable[[Collection[str]], None]
Begins = Callable[[set[str]], set[str]]


class _Heard(NamedTuple):
    """What a case says in one place: each passage, and the runs of words in it that could be terms."""

    case: Case
    place: Place
    passages: list[tuple[str, set[str]]]


def listen(cases: Sequence[Case], lookup: Lookup, threats: Collection[str], book: TermBook, ask_about: Ask) -> None:
    """Note on each case what it mentions, and in the book who bears that.

    `threats` are names that may always be said. `ask_about` is told the ids of all bearers before the
    book is.
    """
    phrases = [words(name) for name in threats]
    careful = need_a_look(phrases)
    begins = _remembering(lookup.beginnings)
    for start in range(0, len(cases), CHUNK):
        heard = _heard(cases[start : start + CHUNK], begins)
        keys: set[str] = set().union(*(runs for one in heard for _, runs in one.passages))
        found = {key: bearers for key, bearers in lookup(keys).items() if bearers}
        ask_about({bearer.id for bearers in found.values() for bearer in bearers})
        borne = set(found)
        for one in heard:
            for key in sorted(set().union(*(runs & borne for _, runs in one.passages))):
                if all(bearer.id == one.case.id and bearer.current for bearer in found[key]):
                    continue
                said = (text for text, runs in one.passages if key in runs)
                if key in careful and not any(stands(text, key, phrases) for text in said):
                    continue
                book.add(key, found[key])
                one.case.hits.append((one.place, key))


def _heard(cases: Sequence[Case], begins: Begins) -> list[_Heard]:
    """Each place where a case says something, with the runs of words in it that could be terms."""
    places: list[tuple[Case, Place, list[str]]] = []
    for case in cases:
        texts, case.said_ids = said_by(case.value)
        places += [(case, place, passages) for place, passages in texts.items()]
    # Many objects say the same: a creator's labels, a source's name.
    once = list(dict.fromkeys(text for _, _, passages in places for text in passages))
    runs = dict(zip(once, mentioned([words(text) for text in once], begins), strict=True))
    return [_Heard(case, place, [(text, runs[text]) for text in passages]) for case, place, passages in places]


def _remembering(begins: Begins) -> Begins:
    """The same, asking about each run only once."""
    known: dict[str, bool] = {}

    def remembered(runs: set[str]) -> set[str]:
        fresh = {run for run in runs if run not in known}  # `runs - known.keys()` would walk through all of `known`
        if fresh:
            begun = begins(fresh)
            known.update((run, run in begun) for run in fresh)
        return {run for run in runs if known[run]}

    return remembered
