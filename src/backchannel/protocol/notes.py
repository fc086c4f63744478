"""Signed notes: a text, a blank line, and a line for each signature (C2SP signed-note).

Reading checks, in this order: size; UTF-8, and no control character but the newline; the last blank line
divides text and signatures; each signature line is an em dash, a blank, a name, a blank, and base64 as a writer
spells it; at most 64 of them.
Opening checks: every signature of a known key verifies; no known key signed twice; at least one known key
signed. Signatures of unknown keys are passed over, whatever they hold: that is how keys are exchanged and
witnesses added. Until a note is opened its text must not be used.
"""

import re
from collections.abc import Iterable

import msgspec

from backchannel.errors import BadNote
from backchannel.protocol.note_keys import KEY_ID, Signer, VerifierKey, check_key_name, sign_text, verify_text
from backchannel.protocol.spelling import from_base64, to_base64

MAX_NOTE = 256 * 1024
"""Largest note, in bytes."""
MAX_SIGNATURES = 64

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH = "\N{EM DASH} "


class Signature(msgspec.Struct, frozen=True):
    """One signature line: the key's name and id, and what the key made. Nothing of it is verified."""

    name: str
    key_id: bytes
    value: bytes

    def __str__(self) -> str:
        """The line, without its newline."""
        return f"{_DASH}{self.name} {to_base64(self.key_id + self.value)}"


class Note(msgspec.Struct, frozen=True):
    """A note as it was read. Its text may be anybody's."""

    text: str
    signatures: tuple[Signature, ...]

    def __bytes__(self) -> bytes:
        """The note as it is sent."""
        lines = "".join(f"{signature}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()


class Signed(msgspec.Struct, frozen=True):
    """That a key signed; with the time that the signature states, in seconds of POSIX, if its kind has one."""

    key: VerifierKey
    time: int | None


class OpenedNote(msgspec.Struct, frozen=True):
    """A text, and the known keys that signed it: at least one."""

    text: str
    signed: tuple[Signed, ...]


def sign_note(text: str, signers: Iterable[Signer], time: int) -> Note:
    """A note signed by all of these. The time counts for the kinds that state one.

    Raises:
        BadNote: `parse_note` would refuse the note.
    """
    note = with_signatures(Note(text, ()), (make_signature(signer, text, time) for signer in signers))
    if parse_note(bytes(note)) != note:
        raise BadNote("the text has lines that would be read as signatures")
    return note


def make_signature(signer: Signer, text: str, time: int) -> Signature:
    """The signature line of one key over the text."""
    return Signature(signer.name, signer.verifier_key.id, sign_text(signer, text, time))


def with_signatures(note: Note, signatures: Iterable[Signature]) -> Note:
    """The note with more signatures. One of a key that is there already takes the place of the older one."""
    lines = {(one.name, one.key_id): one for one in (*note.signatures, *signatures)}
    return Note(note.text, tuple(lines.values()))


def parse_note(data: bytes) -> Note:
    """Text and signature lines of a note. Nothing is verified.

    Raises:
        BadNote: one of the checks of the module's first list failed.
    """
    if len(data) > MAX_NOTE:
        raise BadNote(f"a note has at most {MAX_NOTE} bytes, not {len(data)}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadNote("the note is not UTF-8") from None
    if _CONTROL.search(whole):
        raise BadNote("the note has a control character")
    at = whole.rfind("\n\n")
    lines = whole[at + 2 :].split("\n")
    if at < 0 or lines.pop() != "" or not lines:
        raise BadNote("the note does not end with a blank line and signature lines")
    if len(lines) > MAX_SIGNATURES:
        raise BadNote(f"a note has at most {MAX_SIGNATURES} signatures, not {len(lines)}")
    return Note(whole[: at + 1], tuple(_parse_line(line) for line in lines))


def open_note(data: bytes, known: Iterable[VerifierKey]) -> OpenedNote:
    """Verify a note with the keys one knows.

    Raises:
        BadNote: one of the checks of either of the module's lists failed.
    """
    note = parse_note(data)
    keys = {(key.name, key.id): key for key in known}
    signed: dict[VerifierKey, Signed] = {}
    for signature in note.signatures:
        key = keys.get((signature.name, signature.key_id))
        if key is None:
            continue
        if key in signed:
            raise BadNote(f"the key of {key.name!r} signed the note twice")
        signed[key] = Signed(key, verify_text(key, note.text, signature.value))
    if not signed:
        raise BadNote("nobody whose key is known here signed the note")
    return OpenedNote(note.text, tuple(signed.values()))


def parse_signatures(text: str) -> tuple[Signature, ...]:
    """Signature lines that came without their note, as a witness sends them.

    Raises:
        BadNote: a line is malformed, or there are too many.
    """
    lines = text.split("\n")
    if lines.pop() != "" or not 1 <= len(lines) <= MAX_SIGNATURES:
        raise BadNote(f"1 to {MAX_SIGNATURES} signature lines are expected, each ended by a newline")
    return tuple(_parse_line(line) for line in lines)


def _parse_line(line: str) -> Signature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH):
        raise BadNote("a signature line does not begin with an em dash and a blank")
    check_key_name(name)
    try:
        value = from_base64(encoded)
    except ValueError as error:
        raise BadNote(f"the signature of {name[:80]!r} is {error}") from None
    if len(value) <= KEY_ID:
        raise BadNote(f"the signature of {name[:80]!r} is too short")
    return Signature(name, value[:KEY_ID], value[KEY_ID:])
