"""Terms for people: the commented file an officer starts from, and an agreement read back as sentences.

Rules: the template is valid once `threats` is filled in. The sentences say everything that binds, with names
made printable; nobody should need the TOML to know what was signed.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from backchannel.core.marking import label
from backchannel.core.term_fields import DEFAULT_TYPES, Handling, Matching, Retention, Scope, Terms
from backchannel.core.text import printable

HALF_A_YEAR = 182
"""Days that an agreement holds unless it says otherwise."""

_TEMPLATE = """\
# Terms of an agreement. Fill in `threats`; everything else may stay, change or go.
# Who the parties are is taken from the key cards.

# title = "What this exchange is about"
# Without these it holds for half a year from the moment it is proposed; an amendment keeps what is in force.
# valid_from = {valid_from}
# valid_until = {valid_until}

[scope]
# Names (with their synonyms) or STIX ids of the threats, for example ["Predator"].
threats = [{threats}]
# Which types of objects may leave.
types = [
{types}
]
# How many hops from a threat are still in scope (0 to 5). Shared vocabulary, such as attack patterns, is
# reached but never gone on from.
depth = 2
# Nothing older than this.
# since = 2020-01-01T00:00:00Z
# Properties that never leave; an object that has one leaves as a reduced copy without it.
# exclude_properties = ["x_*"]
# Types of objects whose names may be mentioned in free text although the objects themselves stay.
# may_name = ["attack-pattern"]

[handling]
# The strictest mark that may still leave: clear, green, amber, amber+strict or red.
tlp_max = "amber"
# FIRST IEP 2.0: none, contact-for-instruction, internally-visible-actions,
# externally-visible-indirect-actions or externally-visible-direct-actions.
permitted_actions = "internally-visible-actions"
# Whether the receiver names us as the source: must-not, may or must.
provider_attribution = "must-not"
# Passing on to others: never, ask (with the originator's consent) or listed.
onward = "ask"
# The parties that "listed" speaks of: their keys, as `backchannel party list` shows them.
# onward_to = []
# Whether the originator learns who further down asks for its consent, and for whom.
# onward_names = false

# Finding what both hold without showing the rest.
# [matching]
# types = ["domain-name", "ipv4-addr", "file-sha256"]
# How many values of each kind either evaluates for the other: in a day, and for as long as the agreement holds.
# per_day = 100000
# lifetime = 3000000
# How long one key is used. With a new key, everything is matched anew.
# epoch_days = 30

[quota]
objects_per_day = 50000

[record]
# "on": everything sent is signed and stands in both ledgers. "off": nothing is signed, so that neither party can
# prove to anybody what the other said. It stays as it is for the whole life of the agreement.
mode = "on"
# Whether receipts say what became of each object: accepted, held for review, or refused.
# outcomes = false

[requests]
# How many requests for information each party may make a day; 0 for none.
per_day = 20

