"""Where the sentences of a paragraph end, by rules alone.

Rules: a sentence ends at a full stop, question mark, exclamation mark or ellipsis, with the quotation marks and
brackets that follow it, if a space and something that can begin a sentence come next. The stop of an abbreviation,
of an initial or of a title ends none; that of "U.S." or "p.m." only before a word that often begins a sentence. A
stop between a small letter and a capitalised word without a space is a lost line break and ends one. A sentence
never reaches over its paragraph; after `LONGEST` characters without an end it is cut at a space, so that no later
step meets one without bound.
"""

import re
from collections.abc import Iterator

from backchannel.core.assess.press import Span

LONGEST = 5_000
"""Characters of a sentence, at most."""

_END = re.compile(r"(?:[.!?…]{1,10}[\"“”»'’)\]]{0,4})(?:\s+|(?=[A-Z“][a-z]+ ))")
_TITLES_WORDS = (
    "mr mrs ms dr prof gen lt col maj sgt capt cmdr adm sen rep gov pres rev hon st sr jr messrs cpl pvt "
    "supt insp det"
)
_TITLES = frozenset(_TITLES_WORDS.split())
_OTHERS_WORDS = (
    "vs etc e.g i.e cf no nos fig al ft mt approx est dept univ jan feb mar apr jun jul aug sep sept oct "
    "nov dec ave blvd rd bros viz op ed eds vol pp ca poss"
)
_OTHERS = frozenset(_OTHERS_WORDS.split())
_MAY_END = frozenset(
    [
        "u.s",
        "u.k",
        "u.n",
        "e.u",
        "u.s.a",
        "p.m",
        "a.m",
        "inc",
        "corp",
        "co",
        "ltd",
        "d.c",
        "b.c",
        "jr",
        "sr",
        "etc",
        "st",
        "no",
    ]
)
_STARTERS_WORDS = (
    "the a an he she it they we i you in on at but and so if when while after before as by for from his "
    "her its their this that these those there what who how why according also another some many most "
    "both no not one"
)
_STARTERS = frozenset(_STARTERS_WORDS.split())


def sentences(text: str, paragraph: Span) -> Iterator[Span]:
    """The sentences of a paragraph, in order, without the space between them."""
    begin = paragraph.begin
    for match in _END.finditer(text, paragraph.begin, paragraph.end):
        if match.end() >= paragraph.end or not _ends(text, match, begin):
            continue
        yield from _bounded(text, begin, len(match.group().rstrip()) + match.start())
        begin = match.end()
    yield from _bounded(text, begin, paragraph.end)


def _ends(text: str, match: re.Match[str], begin: int) -> bool:
    following = text[match.end() : match.end() + 24]
    first = following.lstrip("\"“”«‘'([—–-")[:1]
    if not match.group()[-1:].isspace():
        return (
            text[match.start() - 1 : match.start()].islower() and text[max(begin, match.start() - 2) :][:1].islower()
        )
    if not first or first.islower():
        return False
    if match.group()[0] != "." or match.group().startswith(".."):
        return True
    word = _word_before(text, match.start(), begin)
    if word in _MAY_END:
        return _starts(following)
    if word in _TITLES or word in _OTHERS:
        return False
    return not (len(word) == 1 and word.isalpha()) or _starts(following)


def _word_before(text: str, end: int, begin: int) -> str:
    """The word that a stop follows, small and without the marks around it."""
    piece = text[max(begin, end - 24) : end]
    words = piece.split()
    return words[-1].strip("\"“”«»‘’'()[]").casefold() if words and not piece[-1:].isspace() else ""


def _starts(following: str) -> bool:
    words = following.lstrip("\"“”«‘'([").split()
    return bool(words) and words[0].strip(",’'").casefold() in _STARTERS


def _bounded(text: str, begin: int, end: int) -> Iterator[Span]:
    while end - begin > LONGEST:
        cut = text.rfind(" ", begin + 1, begin + LONGEST)
        cut = cut if cut > begin else begin + LONGEST
        yield Span(begin, cut)
        begin = cut
        while begin < end and text[begin].isspace():
            begin += 1
    if begin < end:
        yield Span(begin, end)
