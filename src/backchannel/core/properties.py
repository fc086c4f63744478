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

COMMON = frozenset({"type", "id", "spec_version", "created", "modified", "object_marking_refs", "granular_markings"})
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
accesses-remote-machines accidental activist advanced adware aerospace agree agriculture alpha amplification
analyses-as analysis-of anomalous-activity anonymization anti-debugging anti-disassembly anti-emulation
anti-memory-forensics anti-sandbox anti-vm applescript arm attack-pattern attributed-to attribution
authored-by automotive av-analysis-of backdoor based-on bash beacons-to benign bootkit bot botnet campaign
captures-input-peripherals captures-output-peripherals captures-system-state-data characterizes chemical
class cleans-traces-of-infection club coercion command-and-control commercial commits-fraud
communicates-with communicates-with-c2 communications competitor compromised compromises
compromises-data-availability compromises-data-integrity compromises-system-availability consists-of
construction contest control-system controls controls-local-machine course-of-action credential-exploitation
crime-syndicate criminal dams ddos defense degrades-security-software degrades-system-updates delivers
denial-of-service derived-from detects determines-c2-server director disagree domain-registration dominance
downloader downloads dropper drops duplicate-of dynamic-analysis-of education emails-spam emergency-services
energy entertainment escalates-privileges evades-av exfiltrates-data exfiltrates-to exfiltration expert
exploit-kit exploitation exploits financial-services fingerprints-host firewall government
government-emergency-services government-local government-national government-public-services
government-regional group hacker has healthcare hides-artifacts hides-executing-code hospitality-leisure
hosting-malware hosting-target-lists hosts ia-64 identity ideology impersonates independent indicates
indicator individual infects-files infects-remote-machines information-gathering infrastructure
infrastructure-architect infrastructure-operator innovator insider-accidental insider-disgruntled
installs-other-components insurance intermediate intrusion-set investigates javascript keylogger located-at
malicious malicious-activity malware malware-analysis malware-author manufacturing minimal mining mips
mitigates nation-state network-capture neutral non-profit none notoriety nuclear observed-data organization
organizational-gain originates-from owns pcre perl persists-after-system-reboot personal-gain
personal-satisfaction pharmaceuticals phishing php powerpc powershell prevents-artifact-access
prevents-artifact-deletion probes-network-environment python ransomware recon reconnaissance related-to
remediates remote-access remote-access-trojan resource-exploitation retail revenge revoked-by
rogue-security-software rootkit routers-switches screen-capture self-modifies sensationalist sigma snort
spammer sparc sponsor spy spyware staging static-analysis-of steals-authentication-credentials stix
strategic strongly-agree strongly-disagree subtechnique-of suricata suspicious suspicious-activity system
targets team technology telecommunications terrorist threat-actor threat-report tool transportation trojan
undefined unknown unpredictable unspecified uses utilities variant-of violates-system-operational-integrity
virus visualbasic vulnerability vulnerability-scanning water webshell wiper workstation worm x86 x86-64 yara
"""
VOCABULARY = frozenset(_WORDS.split())
"""Words of the specification's open vocabularies: standing alone as a value they name nothing of
anybody's."""

_PROPERTY_NAMES = """
abstract account_created account_expires account_first_login account_last_login account_login account_type
additional_header_fields address_family address_of_entry_point administrative_area aliases
alternate_data_streams analysis_definition_version analysis_ended analysis_engine_version analysis_sco_refs
analysis_started architecture_execution_envs aslr_enabled atime authority_key_identifier authors
base_of_code base_of_data basic_constraints bcc_refs belongs_to_ref belongs_to_refs bits_per_pixel body
body_multipart body_raw_ref can_escalate_privs capabilities cc_refs certificate_policies characteristics_hex
checksum_hex child_refs city command_line comment confidence configuration_version contact_information
contains_refs content content_disposition content_ref content_type contents context count country cpe
created created_by_ref created_time creator_user_ref credential credential_last_changed
crl_distribution_points ctime cwd data data_type date decryption_key defanged definition definition_type
dep_enabled description descriptions display_name dll_characteristics_hex document_info_dict dst_byte_count
dst_flags_hex dst_packets dst_payload_ref dst_port dst_ref encapsulated_by_ref encapsulates_refs
encryption_algorithm end entropy environment_variables exif_tags explanation extended_key_usage
extension_properties extension_type extension_types extensions external_id external_references
file_alignment file_header_hashes first_observed first_seen from_ref gid goals granular_markings group_name
groups hashes home_dir host_vm_ref icmp_code_hex icmp_type_hex id identity_class image_base image_height
image_ref image_width imphash implementation_languages indicator_types infrastructure_types
inhibit_any_policy installed_software_refs integrity_level ipfix is_active is_blocking is_disabled is_family
is_hidden is_listening is_multipart is_optimized is_privileged is_self_signed is_service_account issuer
issuer_alternative_name key key_usage kill_chain_name kill_chain_phases labels lang languages last_observed
last_seen latitude loader_flags_hex longitude machine_hex magic_hex magic_number_hex major_image_version
major_linker_version major_os_version major_subsystem_version malware_types marking_ref
message_body_data_ref message_body_length message_id mime_type minor_image_version minor_linker_version
minor_os_version minor_subsystem_version modified modified_time modules mtime name name_constraints name_enc
number number_observed number_of_rva_and_sizes number_of_sections number_of_subkeys number_of_symbols
object_marking_refs object_modified object_ref object_refs objective objects observed_data_refs
opened_connection_refs operating_system_ref operating_system_refs opinion optional_header options owner_sid
parent_directory_ref parent_ref path path_enc pattern pattern_type pattern_version payload_bin pdfid0 pdfid1
pe_type personal_motivations phase_name pid pointer_to_symbol_table_hex policy_constraints policy_mappings
postal_code precision primary_motivation priority private_key_usage_period_not_after
private_key_usage_period_not_before product protocols published raw_email_ref received_lines region
relationship_type report_types request_header request_method request_value request_version resolves_to_refs
resource_level result result_name revoked rir roles sample_ref sample_refs schema secondary_motivations
section_alignment sections sectors selectors sender_ref serial_number service_dll_refs service_name
service_status service_type shell sid sighting_of_ref signature_algorithm size size_of_code size_of_headers
size_of_heap_commit size_of_heap_reserve size_of_image size_of_initialized_data size_of_optional_header
size_of_stack_commit size_of_stack_reserve size_of_uninitialized_data socket_descriptor socket_handle
socket_type sophistication source_name source_ref spec_version src_byte_count src_flags_hex src_packets
src_payload_ref src_port src_ref start start_time start_type startup_info statement stop_time street_address
subject subject_alternative_name subject_directory_attributes subject_key_identifier
subject_public_key_algorithm subject_public_key_exponent subject_public_key_modulus submitted subsystem_hex
summary swid target_ref threat_actor_types time_date_stamp tlp tlp_2_0 to_refs tool_types tool_version type
url user_id valid_from valid_until validity_not_after validity_not_before value values vendor version
where_sighted_refs win32_version_value_hex window_title x509_v3_extensions
MD5 SHA-1 SHA-256 SHA-512 SHA3-256 SHA3-512 SSDEEP TLSH
archive-ext http-request-ext icmp-ext ntfs-ext pdf-ext raster-image-ext socket-ext tcp-ext unix-account-ext
windows-pebinary-ext windows-process-ext windows-service-ext
"""
KNOWN_KEYS = frozenset(_PROPERTY_NAMES.split())
"""Names of properties, hashes and extensions that the specification defines: as a key they name nothing
of anybody's."""
