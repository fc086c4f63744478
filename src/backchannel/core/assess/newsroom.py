"""Which outlet a report is of, and whether that newsroom itself heard, saw or asked something.

Rules, the first that holds: the outlet is what is known from outside; what heads the dispatch; what speaks of
itself ("X has learned", a page title) without being credited as another; the domain of the author's address at the
edge. If none, but there is one outlet, no agency and not described, that is only said to have been "told"
something, the text is taken to be of that one, in doubt, since newsrooms write so of themselves; beside other
credits only if no other report credits it. A newsroom collected itself what it was told, what it visited or could
not verify, what was said to "this newspaper" or by telephone, and, for an agency, what spokesmen and press
conferences said.
"""

import re
from collections.abc import Sequence

import msgspec

from backchannel.core.assess.credits import Credit, How
from backchannel.core.assess.outlets import Gazetteer, Outlet
from backchannel.core.assess.press import Article, Span, Why

_ADDRESS = re.compile(r"\b[\w.+-]{1,40}@((?:[\w-]{1,40}\.)+[a-z]{2,})\b")
_OURS = re.compile(
    r"\b(?:(?:told|tells|said to|speaking to|confirmed to|interview with)\s+(?:us\b|me\b|this\s+(?:newspaper|"
    r"paper|reporter|correspondent|"
    r"website|site|magazine|publication|writer|channel)|our\s+(?:reporter|correspondent|newspaper|reporters))|"
    r"\bour\s+(?:own\s+)?(?:reporter|correspondent|special correspondent)s?\b|(?:said|says|added|explained|"
    r"reached|interviewed|interview)\s+"
    r"(?:\w+\s+)?(?:by|over the|in a)\s+(?:tele)?phone\b|in\s+an?\s+(?:tele)?phone\s+(?:interview|conversation|call)|"
    r"\b(?:said|wrote|told|responded|replied)\s+(?:\w+\s+)?in\s+an\s+e-?mail\b)",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:related|earlier|previous|prior|past)\s+(?:report|article|story|piece)s?\s+(?:by|from|in|on)\b"
)
_TO_ALL = re.compile(
    r"\b(?:spokes(?:man|woman|person)\s+(?:[A-Z][\w'’-]{1,40}\s+){0,3}(?:said|told)|told\s+(?:a\s+)?(?:reporters|"
    r"journalists|news\s+conference|press\s+conference)"
    r"|(?:the|a)\s+spokes(?:man|woman|person)\s+said)\b"
)


class Newsroom(msgspec.Struct, frozen=True):
    """Whose report it is (`outlet`, none if the text does not say; `sure` unless guessed), and the evidence that
    this newsroom collected something itself; without evidence it is not known to have."""

    outlet: Outlet | None = None
    sure: bool = False
    own: tuple[Span, ...] = ()

    @property
    def collected(self) -> bool:
        """Whether this newsroom itself heard, saw or asked something."""
        return bool(self.own)

    def called(self, outlet: Outlet) -> bool:
        """Whether a name means this newsroom."""
        return self.outlet is not None and alike(self.outlet, outlet)


def alike(one: Outlet, other: Outlet) -> bool:
    """Whether two names mean one outlet: the same in the gazetteer, or one spelling of the other."""
    return one.name == other.name or one.key == other.key


def newsroom(
    article: Article, credited: Sequence[Credit], known: Gazetteer, elsewhere: frozenset[str] = frozenset()
) -> Newsroom:
    """Whose report it is, and what it collected itself, by its text and what is known from outside.

    `elsewhere` has the names of outlets that other reports on the event credit.
    """
    others = [item.outlet for item in credited if item.how in (How.REPORTED, How.NOTE)]
    outlet = _certain(article, credited, others, known)
    guessed = None if outlet is not None else _guessed(credited, elsewhere)
    whose = outlet or guessed
    return Newsroom(whose, outlet is not None, tuple(sorted(_own(article, credited, whose))))


def _certain(
    article: Article, credited: Sequence[Credit], others: Sequence[Outlet], known: Gazetteer
) -> Outlet | None:
    if article.report.outlet:
        return known.named(article.report.outlet) or Outlet(article.report.outlet)
    for how in (How.DATELINE, How.OWN):
        for item in credited:
            if item.how is how and not any(alike(item.outlet, other) for other in others):
                return item.outlet
    return _by_address(article, known)


def _by_address(article: Article, known: Gazetteer) -> Outlet | None:
    for item in article.ignored:
        if item.why is not Why.EDGE:
            continue
        for match in _ADDRESS.finditer(article.text, item.span.begin, item.span.end):
            domain = match.group(1)
            found = known.named(domain) or known.named(domain.split(".")[-2 if domain.count(".") == 1 else 0])
            if found is not None:
                return found
    return None


def _guessed(credited: Sequence[Credit], elsewhere: frozenset[str]) -> Outlet | None:
    """The one outlet, no agency, that is only said to have been told something; beside others only if nobody
    credits it."""
    listed = [item for item in credited if item.how is not How.POST]
    more = [item.outlet for item in listed if item.how is not How.HEARD or item.described]
    outlets = {
        item.outlet.name: item.outlet
        for item in listed
        if item.outlet.kind != "agency"
        and (item.certain or item.outlet.kind == "")
        and not any(alike(item.outlet, other) for other in more)
    }
    if len(outlets) != 1:
        return None
    (outlet,) = outlets.values()
    alone = all(item.outlet == outlet for item in listed)
    return outlet if alone or outlet.name not in elsewhere else None


def _own(article: Article, credited: Sequence[Credit], whose: Outlet | None) -> set[Span]:
    own = {sentence for sentence in article.sentences if _OURS.search(sentence.of(article.text))}
    if whose is None:
        return own
    counted = frozenset(article.sentences)
    own |= {
        item.evidence
        for item in credited
        if item.how in (How.HEARD, How.OWN)
        and alike(item.outlet, whose)
        and item.evidence in counted
        and not _EARLIER.search(item.evidence.of(article.text))
    }
    if whose.kind == "agency" and any(item.how is How.DATELINE for item in credited):
        foreign = {item.evidence for item in credited if not alike(item.outlet, whose)}
        own |= {
            sentence
            for sentence in article.sentences
            if sentence not in foreign and _TO_ALL.search(sentence.of(article.text))
        }
    return own
