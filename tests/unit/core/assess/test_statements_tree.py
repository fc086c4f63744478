"""A tree that can be asked, whatever heads a model gives."""

from backchannel.core.assess.parsed import Sentence, Word
from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree, runs


def tree(*heads: int) -> Tree:
    """A sentence of one-letter words with these heads."""
    words = tuple(Word(Span(2 * at, 2 * at + 1), "x", "x", "X", "X", "dep", head) for at, head in enumerate(heads))
    return Tree(Sentence(Span(0, 2 * len(heads)), words))


def test_a_circle_of_heads_becomes_a_tree() -> None:
    made = tree(1, 2, 0)

    assert sum(made.heads[at] == at for at in range(3)) == 1
    assert all(len(list(made.above(at))) < 3 for at in range(3))


def test_a_head_out_of_range_is_a_root() -> None:
    assert tree(-1, 7, 1).heads == [0, 1, 1]


def test_a_subtree_leaves_out_the_branches_that_are_cut() -> None:
    made = tree(0, 0, 1, 0)

    assert made.subtree(0) == {0, 1, 2, 3}
    assert made.subtree(0, (1,)) == {0, 3}


def test_words_within_a_span_are_without_punctuation() -> None:
    words = tuple(Word(Span(at, at + 1), "x", "x", pos, "X", "dep", 0) for at, pos in enumerate(("X", "PUNCT", "X")))

    assert Tree(Sentence(Span(0, 3), words)).within(Span(0, 2)) == [0]


def test_the_tops_of_some_words_hang_on_none_of_the_others() -> None:
    made = tree(0, 0, 1, 0)

    assert list(made.tops([1, 2, 3])) == [1, 3]
    assert list(made.tops([0, 1, 2])) == [0]


def test_runs_are_of_neighbours() -> None:
    assert runs({5, 1, 2, 4, 9}) == [(1, 2), (4, 5), (9, 9)]
