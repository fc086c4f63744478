"""Internet names and addresses in one spelling: domain names, IP and e-mail addresses, hosts with a port.

Rules: every function takes text as people write it (defanged or not), returns one canonical spelling that it
would return again unchanged, and raises ValueError with a sentence otherwise. Nothing is resolved or
contacted. Sources: RFC 5952 (IPv6), UTS 46 without transitional processing (domain names; those that only
browsers accept, such as emoji, are kept because they are in use), RFC 5321 (e-mail).
"""

import ipaddress
import re

import idna

from backchannel.core.text import shown

MAX_TEXT = 4096
"""Longest text, in characters, that is looked at."""

_SCHEMES = {"hxxp": "http", "hxxps": "https", "hxtp": "http", "htxp": "http", "fxp": "ftp", "meow": "http"}
_SCHEMES |= {"h**p": "http", "h**ps": "https", "http": "http", "https": "https"}

_BRACKETED = re.compile(r"[\[({<] ?(\.|dot|punkt|:|@|at) ?[\])}>]|\[(://|//|/)\]", re.IGNORECASE | re.ASCII)
_OPENING = re.compile(r"[\[({<\\]")
_MAX_NESTING = 8
_BRACKETED_TO = {"dot": ".", "punkt": ".", "at": "@"}
_SCHEME = re.compile(r"([a-z][a-z*]{1,6})(?::|\[:\])(?://|\\\\|/|\\)", re.IGNORECASE | re.ASCII)

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)*(?!(?:[0-9]+|0x[0-9a-f]*)\Z){_LABEL}")
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PLAIN_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")
_NUMBER = r"(?:0[xX][0-9a-fA-F]{1,16}|0|[1-9][0-9]{0,19})"
_NUMBERS = re.compile(rf"({_NUMBER}(?:\.{_NUMBER}){{0,3}})\.?")
_LOCAL_PART = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}")


def refang(text: str) -> str:
    """Undo the usual ways of making a name inert: `hxxp`, `[.]`, `(dot)`, `[:]`, `[@]`, `{.}`, `\\.`.

    Raises:
        ValueError: longer than `MAX_TEXT`, or with control characters or unpaired surrogates inside.
    """
    text = text.strip()
    if len(text) > MAX_TEXT:
        raise ValueError(f"{shown(text)} is longer than {MAX_TEXT} characters")
    if not text.isascii() or not text.isprintable():
        _check_characters(text)
    if _OPENING.search(text):
        text = _unbracketed(text)
    scheme = _SCHEME.match(text)
    if scheme is not None and (name := scheme[1].lower()) in _SCHEMES:
        rest = text[scheme.end() :].lstrip("/\\")
        text = f"{_SCHEMES[name]}://{rest}"
    return text


def _unbracketed(text: str) -> str:
    for _ in range(_MAX_NESTING):
        before = text
        text = _BRACKETED.sub(_unbracket, text).replace("\\.", ".")
        if text == before:
            return text
    raise ValueError(f"{shown(text)} has brackets in brackets")


def _unbracket(match: re.Match[str]) -> str:
    inner = match[1] or match[2]
    return _BRACKETED_TO.get(inner.lower(), inner)


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{shown(text)} is not valid Unicode") from None
    if any(character < " " or "\x7f" <= character <= "\x9f" for character in text):
        raise ValueError(f"{shown(text)} has control characters in it")


def domain(text: str) -> str:
    """A domain name: lower case, A-labels, no trailing dot. A leading `*.` is dropped.

    Raises:
        ValueError: not a domain name with at least two labels whose last one is not a number.
    """
    name = text.lower()
    if not _DOMAIN.fullmatch(name):
        name = _refanged_domain(text)
    if "." not in name:
        raise ValueError(f"{shown(text)} is not a domain name: it has no dot")
    return name


def _refanged_domain(text: str) -> str:
    name = refang(text)
    if len(name) > 1000:
        raise ValueError(f"{shown(text)} is not a domain name: it is too long")
    name = name.lower() if name.isascii() else _a_labels(name, text)
    while name.startswith("*."):
        name = name[2:]
    name = name.removesuffix(".")
    if not _DOMAIN.fullmatch(name):
        raise ValueError(f"{shown(text)} is not a domain name")
    return name


