"""What a canary looks like: exactly like an indicator that leaves beside it, so that no recipient can pick it out.

Rules: a canary follows a model, an indicator of ours that leaves under the agreement together with its `indicates`
relationship. It takes over all of both but the id, the value and the times: properties, their order, how the JSON
is written, marks, confidence, and whatever is said of the value. Its ids are derived as the model's are: where those
were made at import from the value, which the recipient could do over again, so are the canary's; else they have the
version of the model's. Its times are those of the model where others have these too, as those of one import do, and
lie between those of its neighbours where no two are alike; never later than its model's, so never in the future.
A model is preferred that names a domain, that leaves now, and that says of its value nothing which is said only once.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

import msgspec

from backchannel.core.canary import Canary, Draw, name_of
from backchannel.core.observable import Observable, from_pattern, pattern_of
from backchannel.core.pattern import parse
from backchannel.core.release_records import Decision
from backchannel.core.stix import StixObject, timestamp

TIMES = ("created", "modified", "valid_from", "valid_until", "start_time", "stop_time")
_DIFFERENT = frozenset({*TIMES, "id", "pattern", "source_ref"})
"""Properties that are a canary's own, or are seen to otherwise."""

_UNITS = (
    timedelta(days=1),
    timedelta(hours=1),
    timedelta(minutes=1),
    timedelta(seconds=1),
    timedelta(milliseconds=1),
    timedelta(microseconds=1),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NIBBLE = 14
"""Where the version of a UUID stands in its text."""

Value = Mapping[str, Any]
Write = Callable[[Value], bytes]


def _dumps(separators: tuple[str, str], indent: int | None, ascii_only: bool, value: Value) -> bytes:
    return json.dumps(value, separators=separators, indent=indent, ensure_ascii=ascii_only).encode()


_WRITERS: tuple[Write, ...] = (
    msgspec.json.encode,
    *(
        partial(_dumps, separators, indent, ascii_only)
        for separators, indent in (((",", ":"), None), ((", ", ": "), None), ((",", ": "), 2), ((",", ": "), 4))
        for ascii_only in (False, True)
    ),
)


class MadeIds(NamedTuple):
    """How ids of objects made at import follow from what they say: of a value, and of an indicator and a threat."""

    indicator: Callable[[Observable], str]
    relationship: Callable[[str, str], str]


class Model(NamedTuple):
    """An indicator that leaves, with its relationship: what a canary can follow. `text` is its value as written."""

    decision: Decision
    link: Decision
    value: Observable
    text: str
    write: Write
    write_link: Write

    @property
    def indicator(self) -> StixObject:
        """The indicator as held."""
        return self.decision.subject.object

    @property
    def relationship(self) -> StixObject:
        """The relationship as held."""
        return self.link.subject.object

    @property
    def created(self) -> datetime:
        """When it was created, as it says."""
        return timestamp(self.indicator.value["created"])

    @property
    def names_a_domain(self) -> bool:
        """Whether its value is what a canary's is."""
        return self.value.type == "domain-name"

    def said(self) -> bytes:
        """What is said of the value, whatever the value is."""
        one, link = self.indicator.value, self.relationship.value
        parts = ({k: v for k, v in each.items() if k not in _DIFFERENT} for each in (one, link))
        return msgspec.json.encode([_said_of(part, self.text, "") for part in parts])


class Recipient(NamedTuple):
    """For whom canaries are made, under which secret, below which domains, and when."""

    agreement: str
    party: str
    secret: bytes
    domains: Sequence[str]
    now: datetime


def models(decisions: Iterable[Decision]) -> list[Model]:
    """Everything that leaves and that a canary could follow."""
    leaving = {one.id: one for one in decisions if one.sent is not None}
    found: dict[str, Model] = {}
    for link in leaving.values():
        value = link.subject.object.value
        if value.get("type") == "relationship" and value.get("relationship_type") == "indicates":
            source = leaving.get(str(value.get("source_ref")))
            model = None if source is None or source.id in found else _model(source, link)
            if model is not None:
                found[model.decision.id] = model
    return list(found.values())


def preferred(found: Sequence[Model], *, leaves_now: Callable[[Decision], bool]) -> tuple[list[Model], list[str]]:
    """The models to choose from, and what the officer should know of them."""
    pool, notes = list(found), []
    often = Counter(model.said() for model in pool)
    wishes: tuple[tuple[Callable[[Model], bool], str], ...] = (
        (lambda one: one.names_a_domain, "no other indicator here names a domain: among them a canary stands out"),
        (lambda one: leaves_now(one.decision), "no other indicator leaves now: a canary alone may be noticed"),
        (
            lambda one: often[one.said()] > 1 or len(found) == 1,
            "every indicator here has a text of its own, and a canary repeats that of one",
        ),
    )
    for wish, note in wishes:
        wished = [one for one in pool if wish(one)]
        if wished:
            pool = wished
        else:
            notes.append(note)
    return pool, notes


def canaries(pool: Sequence[Model], of: Recipient, counters: Iterable[int], made: MadeIds) -> Iterator[Canary]:
    """One canary for each counter, in the form of models of the pool."""
    alike = Counter(model.created for model in pool)
    moments = sorted(alike)
    unit = next(unit for unit in _UNITS if all((one - _EPOCH) % unit == timedelta() for one in moments))
    for counter in counters:
        draw = Draw(of.secret, "form", of.agreement, of.party, str(counter))
        model = pool[draw.below(len(pool))]
        if alike[model.created] == 1 and model.created == moments[0] and len(moments) > 1:
            model = next(one for one in pool if one.created == moments[1])
        earlier = timedelta()
        if alike[model.created] == 1 and model.created > moments[0]:
            steps = (model.created - moments[moments.index(model.created) - 1]) // unit
            earlier = unit * (1 + draw.below(steps - 1)) if steps > 1 else earlier
        yield _canary(model, of, counter, made, earlier)


# --- the pieces ------------------------------------------------------------------------------------------------


def _model(decision: Decision, link: Decision) -> Model | None:
    """The model that an indicator is; None if it says more than one value, or is not written as we can write."""
    one, other = decision.subject.object, link.subject.object
    if one.type != "indicator" or one.value.get("pattern_type") != "stix":
        return None
    try:
        comparisons = parse(str(one.value.get("pattern"))).comparisons
        timestamp(str(one.value.get("created")))
    except ValueError:
        return None
    texts = comparisons[0].values
    named = from_pattern(comparisons)
    if len(comparisons) != 1 or len(texts) != 1 or not isinstance(texts[0], str) or len(named) != 1:
        return None
    writers = [next((w for w in _WRITERS if w(each.value) == each.raw), None) for each in (one, other)]
    if writers[0] is None or writers[1] is None:
        return None
    return Model(decision, link, named[0], texts[0], writers[0], writers[1])


def _canary(model: Model, of: Recipient, counter: int, made: MadeIds, earlier: timedelta) -> Canary:
    name = name_of(of.secret, of.agreement, of.party, counter, of.domains)
    one, link = model.indicator, model.relationship
    target = str(link.value["target_ref"])
    new_id, link_id = (_like(each.id, of, counter) for each in (one, link))
    if one.id == made.indicator(model.value):
        new_id = made.indicator(Observable("domain-name", name))
    if link.id == made.relationship(one.id, target):
        link_id = made.relationship(new_id, target)
    own = {"id": new_id, "pattern": _pattern(model, name)}
    joined = {"id": link_id, "source_ref": new_id}
    return Canary(
        agreement=of.agreement,
        recipient=of.party,
        counter=counter,
        name=name,
        indicator=_object(one.value, own, model.text, name, earlier, model.write),
        relationship=_object(link.value, joined, model.text, name, earlier, model.write_link),
        tlp=model.decision.subject.tlp,
        link_tlp=model.link.subject.tlp,
        seq=model.decision.subject.seq,
        added_at=of.now,
    )


def _object(
    value: Value, own: Mapping[str, str], text: str, name: str, earlier: timedelta, write: Write
) -> StixObject:
    made: dict[str, Any] = {}
    for key, inner in value.items():
        if key in own:
            made[key] = own[key]
        elif key in TIMES and isinstance(inner, str):
            made[key] = _moved(inner, earlier)
        else:
            made[key] = _said_of(inner, text, name)
    return StixObject(write(made), made)


def _pattern(model: Model, name: str) -> str:
    pattern = str(model.indicator.value["pattern"])
    if model.names_a_domain and pattern.count(model.text) == 1:
        return pattern.replace(model.text, name)
    return pattern_of(Observable("domain-name", name)).replace(" = ", " = " if " = " in pattern else "=")


def _like(identifier: str, of: Recipient, counter: int) -> str:
    """An id of the same type and version, and of the variant that all ids have (RFC 9562)."""
    kind, _, model = identifier.partition("--")
    draw = Draw(of.secret, f"id {kind}", of.agreement, of.party, str(counter))
    digits = [f"{draw.below(16):x}" for _ in range(36)]
    for place in (8, 13, 18, 23):
        digits[place] = "-"
    digits[_NIBBLE] = model[_NIBBLE]
    digits[19] = "89ab"[draw.below(4)]
    return f"{kind}--{''.join(digits)}"


def _said_of(item: Any, text: str, name: str) -> Any:
    """The same about another value, whether it is written plainly or made inert."""
    if isinstance(item, Mapping):
        return {key: _said_of(inner, text, name) for key, inner in item.items()}
    if isinstance(item, list):
        return [_said_of(inner, text, name) for inner in item]
    if not isinstance(item, str):
        return item
    for dot in (".", "[.]", "(.)", "[dot]"):
        item = item.replace(text.replace(".", dot), name.replace(".", dot))
    return item


def _moved(text: str, earlier: timedelta) -> str:
    """A timestamp as much earlier, written with as many digits; what cannot be read stays."""
    if not earlier:
        return text
    try:
        moment = timestamp(text) - earlier
    except (ValueError, OverflowError):
        return text
    _, point, digits = text.removesuffix("Z").partition(".")
    fraction = f"{moment.microsecond:06d}"[: len(digits)] + digits[6:]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{point}{fraction}Z"
