"""Organisations in a noun phrase: what they are called, and by what words two names of one can be compared.

A body is a named organisation, or a phrase around a noun such as "ministry" with the words before it that name it and
"of ..." behind it. A country alone stands for its government. "A department" that nothing names is none.
"""

from collections.abc import Iterator, Sequence

import msgspec

from backchannel.core.assess.countries import countries_in, country_of
from backchannel.core.assess.speaker_words import BODIES, FIELDS
from backchannel.core.assess.statements_tree import Tree, runs

_LITTLE = frozenset(("the", "a", "an", "of", "for", "and", "in", "at", "on", "to", "its", "their", "'s", "’s", "&"))
_BEFORE = frozenset(("compound", "amod", "nmod", "poss", "case"))


class Body(msgspec.Struct, frozen=True):
    """An organisation as a report names it: `words` that tell it from others, in lower case, and its countries."""

    name: str
    words: frozenset[str]
    countries: frozenset[str] = frozenset()

    def may_be(self, other: "Body") -> bool:
        """Whether two names can mean one body: the words of one are among the other's, and the countries do not
        contradict."""
        if self.countries and other.countries and not self.countries & other.countries:
            return False
        return self.words <= other.words or other.words <= self.words


def bodies_in(tree: Tree, about: Sequence[int]) -> tuple[Body, ...]:
    """The organisations among some words of a sentence, in order."""
    found = list(_bodies(tree, about))
    named = [body for body in found if not body.words <= BODIES or body.countries]
    return tuple(dict.fromkeys(named or found[:1]))


def body_of(tree: Tree, inside: Sequence[int]) -> Body:
    """Some words as the name of one body."""
    words = tree.text(n for n in inside if tree.words[n].pos != "PUNCT" or tree.words[n].text == "-").split()
    while words and words[0].lower() in _LITTLE:
        words.pop(0)
    countries = frozenset(countries_in(words))
    spelled = {part for country in countries for part in country.casefold().split()}
    plain = frozenset(
        word.casefold().strip(".").removesuffix("'s").removesuffix("’s")
        for word in words
        if word.lower() not in _LITTLE and not country_of(word) and word.casefold() not in spelled
    )
    name = " ".join(words).removesuffix("'s").removesuffix("’s")
    return Body(name, plain or (frozenset(("government",)) if countries else plain), countries)


def _bodies(tree: Tree, about: Sequence[int]) -> Iterator[Body]:
    members = set(about)
    taken: set[int] = set()
    for first, last in runs({n for n in about if tree.words[n].entity == "ORG"}):
        grown = _grown(tree, first, last, members)
        if not taken & set(grown):
            taken |= set(grown)
            body = body_of(tree, grown)
            if body.words:
                yield body
    for n in about:
        if n in taken or tree.words[n].lemma.lower() not in BODIES or tree.words[n].pos not in {"NOUN", "PROPN"}:
            continue
        grown = _grown(tree, n, n, members)
        taken |= set(grown)
        yield body_of(tree, grown)
    lone = next((n for n in about if country_of(tree.words[n].text)), None)
    if lone is not None and not taken:
        country = country_of(tree.words[lone].text)
        yield Body(f"government of {country}", frozenset(("government",)), frozenset((country,)))


def _grown(tree: Tree, first: int, last: int, members: set[int]) -> list[int]:
    """A name of a body with the words before it that belong to it, and "of ..." behind it."""
    words = tree.words
    while (
        first - 1 in members
        and words[first - 1].dep in _BEFORE
        and (words[first - 1].pos == "PROPN" or words[first - 1].tag == "POS" or _says_which(words[first - 1].text))
    ):
        first -= 1
    while last + 2 in members and words[last + 1].text.lower() == "of" and words[last + 2].pos in {"PROPN", "DET"}:
        last += 2
        while last + 1 in members and words[last + 1].pos in {"PROPN", "NOUN"}:
            last += 1
    return list(range(first, last + 1))


def _says_which(word: str) -> bool:
    return bool(country_of(word)) or word.casefold() in FIELDS
