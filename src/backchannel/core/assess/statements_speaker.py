"""Who a source is: "he", "the official" and "Kabir" as the fullest naming of the same speaker, where there is cause.

Rules. A relative pronoun is the noun before it. A surname is the one full name of the text that ends with it; with
two such names it stays as it is. "He" and "she" are the last person who spoke or was the subject of a sentence,
within the same or the last two paragraphs, of a sex that does not contradict; "they" the last group or organisation,
"it" the last organisation or document. "The official" is the last speaker who was called that. "I" and "we" in a
quote are who is quoted. Everything else is unresolved: who it is must not be guessed.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from backchannel.core.assess.press import Span
from backchannel.core.assess.statements_tree import Tree
from backchannel.core.assess.statements_words import UNNAMED, lexicon

_HE = lexicon("he him his himself")
_SHE = lexicon("she her hers herself")
_THEY = lexicon("they them their theirs")
_IT = lexicon("it its")
_RELATIVE = lexicon("who whom whose which that")
_SPEAKER_ITSELF = lexicon("i we me us my our")
_ADDRESSED = lexicon("you your yours")
_MALE = lexicon(
    """
    mr mister sir king prince lord spokesman chairman congressman businessman policeman father son brother man
    """
)
_FEMALE = lexicon(
    """
    ms mrs miss madam queen princess lady spokeswoman chairwoman congresswoman businesswoman mother daughter
    sister woman
    """
)
_TITLES = lexicon("mr mrs ms dr gen lt col sen rep gov sir lord president minister")
_INITIAL = re.compile(r"[A-Z]\.?")
_OFFICES = lexicon(
    """
    ambassador chief commander director governor head leader mayor minister premier president secretary
    """
)
_CALLED = UNNAMED | _OFFICES | _MALE | _FEMALE | _TITLES
_WITHIN = 2
_REMEMBERED = 40


class Cause(StrEnum):
    """Why a source is taken to be a speaker."""

    NAMED = "named"
    """The source names its speaker."""
    SURNAME = "surname"
    """It is the end of the only full name in the text that ends so."""
    PRONOUN = "pronoun"
    """A pronoun, and the last one who fits."""
    DESCRIPTION = "description"
    """"The official": the last speaker who was called that."""
    RELATIVE = "relative"
    """The noun that a relative clause hangs on."""
    CONTINUED = "continued"
    """A quote that goes on."""
    UNKNOWN = "unknown"
    """Nobody is named, or there is no cause to say who."""


class Speaker(msgspec.Struct, frozen=True):
    """Who speaks: where the text names them best, and why that is taken to be them."""

    span: Span | None
    cause: Cause
    anonymous: bool = False


class Mention(msgspec.Struct, frozen=True):
    """Somebody or something named in the text, that a later source may mean."""

    span: Span
    paragraph: int
    names: tuple[str, ...]
    words: frozenset[str]
    person: bool
    plural: bool
    sex: str = ""
    anonymous: bool = False
    place: bool = False


def mention(tree: Tree, at: int, span: Span, paragraph: int) -> Mention:
    """A noun with the words around it that say what it is: name, title, apposition."""
    near = {at, *tree.below(at, "compound", "amod", "nmod")}
    apposed = {n for a in tree.below(at, "appos") for n in (a, *tree.below(a, "compound", "amod"))}
    words = frozenset(tree.words[n].lemma.lower().strip(".") for n in near | apposed)
    compound = [n for n in tree.below(at, "compound") if not _is_title(tree, n)]
    proper = tree.words[at].pos == "PROPN"
    names = tuple(tree.words[n].text for n in (*compound, at) if proper and tree.words[n].pos == "PROPN")
    apart = (at, *(n for n in tree.subtree(at) if tree.words[n].dep == "appos"))
    named = any(tree.words[n].entity == "PERSON" and tree.words[n].pos == "PROPN" for n in apart)
    plural = tree.words[at].tag in {"NNS", "NNPS"} or tree.first(at, "conj") is not None
    sex = "m" if words & _MALE else "f" if words & _FEMALE else ""
    titled = any(_is_title(tree, n) for n in (*tree.below(at, "compound"), *apart[1:]))
    human = tree.words[at].pos == "NOUN" and (tree.words[at].lemma in UNNAMED | _OFFICES)
    return Mention(
        span=span,
        paragraph=paragraph,
        names=names,
        words=words,
        person=(named or human or titled) and not plural,
        plural=plural,
        sex=sex,
        anonymous=human and not named and _unnamed(tree, at),
        place=tree.words[at].entity in {"GPE", "LOC", "NORP"},
    )


def _is_title(tree: Tree, at: int) -> bool:
    """Whether a word is what people are called before their name."""
    word = tree.words[at]
    return bool({word.lemma, word.text.lower().strip(".")} & _CALLED)


def _unnamed(tree: Tree, at: int) -> bool:
    """Whether a person who is called by what they are could be anybody: "an official", but not "the president"."""
    if tree.words[at].lemma in UNNAMED:
        return True
    return not any(
        tree.words[n].text.lower() == "the" or tree.words[n].dep == "poss" for n in tree.below(at, "det", "poss")
    )


class Speakers:
    """The mentions of a text in order, that sources are resolved against."""

    def __init__(self, full_names: Iterable[tuple[tuple[str, ...], Span]]) -> None:
        self._by_surname: dict[str, dict[tuple[str, ...], Span]] = {}
        for names, span in full_names:
            plain = tuple(
                name for name in names if not _INITIAL.fullmatch(name) and name.lower().strip(".") not in _TITLES
            )
            if len(plain) > 1:
                self._by_surname.setdefault(_surname(plain[-1]), {}).setdefault(tuple(map(_surname, plain)), span)
        self._seen: list[Mention] = []
        self._sexes: dict[Span | None, str] = {}

    def see(self, one: Mention) -> None:
        """Remember somebody who may be meant later."""
        self._seen.append(one)
        del self._seen[:-_REMEMBERED]

    def named(self, one: Mention) -> Speaker:
        """A source that is a name or a description."""
        if len(one.names) == 1 and not one.place:
            known = self._by_surname.get(_surname(one.names[0]), {})
            if len(known) == 1:
                return Speaker(next(iter(known.values())), Cause.SURNAME)
        return Speaker(one.span, Cause.NAMED, one.anonymous)

    def pronoun(self, word: str, paragraph: int) -> Speaker:
        """ "He", "she", "they", "it": the last one who fits."""
        for one in reversed(self._seen):
            if paragraph - one.paragraph > _WITHIN:
                break
            resolved = self.named(one)
            person = one.person or resolved.cause is Cause.SURNAME
            sex = one.sex or self._sexes.get(resolved.span, "")
            if word in _HE | _SHE:
                wanted = "m" if word in _HE else "f"
                fits = person and sex in {"", wanted}
                if fits:
                    self._sexes[resolved.span] = wanted
            elif word in _THEY:
                fits = one.plural or not person
            else:
                fits = not person and not one.plural
            if fits:
                return Speaker(resolved.span, Cause.PRONOUN, one.anonymous)
        return Speaker(None, Cause.UNKNOWN)

    def described(self, noun: str, span: Span) -> Speaker | None:
        """ "The official": the last speaker who was called so by name or title."""
        for one in reversed(self._seen):
            if noun in one.words and one.span != span:
                resolved = self.named(one)
                return Speaker(resolved.span, Cause.DESCRIPTION, one.anonymous)
        return None


def kind_of_pronoun(word: str) -> str:
    """ "third" for he, she, they and it, "relative", "first" for I and we, "second" for you, or "" for others."""
    low = word.lower()
    if low in _HE | _SHE | _THEY | _IT:
        return "third"
    if low in _ADDRESSED:
        return "second"
    return "relative" if low in _RELATIVE else "first" if low in _SPEAKER_ITSELF else ""


def _surname(name: str) -> str:
    """A name as it is compared: "al-Amri" is called "Amri" as often."""
    return name.lower().removeprefix("al-").removeprefix("el-")


def full_names(trees: Sequence[Tree]) -> Iterable[tuple[tuple[str, ...], Span]]:
    """All names of people of more than one word, in the order of the text."""
    for tree in trees:
        begin: int | None = None
        for at, word in enumerate((*tree.words, None)):
            inside = word is not None and word.entity == "PERSON" and word.pos == "PROPN"
            if begin is not None and (not inside or (word is not None and word.begins)):
                yield tuple(tree.words[n].text for n in range(begin, at)), tree.characters(begin, at - 1)
                begin = None
            if inside and begin is None:
                begin = at
