"""Names of outlets in a text: the gazetteer, longest match first, and short names that the text itself explains.

Rules: names are compared word by word, without case and punctuation, and begin with a capital or a digit; the
longest wins. "The Post" means the outlet last named in full that has this word in its name; without one it means
nothing. A local station is known by its form ("Fox 13", "WXYZ-TV"). Whether a mention is a credit is asked in
`core.assess.credits`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import msgspec

from backchannel.core.assess.countries import country_of
from backchannel.core.assess.outlet_names import NAMES
from backchannel.core.assess.press import Span

TOKEN = re.compile(r"[^\W_]+")
_GAP = re.compile(r"[\s/.,'’!&+|-]{0,3}")
_BREAK = re.compile(r"[.!?]\s|\n|,")
_STATION = re.compile(
    r"\b(?:(?:FOX|Fox|ABC|NBC|CBS|CW|Channel|NewsChannel|News|Action News|Eyewitness News)\s?-?\d{1,2}(?:\sNews)?"
    r"|[KW][A-Z]{2,3}(?:-(?:TV|FM|AM)|\sTV|\sRadio)|[KW][A-Z]{3}(?:\s\d{1,2})?)\b"
)
_NUMBERED = re.compile(r"(.*?)[\s-]*(\d+)(?:\sNews)?")
_SHORT = re.compile(
    r"\b[Tt]he (Post|Times|Mail|Journal|Herald|Telegraph|Star|Globe|Tribune|Sun|Mirror|Express|Chronicle|"
    r"Observer|Record|"
    r"Standard|Examiner|Gazette|Sentinel|Inquirer|News)\b(?! [A-Z])|\b(Mail)(?= (?:reported|reports|said)\b)"
)
_HAS_DIGIT = re.compile(r"\d")
_ARTICLES_WORDS = "al an as ash el la le il o de die der het"
_ARTICLES = frozenset(_ARTICLES_WORDS.split())
_OWNS = ("'s", "’s")
_PLAIN_WORDS = "the news newspaper agency magazine website tv television online channel"
_PLAIN = frozenset(_PLAIN_WORDS.split())


class Outlet(msgspec.Struct, frozen=True):
    """An outlet: its usual name, and its kind: agency, newspaper, magazine, broadcaster, site, social, or empty."""

    name: str
    kind: str = ""

    @property
    def key(self) -> str:
        """What is equal for two names of one outlet that the gazetteer does not know."""
        return key(self.name)


class Mention(msgspec.Struct, frozen=True):
    """An outlet named at a place of a text; `certain` if the gazetteer knows it."""

    span: Span
    outlet: Outlet
    certain: bool = True


class _Entry(msgspec.Struct, frozen=True):
    words: tuple[str, ...]
    exact: str
    outlet: Outlet


class Gazetteer:
    """A table of names, ready to be searched for in texts."""

    def __init__(self, names: Mapping[str, str]) -> None:
        """`names` has one text per kind, one outlet a line, as `outlet_names` describes."""
        self._by_first: dict[str, list[_Entry]] = {}
        for kind, lines in names.items():
            for line in lines.strip().splitlines():
                self._add(kind, line.split("|"))
        for entries in self._by_first.values():
            entries.sort(key=lambda entry: -len(entry.words))

    def _add(self, kind: str, aliases: list[str]) -> None:
        outlet = Outlet(aliases[0].removeprefix("="), kind)
        for alias in aliases:
            words = tuple(word.casefold() for word in TOKEN.findall(alias))
            exact = alias[1:] if alias.startswith("=") else ""
            self._by_first.setdefault(words[0], []).append(_Entry(words, exact, outlet))

    def named(self, name: str) -> Outlet | None:
        """The outlet of exactly this name, if the table has it."""
        words = tuple(word.casefold() for word in TOKEN.findall(name))
        for candidate in (words, words[1:] if words[:1] == ("the",) else words):
            for entry in self._by_first.get(candidate[0], ()) if candidate else ():
                if entry.words == candidate:
                    return entry.outlet
        return None

    def mentions(self, text: str, begin: int = 0, end: int | None = None) -> Iterator[Mention]:
        """Known names between two places of a text, in order; none overlaps another."""
        tokens = list(TOKEN.finditer(text, begin, len(text) if end is None else end))
        index = 0
        while index < len(tokens):
            found = self._at(text, tokens, index)
            if found is None:
                index += 1
                continue
            entry, last = found
            yield Mention(Span(tokens[index].start(), tokens[last].end()), entry.outlet)
            index = last + 1

    def _at(self, text: str, tokens: list[re.Match[str]], index: int) -> tuple[_Entry, int] | None:
        first = tokens[index].group()
        entries = self._by_first.get(first.casefold())
        if entries is None or not (first[0].isupper() or _HAS_DIGIT.search(first) or _particle(tokens, index)):
            return None
        for entry in entries:
            last = index + len(entry.words) - 1
            if last < len(tokens) and _fits(text, tokens[index : last + 1], entry):
                return entry, last
        return None


def _particle(tokens: list[re.Match[str]], index: int) -> bool:
    """Whether this is the article of an Arabic or Romance name, such as "al-Manar"."""
    if tokens[index].group() not in _ARTICLES or index + 1 >= len(tokens):
        return False
    return tokens[index + 1].group()[0].isupper()


def _fits(text: str, tokens: list[re.Match[str]], entry: _Entry) -> bool:
    for token, word in zip(tokens, entry.words, strict=True):
        if token.group().casefold() != word:
            return False
    for one, two in pairwise(tokens):
        between = text[one.end() : two.start()]
        if not _GAP.fullmatch(between) or _BREAK.search(between):
            return False
    written = text[tokens[0].start() : tokens[-1].end()]
    if entry.exact:
        return written == entry.exact
    # A name of two or three letters is one only in capitals: "AP", not "Ap".
    return len(entry.words) > 1 or len(written) > 3 or written.isupper() or written[1:].islower() is False


@cache
def gazetteer() -> Gazetteer:
    """The table of `outlet_names`."""
    return Gazetteer(NAMES)


def mentions(text: str, begin: int, end: int, known: Gazetteer) -> list[Mention]:
    """All names of outlets in a part of a text, short ones and local stations too, in order."""
    listed = list(known.mentions(text, begin, end))
    listed += [
        Mention(Span(match.start(), match.end()), Outlet(_station(match.group()), "broadcaster"))
        for match in _STATION.finditer(text, begin, end)
    ]
    return apart(listed)


def meant(phrase: str, known: Gazetteer) -> Outlet | None:
    """The outlet that a phrase such as "Norway's Example Courier" means. A longer name that has that of an outlet in
    it ("Example Courier Watch") is another's."""
    mention = next(known.mentions(phrase), None)
    if mention is None:
        return None
    before = phrase[: mention.span.begin].split()[-1:]
    after = phrase[mention.span.end :].split()[:1]
    longer = any(
        word in {"of", "for"}
        or (word[0].isupper() and word != "The" and not word.endswith(_OWNS) and not country_of(word))
        for word in before
    ) or any(word[0].isupper() and word.casefold() not in _PLAIN for word in after)
    return None if longer else mention.outlet


