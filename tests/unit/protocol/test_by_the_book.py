"""A second reader, written from `docs/reference/protocol.md` alone, and bytes made by the first release.

What it shares with the project is the library of primitives; nothing of the project's own code opens anything here.
"""

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import zstandard
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from backchannel.core.matching import LARGEST
from backchannel.flow.match_limits import MOST_SESSIONS_A_DAY, MOST_TAGS
from backchannel.protocol.card import read_card
from backchannel.protocol.channel import Accepted, Channel, receive
from backchannel.protocol.consent import ItemName, Originator, make_consent
from backchannel.protocol.crypto import Share
from backchannel.protocol.envelope import Place, seal, unpack
from backchannel.protocol.handshake import agreement_channel, introduction
from backchannel.protocol.message import Release, decode, encode
from backchannel.protocol.versions import CURRENT
from paths import ROOT
from receipts import unsigned
from two_parties import LAB, VENDOR, route, secrets_at

PAGE = (ROOT / "docs/reference/protocol.md").read_text(encoding="utf-8")
GOLDEN: dict[str, str] = json.loads(Path(__file__).with_name("golden_v1.json").read_text(encoding="utf-8"))
CHANNEL = "c0" * 32


def verify_both(keys: dict[str, str], domain: str, message: bytes, ed25519: bytes, mldsa65: bytes) -> None:
    framed = b"backchannel/1 " + domain.encode() + b"\0" + message
    Ed25519PublicKey.from_public_bytes(base64.b64decode(keys["ed25519"])).verify(ed25519, framed)
    MLDSA65PublicKey.from_public_bytes(base64.b64decode(keys["mldsa65"])).verify(mldsa65, framed)


def open_by_the_book(data: bytes, mac: bytes, sealing_seed: bytes, sender_card: dict[str, Any]) -> tuple[Any, bytes]:
    assert hmac.digest(mac, data[:-32], "sha256") == data[-32:]
    assert data[:8] == b"BKCHNL\r\n"
    end = 12 + int.from_bytes(data[8:12], "big")
    header = data[12:end]
    seeds = hashlib.shake_256(sealing_seed).digest(96)
    private = MLKEM768X25519PrivateKey(
        MLKEM768PrivateKey.from_seed_bytes(seeds[:64]), X25519PrivateKey.from_private_bytes(seeds[64:])
    )
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    inner = suite.decrypt(data[end:-32], private, header)
    packed = inner[3409 : 3409 + int.from_bytes(inner[3405:3409], "big")]
    fields = json.loads(header)
    assert hashlib.sha256(inner[3373:3405] + packed).hexdigest() == fields["commitment"]
    lasting = json.dumps({name: fields[name] for name in sorted(fields) if name != "epoch"}, separators=(",", ":"))
    message = hashlib.sha256(lasting.encode()).digest() + hashlib.sha256(packed).digest()
    verify_both(sender_card["card"]["keys"], "envelope", message, inner[:64], inner[64:3373])
    assert inner == inner[: 3409 + len(packed)].ljust(json.loads(header)["bucket"], b"\0")
    return json.loads(header), zstandard.decompress(packed)


def test_a_reader_written_from_the_page_opens_our_envelopes() -> None:
    body = encode([unsigned()])
    way = route(LAB, VENDOR, CHANNEL)
    sealed = seal(body, way, Place(1, ""), VENDOR.card.sealing, LAB.private)
    header, read = open_by_the_book(sealed.data, way.mac, VENDOR.private.sealing[0].seed, json.loads(LAB.card_bytes))
    assert read == body
    assert header["sender"] == LAB.key
    assert header["suite"] == CURRENT.suite


