"""Traces: what content is known again by when it comes back under another id and in another spelling.

A trace is a hash of a canonical key (`core.assess.keys`) under a secret of the node: without the secret nobody finds
out what it is of, not by trying every address either. So traces may be kept where the content may not. An indicator
has the trace of its whole pattern, and one of each value in it: the trace of what says that value alone.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any, Final

from backchannel.core.assess.echo import Traces
from backchannel.core.assess.keys import key_of, key_of_value
from backchannel.core.assess.pattern_form import term
from backchannel.core.canonical import Observable, host_of
from backchannel.core.pattern import Pattern
from backchannel.core.vetting_rules import observables_of, pattern_of

MOST_VALUES: Final = 10_000
"""Values of one object that have traces; of what names more, only the first of them."""

COMMON_KINDS: Final = frozenset(
    {
        "autonomous-system", "file-imphash", "file-name", "file-path", "process-name", "url-path", "user-agent",
        "windows-registry-key",
    }
)  # fmt: skip
"""Kinds of which innocent or unrelated things share values: that two have one of these says little."""

_TRACE_BYTES: Final = 16
_PURPOSE: Final = b"echo traces"
_SHORT: Final = 8
"""Characters below which an expression (LIKE, MATCHES) is not worth calling a part."""


def trace(secret: bytes, text: str) -> str:
    """The trace of a canonical key, or of any other text: 32 hex digits."""
    data = text.encode("utf-8", "surrogatepass")
    return blake2b(data, digest_size=_TRACE_BYTES, key=secret[:64], person=_PURPOSE).hexdigest()


def traces_of(value: Mapping[str, Any], secret: bytes) -> Traces:
    """The traces of an indicator or an observable; of everything else, and of a pattern that is none, there are
    none."""
    pattern = pattern_of(value)
    named = observables_of(value, pattern)[:MOST_VALUES]
    if not named and pattern is None:
        return Traces()
    values = {one: trace(secret, key_of_value(one)) for one in named}
    if len(named) == 1 and _says_no_more(value, pattern, named[0]):
        return Traces(values[named[0]], values, parts_of(named, pattern))
    key = key_of(value)
    return Traces(None if key is None else trace(secret, key), values, parts_of(named, pattern))


def _says_no_more(value: Mapping[str, Any], pattern: Pattern | None, named: Observable) -> bool:
    """Whether one value is all that an object says, as most indicators do: told without a normal form."""
    if pattern is None:
        return True
    alone = len(pattern.comparisons) == 1 and value["pattern"].rstrip().endswith("]")
    return alone and term(pattern.comparisons[0]) == ("", *named)


def parts_of(named: Iterable[Observable], pattern: Pattern | None = None) -> int:
    """How many things, each of which could be known without the others, an object says: a file's several hashes are
    one, and so are a URL and its host."""
    values = set(named)
    hosts = {host for one in values if (host := host_of(one)) is not None}
    files = Counter(one.type for one in values if one.type.startswith("file-") and one.type not in COMMON_KINDS)
    others = (one for one in values - hosts if not one.type.startswith("file-") and one.type not in COMMON_KINDS)
    written = {
        (one.path, one.operator, one.values)
        for one in (pattern.comparisons if pattern else ())
        if one.operator in {"LIKE", "MATCHES"} and any(len(str(text)) >= _SHORT for text in one.values)
    }
    return sum(1 for _ in others) + max(files.values(), default=0) + len(written)
