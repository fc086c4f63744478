"""What a speaker does to what is said: affirms it, confirms that it was said or is so, denies it, or will not say.

Rules, in order; the first that holds decides.
1. Refusals are `declines`; so is a confirmation or a denial that is negated ("did not deny", "neither confirmed nor
   denied"), failed ("unable to confirm"), over ("no longer denies") or only awaited ("until it is confirmed").
2. A verb or noun of denial is `denies`; so is a clause that calls its subject false, and "there is no truth".
3. A verb of confirmation is `confirms-said` if what it confirms is that something was said (remarks, quotes, "were
reported correctly"), else `confirms-so`.
4. All else is `affirms`, also a negative clause: it affirms that something is not so. Whether that denies what
somebody asks about is not decided here.
"""

from enum import StrEnum

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import CONFIRMS, DENIES, lexicon

_DENIAL_NOUNS = frozenset(("denial", "rejection", "refutation", "rebuttal"))
_SAID = lexicon(
    """
    account allegation announcement claim comment interview quotation quote remark report saying speech statement
    testimony word accuracy authenticity
    """
)
_QUOTED = lexicon("quotation quote remark wording")
_GENUINE = lexicon("accurate authentic genuine verbatim")
_SAYING = lexicon("say report quote state tell speak announce declare misquote")
_FALSE = lexicon(
    """
    absurd baseless bogus concoct erroneous fabricate fabricated fabrication fake false falsehood fiction
    groundless hoax inaccurate incorrect invent invented lie myth nonsense preposterous propaganda rubbish
    slander unfounded untrue wrong
    """
)
_TRUTH = lexicon("basis evidence foundation substance truth")

_CANNOT = lexicon("unable fail decline refuse impossible stop cease")
_AWAITED = lexicon("if until unless whether once before")
_PREDICATES = frozenset(("acomp", "attr", "oprd", "ccomp"))


class Stance(StrEnum):
    """What a speaker does to what is said."""

    AFFIRMS = "affirms"
    CONFIRMS_SAID = "confirms-said"
    CONFIRMS_SO = "confirms-so"
    DENIES = "denies"
    DECLINES = "declines"


def stance(tree: Tree, at: int, contents: tuple[Span, ...], refused: bool = False) -> Stance:
    """The stance of the speaker of a cue, whose verb or noun is the word `at`, to its contents."""
    word = tree.words[at]
    if refused:
        return Stance.DECLINES
    if word.lemma in DENIES | CONFIRMS and _negated(tree, at):
        return Stance.DECLINES
    if word.lemma in DENIES or word.lemma in _DENIAL_NOUNS or calls_false(tree, contents):
        return Stance.DENIES
    if word.lemma in CONFIRMS:
        quoted = any(tree.words[n].lemma in _QUOTED for n in tree.below(at, "dobj"))
        return Stance.CONFIRMS_SAID if quoted or _of_words(tree, contents) else Stance.CONFIRMS_SO
    return Stance.AFFIRMS


def _negated(tree: Tree, at: int) -> bool:
    """Whether it did not happen: "did not confirm", "was unable to verify", "until it is confirmed"."""
    awaited = any(tree.words[n].lemma in _AWAITED for n in tree.below(at, "mark", "advmod"))
    if awaited or tree.first(at, "neg") is not None or _neither(tree, at) or _no_longer(tree, at):
        return True
    below = at
    for lead in tree.above(at):
        if tree.words[below].dep not in {"xcomp", "acomp"}:
            break
        if tree.words[lead].lemma in _CANNOT or tree.first(lead, "neg") is not None:
            return True
        below = lead
    subject = tree.subject(at)
    return subject is not None and any(
        tree.words[n].text.lower() in {"neither", "nobody", "no", "none"}
        for n in (subject, *tree.below(subject, "det", "preconj"))
    )


def _neither(tree: Tree, at: int) -> bool:
    """Whether it is one of two that did not happen: "neither confirmed nor denied"."""
    verbs = (at, tree.heads[at]) if tree.words[at].dep == "conj" else (at,)
    heads = (*verbs, *tree.below(at, "ccomp", "dobj"))
    return any(
        tree.words[n].text.lower() == "neither" for head in heads for n in tree.below(head, "preconj", "cc", "advmod")
    )


def _no_longer(tree: Tree, at: int) -> bool:
    return any(tree.first(n, "neg") is not None for n in tree.below(at, "advmod") if tree.words[n].text == "longer")


def _head(tree: Tree, span: Span) -> int | None:
    """The word of a span that the others in it hang on."""
    return next(tree.tops(tree.within(span)), None)


def calls_false(tree: Tree, contents: tuple[Span, ...]) -> bool:
    """ "Said that the report is false", "called it a lie", and "there is no truth in it"."""
    for content in contents:
        head = _head(tree, content)
        if head is None:
            continue
        predicates = [head, *tree.below(head, "acomp", "attr", "oprd", "dobj")]
        for noun in predicates:
            word = tree.words[noun]
            negated = tree.first(head, "neg") is not None or tree.words[head].dep == "neg"
            none = any(tree.words[n].text.lower() in {"no", "any", "without"} for n in tree.below(noun, "det", "neg"))
            if word.lemma in _FALSE and word.dep in _PREDICATES and not negated:
                return True
            if word.lemma in _TRUTH and word.dep in {"attr", "dobj", "nsubj"} and none:
                return True
            if word.lemma in {"true", "correct", "accurate"} and word.dep == "acomp" and negated:
                return True
    return False


def _of_words(tree: Tree, contents: tuple[Span, ...]) -> bool:
    """Whether a content is about something having been said."""
    for content in contents:
        head = _head(tree, content)
        if head is None:
            continue
        word = tree.words[head]
        if word.lemma in _SAID and word.pos in {"NOUN", "PROPN"}:
            return True
        if word.lemma in _SAYING and word.pos == "VERB":
            return True
        if word.lemma == "be" and _of_what_was_said(tree, head):
            return True
    return False


def _of_what_was_said(tree: Tree, head: int) -> bool:
    """ "This was what she said", "the remarks were genuine"."""
    if any(tree.words[n].lemma in _SAYING and tree.words[n].pos == "VERB" for n in tree.below(head, "attr", "ccomp")):
        return True
    subject = tree.subject(head)
    genuine = any(tree.words[n].lemma in _GENUINE for n in tree.below(head, "acomp"))
    return genuine and subject is not None and tree.words[subject].lemma in _SAID