[retention]
destroy_after_days = 365
# What becomes of received objects when the agreement ends: destroy or keep.
on_end = "destroy"
"""

_ACTIONS = {
    "none": "must not act on what it receives",
    "contact-for-instruction": "must ask before acting on what it receives",
    "internally-visible-actions": "may act on what it receives inside its own networks only",
    "externally-visible-indirect-actions": "may act on what it receives, in others' sight but indirectly only",
    "externally-visible-direct-actions": "may act on what it receives, also directly on others' systems",
}
_ATTRIBUTION = {
    "must-not": "must not name the other as the source",
    "may": "may name the other as the source",
    "must": "must name the other as the source",
}
_ONWARD = {
    "never": "Nothing may be passed on.",
    "ask": "Nothing may be passed on without the originator's consent for each object.",
    "listed": "Objects may be passed on to {}, and to nobody else without the originator's consent.",
}
_ON_END = {
    "destroy": "destroyed when the agreement ends",
    "keep": "kept when the agreement ends",
}


def template(now: datetime, threats: Sequence[str] = ()) -> str:
    """A commented TOML file of terms, valid once `threats` is filled in."""
    start = now.astimezone(UTC).replace(microsecond=0)
    return _TEMPLATE.format(
        valid_from=_toml_time(start),
        valid_until=_toml_time(start + timedelta(days=HALF_A_YEAR)),
        threats=", ".join(map(_toml_text, threats)),
        types="\n".join(f'    "{kind}",' for kind in DEFAULT_TYPES),
    )


def prose(terms: Terms, us: str, them: str, *, guest: bool = False) -> str:
    """Terms as sentences, one paragraph a subject. `us` and `them` are the parties' names; `guest` says that they are
    one, without a node."""
    ours, theirs = printable(us, 60), printable(them, 60)
    paragraphs = [
        f"{printable(terms.title, 200)}. Between {ours} and {theirs}, "
        f"from {_day(terms.valid_from)} until {_day(terms.valid_until)}.",
        *([_one_sided(ours, theirs)] if guest else []),
        _scope(terms.scope),
        _handling(terms.handling),
        _matching(terms.matching),
        _bounds(terms.quota.objects_per_day, terms.retention, _how(terms, guest=guest)),
        *([] if guest else [_answers(terms)]),
    ]
    return "\n".join(paragraphs)


def _one_sided(ours: str, theirs: str) -> str:
    return (
        f"Signed by {ours} alone: {theirs} is a guest, a counterpart without a node, and signs nothing. "
        "Whether it agrees is only what there is from it on paper."
    )


def _scope(scope: Scope) -> str:
    names = _listed([printable(threat, 80) for threat in scope.threats], "and")
    them = "it" if len(scope.threats) == 1 else "them"
    around = f", and what is within {_count(scope.depth, 'hop')} of {them}" if scope.depth else " alone"
    sentences = [f"It speaks about {names}{around}.", f"Types that may leave: {', '.join(scope.types)}."]
    if scope.since is not None:
        sentences.append(f"Nothing older than {_day(scope.since)} leaves.")
    if scope.exclude_properties:
        sentences.append(f"These properties never leave: {', '.join(scope.exclude_properties)}.")
    if scope.may_name:
        sentences.append(f"Free text may name these types although they stay: {', '.join(scope.may_name)}.")
    return " ".join(sentences)


def _handling(handling: Handling) -> str:
    actions = _ACTIONS[handling.permitted_actions]
    attribution = _ATTRIBUTION[handling.provider_attribution]
    return (
        f"Nothing marked above {label(handling.tlp_max)} leaves. Each party {actions}, and {attribution}. "
        f"{_onward(handling)}"
    )


def _onward(handling: Handling) -> str:
    listed = _listed([key[:16] for key in handling.onward_to], "and") if handling.onward_to else "no party"
    sentence = _ONWARD[handling.onward].format(listed)
    if handling.onward == "never":
        return sentence
    names = "learns" if handling.onward_names else "does not learn"
    for_whom = "and for whom" if handling.onward_names else "nor for whom"
    return f"{sentence} The originator {names} who further down asks for it, {for_whom}."


def _answers(terms: Terms) -> str:
    outcomes = "say" if terms.record.outcomes else "do not say"
    requests = terms.requests.per_day
    asking = (
        f"Each party may make up to {_count(requests, 'request')} for information a day"
        if requests
        else ("No requests for information are made")
    )
    return f"Receipts {outcomes} what became of each object. {asking}."


def _matching(matching: Matching | None) -> str:
    if matching is None:
        return "Nothing is matched."
    return (
        f"Matching covers {', '.join(matching.types)}, with up to {matching.per_day:,} look-ups a day and "
        f"{matching.lifetime:,} in all for each kind; keys are used for {matching.epoch_days} days."
    )


def _how(terms: Terms, *, guest: bool) -> str:
    if guest:
        return "over TAXII and not signed"
    if terms.record.mode == "on":
        return "signed (on the record)"
    return "not signed (off the record): neither can prove to others what the other sent"


def _bounds(objects_per_day: int, retention: Retention, how: str) -> str:
    days = _count(retention.destroy_after_days, "day")
    return (
        f"Each party sends up to {objects_per_day:,} objects a day, {how}. What was "
        f"received is destroyed after {days} at the latest, and {_ON_END[retention.on_end]}."
    )


def _listed(words: Sequence[str], last: str) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _day(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    midnight = (moment.hour, moment.minute, moment.second) == (0, 0, 0)
    return moment.strftime("%Y-%m-%d" if midnight else "%Y-%m-%d %H:%M UTC")


def _toml_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _toml_text(text: str) -> str:
    return '"' + "".join(_toml_character(one) for one in text) + '"'


def _toml_character(one: str) -> str:
    if one in '"\\':
        return "\\" + one
    return f"\\u{ord(one):04X}" if one < " " or one == "\x7f" else one
