"""Origin tags: that two objects which tell one value are of one origin, without who that is.

A tag is an HMAC of the canonical key of what an object tells, under the secret of the node that put the object in. Of
one value and one origin it is the same along every route and for as long as the node keeps its secret, which outlives
the keys of its card. To whoever lacks the secret, tags of two values have nothing in common.

Not checked: that a tag is of whoever knows the secret. Nobody can verify one: who hands an object on can leave its
tag out, invent one, or take that of another object of the same value (`core.assess.origins` says what that gains).

A tag over TAXII, where nothing can go beside an object, is a STIX `note` that refers to it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from backchannel.core.identity import is_sha256
from backchannel.core.marking import LEVEL_IDS
from backchannel.core.stix import StixObject
from backchannel.protocol.crypto import hmac_sha256

ABSTRACT: Final = "Backchannel origin tag"
"""What a note says that has a tag as its content."""

_PREFIX: Final = b"backchannel/1 origin tag\0"
_NOTE: Final = b"backchannel/1 origin tag note\0"


def origin_tag(secret: bytes, key: str) -> str:
    """The tag of a canonical key (64 hex digits), in hex."""
    return hmac_sha256(secret, _PREFIX + bytes.fromhex(key)).hex()


def tag_note(one: StixObject, tag: str, level: str, at: str) -> StixObject:
    """The note that says the tag of an object: marked like it and with `level`, and as old; of an object without
    times it is of the time `at`. It names nobody, and is the same each time."""
    made, changed = (str(one.value.get(name) or at) for name in ("created", "modified"))
    marks = one.value.get("object_marking_refs")
    named = hashlib.sha256(_NOTE + f"{one.id} {tag}".encode()).digest()
    own = [mark for mark in marks if isinstance(mark, str)] if isinstance(marks, list) else []
    note = {
        "type": "note",
        "spec_version": "2.1",
        "id": f"note--{UUID(bytes=named[:16], version=4)}",
        "created": made,
        "modified": changed,
        "abstract": ABSTRACT,
        "content": tag,
        "object_refs": [one.id],
        "object_marking_refs": list(dict.fromkeys([*own, LEVEL_IDS[level]])),
    }
    return StixObject(msgspec.json.encode(note), note)


def tag_in(note: Mapping[str, Any]) -> str:
    """The tag that a note says of the one object that it refers to; empty if it is no such note."""
    tag, refs = note.get("content"), note.get("object_refs")
    if note.get("type") != "note" or note.get("abstract") != ABSTRACT:
        return ""
    one = isinstance(refs, list) and len(refs) == 1
    return tag if one and isinstance(tag, str) and is_sha256(tag) else ""