def _a_labels(name: str, text: str) -> str:
    try:
        mapped = idna.uts46_remap(name, std3_rules=False, transitional=False)
        labels = [_a_label(label) for label in mapped.replace("。", ".").split(".")]
    except UnicodeError as error:
        raise ValueError(f"{shown(text)} is not a domain name: {error}") from None
    return ".".join(labels)


def _a_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def ip(text: str) -> str:
    """An IP address, or a network as `address/prefix`. IPv4-mapped IPv6 becomes IPv4; `/32` and `/128` go.

    Raises:
        ValueError: not an address or network in standard notation. Octets with leading zeros are not: some
            programs read them as octal.
    """
    if _PLAIN_IPV4.fullmatch(text):
        return text
    plain = refang(text)
    if plain.startswith("[") and plain.endswith("]"):
        plain = plain[1:-1]
    if "%" in plain or len(plain) > 64:
        raise ValueError(f"{shown(text)} is not an IP address")
    try:
        network = ipaddress.ip_network(plain, strict=False)
    except ValueError:
        raise ValueError(f"{shown(text)} is not an IP address") from None
    return _network_text(network)


def _network_text(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> str:
    address, length = network.network_address, network.prefixlen
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None and length >= 96:
        address, length = address.ipv4_mapped, length - 96
    return str(address) if length == address.max_prefixlen else f"{address}/{length}"


def host(text: str) -> str:
    """A domain name or a single IP address, each in its canonical spelling.

    Raises:
        ValueError: neither.
    """
    if _looks_numeric(text):
        address = ip(text)
        if "/" in address:
            raise ValueError(f"{shown(text)} is a network, not a host")
        return address
    return domain(text)


def host_of_url(text: str) -> str:
    """The host of a URL: as `host`, and an IPv4 address also in hexadecimal or as fewer than four numbers, as
    browsers read it (WHATWG URL, IPv4 parser). With leading zeros it is none, because programs differ on those.

    Raises:
        ValueError: neither a name nor an address.
    """
    match = None if _PLAIN_IPV4.fullmatch(text) else _NUMBERS.fullmatch(text)
    if match is None:
        return host(text)
    *leading, last = (int(number, 0) for number in match[1].split("."))
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):
        raise ValueError(f"{shown(text)} is not an IP address")
    return str(ipaddress.IPv4Address(sum(number << 8 * (3 - at) for at, number in enumerate(leading)) + last))


def _looks_numeric(text: str) -> bool:
    return ":" in text or text.removesuffix(".").rpartition(".")[2].isdigit()


def socket(text: str) -> str:
    """A host and port: `host:port`, an IPv6 host in brackets.

    Raises:
        ValueError: no host, or no port between 1 and 65535.
    """
    plain = refang(text)
    name, _, port = plain.rpartition(":")
    if not (name and port.isascii() and port.isdigit() and len(port) <= 5 and 1 <= int(port) <= 65535):
        raise ValueError(f"{shown(text)} is not a host and port")
    enclosed = name.startswith("[") and name.endswith("]")
    if ":" in name and not enclosed:
        raise ValueError(f"{shown(text)} is not a host and port: an IPv6 address needs brackets")
    canonical = host(name[1:-1] if enclosed else name)
    return f"{bracketed(canonical)}:{int(port)}"


def bracketed(name: str) -> str:
    """A host as it stands before a port: an IPv6 address in brackets."""
    return f"[{name}]" if ":" in name else name


def email(text: str) -> str:
    """An e-mail address in lower case, its domain as `domain` gives it.

    Raises:
        ValueError: not `local@domain`, or with a quoted or non-ASCII local part.
    """
    local, at, name = refang(text).lower().removeprefix("mailto:").rpartition("@")
    if not at or not _LOCAL_PART.fullmatch(local):
        raise ValueError(f"{shown(text)} is not an e-mail address")
    return f"{local}@{domain(name)}"
