"""On published intelligence two parties learn exactly the intersection of their values, however each spells them."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest

from backchannel.core.canonical import Observable
from backchannel.core.matching import input_of, why_not
from backchannel.core.observable import guess
from backchannel.core.vetting_rules import values_of
from backchannel.errors import UnreadableFile
from backchannel.formats.generate import Generator
from backchannel.formats.reading import kind_of, read_items
from backchannel.protocol.matching import tag_of
from backchannel.protocol.matching_engine import IN_PART, Engine
from exchange import one_process
from paths import SHARED_DATA, needs_shared_data
from two_parties import NOW

pytestmark = [needs_shared_data, pytest.mark.slow]

SEED, INFO = b"s" * 32, b"published"
AGREEMENT = "a" * 64


def values_in(*paths: Path) -> set[Observable]:
    """The values that files name, read as an import reads them."""
    found: set[Observable] = set()
    for path in paths:
        with path.open("rb") as file, suppress(UnreadableFile):
            items = read_items(file, kind_of(file), Generator(UUID(int=0), NOW), validate=lambda _value: [])
            values = [item.object.value for item in items if item.object is not None]
            found |= {one for value in values for one in values_of(value)}
    return {one for one in found if why_not(one) is None}


def spoiled(values: Iterable[Observable]) -> Iterator[Observable | None]:
    """The same values as other people write them, read again."""
    for number, one in enumerate(sorted(values)):
        written = one.value
        if one.type in {"domain-name", "ipv4-addr"}:
            written = (written.upper(), written.replace(".", "[.]"), written.replace(".", "(dot)", 1))[number % 2]
            if one.type == "ipv4-addr" and number % 3 == 0:
                written = f"::ffff:{one.value}"
        elif one.type == "url":
            written = written.replace("http", "hxxp", 1)
        elif one.type.startswith("file-") and one.type.removeprefix("file-") in {"md5", "sha1", "sha256"}:
            written = written.upper()
        yield guess(written)


def learned(engine: Engine, ours: Iterable[Observable], theirs: Iterable[Observable]) -> set[Observable]:
    """What a party with `ours` learns from one with `theirs`, through blinding, proofs and tags."""
    values = sorted(set(ours))
    inputs = [input_of(AGREEMENT, one) for one in values]
    blinds = engine.derive_blinds(b"b" * 32, [str(number).encode() for number in range(len(inputs))])
    blinded = engine.blind(inputs, blinds)
    parts = engine.evaluate(SEED, INFO, blinded)
    assert max(len(part.elements) for part in parts) <= IN_PART
    outputs = engine.finalize(inputs, blinds, blinded, parts, engine.public_key(SEED, INFO))
    tags = {
        tag_of(one)
        for one in engine.own_outputs(SEED, INFO, [input_of(AGREEMENT, one) for one in sorted(set(theirs))])
    }
    return {one for one, output in zip(values, outputs, strict=True) if tag_of(output) in tags}


def test_of_cytrox_both_hold_326_of_336_domains() -> None:
    ours = {one for one in values_in(SHARED_DATA / "amnesty/cytrox.stix2") if one.type == "domain-name"}
    theirs = values_in(SHARED_DATA / "maltrail/predatory.txt")
    found = learned(one_process(), ours, theirs)
    assert found == ours & theirs
    assert (len(ours), len(found)) == (336, 326)


def test_of_two_vendors_both_hold_the_plain_intersection_however_one_spells() -> None:
    """They have nothing in common; when one has taken over a third of the other's values, they have that third."""
    ours, theirs = (values_in(*sorted((SHARED_DATA / name).glob("*.json"))) for name in ("eset", "unit42"))
    assert (len(ours), len(theirs)) == (2_984, 2_696)
    assert learned(one_process(), ours, theirs) == ours & theirs == set()
    taken = set(sorted(theirs)[::3])
    read_again = {one for one in spoiled(taken) if one is not None}
    assert len(read_again & taken) > 0.95 * len(taken), "some kinds cannot be told by their form"
    found = learned(one_process(), ours | read_again, theirs)
    assert found == (ours | read_again) & theirs >= read_again & taken
