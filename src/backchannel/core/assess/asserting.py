"""Whether a speaker asserts what a statement has on a claim: that it is said at all, and is the speaker's own word.

Rules.
1. What is not said, or only may be, is asked after, put under a condition, taken back, joked or lied is no statement.
2. A question asserts nothing, however it is put.
3. A claim that stands in the content under another act of speech is that act's: "said that critics say", "said the
   ministry denied". An act of the speaker's own counts as the speaker's: "we deny that".
4. To deny a denial, to deny that one said or knows something, or to deny that it was said, is no denial of it. Who
   has "no doubt" asserts.
"""

from collections.abc import Iterator
from enum import StrEnum

from backchannel.core.assess.press import Span
from backchannel.core.assess.relevance import stems
from backchannel.core.assess.statements import Statement
from backchannel.core.assess.statements_stance import Stance, calls_false
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import CONFIRMS, DENIES, lexicon

_UNMEANT = lexicon("jest joke lie pretend quip recant retract withdraw")
"""Cues of what is not meant, or no longer."""
_WRONGLY = lexicon("deceitfully erroneously falsely incorrectly jokingly mistakenly sarcastically wrongly")
_MODAL = lexicon("could may might must should would")
_CONDITIONS = lexicon("if unless until whether")
_NO = lexicon("neither no nobody none no-one")
_SPEAKS = lexicon(
    "allege announce assert claim confirm declare hear insist quote read report say speak state tell write"
)
"""Verbs under which a claim is somebody's words."""
_ASKS = lexicon("ask check examine inquire investigate probe question wonder")
_DENIAL = DENIES | lexicon("denial rejection")
_DOUBT = lexicon("doubt question secret")
_KNOWS = lexicon("aware know knowledge recall recollection remember")
_ACTS = lexicon("denial denying doubt knowledge question recollection secret")
"""Nouns for acts that may have a claim for their object."""
_COMPLEMENTS = ("acl", "ccomp", "dobj", "pcomp", "pobj", "prep", "xcomp")
_MOST = 0.6
"""Part of what a content has of the claim that stands below an act which has the claim for its object."""


class Standing(StrEnum):
    """What a claim in a content is to the speaker."""

    OWN = "own"
    """The content is the speaker's word on it."""
    NOT_SAID = "not-said"
    """Nothing on it is the speaker's."""
    DENIED = "denied"
    """The speaker denies it within the content."""
    UNDOUBTED = "undoubted"
    """The speaker says that there is no doubt of it."""


def standing(cue: Tree, content: Tree, one: Statement, asked: frozenset[str]) -> Standing:
    """What the claim is to the speaker of a statement. `cue` and `content` are the sentences in which its cue and its
    first content begin; `asked` has the words of the claim, as `stems` has them."""
    if undone(cue, one) or _is_question(content, one) or _denied_twice(cue, content, one):
        return Standing.NOT_SAID
    return next(
        (found for span in one.contents if (found := _within(content, span, one, asked)) is not None), Standing.OWN
    )


def undone(tree: Tree, one: Statement) -> bool:
    """Whether the cue of a statement tells of nothing that was said, or meant."""
    if one.word in _UNMEANT:
        return True
    at = _cue(tree, one)
    if at is None:
        return False
    if any(tree.words[n].text.lower() in _WRONGLY for n in tree.below(at, "advmod")):
        return True
    if any(tree.words[n].lemma in _CONDITIONS for n in tree.below(at, "mark")):
        return True
    return _hangs(tree, at) or _asked_after(tree, one)


def _cue(tree: Tree, one: Statement) -> int | None:
    """The word that a cue turns on."""
    if one.cue is None:
        return None
    inside = [n for n, word in enumerate(tree.words) if one.cue.covers(word.span)]
    return next((n for n in reversed(inside) if tree.words[n].lemma == one.word), None)


def _hangs(tree: Tree, at: int) -> bool:
    """Whether an act did not happen, or only may: "never said", "might confirm", "has yet to say", "no official"."""
    if tree.words[at].pos not in {"AUX", "VERB"}:
        return False
    if tree.first(at, "neg") is not None or _none_does(tree, at):
        return True
    helping = {tree.words[n].lemma for n in tree.below(at, "aux")} | {
        tree.words[n].text.lower() for n in tree.below(at, "aux")
    }
    if helping & _MODAL or ("will" in helping and tree.words[at].lemma in DENIES | CONFIRMS):
        return True
    above = tree.heads[at]
    return "to" in helping and any(tree.words[n].text.lower() == "yet" for n in tree.below(above, "advmod"))


