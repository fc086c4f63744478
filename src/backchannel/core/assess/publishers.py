"""Who published what a reference points at: a site, or whoever an account on a shared platform belongs to.

Names are compared by the words that tell one organisation from another, joined and in lower case: `Amnesty
International` is the publisher of `amnesty.org` and of `github.com/AmnestyTech`. A name that is too general to tell
(`CERT`, `Threat Research`) matches nothing.
"""

import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import msgspec

PLATFORMS: Final = frozenset(
    {
        "archive.org", "bitbucket.org", "blogspot.com", "facebook.com", "gist.github.com", "github.com", "gitlab.com",
        "infosec.exchange", "linkedin.com", "mastodon.social", "medium.com", "otx.alienvault.com", "pastebin.com",
        "raw.githubusercontent.com", "reddit.com", "substack.com", "t.me", "twitter.com", "virustotal.com",
        "wordpress.com", "x.com", "youtube.com",
    }
)  # fmt: skip
"""Sites on which anybody publishes: the account says who did, or nobody can."""

LEAST_LETTERS: Final = 4
"""Shorter words match only as a whole name."""

_GENERAL: Final = frozenset(
    {
        "agency", "analysis", "and", "bureau", "center", "centre", "cert", "cirt", "co", "company", "corp",
        "corporation", "csirt", "cyber", "cybersecurity", "defence", "defense", "digital", "emergency", "for",
        "foundation", "gmbh", "group", "inc", "incident", "information", "institute", "intel", "intelligence",
        "international", "lab", "laboratory", "labs", "limited", "llc", "ltd", "malware", "national", "network",
        "networks", "of", "office", "org", "organisation", "organization", "project", "report", "reports", "research",
        "response", "security", "service", "services", "soc", "society", "software", "solutions", "systems", "team",
        "tech", "technologies", "technology", "the", "threat", "threats", "trails", "unit", "university",
    }
)  # fmt: skip
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "gob", "gov", "gouv", "govt", "mil", "net", "or", "org"})
_WORD: Final = re.compile(r"[^\W_]+")


class Publisher(msgspec.Struct, frozen=True):
    """A publisher as a reference tells it: `label` is the name of the site or account in lower-case letters and
    digits, `shown` what an analyst reads. `account` says that it is somebody's account on a platform."""

    label: str
    shown: str
    account: bool = False


@lru_cache(maxsize=4096)
def publisher_of(reference: str) -> Publisher | None:
    """The publisher of what a URL points at; None for what is no URL, and for a platform without an account.

    What is no URL in `http` or `https` is taken for a name where a URL could not be read.
    """
    try:
        parts = urlsplit(reference.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or "." not in host:
        return None
    platform = _platform(host)
    if platform is None:
        return Publisher(_squeezed(_site(host)), host)
    if host != platform:  # an account with a name of its own: night.blogspot.com
        account = host.removesuffix("." + platform)
    else:
        account = next((one for one in parts.path.split("/") if one not in {"", "in", "company", "user", "r"}), "")
    label = _squeezed(account.lstrip("@"))
    return Publisher(label, f"{platform}/{account}", account=True) if label else None


@lru_cache(maxsize=4096)
def is_called(publisher: Publisher, name: str) -> bool:
    """Whether a publisher is the organisation of that name."""
    words = [word.lower() for word in _WORD.findall(name)]
    telling = [word for word in words if word not in _GENERAL]
    if not telling or not publisher.label:
        return False
    whole, short = "".join(words), "".join(telling)
    if publisher.label in {whole, short}:
        return True
    return len(short) >= LEAST_LETTERS and _is_general(publisher.label.removeprefix(short), publisher.label)


def organisation(name: str) -> Publisher:
    """An organisation of that name, as a publisher."""
    return Publisher(_squeezed(name), name)


def _platform(host: str) -> str | None:
    """The platform that a host belongs to; of several, one within the other, the inner one."""
    while host and host not in PLATFORMS:
        host = host.partition(".")[2]
    return host or None


def _is_general(rest: str, label: str) -> bool:
    """Whether what is left of a label behind a name only says what kind of organisation it is."""
    return rest != label and rest in _GENERAL


def _site(host: str) -> str:
    """The part of a host name that an organisation chose: `alder` of `alder.example` and of `blog.alder.co.uk`."""
    labels = host.split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return labels[-3]
    return labels[-2]


def _squeezed(text: str) -> str:
    return "".join(_WORD.findall(text)).lower()
