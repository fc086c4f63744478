"""Rules on trees: which words of a sentence name a speaker, the cue, and what is said.

In the order in which they are tried for a verb of attribution: the clause that hangs on it; the clause that it stands
in the middle of ("The park, he said, is full"); an infinitive; an object, or what follows the preposition that
belongs to the verb; the subject of a passive. A verb without any of these makes a statement only if a quotation
stands beside it (`core.assess.statements_quoted`). Phrases ("according to") and nouns ("a claim that") are in
`core.assess.statements_nouns`.
"""

from collections.abc import Iterator

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_spans import content_spans, cue_words, source_span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import (
    ADDRESSED,
    CONFIRMS,
    DECLINES,
    DENIES,
    FELT,
    LEADING,
    MANNERS,
    NOUNS,
    PREPOSITIONS,
    SAYING_NOUNS,
    Manner,
)

_QUOTES = frozenset(("quote", "cite", "report"))
_NAMES = frozenset(("call", "dub", "name", "title"))


class Found(msgspec.Struct, frozen=True):
    """One attribution as the rules found it: the verb (or noun) of the cue, whose words they are, and the spans.

    `speaker` is the word at the head of the source, where the sentence names one; `lead` the verb that leads to the
    cue.
    """

    tree: Tree
    verb: int
    manner: Manner
    cue: Span
    speaker: int | None = None
    source: Span | None = None
    contents: tuple[Span, ...] = ()
    lead: int | None = None
    refused: bool = False


def verbs(text: str, tree: Tree) -> Iterator[Found]:
    """The attributions that hang on a verb."""
    for at, word in enumerate(tree.words):
        if (
            word.pos in {"VERB", "AUX"}
            and word.lemma in MANNERS
            and not _quoting(tree, at)
            and not _only_names(tree, at)
        ):
            found = _verb(text, tree, at)
            if found is not None:
                yield found


def _verb(text: str, tree: Tree, at: int) -> Found | None:
    manner = MANNERS[tree.words[at].lemma]
    if (
        tree.words[at].lemma in LEADING
        and tree.first(at, "xcomp") is not None
        and tree.words[at].lemma not in DECLINES
    ):
        return None
    lead = _lead(tree, at)
    speaker = _speaker(tree, at, lead)
    first, last = cue_words(tree, at, lead)
    saying = _saying(tree, at)
    if saying is not None:
        return _as_saying(text, tree, at, saying, first)
    noun = _confirmed_by(tree, at)
    if noun is not None:
        return _of_noun(text, tree, at, noun, (first, last))
    content, last, passive = _content(tree, at, manner, last)
    if content is None:
        content = set()
    if passive:
        agent = _agent(tree, at)
        if agent is not None or tree.words[at].lemma not in FELT:
            speaker = agent
    cut = set(range(first, last + 1)) | {at}
    if speaker is not None and tree.words[speaker].dep != "poss":
        cut |= tree.subtree(speaker)
    contents = content_spans(text, tree, content, cut)
    if not contents and manner is not Manner.SAYS:
        return None
    source = None if speaker is None else source_span(tree, speaker)
    if last + 1 < len(tree.words) and tree.words[last + 1].text == ":":
        last += 1
    return Found(tree, at, manner, tree.characters(first, last), speaker, source, contents, lead)


def _only_names(tree: Tree, at: int) -> bool:
    """Whether a participle only says what its noun is called: "a film called"."""
    word = tree.words[at]
    return word.lemma in _NAMES and word.tag == "VBN" and word.dep == "acl" and _agent(tree, at) is None


def _quoting(tree: Tree, at: int) -> bool:
    """Whether a verb is the "saying" of "was quoted as saying", which belongs to the cue before it."""
    head = tree.heads[at]
    return (
        tree.words[at].dep == "pcomp"
        and tree.words[head].lemma == "as"
        and tree.words[tree.heads[head]].lemma in _QUOTES
    )


def _saying(tree: Tree, at: int) -> int | None:
    """The "saying" of "was quoted as saying"."""
    if tree.words[at].lemma not in _QUOTES:
        return None
    prefixes = (n for n in tree.below(at, "prep") if tree.words[n].lemma == "as")
    return next((n for prefix in prefixes for n in tree.below(prefix, "pcomp")), None)


def _as_saying(text: str, tree: Tree, at: int, saying: int, first: int) -> Found | None:
    """ "The agency quoted her as saying that", "she was quoted as saying that": she is who speaks."""
    speaker = tree.subject(at) if tree.passive(at) else tree.first(at, "dobj")
    if speaker is None and tree.words[at].dep == "acl":
        speaker = tree.heads[at]
    clauses = [*tree.below(saying, "ccomp", "dobj"), *tree.below(at, "ccomp")]
    content = {n for clause in clauses for n in tree.subtree(clause)}
    cut = set(range(first, saying + 1))
    cut |= {n for child in tree.below(at, "nsubj", "nsubjpass") for n in tree.subtree(child)}
    source = None if speaker is None else source_span(tree, speaker)
    contents = content_spans(text, tree, content, cut)
    last = at if speaker is not None and at < speaker < saying else saying
    return Found(tree, at, Manner.SAYS, tree.characters(first, last), speaker, source, contents)


