"""Credits that name a post rather than an outlet: on a network, a page of one's own, a blog.

Rules: somebody has posted, written or tweeted there, or a user of it is named; the network as a subject ("Facebook
said its") is no credit. The node is named after the account where the text has it, else after the network.
"""

import re
from collections.abc import Iterator

import msgspec

from backchannel.core.assess.outlets import Outlet
from backchannel.core.assess.press import Span

_PERSON = r"(?!(?:He|She|It|They|We|You|I|Who|The)\s)(?:[A-Z][\w’'-]{1,40}\s+){0,2}[A-Z][\w-]{1,40}"
_NETWORK = (
    r"(?P<network>Facebook|Twitter|Instagram|YouTube|Reddit|VKontakte|Weibo|Telegram|LiveJournal|Tumblr|LinkedIn)"
)
_FORMS = (
    (
        re.compile(
            r"\b(?:posted|wrote|written|writing|said|announced|published|shared|uploaded|posting|claimed|"
            r"message|messages|photo|video|statement)\s+"
            r"(?:[\w ]{0,40}?\s)?(?:on|to|via|in)\s+(?:(?:his|her|their|its|the|a|an|"
            r"social\snetwork)\s+)?(?:official\s+)?" + _NETWORK
        ),
        "{network}",
    ),
    (
        re.compile(
            r"\b(?:posted|wrote|written|uploaded|appeared|post|posts|message|messages|statement|according|"
            r"published|put|made|announced)\s+(?:[\w ]{0,30}?\s)?(?:on|to|via|in|from)\s+(?P<who>"
            + _PERSON
            + r")['’]s\s+"
            + _NETWORK
            + r"\s+(?:page|account|post|profile|feed|wall)\b"
        ),
        "{who}'s {network} page",
    ),
    (
        re.compile(
            r"\b" + _NETWORK + r"\s+(?:user\s+(?=[A-Z@])|users\s+(?:wrote|posted|claimed|reported|said)|"
            r"(?<=Facebook\s)(?:conversation|exchange)s?\b)"
        ),
        "{network}",
    ),
    (
        re.compile(
            r"\b(?:[Ii]n|via|from|on|to)\s+(?:an?|his|her|their|its|the)\s+(?:\w{1,40}\s+){0,2}"
            + _NETWORK
            + r"\s+(?:page|post|message|posting|account)s?\b"
        ),
        "{network}",
    ),
    (re.compile(r"(?P<who>" + _PERSON + r")\s+(?:has\s+|had\s+|also\s+|later\s+)*tweeted\b"), "{who}'s tweets"),
    (
        re.compile(
            r"\b(?:in\sa\stweet|(?:he|she|they|who|spokes\w{1,40})\s+tweeted|by\stweeting|tweeted\s(?:that|what|a|on|"
            r"his|her)|tweets?\sfrom)\b"
        ),
        "tweets",
    ),
    (re.compile(r"(?:via|from|by)\s+(?:the\s+|a\s+)?(?P<who>@\w{2,30}?)(?:\s?Twitter)?(?:\s+account|\b)"), "{who}"),
    (re.compile(r"—\s*[^()\n]{1,40}\((?P<who>@\w{2,30})\)\s+[A-Z][a-z]+\s\d"), "{who}'s tweets"),
    (
        re.compile(
            r"\b(?:wrote|writes|said|explained|says)\s+(?:\w{1,40}\s+){0,2}?(?:in|on)\s+(?:his|her|an?|"
            r"the)\s+(?:(?P<who>[A-Z]\w{1,40})\s+)?blog\b"
        ),
        "{who} blog",
    ),
    (
        re.compile(
            r"\b[Ii]n\s+(?:his|her|an?|the)\s+(?:(?:official\s)?blog)(?:\s+post)?(?:\s+(?:on|for|"
            r"at)\s+(?:the\s+)?(?P<who>[A-Z]\w{1,40}))?"
        ),
        "{who} blog",
    ),
)


class Post(msgspec.Struct, frozen=True):
    """A credited post: what it is called as a source, and the words that show it."""

    outlet: Outlet
    span: Span


def posts(text: str, span: Span) -> Iterator[Post]:
    """Posts that a part of a text credits."""
    piece = span.of(text)
    for form, called in _FORMS:
        for match in form.finditer(piece):
            parts = {key: value or "" for key, value in match.groupdict().items()}
            name = called.format(**parts).strip()
            yield Post(Outlet(name, "social"), Span(span.begin + match.start(), span.begin + match.end()))