def short_names(
    text: str, begin: int, end: int, listed: Sequence[Mention], before: Mapping[str, Mention]
) -> Iterator[Mention]:
    """Names such as "the Post" in a part of a text, each with the outlet that was last named in full before it: among
    those `listed` there in order, else in what stands `before`, by the words of their names (`words_of`)."""
    here: dict[str, Mention] = {}
    ahead = iter(listed)
    mention = next(ahead, None)
    for match in _SHORT.finditer(text, begin, end):
        group = 1 if match.group(1) else 2
        while mention is not None and mention.span.begin < match.start(group):
            here |= dict.fromkeys(words_of(mention), mention)
            mention = next(ahead, None)
        word = match.group(group).casefold()
        meant_here = here.get(word) or before.get(word)
        if meant_here is not None:
            yield Mention(Span(match.start(group), match.end(group)), meant_here.outlet)


def words_of(mention: Mention) -> list[str]:
    """The words of an outlet's name, in lower case."""
    return TOKEN.findall(mention.outlet.name.casefold())


def apart(listed: list[Mention]) -> list[Mention]:
    """Mentions in order; of overlapping ones the certain one, then the longest."""
    kept: list[Mention] = []
    for mention in sorted(listed, key=lambda item: (item.span.begin, -item.span.end, not item.certain)):
        if kept and mention.span.begin < kept[-1].span.end:
            if _rank(mention) > _rank(kept[-1]):
                kept[-1] = mention
            continue
        kept.append(mention)
    return kept


def _rank(mention: Mention) -> tuple[bool, int]:
    return mention.certain, mention.span.end - mention.span.begin


@lru_cache(20_000)
def key(name: str) -> str:
    """A name without what two spellings of it may differ in."""
    words = [word.casefold() for word in TOKEN.findall(name)]
    core = [word for word in words if word not in _PLAIN] or words
    return "".join(core).removesuffix("com")


def _station(name: str) -> str:
    """One spelling for "Fox13", "FOX 13" and "Fox-13"."""
    match = _NUMBERED.fullmatch(name)
    if match is None:
        return name
    letters = match.group(1)
    letters = letters.upper() if letters.casefold() in ("fox", "abc", "nbc", "cbs", "cw") else letters
    return f"{letters} {match.group(2)}"