def _none_does(tree: Tree, at: int) -> bool:
    subject = tree.subject(at)
    return subject is not None and any(
        tree.words[n].text.lower() in _NO for n in (subject, *tree.below(subject, "det", "preconj"))
    )


def _asked_after(tree: Tree, one: Statement) -> bool:
    """Whether the sentence asks if it was said; a question that is quoted in it does not."""
    end = next((word for word in reversed(tree.words) if word.pos != "PUNCT" or word.text == "?"), None)
    if end is None or end.text != "?":
        return False
    return not any(content.covers(end.span) for content in one.contents) or tree.first(0, "punct") is None


def _denied_twice(cue: Tree, content: Tree, one: Statement) -> bool:
    """Whether what is denied is that it is false, or a denial or knowledge of it: "denied any knowledge that"."""
    if one.word not in DENIES:
        return False
    at = _cue(cue, one)
    if at is not None and any(cue.words[n].lemma in _DENIAL | _KNOWS for n in cue.below(at, "dobj")):
        return True
    return calls_false(content, one.contents)


def _is_question(tree: Tree, one: Statement) -> bool:
    return bool(one.contents) and all(_asks(tree, content) for content in one.contents)


def _asks(tree: Tree, content: Span) -> bool:
    """Whether a content is one sentence that ends in a question mark."""
    if content.begin < tree.span.begin or content.end > tree.span.end:
        return False
    inside = [word for word in tree.words if content.covers(word.span)]
    end = next((word for word in reversed(inside) if word.pos != "PUNCT" or word.text in {"?", ".", "!"}), None)
    return end is not None and end.text == "?"


def _within(tree: Tree, content: Span, one: Statement, asked: frozenset[str]) -> Standing | None:
    """What the outermost act in a content, which has the claim for its object, makes of it; None without one."""
    denied = one.stance is Stance.DENIES
    for at in _acts(tree, content, asked):
        lemma = tree.words[at].lemma
        if lemma in _KNOWS:
            if denied:
                return Standing.NOT_SAID
            continue
        if denied:
            return Standing.NOT_SAID
        nothing = any(tree.words[n].text.lower() in _NO for n in tree.below(at, "det", "neg"))
        if lemma in _DOUBT or (lemma in _DENIAL and nothing):
            sure = nothing or tree.first(at, "neg") is not None or _none_does(tree, at)
            return Standing.UNDOUBTED if sure else Standing.NOT_SAID
        mine = _is_own(tree, at) and not _hangs(tree, at)
        if lemma in _DENIAL:
            return Standing.DENIED if mine else Standing.NOT_SAID
        return Standing.OWN if mine and lemma in _SPEAKS and lemma not in {"hear", "read"} else Standing.NOT_SAID
    return None


def _is_own(tree: Tree, at: int) -> bool:
    """Whether the subject of an act may be the speaker: a pronoun."""
    subject = tree.subject(at)
    return subject is not None and tree.words[subject].tag == "PRP"


def _acts(tree: Tree, content: Span, asked: frozenset[str]) -> Iterator[int]:
    """Words for acts of speech, doubt and knowledge that have the claim below them."""
    inside = {n for n, word in enumerate(tree.words) if content.covers(word.span)}
    whole = asked & _stems(tree, inside)
    for at in sorted(inside, key=lambda n: (len(list(tree.above(n))), n)):
        if not _is_act(tree, at):
            continue
        below: set[int] = set()
        for child in tree.below(at, *_COMPLEMENTS):
            below |= tree.subtree(child)
        held = asked & _stems(tree, below & inside)
        if held and len(held) >= _MOST * len(whole):
            yield at


def _is_act(tree: Tree, at: int) -> bool:
    word = tree.words[at]
    if word.pos in {"AUX", "VERB"}:
        return word.lemma in _SPEAKS | _ASKS | _DENIAL | _KNOWS or word.lemma == "doubt"
    if word.pos == "ADJ":
        return word.lemma == "aware"
    return word.pos == "NOUN" and word.lemma in _ACTS


def _stems(tree: Tree, inside: set[int]) -> set[str]:
    return {stem for n in inside for stem in stems(tree.words[n].text)}