def test_a_reader_written_from_the_page_verifies_our_cards() -> None:
    document = json.loads(LAB.card_bytes)
    statement = json.dumps(document["card"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ed25519, mldsa65 = (base64.b64decode(document["signatures"][name]) for name in ("ed25519", "mldsa65"))
    verify_both(document["card"]["keys"], "key-card", statement, ed25519, mldsa65)
    keys = json.dumps(document["card"]["keys"], sort_keys=True, separators=(",", ":")).encode()
    assert hashlib.sha256(keys).hexdigest() == LAB.key


def test_mailbox_tokens_are_those_of_the_page() -> None:
    own = X25519PrivateKey.from_private_bytes(LAB.private.x25519)
    secret = own.exchange(X25519PublicKey.from_public_bytes(VENDOR.card.keys.x25519))
    lesser, greater = sorted((LAB.key, VENDOR.key))
    channel = hashlib.sha256(f"backchannel/1 party channel\0{lesser}{greater}".encode()).hexdigest()
    info = f"backchannel/1 mailbox\0{channel}{LAB.key}{VENDOR.key}".encode()
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"introduction", info=info).derive(secret)
    token = hmac.digest(key, b"backchannel/1 mailbox\0" + (3).to_bytes(8, "big"), "sha256")
    secrets = introduction(LAB.private, VENDOR.card.keys)
    assert secrets.channel == channel
    assert secrets.send.token(3) == token


def test_an_agreements_secrets_are_those_of_the_page() -> None:
    agreement, proposer, accepter = "ab" * 32, Share(b"p" * 32, b"P" * 1088), Share(b"a" * 32, b"A" * 1088)
    own = X25519PrivateKey.from_private_bytes(LAB.private.x25519)
    secret = b"p" * 32 + b"a" * 32 + own.exchange(X25519PublicKey.from_public_bytes(VENDOR.card.keys.x25519))
    salt = b"agreement" + hashlib.sha256(b"P" * 1088 + b"A" * 1088).digest()
    derived = [
        HKDF(
            algorithm=hashes.SHA256(),
            length=32,
            salt=salt,
            info=f"backchannel/1 {purpose}\0{agreement}{sender}{recipient}".encode(),
        ).derive(secret)
        for sender, recipient in ((LAB.key, VENDOR.key), (VENDOR.key, LAB.key))
        for purpose in ("mailbox", "mac")
    ]
    ours = agreement_channel(LAB.private, VENDOR.card.keys, agreement, proposer=proposer, accepter=accepter)
    assert derived == [ours.send.mailbox, ours.send.mac, ours.receive.mailbox, ours.receive.mac]


def test_a_consent_is_verified_by_a_reader_written_from_the_page() -> None:
    secret, agreement, salt = b"s" * 32, "ab" * 32, b"t" * 32
    item = ItemName("indicator--1", "2026-01-01T00:00:00.000Z", "cd" * 32)
    originator = Originator(secret, agreement)
    recipient = hashlib.sha256(b"backchannel/1 recipient\0" + salt + VENDOR.key.encode()).hexdigest()
    until = "2027-01-01T00:00:00.000Z"
    made = make_consent(originator, [item], recipient=recipient, until=until, at="2026-11-22T20:31:00.000Z")
    wire = json.loads(encode([Release("ab" * 32, (), (), (made,))]))[0]["consents"][0]
    statement = json.dumps(wire["statement"], sort_keys=True, separators=(",", ":")).encode()
    keys, signatures = wire["signed"]["keys"], wire["signed"]["signatures"]
    verify_both(keys, "consent", statement, *(base64.b64decode(signatures[one]) for one in ("ed25519", "mldsa65")))
    nonce = hmac.digest(secret, f"backchannel/1 origin nonce\0{agreement}indicator--1".encode(), "sha256")
    digest = hashlib.sha256(json.dumps(keys, sort_keys=True, separators=(",", ":")).encode()).digest()
    assert originator.origin(item.id) == hashlib.sha256(b"backchannel/1 origin\0" + nonce + digest).hexdigest()
    named = json.dumps([item.id, item.version, item.sha256], separators=(",", ":")).encode()
    assert wire["statement"]["items"] == [hashlib.sha256(b"backchannel/1 consent item\0" + nonce + named).hexdigest()]
    said = {"at": "2026-11-22T20:31:00.000Z", "onward": "never", "recipient": recipient, "until": until, "version": 1}
    assert {name: one for name, one in wire["statement"].items() if name != "items"} == said
    info = f"backchannel/1 consent keys\0{agreement}".encode()
    seeds = HKDF(algorithm=hashes.SHA256(), length=64, salt=b"consent", info=info).derive(secret)
    public = Ed25519PrivateKey.from_private_bytes(seeds[:32]).public_key().public_bytes_raw()
    assert base64.b64decode(keys["ed25519"]) == public


def test_what_the_first_release_made_is_still_read() -> None:
    card = read_card(GOLDEN["card"].encode())
    assert card.keys == LAB.card.keys
    outcome = receive(
        Channel(secrets_at(VENDOR, LAB, CHANNEL), VENDOR.key, LAB.key),
        base64.b64decode(GOLDEN["envelope"]),
        VENDOR.private,
        card,
    )
    assert isinstance(outcome, Accepted)
    assert decode(unpack(outcome.envelope)) == (unsigned(),)


def test_the_page_states_the_limits_that_hold() -> None:
    assert f"`{CURRENT.suite}`" in PAGE
    mib, kib = 2**20, 2**10
    rows = {
        "header": f"{CURRENT.max_header // kib} KiB",
        "bucket": f"{CURRENT.max_bucket // mib} MiB",
        "body, unpacked": f"{CURRENT.max_body // mib} MiB",
        "nesting": f"{CURRENT.max_depth} levels: 64 of an object and the four around it",
        "strings in a body, names included": f"{CURRENT.max_strings:,}",
        "objects and arrays in a body": f"{CURRENT.max_containers:,}",
        "messages in an envelope": f"{CURRENT.max_messages}",
        "released objects in an envelope": f"{CURRENT.max_objects:,}",
        "markings in an envelope": f"{CURRENT.max_markings}",
        "one released object or marking": f"{CURRENT.max_object // mib} MiB",
        "terms of an agreement": f"{CURRENT.max_terms // kib} KiB",
        "key card": f"{CURRENT.max_card // kib} KiB",
        "successions on a key card": f"{CURRENT.max_successions}",
        "consents in an envelope": f"{CURRENT.max_consents}",
        "statement of a consent": f"{CURRENT.max_consent // kib} KiB, {CURRENT.max_consent_items:,} items",
        "items of a consent request": f"{CURRENT.max_consent_items:,}",
        "consents of one object": f"{CURRENT.max_chain}",
        "consent requests of a party in 24 hours": f"{CURRENT.consent_requests_a_day}",
        "consent requests that wait for an answer": f"{CURRENT.open_consent_requests}",
        "question of a request": f"{CURRENT.max_question:,} characters",
        "observables in a request": f"{CURRENT.max_observables}, with {CURRENT.max_asked:,} characters of kinds and "
        "values together",
        "kind or value of an observable, or name of a threat, in a request": f"{CURRENT.max_value:,} characters",
        "note of an answer": f"{CURRENT.max_note:,} characters",
        "objects that an answer names": f"{CURRENT.max_named:,}",
        "elements, or tags, of one kind in a message of a matching session": f"{CURRENT.max_matched:,}",
        "parts of an evaluated shard": f"{CURRENT.max_match_parts}",
        "inputs, or tags, of one kind in a matching session": f"{LARGEST:,}",
        "tags of one kind that a party keeps of the other in an epoch": f"{MOST_TAGS:,}",
        "matching sessions that a party opens under an agreement in a day (UTC)": f"{MOST_SESSIONS_A_DAY}",
    }
    for what, most in rows.items():
        assert f"| {what} | {most} |" in PAGE
    assert f"at most {CURRENT.batch // mib} MiB of objects" in PAGE
