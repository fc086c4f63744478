"""What STIX 2.1 says about the properties of its types: which are required, and which words are its own.

Rules: a reduced copy may lose a property only if the type does not need it. The tables follow the
specification; of types that STIX does not define, only what every object needs is known.
Source: STIX 2.1, sections 3.2 (common properties), 4, 5, 6 and 7; section 10 (vocabularies).
"""

from collections.abc import Mapping
from typing import Any

OBSERVABLE_TYPES = frozenset(
    {
        "artifact", "autonomous-system", "directory", "domain-name", "email-addr", "email-message", "file",
        "ipv4-addr", "ipv6-addr", "mac-addr", "mutex", "network-traffic", "process", "software", "url",
        "user-account", "windows-registry-key", "x509-certificate",
    }
)  # fmt: skip
"""Observables: they have no creator and no versions."""

LINK_TYPES = frozenset({"relationship", "sighting"})
"""Objects whose subject is a link between others."""

META_TYPES = frozenset({"marking-definition", "extension-definition", "language-content"})

REQUIRED: Mapping[str, frozenset[str]] = {
    "artifact": frozenset(),
    "attack-pattern": frozenset({"name"}),
    "autonomous-system": frozenset({"number"}),
    "campaign": frozenset({"name"}),
    "course-of-action": frozenset({"name"}),
    "directory": frozenset({"path"}),
    "domain-name": frozenset({"value"}),
    "email-addr": frozenset({"value"}),
    "email-message": frozenset({"is_multipart"}),
    "extension-definition": frozenset({"created_by_ref", "name", "schema", "version", "extension_types"}),
    "file": frozenset(),
    "grouping": frozenset({"context", "object_refs"}),
    "identity": frozenset({"name"}),
    "incident": frozenset({"name"}),
    "indicator": frozenset({"pattern", "pattern_type", "valid_from"}),
    "infrastructure": frozenset({"name"}),
    "intrusion-set": frozenset({"name"}),
    "ipv4-addr": frozenset({"value"}),
    "ipv6-addr": frozenset({"value"}),
    "language-content": frozenset({"object_ref", "contents"}),
    "location": frozenset(),
    "mac-addr": frozenset({"value"}),
    "malware": frozenset({"is_family"}),
    "malware-analysis": frozenset({"product"}),
    "marking-definition": frozenset({"definition_type", "definition", "extensions", "name"}),
    "mutex": frozenset({"name"}),
    "network-traffic": frozenset({"protocols"}),
    "note": frozenset({"content", "object_refs"}),
    "observed-data": frozenset({"first_observed", "last_observed", "number_observed"}),
    "opinion": frozenset({"opinion", "object_refs"}),
    "process": frozenset(),
    "relationship": frozenset({"relationship_type", "source_ref", "target_ref"}),
    "report": frozenset({"name", "published", "object_refs"}),
    "sighting": frozenset({"sighting_of_ref"}),
    "software": frozenset({"name"}),
    "threat-actor": frozenset({"name"}),
    "tool": frozenset({"name"}),
    "url": frozenset({"value"}),
    "user-account": frozenset(),
    "vulnerability": frozenset({"name"}),
    "windows-registry-key": frozenset(),
    "x509-certificate": frozenset(),
}
"""Properties that each type of STIX 2.1 needs, besides `COMMON`."""

COMMON = frozenset(
    {"type", "id", "spec_version", "created", "modified", "object_marking_refs", "granular_markings"}
)
"""What no reduced copy may lose of any object: its identity, and its marks."""

ONE_OF: Mapping[str, frozenset[str]] = {
    "artifact": frozenset({"payload_bin", "url"}),
    "file": frozenset({"hashes", "name"}),
    "malware-analysis": frozenset({"result", "analysis_sco_refs"}),
    "network-traffic": frozenset({"src_ref", "dst_ref"}),
    "observed-data": frozenset({"objects", "object_refs"}),
}
"""At least one of these properties is needed."""

