"""What STIX 2.1 says of types beyond the JSON schemas, as tables: times, their order, types of references.

Rules: a property that may refer to anything is not listed. Types of the extensions of an observable stand
under the name of the property that holds them, whatever extension it is in: the names are unambiguous.
Source: STIX 2.1, chapters 3 to 7, the tables "Property Name | Type | Description" of each object.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Order(NamedTuple):
    """Two properties of which one must not be before the other; `strictly`: nor at the same time."""

    rule: str
    later: str
    earlier: str
    strictly: bool = False


MODIFIED = Order("modified-before-created", "modified", "created")
_SEEN = Order("last-seen-before-first-seen", "last_seen", "first_seen")

ORDERS: Mapping[str, Order] = MappingProxyType(
    {
        "campaign": _SEEN,
        "indicator": Order("valid-until-not-after-valid-from", "valid_until", "valid_from", strictly=True),
        "infrastructure": _SEEN,
        "intrusion-set": _SEEN,
        "malware": _SEEN,
        "malware-analysis": Order("analysis-ended-before-started", "analysis_ended", "analysis_started"),
        "network-traffic": Order("end-before-start", "end", "start"),
        "observed-data": Order("last-observed-before-first-observed", "last_observed", "first_observed"),
        "relationship": Order("stop-time-not-after-start-time", "stop_time", "start_time", strictly=True),
        "sighting": _SEEN,
        "threat-actor": _SEEN,
    }
)
"""Besides `MODIFIED`, which holds for every object."""

TIMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "campaign": ("first_seen", "last_seen"),
        "directory": ("ctime", "mtime", "atime"),
        "email-message": ("date",),
        "file": ("ctime", "mtime", "atime"),
        "indicator": ("valid_from", "valid_until"),
        "infrastructure": ("first_seen", "last_seen"),
        "intrusion-set": ("first_seen", "last_seen"),
        "language-content": ("object_modified",),
        "malware": ("first_seen", "last_seen"),
        "malware-analysis": ("submitted", "analysis_started", "analysis_ended"),
        "network-traffic": ("start", "end"),
        "observed-data": ("first_observed", "last_observed"),
        "process": ("created_time",),
        "relationship": ("start_time", "stop_time"),
        "report": ("published",),
        "sighting": ("first_seen", "last_seen"),
        "threat-actor": ("first_seen", "last_seen"),
        "user-account": (
            "account_created", "account_expires", "credential_last_changed", "account_first_login",
            "account_last_login",
        ),
        "windows-registry-key": ("modified_time",),
        "x509-certificate": ("validity_not_before", "validity_not_after"),
    }
)  # fmt: skip
"""Properties of type timestamp, besides `created` and `modified`."""

NESTED_TIMES = frozenset(
    {"time_date_stamp", "private_key_usage_period_not_before", "private_key_usage_period_not_after"}
)
"""Properties of type timestamp one or two levels down, in extensions and in `x509_v3_extensions`."""

_ADDRESS = frozenset({"ipv4-addr", "ipv6-addr", "mac-addr", "domain-name"})
_CONTENT = frozenset({"file", "artifact"})
_IDENTITY = frozenset({"identity"})
_MAIL = frozenset({"email-addr"})
_MARKING = frozenset({"marking-definition"})
_SOFTWARE = frozenset({"software"})
_USER = frozenset({"user-account"})
_ROUTES = {"resolves_to_refs": frozenset({"mac-addr"}), "belongs_to_refs": frozenset({"autonomous-system"})}

COMMON_REFERENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"created_by_ref": _IDENTITY, "object_marking_refs": _MARKING}
)

REFERENCES: Mapping[str, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "directory": {"contains_refs": frozenset({"file", "directory"})},
        "domain-name": {"resolves_to_refs": frozenset({"ipv4-addr", "ipv6-addr", "domain-name"})},
        "email-addr": {"belongs_to_ref": _USER},
        "email-message": {
            "from_ref": _MAIL, "sender_ref": _MAIL, "to_refs": _MAIL, "cc_refs": _MAIL, "bcc_refs": _MAIL,
            "raw_email_ref": frozenset({"artifact"}), "body_raw_ref": _CONTENT,
        },
        "file": {
            "parent_directory_ref": frozenset({"directory"}),
            "content_ref": frozenset({"artifact"}),
        },
        "ipv4-addr": _ROUTES,
        "ipv6-addr": _ROUTES,
        "malware": {"operating_system_refs": _SOFTWARE, "sample_refs": _CONTENT},
        "malware-analysis": {
            "host_vm_ref": _SOFTWARE, "operating_system_ref": _SOFTWARE, "installed_software_refs": _SOFTWARE,
            "sample_ref": _CONTENT | {"network-traffic"},
        },
        "network-traffic": {
            "src_ref": _ADDRESS, "dst_ref": _ADDRESS,
            "src_payload_ref": frozenset({"artifact"}), "dst_payload_ref": frozenset({"artifact"}),
            "encapsulates_refs": frozenset({"network-traffic"}),
            "encapsulated_by_ref": frozenset({"network-traffic"}),
            "message_body_data_ref": frozenset({"artifact"}),
        },
        "process": {
            "opened_connection_refs": frozenset({"network-traffic"}),
            "creator_user_ref": _USER,
            "image_ref": frozenset({"file"}),
            "parent_ref": frozenset({"process"}),
            "child_refs": frozenset({"process"}),
            "service_dll_refs": frozenset({"file"}),
        },
        "sighting": {
            "observed_data_refs": frozenset({"observed-data"}),
            "where_sighted_refs": frozenset({"identity", "location"}),
        },
        "windows-registry-key": {"creator_user_ref": _USER},
    }
)  # fmt: skip
"""Which types a reference property may name, where the standard says so; besides `COMMON_REFERENCES`."""
