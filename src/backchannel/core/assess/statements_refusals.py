"""Those who will not say: "declined to comment", "could not be reached", "did not respond to requests"."""

from collections.abc import Iterator

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_find import Found
from backchannel.core.assess.statements_spans import content_spans, source_span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import DECLINES, REACHED, SPEAKS, Manner, lexicon

_ASKED = lexicon(
    """
    call calls comment comments email emails inquiry inquiries message messages question questions request
    requests
    """
)
_NOBODY = frozenset(("neither", "nobody", "none", "no"))
_SILENT = frozenset(("comment", "respond", "elaborate"))


def refusals(text: str, tree: Tree) -> Iterator[Found]:
    """All places where somebody is asked and says nothing, with whom."""
    for at, word in enumerate(tree.words):
        if word.pos != "VERB" and word.pos != "AUX":
            continue
        refused = _declined(tree, at) or _unreached(tree, at) or _silent(tree, at)
        if refused is not None:
            yield _found(text, tree, *refused)


def _declined(tree: Tree, at: int) -> tuple[int, int] | None:
    """ "Declined to say", "refused comment"."""
    if tree.words[at].lemma not in DECLINES:
        return None
    for child in tree.below(at, "xcomp", "dobj", "prep"):
        if tree.words[child].lemma in SPEAKS and child > at:
            return at, child
    return None


def _unreached(tree: Tree, at: int) -> tuple[int, int] | None:
    """ "Could not be reached", "did not return calls", "did not respond to a request"."""
    word = tree.words[at]
    if word.lemma not in REACHED or not _negated(tree, at):
        return None
    if word.lemma == "reach" and not tree.passive(at):
        return None
    if word.lemma == "return" and not any(tree.words[n].text.lower() in _ASKED for n in tree.below(at, "dobj")):
        return None
    return at, at


def _silent(tree: Tree, at: int) -> tuple[int, int] | None:
    """ "Did not comment", "neither side would comment", "would not confirm or deny"."""
    word = tree.words[at]
    if not _negated(tree, at) or word.tag not in {"VB", "VBN"}:
        return None
    if word.lemma in _SILENT:
        return at, at
    would = any(tree.words[n].lemma in {"would", "will", "could", "do"} for n in tree.below(at, "aux"))
    return (at, at) if would and word.lemma in {"confirm", "discuss", "identify", "disclose", "deny"} else None


def _negated(tree: Tree, at: int) -> bool:
    if tree.first(at, "neg") is not None:
        return True
    subject = tree.subject(at)
    if subject is None:
        return False
    return any(tree.words[n].text.lower() in _NOBODY for n in (subject, *tree.below(subject, "det", "preconj")))


def _found(text: str, tree: Tree, first: int, last: int) -> Found:
    low = min([first, *(n for n in tree.below(first, "aux", "auxpass", "neg") if n < first)])
    subject = tree.subject(first)
    verb = first
    for _ in range(3):
        if subject is None and tree.words[verb].dep in {"conj", "advcl"}:
            verb = tree.heads[verb]
            subject = tree.subject(verb)
    source = None if subject is None else source_span(tree, subject)
    contents: tuple[Span, ...] = ()
    for thing in tree.below(last, "ccomp", "dobj", "pcomp"):
        if thing > last:
            contents = content_spans(text, tree, tree.subtree(thing), set())
    return Found(tree, last, Manner.SAYS, tree.characters(low, last), subject, source, contents, first, refused=True)