def _confirmed_by(tree: Tree, at: int) -> int | None:
    """The noun of "remarks reported by X and confirmed to Y by Z", for a verb of confirming or denying without a
    subject.
    """
    word = tree.words[at]
    if word.lemma not in CONFIRMS | DENIES or word.dep not in {"conj", "acl"} or tree.subject(at) is not None:
        return None
    if _agent(tree, at) is None:
        return None
    if word.dep == "acl":
        return tree.heads[at]
    before = (
        n
        for n in range(at - 1, -1, -1)
        if tree.words[n].pos == "NOUN" and tree.words[n].lemma in SAYING_NOUNS | NOUNS
    )
    return next(before, None)


def _of_noun(text: str, tree: Tree, at: int, noun: int, cue: tuple[int, int]) -> Found:
    agent = _agent(tree, at)
    cut = set(range(cue[0], cue[1] + 1)) | tree.subtree(at)
    content = {n for n in tree.subtree(noun, (at,)) if n < at}
    source = None if agent is None else source_span(tree, agent)
    return Found(tree, at, Manner.SAYS, tree.characters(*cue), agent, source, content_spans(text, tree, content, cut))


def _lead(tree: Tree, at: int) -> int | None:
    """The first of the verbs that lead to this one: "continued to call for"."""
    lead = None
    word = tree.words[at]
    while word.dep == "xcomp":
        head = tree.heads[at]
        if tree.words[head].lemma not in LEADING or head >= at:
            break
        lead = at = head
        word = tree.words[at]
    return lead


def _speaker(tree: Tree, at: int, lead: int | None) -> int | None:
    """Whose words they are: the subject, of the verb itself or of the one that it is joined to or hangs on."""
    verb = at if lead is None else lead
    for _ in range(4):
        subject = tree.subject(verb)
        if subject is not None:
            return None if tree.words[subject].dep.startswith("csubj") else subject
        word = tree.words[verb]
        head = tree.heads[verb]
        if word.dep == "acl":
            return head
        if head == verb or word.dep not in {"conj", "advcl", "xcomp", "dep"}:
            return None
        if word.dep == "advcl" and word.tag == "VBN" and word.lemma in ADDRESSED:
            return None  # "asked for comment, she said": somebody asked her
        if word.dep in {"xcomp", "advcl"}:
            controller = tree.first(head, "dobj")
            if word.dep == "xcomp" and controller is not None and controller < verb:
                return controller
        verb = head
    return None


def _agent(tree: Tree, at: int) -> int | None:
    for by in (*tree.below(at, "agent"), *(c for c in tree.below(at, "prep") if tree.words[c].lemma == "by")):
        noun = tree.first(by, "pobj")
        if noun is not None:
            return noun
    return None


def _content(tree: Tree, at: int, manner: Manner, last: int) -> tuple[set[int] | None, int, bool]:
    """The words of what is said, the last word of the cue, and whether the verb is passive."""
    words = tree.words
    passive = tree.passive(at)
    clause = next((c for c in tree.below(at, "ccomp") if not _relative(tree, c)), None)
    if clause is not None:
        return tree.subtree(clause), last, passive
    if words[at].dep in {"parataxis"} or (words[at].dep in {"ccomp", "advcl"} and _parenthetic(tree, at)):
        head = tree.heads[at]
        return tree.subtree(head, (at,)), last, False
    infinitive = tree.first(at, "xcomp")
    if infinitive is not None:
        return tree.subtree(infinitive), last, passive
    for prep in tree.below(at, "prep"):
        if words[prep].lemma in PREPOSITIONS.get(words[at].lemma, ()) and prep == last + 1:
            inner = next(tree.below(prep, "pobj", "pcomp"), None)
            if inner is not None:
                return tree.subtree(inner), prep, False
    if passive:
        subject = tree.subject(at)
        told = manner is not Manner.SAYS or words[at].lemma in CONFIRMS | DENIES or _agent(tree, at) is not None
        if subject is not None and words[subject].tag not in {"WDT", "WP"} and told:
            return tree.subtree(subject), last, True
        return None, last, True
    if _as_said(tree, at):
        return tree.subtree(tree.heads[at], (at,)), last, False
    thing = next(tree.below(at, "dobj"), None)
    if thing is not None:
        return tree.subtree(thing) | _judged_as(tree, at, thing, manner), last, False
    return None, last, False


def _judged_as(tree: Tree, at: int, thing: int, manner: Manner) -> set[int]:
    """What something is called, or praised and blamed for, right behind it: "described it as a mistake"."""
    found: set[int] = set()
    end = max(tree.subtree(thing))
    for child in sorted(tree.below(at, "prep", "oprd", "xcomp")):
        fits = (
            tree.words[child].dep != "prep"
            or tree.words[child].lemma == "as"
            or (manner is Manner.JUDGES and tree.words[child].lemma == "for")
        )
        below = tree.subtree(child)
        if fits and min(below) == end + 1:
            found |= below
            end = max(below)
    return found


def _as_said(tree: Tree, at: int) -> bool:
    """ "As Ito said": the clause that it hangs on is what she said."""
    marks = tree.below(at, "mark", "advmod")
    return (
        tree.words[at].dep == "advcl"
        and any(tree.words[m].lemma == "as" for m in marks)
        and tree.first(at, "dobj") is None
    )


def _relative(tree: Tree, clause: int) -> bool:
    return tree.words[clause].dep == "relcl"


def _parenthetic(tree: Tree, at: int) -> bool:
    """Whether a verb of attribution stands between commas in the middle of what it attributes."""
    subject = tree.subject(at)
    if subject is None:
        return False
    low, high = min(at, subject), max(at, subject)
    before = tree.words[low - 1].text if low else ""
    after = tree.words[high + 1].text if high + 1 < len(tree.words) else ""
    return before in {",", "”", "--", "-"} and after in {",", ".", "--", "-"}
