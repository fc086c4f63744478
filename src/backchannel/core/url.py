"""URLs in normal form (RFC 3986, section 6.2.2 and 6.2.3), defanged or not. Nothing is resolved or
contacted."""

import re
from collections.abc import Callable
from urllib.parse import quote_from_bytes

from backchannel.core.internet import MAX_TEXT, bracketed, host, host_of_url, refang
from backchannel.core.text import shown

_DEFAULT_PORTS = {"http": "80", "https": "443", "ftp": "21", "ws": "80", "wss": "443"}
_URL = re.compile(
    r"([a-z][a-z0-9+.-]{0,30})://([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?", re.IGNORECASE | re.ASCII | re.DOTALL
)
_AUTHORITY = re.compile(r"(?:(?P<user>.*)@)?(?P<host>\[[^\]]*\]|[^:@\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN_URL_PART = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@/?#-]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URL_SAFE = "!$&'()*+,;=:@/?#%~"


def url(text: str) -> str:
    """A URL in normal form (RFC 3986, 6.2.2 and 6.2.3). Without a scheme it is read as `http`.

    Scheme and host in lower case, no default port, `/` for an empty path, no dot segments, escapes of
    unreserved characters undone and all others in upper case, what may not stand in a URL escaped.

    Raises:
        ValueError: no host, or a bad port.
    """
    plain = _forward_slashes(refang(_unescape(refang(text))))
    match = _URL.fullmatch(plain)
    find_host = host_of_url
    if match is None:
        find_host = host
        match = _URL.fullmatch(f"http://{plain}")
        if match is None or "@" in match[2]:
            raise ValueError(f"{shown(text)} is not a URL")
    scheme, authority, path, query, fragment = match.groups(default="")
    scheme = scheme.lower()
    result = "".join(
        [
            scheme,
            "://",
            _authority(scheme, authority, text, find_host),
            _normal_path(path),
            _escape(query),
            _escape(fragment),
        ]
    )
    if len(result) > MAX_TEXT:
        raise ValueError(f"{shown(text)} is longer than {MAX_TEXT} characters in normal form")
    return result


def _forward_slashes(text: str) -> str:
    """Backslashes before the query count as slashes, as in every browser."""
    if "\\" not in text:
        return text
    end = min((at for at in (text.find("?"), text.find("#")) if at >= 0), default=len(text))
    return text[:end].replace("\\", "/") + text[end:]


def url_path(text: str) -> str:
    """The path (and query) of a URL without its host, in normal form: what a server is asked for.

    Raises:
        ValueError: it does not begin with one slash, or is only that slash.
    """
    plain = refang(_unescape(refang(text)))
    if not plain.startswith("/") or plain.startswith("//") or "#" in plain:
        raise ValueError(f"{shown(text)} is not the path of a URL")
    path, mark, query = plain.partition("?")
    result = _normal_path(path) + mark + _escape(query)
    if result == "/" or result.startswith("//") or len(result) > MAX_TEXT:
        raise ValueError(f"{shown(text)} is not the path of a URL")
    return result


def _authority(scheme: str, authority: str, text: str, find_host: Callable[[str], str]) -> str:
    match = _AUTHORITY.fullmatch(authority)
    if match is None or not match["host"]:
        raise ValueError(f"{shown(text)} is not a URL: it has no host, or a bad port")
    place = match["host"]
    canonical = host(place[1:-1]) if place.startswith("[") else find_host(place)
    user = _escape(match["user"]).replace("@", "%40").replace("/", "%2F") + "@" if match["user"] else ""
    port = (match["port"] or "").lstrip("0")
    if port and int(port) > 65535:
        raise ValueError(f"{shown(text)} is not a URL: its port is over 65535")
    suffix = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    return f"{user}{bracketed(canonical)}{suffix}"


def _unescape(text: str) -> str:
    """Undo escapes of unreserved characters; write the others in upper case."""
    if "%" not in text:
        return text
    return _ESCAPE.sub(_unescape_one, text)


def _unescape_one(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def _escape(text: str) -> str:
    """Escape what may not stand in a URL, and a `%` that begins no escape."""
    if _PLAIN_URL_PART.fullmatch(text):
        return text
    return quote_from_bytes(_STRAY_PERCENT.sub("%25", text).encode(), safe=_URL_SAFE)


def _normal_path(path: str) -> str:
    """Escape a path and remove its dot segments (RFC 3986, 5.2.4)."""
    path = _escape(path)
    if "/." not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in {".", ".."}:
        kept.append("")
    return "/" + "/".join(kept)
