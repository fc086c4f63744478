"""STIX 2.1 objects made here: indicators from values, the threats they point at, what joins the two; press reports.

Rules: ids are UUIDv5 under the caller's namespace (the node's own), so that the same list read twice, or two
lists with a value in common, give the same ids; two nodes never make the same id. Time stamps are the
caller's. No creator is set: whose the objects are is known beside them. Bytes are written directly, not
through a model: a list has up to a million lines, and what is written is fixed but for a few escaped strings.
Source: STIX 2.1 sections 2.9, 3.2, 4.5, 4.7, 4.11, 4.14, 5.1.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import msgspec

from backchannel.core.observable import Observable, pattern_of
from backchannel.core.scope import THREAT_TYPES
from backchannel.core.stix import format_timestamp

INDICATED_TYPES = THREAT_TYPES - {"incident", "vulnerability"}
"""Types of threat that an indicator can indicate and that need no more than a name."""

_json = msgspec.json.encode
_VARIANT = str.maketrans("0123456789abcdef", "89ab" * 4)


class ExternalReference(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where something was published (STIX 2.1, section 2.5): who, and the URL or a description."""

    source_name: str
    description: str = ""
    url: str = ""


class Generator:
    """Makes objects under one namespace with one time: the caller's clock at import."""

    def __init__(self, namespace: UUID, now: datetime) -> None:
        self._namespace = namespace.bytes
        stamp = self._now = format_timestamp(now)
        self._times = f'"created":"{stamp}","modified":"{stamp}"'
        self._pattern_end = f'"pattern_type":"stix","pattern_version":"2.1","valid_from":"{stamp}"'

    def id_of(self, type_: str, key: str) -> str:
        """The id of the object of a type that the key tells from all others of the type."""
        digest = hashlib.sha1(self._namespace + f"{type_}:{key}".encode(), usedforsecurity=False).hexdigest()
        variant = digest[16].translate(_VARIANT)
        return f"{type_}--{digest[:8]}-{digest[8:12]}-5{digest[13:16]}-{variant}{digest[17:20]}-{digest[20:32]}"

    def indicator_id(self, observable: Observable) -> str:
        """The id of the indicator of a value."""
        return self.id_of("indicator", f"{observable.type}:{observable.value}")

    def indicator(
        self,
        observable: Observable,
        *,
        description: str = "",
        references: Iterable[ExternalReference] = (),
        identifier: str = "",
    ) -> bytes:
        """An indicator that is true where the value is seen, named by the value.

        `identifier` is what `indicator_id` says, where that is known already.
        """
        return self._object(
            identifier or self.indicator_id(observable),
            f'"name":{_text(observable.value)}{_description(description)},'
            f'"pattern":{_text(pattern_of(observable))},{self._pattern_end}{_references(references)}',
        )

    def threat(self, name: str, type_: str = "malware") -> bytes:
        """A threat that is known by its name alone.

        Raises:
            ValueError: an empty name, or a type that is none of `INDICATED_TYPES`.
        """
        if type_ not in INDICATED_TYPES or not name.strip():
            raise ValueError(f"a threat needs a name and a type of {', '.join(sorted(INDICATED_TYPES))}")
        family = ',"is_family":true' if type_ == "malware" else ""
        return self._object(self.threat_id(name, type_), f'"name":{_text(name.strip())}{family}')

    def threat_id(self, name: str, type_: str = "malware") -> str:
        """The id of the threat of a name, in whatever case it is written."""
        return self.id_of(type_, " ".join(name.split()).casefold())

    def indicates(self, indicator_id: str, threat_id: str) -> bytes:
        """The relationship that an indicator indicates a threat."""
        return self._object(
            self.indicates_id(indicator_id, threat_id),
            f'"relationship_type":"indicates","source_ref":"{indicator_id}","target_ref":{_text(threat_id)}',
        )

    def indicates_id(self, indicator_id: str, threat_id: str) -> str:
        """The id of that relationship."""
        return self.id_of("relationship", f"indicates:{indicator_id}:{threat_id}")

    def outlet(self, name: str, *, known: bool = True) -> bytes:
        """The identity of an outlet, in whatever case its name is written; one that is not `known` is of no class."""
        key = " ".join(name.split())
        kind = "organization" if known else "unknown"
        identifier = self.id_of("identity", f"{kind}:{key.casefold()}")
        return self._object(identifier, f'"name":{_text(key)},"identity_class":"{kind}"')

    def press_report(
        self,
        sha256: str,
        *,
        name: str,
        text: str,
        published: datetime | None,
        references: Iterable[ExternalReference],
        object_refs: Iterable[str],
        label: str,
    ) -> bytes:
        """The report of a file with this SHA-256, with its text as it is; without `published`, as of now."""
        stamp = self._now if published is None else format_timestamp(published)
        return self._object(
            self.id_of("report", sha256),
            f'"name":{_text(name)}{_description(text)},"published":"{stamp}",'
            f'"object_refs":{_json(list(object_refs)).decode()}{_references(references)},"labels":[{_text(label)}]',
        )

    def _object(self, identifier: str, properties: str) -> bytes:
        type_ = identifier.partition("--")[0]
        head = f'{{"type":"{type_}","spec_version":"2.1","id":"{identifier}"'
        return f"{head},{self._times},{properties}}}".encode()


def _text(text: str) -> str:
    return _json(text).decode()


def _description(description: str) -> str:
    return f',"description":{_text(description)}' if description else ""


def _references(references: Iterable[ExternalReference]) -> str:
    listed = list(references)
    return f',"external_references":{_json(listed).decode()}' if listed else ""
