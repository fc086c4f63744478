"""What leaving objects say of others: each name, value and id they mention, with its place.

Rules: all names and values that any held object bears are looked for, in chunks that bound the memory.
Names of the agreement's own threats are free: both parties know them. A term that is only a part of such
a name, or only the ending of a host name, is not a mention.
"""

from collections.abc import Callable, Collection, Iterator, Sequence

from backchannel.core.mention import mentionable, words
from backchannel.core.release_case import Case, said_by
from backchannel.core.release_records import Lookup
from backchannel.core.release_terms import TermBook
from backchannel.core.release_text import Place, needs_a_look, stands

CHUNK = 250
"""Objects whose passages are looked up at a time; each can mention thousands of terms."""

Ask = Callable[[Collection[str]], None]


def listen(cases: Sequence[Case], lookup: Lookup, threats: Collection[str], book: TermBook, ask_about: Ask) -> None:
    """Note on each case what it mentions, and in the book who bears that.

    `threats` are names that may always be said. `ask_about` is told the ids of all bearers before the
    book is.
    """
    phrases = [words(name) for name in threats]
    for start in range(0, len(cases), CHUNK):
        heard = [*_heard(cases[start : start + CHUNK])]
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


def _heard(cases: Sequence[Case]) -> Iterator[tuple[Case, Place, list[str], set[str]]]:
    for case in cases:
        texts, case.said_ids = said_by(case.value)
        for place, passages in texts.items():
            yield case, place, passages, mentionable(passages)
