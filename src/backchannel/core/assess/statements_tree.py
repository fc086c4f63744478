"""A sentence as a tree that can be asked: children, subtrees, and the characters that a set of words covers.

A tree made by a model may be wrong in any way but one: it is a tree (`Tree` makes it so: a head out of range or a
circle of heads becomes a root).
"""

from collections.abc import Iterable, Iterator

from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span

SUBJECTS = frozenset(("nsubj", "nsubjpass", "csubj", "csubjpass"))
OPENING = "“\"‘'«(["
CLOSING = "”\"’'»)]"


class Tree:
    """The words of a sentence by index, with their children in order."""

    def __init__(self, sentence: Sentence) -> None:
        self.span = sentence.span
        self.words: tuple[Word, ...] = sentence.words
        self.heads = _without_circles([word.head for word in sentence.words])
        children: list[list[int]] = [[] for _ in self.words]
        for at, head in enumerate(self.heads):
            if head != at:
                children[head].append(at)
        self.children: tuple[tuple[int, ...], ...] = tuple(map(tuple, children))

    def below(self, at: int, *dependencies: str) -> Iterator[int]:
        """The children of a word that hang on it by one of these dependencies."""
        return (child for child in self.children[at] if self.words[child].dep in dependencies)

    def first(self, at: int, *dependencies: str) -> int | None:
        """The first of these children."""
        return next(self.below(at, *dependencies), None)

    def subject(self, at: int) -> int | None:
        """The word's own subject; of several, which a model may see across quotes, the nearest."""
        return min(self.below(at, *SUBJECTS), key=lambda child: abs(child - at), default=None)

    def subtree(self, at: int, without: Iterable[int] = ()) -> set[int]:
        """The word and all that hangs below it, but for these branches."""
        left, found, cut = [at], set(), set(without)
        while left:
            word = left.pop()
            found.add(word)
            left.extend(child for child in self.children[word] if child not in cut)
        return found

    def within(self, span: Span) -> list[int]:
        """The words that a span covers, without punctuation."""
        return [n for n, word in enumerate(self.words) if span.covers(word.span) and word.pos != "PUNCT"]

    def tops(self, inside: Iterable[int]) -> Iterator[int]:
        """Of some words those that hang on none of the others, in order."""
        listed = list(inside)
        members = set(listed)
        return (n for n in listed if self.heads[n] not in members or self.heads[n] == n)

    def above(self, at: int) -> Iterator[int]:
        """The heads of a word, from its own up to the root."""
        while self.heads[at] != at:
            at = self.heads[at]
            yield at

    def passive(self, at: int) -> bool:
        """Whether a verb is in the passive voice."""
        return self.first(at, "auxpass") is not None or self.first(at, "nsubjpass") is not None

    def characters(self, first: int, last: int) -> Span:
        """From the first word to the last, both included."""
        return Span(self.words[first].span.begin, self.words[last].span.end)

    def text(self, inside: Iterable[int]) -> str:
        """Some of its words, in order, with one space where there is a gap."""
        said, end = "", -1
        for word in (self.words[n] for n in sorted(inside)):
            said += word.text if word.span.begin == end or not said else f" {word.text}"
            end = word.span.end
        return said

    def at(self, place: int) -> int | None:
        """The index of the word that has this character."""
        return next((n for n, word in enumerate(self.words) if word.span.begin <= place < word.span.end), None)


def runs(found: set[int]) -> list[tuple[int, int]]:
    """Words as runs of neighbours: first and last of each."""
    made: list[tuple[int, int]] = []
    for at in sorted(found):
        if made and made[-1][1] == at - 1:
            made[-1] = (made[-1][0], at)
        else:
            made.append((at, at))
    return made


def _without_circles(heads: list[int]) -> list[int]:
    """The heads, but that every chain of them ends at a root."""
    safe = [head if 0 <= head < len(heads) else at for at, head in enumerate(heads)]
    done: set[int] = set()
    for start in range(len(safe)):
        path: dict[int, None] = {}
        at = start
        while at not in done and at not in path:
            path[at] = None
            at = safe[at]
        if at not in done and safe[at] != at:
            safe[at] = at
        done.update(path)
    return safe
