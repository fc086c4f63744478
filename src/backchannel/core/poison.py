"""Values that would harm us if we acted on them: our own assets, special-use space, popular names, the world.

Rules: (1) what is ours: the asset itself, what lies below it, and what lies above it, because a block of
`bank.example` blocks `mail.bank.example`, and a block of a network blocks every address in it; (2)
addresses and names that mean something local everywhere (loopback, private networks, `.local`, ...); (3)
networks and suffixes so broad that a block hits strangers; (4) popular names and addresses, by lists that
the caller brings.

The first three are harmful for certain; the fourth is a question for the officer. Addresses and names
kept for documentation (192.0.2.0/24, `.example`, `.test`) are not poison: blocking them harms nobody, and
samples use them. URLs, e-mail and socket addresses are judged by their host. Hashes can only be
popular. Files and registry keys are not judged. Sources: the IANA registries of special-purpose addresses
(RFC 6890) and special-use names (RFC 6761), RFC 6762 appendix G.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Literal

import msgspec

from backchannel.core.canonical import Observable, canonical, host_of
from backchannel.core.networks import Bounds, Networks, bounds, networks
from backchannel.core.pattern import Comparison, Pattern
from backchannel.core.text import shown

BROADEST = {4: 16, 6: 32}
"""The shortest prefix of a network, by family, that is still about somebody in particular."""

Popular = Callable[[str, str], str | None]
"""The list on which a canonical value (type, value) stands as popular, or None."""

_SPECIAL_NETWORKS = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private networks"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private networks"),
    ("192.0.0.0/24", "protocol assignments"),
    ("192.168.0.0/16", "private networks"),
    ("198.18.0.0/15", "benchmarks"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved space and broadcast"),
    ("::/127", "loopback"),
    ("64:ff9b::/96", "NAT64, which reaches all of IPv4"),
    ("64:ff9b:1::/48", "local NAT64"),
    ("100::/64", "discard"),
    ("fc00::/7", "private networks"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_SPECIAL_NAMES = frozenset(
    {
        "alt",
        "arpa",
        "corp",
        "domain",
        "home",
        "internal",
        "intranet",
        "invalid",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "private",
        "workgroup",
    }
)
_REGISTRY_LABELS = frozenset(
    {
        "ac",
        "co",
        "com",
        "edu",
        "go",
        "gob",
        "gouv",
        "gov",
        "info",
        "mil",
        "ne",
        "net",
        "nom",
        "or",
        "org",
        "sch",
    }
)
_SHARED = frozenset(
    {
        "directory:path",
        "email-message:subject",
        "file:name",
        "file:parent_directory_ref.path",
        "user-account:account_login",
        "user-account:account_type",
        "user-account:display_name",
        "user-account:user_id",
    }
)
"""Properties in which innocent things agree, whatever the value: `svchost.exe`, `root`, `invoice`."""
_NOT_LITERAL = re.compile(r"\\[A-Za-z]|\[[^\[\]]*\]|\{[^{}]*\}")
_WORD = re.compile(r"[^\W_]+")
_SCHEME_WORDS = frozenset({"http", "https", "s", "ftp", "www"})
_SIGNIFICANT = 5
"""An expression with fewer letters and digits of its own, its suffix aside, is met by too much."""


class Poison(msgspec.Struct, frozen=True):
    """Why a value must not be acted upon. Only `popular` leaves room for doubt."""

    rule: Literal["own-asset", "special-use", "too-broad", "popular"]
    evidence: str

    @property
    def harmful(self) -> bool:
        """Whether acting on the value is harmful for certain."""
        return self.rule != "popular"


class Assets(msgspec.Struct, frozen=True):
    """What is ours: domain names, networks, and e-mail addresses or `@domain`s. Make it with `assets`."""

    domains: frozenset[str] = frozenset()
    networks: Networks = Networks()
    mail: frozenset[str] = frozenset()
    parents: frozenset[str] = frozenset()


def assets(entries: Iterable[str]) -> Assets:
    """Own assets from settings: domains, addresses, networks, e-mail addresses, `@domain` for mail only.

    Raises:
        ValueError: an entry that is none of these.
    """
    domains: set[str] = set()
    nets: list[tuple[Bounds, str]] = []
    mail: set[str] = set()
    for entry in entries:
        text = entry.strip()
        if text.startswith("@"):
            mail.add("@" + canonical("domain-name", text[1:]).value)
        elif "@" in text:
            mail.add(canonical("email-addr", text).value)
        elif ":" in text or text.rpartition("/")[0] or text.rpartition(".")[2].isdigit():
            value = canonical("ip", text).value
            nets.append((bounds(value), value))
        else:
            domains.add(canonical("domain-name", text).value)
    parents = frozenset(parent for domain in domains for parent in _parents(domain))
    return Assets(frozenset(domains), networks(nets), frozenset(mail), parents)


def judge(observable: Observable, own: Assets, popular: Popular) -> Poison | None:
    """Why a canonical value is poison, the most certain reason first; None if it is not known to be."""
    if observable.type == "email-addr" and (mail := _own_mail(observable.value, own)) is not None:
        return mail
    place = host_of(observable) or observable
    harmful = None
    if place.type in {"ipv4-addr", "ipv6-addr"}:
        harmful = _judge_network(bounds(place.value), place.value, own)
    elif place.type == "domain-name":
        harmful = _judge_name(place.value, own)
    if harmful is not None:
        return harmful
    listed = popular(place.type, place.value) if _stands_for_its_host(observable) else None
    if listed is None:
        return None
    return Poison("popular", f"{shown(place.value)} is on the list {listed!r}")


def too_broad(pattern: Pattern) -> str | None:
    """Why a pattern is met by nearly everything, or by nothing more than what innocent things may share; or None.

    Of comparisons that must all hold, one that is about something in particular is enough.
    """
    reasons = [_met_by_everything(comparison) for comparison in pattern.comparisons]
    broad = [reason for reason in reasons if reason is not None]
    all_must_hold = bool(pattern.connectives) and "OR" not in pattern.connectives
    if not broad or (all_must_hold and len(broad) < len(reasons)):
        return None
    return broad[0]


def is_suffix(name: str) -> bool:
    """Whether a name is a top-level domain or one under which a registry sells names, such as `co.uk`."""
    first, dot, last = name.rpartition(".")
    return not dot or (len(last) == 2 and first in _REGISTRY_LABELS)


def _stands_for_its_host(observable: Observable) -> bool:
    """Whether acting on a value hits its whole host: not so for one mailbox, or one page of a site."""
    if observable.type == "url":
        return "/" not in observable.value.partition("://")[2].removesuffix("/")
    return observable.type != "email-addr"


def _parents(domain: str) -> Iterable[str]:
    labels = domain.split(".")
    return (".".join(labels[at:]) for at in range(1, len(labels)))


def _own_mail(address: str, own: Assets) -> Poison | None:
    if address in own.mail or "@" + address.rpartition("@")[2] in own.mail:
        return Poison("own-asset", f"{shown(address)} is an e-mail address of ours")
    return None


def _judge_name(name: str, own: Assets) -> Poison | None:
    if name in own.domains or any(parent in own.domains for parent in _parents(name)):
        return Poison("own-asset", f"{shown(name)} is a name of ours")
    if name in own.parents:
        return Poison("own-asset", f"a name of ours lies below {shown(name)}")
    if (suffix := name.rpartition(".")[2]) in _SPECIAL_NAMES:
        return Poison("special-use", f"{shown(name)} is a local name: .{suffix}")
    if is_suffix(name):
        return Poison("too-broad", f"{shown(name)} is a suffix under which anybody registers names")
    return None


def _judge_network(wanted: Bounds, text: str, own: Assets) -> Poison | None:
    if (asset := own.networks.touching(wanted)) is not None:
        return Poison("own-asset", f"{text} touches {asset}, which is ours")
    if (use := _special().touching(wanted)) is not None:
        return Poison("special-use", f"{text} touches addresses for special use: {use}")
    if wanted.prefix < BROADEST[wanted.family]:
        return Poison("too-broad", f"{text} covers more than a /{BROADEST[wanted.family]} network")
    for carried in wanted.carried():
        if (poison := _judge_network(carried, str(carried), own)) is not None:
            return Poison(poison.rule, f"{text} stands for {carried}: {poison.evidence}")
    return None


@cache
def _special() -> Networks:
    return networks((bounds(text), use) for text, use in _SPECIAL_NETWORKS)


def _met_by_everything(comparison: Comparison) -> str | None:
    if comparison.negated or comparison.operator == "!=":
        return f"{_property(comparison)} may be anything but one value"
    if f"{comparison.object_type}:{comparison.path}".replace("'", "") in _SHARED:
        return f"{_property(comparison)} alone is what many innocent things share"
    texts = [value for value in comparison.values if isinstance(value, str)]
    if comparison.operator in {"LIKE", "MATCHES"}:
        broad = next((text for text in texts if _is_wild(text)), None)
    elif comparison.object_type == "domain-name":
        broad = next((text for text in texts if is_suffix(text.lower().strip("."))), None)
    elif texts or comparison.object_type == "autonomous-system":
        return None
    else:
        return f"{_property(comparison)} alone is about nobody in particular"
    return None if broad is None else f"{_property(comparison)} {shown(broad)} is met by nearly everything"


def _property(comparison: Comparison) -> str:
    return shown(f"{comparison.object_type}:{comparison.path}")[1:-1]


def _is_wild(expression: str) -> bool:
    """Whether what remains without wildcards, scheme and suffix is too little to be about anybody."""
    literal = _NOT_LITERAL.sub(" ", expression)
    own = [word for word in _WORD.findall(literal) if word.lower() not in _SCHEME_WORDS]
    while own and (len(own[-1]) == 2 or own[-1].lower() in _REGISTRY_LABELS):
        own.pop()
    if len(own) == 1 and "." + own[0] in literal:
        own.pop()
    return sum(map(len, own)) < _SIGNIFICANT
