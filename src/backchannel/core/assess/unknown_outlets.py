"""Outlets that the gazetteer does not know, found by their form or by the words beside them.

Rules: a domain name; a capitalised name behind "the daily", "news website" and the like, or before "newspaper",
"news agency"; one that ends like an outlet's ("X Times", "X TV"); a capitalised name in ", X reported." or
"according to a report by X"; and a medium of a country or a state ("Israeli radio", "state television", "an
Argentine website"). A person who bears a title, or is named like a person with a verb of speech elsewhere, is none.
None of these is certain.
"""

import re
from collections.abc import Iterator

from backchannel.core.assess.outlets import Gazetteer, Mention, Outlet
from backchannel.core.assess.press import Span

# A word has no space or hyphen within, and words are parted by one: a name is matched in one way or not at all.
_NAME = (
    r"(?:[A-Z0-9][\w’'&.]{0,40}\w|[A-Z])"
    r"(?:[ -](?:[A-Z][\w’'&]{0,40}|\d{1,3}|of|de|la|el|al|the)(?![\w’'])){0,5}"
)
_FORMS = (
    re.compile(
        r"(?<![\w@./])(?P<name>[\w-]{2,40}\.(?:com|net|org|info|tv|co\.uk|com\.au|ru|in|ir|de|fr|it))(?![\w/])"
    ),
    re.compile(
        r"\b(?:newspaper|daily|weekly|website|web site|news site|news agency|news website|tabloid|broadcaster|"
        r"news channel|"
        r"radio station|TV station|TV channel|television channel|television station|news outlet|news portal|"
        r"online magazine|blog|"
        r"gossip site|tech blog|news station|wire service|news publication|publication)\s+[\"“‘']?(?P<name>"
        + _NAME
        + ")"
    ),
    re.compile(
        r"(?P<name>"
        + _NAME
        + r")[\"”’']?\s+(?:newspaper|news agency|news website|news site|magazine|television|news channel|"
        r"radio station|"
        r"news portal|tabloid|TV station|TV channel|blog)\b"
    ),
    re.compile(
        r"\b(?P<name>(?:[A-Z][\w’'&-]{0,40}\s){1,3}(?:Times|Post|News|Herald|Tribune|Gazette|Chronicle|Journal|"
        r"Telegraph|Observer|Mirror|"
        r"Courier|Examiner|Sentinel|Dispatch|Inquirer|Bulletin|Mail|Insider|TV|Radio|Television|Press|Today|"
        r"Online|Media|Daily|"
        r"News Agency|News Network|Broadcasting|Review|Standard|Register|Ledger|Argus|Echo|Wire))\b(?! [A-Z])"
    ),
    re.compile(r",[”\"]?\s+(?P<name>" + _NAME + r")\s+(?:reports|reported)(?=[.,:;]|\s+(?:on\s)?\w{1,40}day|$)"),
    re.compile(r"\b(?:reports|reported by|writes)\s+(?P<name>[A-Z][\w’'.-]{1,40})(?=[.,]?$)"),
    re.compile(
        r"\b[Aa]ccording to (?:an? |the )?(?:[\w-]{1,40} ){0,2}report (?:published |released |issued )?(?:by|of|from|"
        r"in|on) (?:the )?"
        r"(?P<name>(?=[^.,;:()“”\"]*[A-Z])[^.,;:()“”\"]{3,90})"
    ),
    re.compile(r"^[Aa]ccording to (?P<name>[a-z]+\d+|[A-Z]+[a-z]+[A-Z]\w{1,40})(?=,)"),
    re.compile(r"^(?P<name>" + _NAME + r")\s+(?:reports|reported)(?=:|\s+(?:on \w{1,40}day\s+)?that\b)"),
)
_MEDIUM = re.compile(
    r"\b(?P<name>(?:[Ss]tate(?:-run|-owned)?|[Gg]overnment|[A-Z][a-z]+(?:ian|ean|an|ese|ish|i|ine|ch|eek|"
    r"ai))(?:\s(?:state|government|public|official|local|military))?\s"
    r"(?:radio|television|TV|[Ww]eb\s?site|newspaper|daily|news agency|broadcaster)(?:\s(?:channel|"
    r"station))?)\b(?!(?:\s(?:channel|station|network|agency))?\s[\"“‘'(]?[A-Z])"
)
_TITLE = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Gen|Lt|Col|Maj|Sgt|Capt|Sen|Rep|Gov|President|Minister|Senator|General|Judge|Justice|"
    r"Professor|King|Queen|Prince|"
    r"Police|Sheriff|Officer|Detective|spokes(?:man|woman|person))\.?\s+$"
)
_NOT_WORDS = (
    "he she it they we you i the a an this that these those there who which what officials police sources "
    "residents witnesses authorities experts analysts scientists doctors reports report media some many "
    "others no one facebook twitter"
)
_NOT = frozenset(_NOT_WORDS.split())
_LEAD = re.compile(
    r"(?:Although|But|While|And|As|In|On|After|When|Since|However|Meanwhile|Also|From|According|Then|Now|"
    r"Yesterday|Earlier|Britain['’]s|"
    r"[A-Z]\w{1,40}['’]s)\s+"
)
_PAIR = re.compile(r"(?<![.!?“\"] )(?<!^)\b(?!The\b)[A-Z][a-z]+\s(?:[A-Z]\.\s)?([A-Z][a-z]+)\b")
_REPORTS = 4
"""Forms from this one on are about a name alone."""
_SAYS = r"\s+(?:said|says|told|added|explained|recalled|wrote)\b"


def surnames(text: str) -> frozenset[str]:
    """Words that follow another capitalised word in a text: what may be a person's second name."""
    return frozenset(match.group(1) for match in _PAIR.finditer(text))


def unknown(text: str, span: Span, known: Gazetteer, persons: frozenset[str] = frozenset()) -> Iterator[Mention]:
    """What may be names of outlets in a part of a text, beside those of the gazetteer; `persons` are second names
    in it."""
    piece = span.of(text)
    for index, form in enumerate(_FORMS):
        for match in form.finditer(piece):
            name = match.group("name").removesuffix("'s").removesuffix("’s")
            lead = _LEAD.match(name)
            name = name[lead.end() if lead else 0 :]
            start = match.start("name") + (lead.end() if lead else 0)
            begin = span.begin + start
            if index >= _REPORTS and name in persons:
                continue
            if name and _may_be(piece, start, name) and known.named(name) is None:
                yield Mention(Span(begin, begin + len(name)), Outlet(name), certain=False)
    for match in _MEDIUM.finditer(piece):
        name = match.group("name").replace("television", "TV")
        begin = span.begin + match.start("name")
        yield Mention(Span(begin, span.begin + match.end("name")), Outlet(name, "broadcaster"), certain=False)


def _may_be(piece: str, begin: int, name: str) -> bool:
    first = name.split()[0]
    if first.casefold() in _NOT - ({"the"} if first == "The" and begin else set()) or _TITLE.search(
        piece[max(0, begin - 30) : begin]
    ):
        return False
    last = name.split()[-1]
    return re.search(re.escape(last) + _SAYS, piece) is None