_NEEDS_ANY = frozenset({"location", "process", "user-account", "windows-registry-key", "x509-certificate"})
_NO_SUBSTANCE = COMMON | {
    "defanged",
    "extensions",
    "created_by_ref",
    "revoked",
    "labels",
    "lang",
    "confidence",
}
_COORDINATES = frozenset({"latitude", "longitude", "precision"})
_NAMED_FAMILY = frozenset({"is_family", "name"})
_NO_EXTENSION: frozenset[str] = frozenset()
_CUSTOM = frozenset({"extensions"})


def required(value: Mapping[str, Any]) -> frozenset[str]:
    """The properties that this object needs to stay valid, besides `COMMON`."""
    kind = value.get("type")
    if kind == "malware":
        return _NAMED_FAMILY if value.get("is_family") is True else REQUIRED["malware"]
    needed = REQUIRED.get(str(kind), _CUSTOM)
    extensions = value.get("extensions")
    if isinstance(extensions, Mapping) and any(_defines(one) for one in extensions.values()):
        return needed | _CUSTOM
    return needed


def still_valid(value: Mapping[str, Any]) -> bool:
    """Whether an object that lost optional properties still has what its type needs together (`ONE_OF` and
    the like)."""
    kind = str(value.get("type"))
    choice = ONE_OF.get(kind)
    if choice is not None and choice.isdisjoint(value):
        return False
    if kind in _NEEDS_ANY and not (value.keys() - _NO_SUBSTANCE):
        return False
    if kind == "location":
        return _valid_place(value)
    return not (kind == "artifact" and "url" in value and "hashes" not in value)


def is_needed(kind: str, name: str) -> bool:
    """Whether no object of this type can do without the property."""
    return name in COMMON or name in REQUIRED.get(kind, _NO_EXTENSION)


def _defines(extension: Any) -> bool:
    """Whether an extension says what the object is or adds properties to it, so that it cannot be taken
    away."""
    kind = extension.get("extension_type") if isinstance(extension, Mapping) else None
    return kind is not None and kind != "property-extension"


def _valid_place(value: Mapping[str, Any]) -> bool:
    present = _COORDINATES & value.keys()
    if present and not {"latitude", "longitude"} <= present:
        return False
    return bool(present) or not {"region", "country"}.isdisjoint(value)


_WORDS = """
accidental activist advanced adware aerospace agree agriculture amplification anomalous-activity anonymization
applescript attack-pattern attribution automotive backdoor bash benign bootkit botnet bot campaign chemical
class club coercion command-and-control commercial communications competitor compromised construction contest
control-system course-of-action credential-exploitation crime-syndicate criminal ddos defense
denial-of-service director disagree dominance domain-registration downloader dropper education energy
entertainment exfiltration expert exploit-kit exploitation financial-services government
government-emergency-services government-local government-national government-public-services
government-regional group hacker healthcare hospitality-leisure hosting-malware hosting-target-lists identity
ideology independent indicator individual information-gathering infrastructure infrastructure-architect
infrastructure-operator innovator insider-accidental insider-disgruntled insurance intermediate intrusion-set
javascript keylogger malicious malicious-activity malware malware-analysis malware-author manufacturing
minimal mining network-capture neutral non-profit none notoriety observed-data organization
organizational-gain perl personal-gain personal-satisfaction pharmaceuticals phishing php powershell python
ransomware recon reconnaissance remote-access remote-access-trojan resource-exploitation retail revenge
rogue-security-software rootkit screen-capture sensationalist spy spyware sponsor spammer staging
strongly-agree strongly-disagree suspicious suspicious-activity system team technology telecommunications
terrorist threat-actor threat-report tool trojan transportation undefined unknown unpredictable unspecified
utilities virus visualbasic vulnerability vulnerability-scanning webshell wiper workstation worm x86 x86-64
mips sparc alpha arm ia-64 powerpc stix pcre sigma snort suricata yara analyses-as analysis-of attributed-to
authored-by av-analysis-of based-on beacons-to characterizes communicates-with compromises consists-of
controls delivers derived-from downloads drops duplicate-of dynamic-analysis-of exfiltrates-to exploits has
hosts impersonates indicates investigates located-at mitigates originates-from owns related-to remediates
static-analysis-of subtechnique-of targets uses variant-of detects revoked-by
"""
VOCABULARY = frozenset(_WORDS.split())
"""Words of the specification's open vocabularies: standing alone as a value they name nothing of
anybody's."""
