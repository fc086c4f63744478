"""What a report says of a speaker: the name, the bodies spoken for, the countries, the words for what they are.

Rules. A speaker's noun phrase is read: titles, appositions, "of", "for", "at" and "who is". A name is the run of
proper nouns that the phrase is about. What is said of a name anywhere in the report belongs to it: "Ms Ito" in the
last line is the spokeswoman of the third. Who once held an office speaks for nobody. An outlet, its staff, a post and
a rumour hand on; a document, an event and whatever has neither a name nor a word for people or bodies is nobody.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import msgspec

from backchannel.core.assess.bodies import Body, bodies_in, body_of
from backchannel.core.assess.countries import countries_in, country_of
from backchannel.core.assess.outlets import Gazetteer
from backchannel.core.assess.press import Span
from backchannel.core.assess.speaker_words import BODIES, FIELDS, FORMER, OUTLETS, PAPERS, PEOPLE, STAFF, TITLES
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.statements_spans import source_span
from backchannel.core.assess.statements_speaker import kind_of_pronoun
from backchannel.core.assess.statements_tree import Tree

_BESIDE = frozenset(("appos", "compound", "nmod", "flat"))
_ASIDE = frozenset(("for", "on", "to", "in", "with", "about", "against"))
_ELSEWHERE = frozenset(
    ("about", "after", "against", "before", "by", "during", "in", "into", "near", "on", "over", "to", "under")
)
"""Prepositions behind which stands what a speaker is not of."""
_DOMAIN = re.compile(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}")
_SUFFIXES = frozenset(("jr", "sr", "ii", "iii"))


class Sort(StrEnum):
    """What sort of speaker it is."""

    PERSON = "person"
    BODY = "body"
    UNNAMED = "unnamed"
    """Somebody who is only called by what they are."""
    OUTLET = "outlet"
    """An outlet or one of its people, a post, a rumour: who hands on."""
    NOBODY = "nobody"
    """A document, a picture, an event."""


class Profile(msgspec.Struct, frozen=True):
    """A speaker of one report. `key` is the last name of a person, in lower case, and empty for all else. A body
    that is `like_a_person` is only a name, as a person might bear it."""

    name: str
    sort: Sort
    key: str = ""
    bodies: tuple[Body, ...] = ()
    words: frozenset[str] = frozenset()
    countries: frozenset[str] = frozenset()
    plural: bool = False
    like_a_person: bool = False

    def with_(self, other: "Profile") -> "Profile":
        """This speaker, with what is said of them elsewhere."""
        return msgspec.structs.replace(
            self,
            name=max(self.name, other.name, key=len) if self.sort is Sort.PERSON else self.name,
            bodies=tuple(dict.fromkeys((*self.bodies, *other.bodies))),
            words=self.words | other.words,
            countries=self.countries | other.countries,
            like_a_person=self.like_a_person and other.like_a_person,
        )


class Directory:
    """All persons that a report names, each with everything that it says of them."""

    def __init__(
        self, trees: Sequence[Tree], known: Gazetteer, credited: Iterable[str] = (), rooms: Iterable[str] = ()
    ) -> None:
        """`credited` has the names by which the report credits outlets, short ones such as "Mail" too; `rooms` those
        of outlets whose reports are read."""
        self._known = known
        self._rooms = frozenset(name.casefold().removeprefix("the ") for name in rooms)
        self._trees = trees
        self._begins = [tree.span.begin for tree in trees]
        names = list(credited)
        self._credited = frozenset((*names, *(word for name in names for word in name.split() if len(word) > 3)))
        self._persons: dict[str, Profile] = {}
        for tree in trees:
            for at in _names(tree):
                found = self._of(tree, source_span(tree, _top(tree, at)))
                if found.sort is Sort.PERSON and found.key:
                    before = self._persons.get(found.key)
                    self._persons[found.key] = found if before is None else before.with_(found)

    def of(self, tree: Tree, span: Span) -> Profile:
        """Whom a noun phrase of a sentence means."""
        found = self._of(tree, span)
        known = self._persons.get(found.key) if found.sort is Sort.PERSON else None
        return found if known is None else found.with_(known)

    def speakers(self, said: Sequence[Statement]) -> tuple[Profile | None, ...]:
        """The speaker of each statement; None where the text names nobody."""
        spans = (one.speaker or one.source for one in said)
        return tuple(None if span is None else self._named_by(self._tree(span.begin), span) for span in spans)

    def _named_by(self, tree: Tree, span: Span) -> Profile | None:
        """Whom a phrase means; None for a pronoun that was not resolved."""
        at = tree.at(span.begin)
        alone = at is not None and tree.words[at].span == span
        return None if alone and at is not None and kind_of_pronoun(tree.words[at].text) else self.of(tree, span)

    def _tree(self, place: int) -> Tree:
        """The sentence that has a character."""
        return self._trees[max(0, bisect_right(self._begins, place) - 1)]

    def _of(self, tree: Tree, span: Span) -> Profile:
        words = tree.words
        inside = [n for n, word in enumerate(words) if span.covers(word.span) and word.pos != "SPACE"]
        if not inside:
            return Profile("", Sort.NOBODY)
        head = _head(tree, inside)
        name = _name(tree, inside, head) or self._known_name(tree, head)
        about = sorted(_said_of(tree, head, set(inside)) - set(name))
        sort = self._sort(tree, inside, head, name)
        once = any(words[n].text.lower() in FORMER for n in about)
        bodies = () if once else bodies_in(tree, about)
        if sort is Sort.BODY and (not bodies or head not in name):
            start = [n for n in inside if n <= head and n in about and words[n].dep not in {"det", "nummod"}]
            bodies = tuple(dict.fromkeys((body_of(tree, _run_to(tree, start, head)), *bodies)))
        return Profile(
            name=tree.text(name) if name else _bare(tree, inside),
            sort=sort,
            key=last_name(tree.text(name)) if sort is Sort.PERSON else "",
            bodies=bodies,
            words=frozenset(words[n].lemma.strip(".").lower() for n in about if words[n].pos != "PUNCT"),
            countries=_countries(tree, about),
            plural=words[head].tag in {"NNS", "NNPS"},
            like_a_person=sort is Sort.BODY and _like_a_person(tree, inside, head),
        )

    def _known_name(self, tree: Tree, head: int) -> list[int]:
        """A proper noun that the model takes for no person: one that is named elsewhere, or is called one here."""
        word = tree.words[head]
        if word.pos != "PROPN" or word.lemma.lower() in PEOPLE | TITLES:
            return []
        called = any(tree.words[n].lemma.lower() in PEOPLE for n in tree.below(head, "compound", "appos", "nmod"))
        bare = word.entity in {"", "PERSON"} and tree.first(head, "det") is None
        if not called and not bare and (word.entity == "ORG" or last_name(word.text) not in self._persons):
            return []
        first = head
        while first > 0 and tree.heads[first - 1] == head and tree.words[first - 1].pos == "PROPN":
            if tree.words[first - 1].lemma.lower() in PEOPLE | TITLES or tree.words[first - 1].entity == "ORG":
                break
            first -= 1
        return list(range(first, head + 1))

    def _sort(self, tree: Tree, inside: list[int], head: int, name: list[int]) -> Sort:
        word = tree.words[head]
        if self._is_outlet(tree, inside, head) or word.lemma.lower() in STAFF:
            return Sort.OUTLET
        if name:
            works = any(tree.words[n].lemma.lower() in STAFF for n in inside) or any(
                self._known.named(tree.words[n].text) is not None for n in tree.below(head, "poss")
            )
            if not works and all(len(words) == 1 for words in tree.text(name).replace(".", " ").split()):
                return Sort.UNNAMED
            return Sort.OUTLET if works else Sort.PERSON
        lemma = word.lemma.lower()
        if lemma in PEOPLE or (word.entity == "NORP" and (word.tag in {"NNS", "NNPS"} or _one(tree, head))):
            return Sort.UNNAMED
        if lemma in OUTLETS:
            return Sort.OUTLET
        timed = word.entity in {"DATE", "TIME", "CARDINAL", "MONEY", "PERCENT", "QUANTITY", "ORDINAL"}
        if timed or lemma in PAPERS:
            return Sort.NOBODY
        if word.pos == "PROPN" or lemma in BODIES or word.entity in {"ORG", "GPE", "NORP"}:
            return Sort.BODY
        return Sort.NOBODY

    def _is_outlet(self, tree: Tree, inside: list[int], head: int) -> bool:
        run = _run_to(tree, [n for n in inside if n <= head], head)
        named = tree.text(run)
        bare = _bare(tree, inside)
        if self._credited & {bare, named}:
            return True
        word = tree.words[head].text
        if _DOMAIN.fullmatch(word) or any(tree.words[n].lemma in OUTLETS for n in _before(tree, run, head)):
            return True
        if bare.casefold() in self._rooms and not any(tree.words[n].lemma.lower() in BODIES for n in run):
            return True
        return any(
            mention.span.end == len(named) or word in mention.span.of(bare).split()
            for phrase in (named, bare)
            for mention in self._known.mentions(phrase)
        )


def _before(tree: Tree, run: Sequence[int], head: int) -> Iterator[int]:
    """Common nouns before a proper one: "the channel Lakes"."""
    if tree.words[head].pos == "PROPN":
        yield from (n for n in run if n != head and tree.words[n].pos == "NOUN")


def _like_a_person(tree: Tree, inside: Sequence[int], head: int) -> bool:
    """Whether a name could be a person's too: two or three capitalised words without an article, of which none tells
    what it is."""
    words = [tree.words[n] for n in inside if n <= head]
    return (
        2 <= len(words) <= 3
        and all(word.tag == "NNP" and word.text.istitle() and word.text.isalpha() for word in words)
        and not any(word.lemma.lower() in BODIES | FIELDS or country_of(word.text) for word in words)
    )


def last_name(name: str) -> str:
    """What a person is called by when named again: the last word, without "al-" and the like, in lower case."""
    words = [word.removesuffix("'s").removesuffix("’s") for word in name.split()]
    words = [word for word in words if word and word.strip(".").lower() not in _SUFFIXES]
    return words[-1].casefold().removeprefix("al-").removeprefix("el-") if words else ""


def _head(tree: Tree, inside: list[int]) -> int:
    return next((n for n in tree.tops(inside) if tree.words[n].pos != "PUNCT"), inside[0])


def _said_of(tree: Tree, head: int, inside: set[int]) -> set[int]:
    """The words of a phrase without clauses that tell what somebody does; "who is ..." stays."""
    out: set[int] = set()
    for n in inside:
        word = tree.words[n]
        if (word.dep == "prep" and word.text.lower() in _ELSEWHERE) or (
            word.dep in {"relcl", "acl", "advcl"} and (word.lemma != "be" or tree.first(n, "attr") is None)
        ):
            out |= tree.subtree(n)
    return (inside - out) | {head}


def _one(tree: Tree, head: int) -> bool:
    return any(tree.words[n].text.lower() in {"a", "an", "one", "another"} for n in tree.below(head, "det", "nummod"))


def _countries(tree: Tree, about: list[int]) -> frozenset[str]:
    """The countries of a speaker; "the envoy for Mali" is not of Mali."""
    kept = [
        n for n in about if not (tree.words[n].dep == "pobj" and tree.words[tree.heads[n]].text.lower() in _ASIDE)
    ]
    return frozenset(countries_in(tree.words[n].text for n in kept))


def _run_to(tree: Tree, inside: list[int], head: int) -> list[int]:
    """The words right before a noun that belong to it, and the noun."""
    run = [head]
    for n in reversed([n for n in inside if n < head]):
        if n != run[0] - 1 or tree.words[n].dep not in {"compound", "amod", "nmod", "poss", "case", "punct"}:
            break
        run.insert(0, n)
    return run


def _top(tree: Tree, at: int) -> int:
    """The noun that a name stands beside or in: "a spokeswoman for the ministry, Ada Ito"."""
    while tree.words[at].dep in _BESIDE and tree.heads[at] != at:
        at = tree.heads[at]
    return at


def _names(tree: Tree) -> Iterator[int]:
    """The last word of each name of a person."""
    for at, word in enumerate(tree.words):
        if word.entity != "PERSON" or word.pos != "PROPN":
            continue
        after = tree.words[at + 1] if at + 1 < len(tree.words) else None
        if after is None or after.entity != "PERSON" or after.begins or after.pos != "PROPN":
            yield at


def _name(tree: Tree, inside: list[int], head: int) -> list[int]:
    """The words of the name that a phrase is about; none if it names nobody."""
    members = set(inside)
    listed = [at for at in _names(tree) if at in members and not _owns(tree, at, head)]
    last = next((at for at in listed if at == head or (tree.heads[at] == head and _beside(tree, at))), None)
    if last is None and tree.words[head].lemma.lower() in PEOPLE:
        last = next((at for at in listed if tree.words[at].dep == "appos" or _ends(tree, at, inside)), None)
    if last is None:
        return []
    first = last
    while first - 1 in members and tree.words[first - 1].entity == "PERSON" and not tree.words[first].begins:
        first -= 1
    while last + 2 in members and tree.words[last + 1].text == "-" and tree.words[last + 2].pos == "PROPN":
        last += 2
    return [n for n in range(first, last + 1) if tree.words[n].text.lower().strip(".") not in TITLES]


def _ends(tree: Tree, at: int, inside: list[int]) -> bool:
    """Whether a name ends a phrase right behind the name of a body: "head of the Water Council Ada Ito"."""
    first = at
    while first > 0 and tree.words[first - 1].entity == "PERSON" and not tree.words[first].begins:
        first -= 1
    return at == inside[-1] and first > 0 and tree.words[first - 1].pos == "PROPN"


def _beside(tree: Tree, at: int) -> bool:
    return tree.words[at].dep in _BESIDE


def _owns(tree: Tree, at: int, head: int) -> bool:
    """Whether a name only owns what the phrase is about: "the president's envoy"."""
    return at != head and (tree.words[at].dep == "poss" or tree.words[_top(tree, at)].dep == "poss")


def _bare(tree: Tree, inside: list[int]) -> str:
    """A phrase without its article and what stands behind a comma or in a clause."""
    kept: list[int] = []
    for n in inside:
        word = tree.words[n]
        if word.text in {",", "("} or word.dep in {"relcl", "acl"} or word.tag in {"WDT", "WP"}:
            break
        if word.dep != "det" or kept:
            kept.append(n)
    return tree.text(kept)
