"""What STIX 2.1 says of types beyond the JSON schemas, as tables: times, their order, types of references.

Rules: a property that may refer to anything is not listed. Types of the extensions of an observable stand
under the name of the property that holds them, whatever extension it is in: the names are unambiguous.
Source: STIX 2.1, chapters 3 to 7, the tables "Property Name | Type | Description" of each object.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Order(NamedTuple):
    """Two properties of which one must not be before the other; `strictly`: nor at the same time.

    `must` is False where the standard does not say what common sense does.
    """

    rule: str
    later: str
    earlier: str
    strictly: bool = False
    must: bool = True


MODIFIED = Order("modified-before-created", "modified", "created")
_SEEN = Order("last-seen-before-first-seen", "last_seen", "first_seen")

ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "campaign": _SEEN,
        "indicator": Order("valid-until-not-after-valid-from", "valid_until", "valid_from", strictly=True),
        "infrastructure": _SEEN,
        "intrusion-set": _SEEN,
        "malware": _SEEN,
        "malware-analysis": Order("analysis-ended-before-started", "analysis_ended", "analysis_started", must=False),
        "network-traffic": Order("end-before-start", "end", "start"),
        "observed-data": Order("last-observed-before-first-observed", "last_observed", "first_observed"),
        "relationship": Order("stop-time-not-after-start-time", "stop_time", "start_time", strictly=True),
        "sighting": _SEEN,
        "threat-actor": _SEEN,
    }
)
"""Besides `MODIFIED`, which holds for every object."""

COMMON_TIMES = ("created", "modified")

TIMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaign": (*COMMON_TIMES, "first_seen", "last_seen"),
        "directory": (*COMMON_TIMES, "ctime", "mtime", "atime"),
        "email-message": (*COMMON_TIMES, "date",),
        "file": (*COMMON_TIMES, "ctime", "mtime", "atime"),
        "indicator": (*COMMON_TIMES, "valid_from", "valid_until"),
        "infrastructure": (*COMMON_TIMES, "first_seen", "last_seen"),
        "intrusion-set": (*COMMON_TIMES, "first_seen", "last_seen"),
        "language-content": (*COMMON_TIMES, "object_modified",),
        "malware": (*COMMON_TIMES, "first_seen", "last_seen"),
        "malware-analysis": (*COMMON_TIMES, "submitted", "analysis_started", "analysis_ended"),
        "network-traffic": (*COMMON_TIMES, "start", "end"),
        "observed-data": (*COMMON_TIMES, "first_observed", "last_observed"),
        "process": (*COMMON_TIMES, "created_time",),
        "relationship": (*COMMON_TIMES, "start_time", "stop_time"),
        "report": (*COMMON_TIMES, "published",),
        "sighting": (*COMMON_TIMES, "first_seen", "last_seen"),
        "threat-actor": (*COMMON_TIMES, "first_seen", "last_seen"),
        "user-account": (
            *COMMON_TIMES, "account_created", "account_expires", "credential_last_changed", "account_first_login",
            "account_last_login",
        ),
        "windows-registry-key": (*COMMON_TIMES, "modified_time",),
        "x509-certificate": (*COMMON_TIMES, "validity_not_before", "validity_not_after"),
    }
)  # fmt: skip
"""Properties of type timestamp; types that are not here have `COMMON_TIMES`."""

NESTED_TIMES = frozenset(
    {"time_date_stamp", "private_key_usage_period_not_before", "private_key_usage_period_not_after"}
)
"""Properties of type timestamp one or two levels down, in extensions and in `x509_v3_extensions`."""


def _types(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}--" for name in names)


_ADDRESS = _types("ipv4-addr", "ipv6-addr", "mac-addr", "domain-name")
_CONTENT = _types("file", "artifact")
_IDENTITY = _types("identity")
_MAIL = _types("email-addr")
_MARKING = _types("marking-definition")
_SOFTWARE = _types("software")
_USER = _types("user-account")
_ROUTES = {"resolves_to_refs": _types("mac-addr"), "belongs_to_refs": _types("autonomous-system")}

COMMON_REFERENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"created_by_ref": _IDENTITY, "object_marking_refs": _MARKING}
)

REFERENCES: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "directory": {"contains_refs": _types("file", "directory")},
        "domain-name": {"resolves_to_refs": _types("ipv4-addr", "ipv6-addr", "domain-name")},
        "email-addr": {"belongs_to_ref": _USER},
        "email-message": {
            "from_ref": _MAIL, "sender_ref": _MAIL, "to_refs": _MAIL, "cc_refs": _MAIL, "bcc_refs": _MAIL,
            "raw_email_ref": _types("artifact"), "body_raw_ref": _CONTENT,
        },
        "file": {
            "parent_directory_ref": _types("directory"),
            "content_ref": _types("artifact"),
        },
        "ipv4-addr": _ROUTES,
        "ipv6-addr": _ROUTES,
        "malware": {"operating_system_refs": _SOFTWARE, "sample_refs": _CONTENT},
        "malware-analysis": {
            "host_vm_ref": _SOFTWARE, "operating_system_ref": _SOFTWARE, "installed_software_refs": _SOFTWARE,
            "sample_ref": (*_CONTENT, "network-traffic--"),
        },
        "network-traffic": {
            "src_ref": _ADDRESS, "dst_ref": _ADDRESS,
            "src_payload_ref": _types("artifact"), "dst_payload_ref": _types("artifact"),
            "encapsulates_refs": _types("network-traffic"),
            "encapsulated_by_ref": _types("network-traffic"),
            "message_body_data_ref": _types("artifact"),
        },
        "process": {
            "opened_connection_refs": _types("network-traffic"),
            "creator_user_ref": _USER,
            "image_ref": _types("file"),
            "parent_ref": _types("process"),
            "child_refs": _types("process"),
            "service_dll_refs": _types("file"),
        },
        "sighting": {
            "observed_data_refs": _types("observed-data"),
            "where_sighted_refs": _types("identity", "location"),
        },
        "windows-registry-key": {"creator_user_ref": _USER},
    }
)  # fmt: skip
"""Which types a reference property may name, as prefixes of ids, where the standard says so."""
