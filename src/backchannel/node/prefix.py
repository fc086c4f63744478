"""Ids as the operator gives them: whole, or by a beginning that only one has."""

from collections.abc import Collection

from backchannel.errors import Ambiguous, NotFound


def the_one(prefix: str, ids: Collection[str], noun: str) -> str:
    """The id that is meant among those that begin with `prefix`; `noun` says what they name. Other ids are ignored.

    Raises:
        NotFound, Ambiguous: none, or several of which none is the prefix itself.
    """
    found = sorted({one for one in ids if one.startswith(prefix)}) if prefix else []
    if not found:
        raise NotFound(f"no {noun} has an id that begins with {prefix!r}")
    if len(found) > 1 and found[0] != prefix:
        raise Ambiguous(f"several {noun}s begin with {prefix!r}, such as {' and '.join(found[:2])}")
    return found[0]
