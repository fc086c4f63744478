"""Other names of a threat, from the MISP galaxies (the extra `galaxies`): only where they are beyond doubt.

Rules. An entry of a galaxy is one threat; two entries of one galaxy are two threats, whatever else is
said of them. Entries of different galaxies are the same threat if they have one UUID, if either is
recorded as similar to the other, or, for software, if they share two names. A name is *unambiguous* if
all entries that bear it are one threat; an ambiguous name widens to nothing, and nothing widens to it: a
wrong synonym would open another threat to the counterpart. Names are compared by `core.mention.term_key`,
so `Predator` is never `Predator The Thief`.

Only the kinds of threats are read, straight from the package's files: its own loader takes seconds.
"""

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import msgspec

from backchannel.core.mention import term_key
from backchannel.errors import DamagedExtra, MissingExtra

_CLUSTERS = Path("data", "misp-galaxy", "clusters")
_ACTORS = (
    "threat-actor",
    "microsoft-activity-group",
    "mitre-intrusion-set",
    "mitre-enterprise-attack-intrusion-set",
    "mitre-mobile-attack-intrusion-set",
    "mitre-pre-attack-intrusion-set",
    "mitre-ics-groups",
    "surveillance-vendor",
)
_SOFTWARE = (
    "malpedia",
    "mitre-malware",
    "mitre-tool",
    "mitre-enterprise-attack-malware",
    "mitre-enterprise-attack-tool",
    "mitre-mobile-attack-malware",
    "mitre-mobile-attack-tool",
    "mitre-ics-software",
    "android",
    "backdoor",
    "banker",
    "botnet",
    "cryptominers",
    "exploit-kit",
    "ransomware",
    "rat",
    "stealer",
    "tds",
    "tool",
)
_DOUBTFUL = ("unlikely", "roughly-even-chance", "almost-no-chance")
_SHARED_NAMES = 2


class _Related(msgspec.Struct, rename="kebab"):
    dest_uuid: str = ""
    type: str = ""
    tags: Sequence[str] = ()


class _Meta(msgspec.Struct):
    synonyms: Sequence[str] | str | None = None


class _Value(msgspec.Struct):
    value: Annotated[str, msgspec.Meta(min_length=1)]
    uuid: str = ""
    meta: _Meta | None = None
    related: Sequence[_Related] = ()


class _Cluster(msgspec.Struct):
    values: Sequence[_Value]


class _Entry(msgspec.Struct, frozen=True):
    """One threat as one galaxy knows it: its names by their keys."""

    galaxy: str
    uuid: str
    names: dict[str, str]
    similar: frozenset[str]


class Synonyms:
    """The unambiguous names of threats. Reads about 7 MB when made; the same package gives the same
    answers."""

    def __init__(self, folder: Path | None = None) -> None:
        """Read the clusters in `folder`, by default those of the installed package.

        Raises:
            MissingExtra: the package is not installed.
            DamagedExtra: it is, and cannot be read.
        """
        self._entries = _read(folder or _installed())
        self._bearers: dict[str, list[int]] = {}
        for place, entry in enumerate(self._entries):
            for key in entry.names:
                self._bearers.setdefault(key, []).append(place)

    def of(self, name: str) -> frozenset[str]:
        """Other names of the threat that `name` stands for beyond doubt; empty if it is unknown or
        ambiguous."""
        own = term_key(name)
        if not self.is_unambiguous(own):
            return frozenset()
        others: dict[str, str] = {}
        for place in self._bearers[own]:
            for key, spelling in self._entries[place].names.items():
                if key != own and self.is_unambiguous(key):
                    others.setdefault(key, spelling)
        return frozenset(others.values())

    def is_unambiguous(self, key: str) -> bool:
        """Whether all entries that bear the name of a term key are one threat. False if none bears it."""
        bearers = self._bearers.get(key, [])
        galaxies = {self._entries[place].galaxy for place in bearers}
        if not bearers or len(galaxies) < len(bearers):
            return False
        reached, frontier = {bearers[0]}, [bearers[0]]
        while frontier:
            one = frontier.pop()
            linked = [two for two in bearers if two not in reached and self._same(one, two)]
            reached.update(linked)
            frontier.extend(linked)
        return len(reached) == len(bearers)

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all names."""
        return frozenset(self._bearers)

    def _same(self, one: int, two: int) -> bool:
        first, second = self._entries[one], self._entries[two]
        if first.uuid == second.uuid or first.uuid in second.similar or second.uuid in first.similar:
            return True
        software = first.galaxy in _SOFTWARE and second.galaxy in _SOFTWARE
        return software and len(first.names.keys() & second.names.keys()) >= _SHARED_NAMES


def _installed() -> Path:
    found = find_spec("pymispgalaxies")
    if found is None or found.origin is None:
        raise MissingExtra("the extra `galaxies` is not installed")
    return Path(found.origin).parent / _CLUSTERS


def _read(folder: Path) -> list[_Entry]:
    entries: list[_Entry] = []
    decoder = msgspec.json.Decoder(_Cluster)
    for galaxy in (*_ACTORS, *_SOFTWARE):
        file = folder / f"{galaxy}.json"
        try:
            cluster = decoder.decode(file.read_bytes())
        except FileNotFoundError:
            continue  # galaxies come and go with the package's versions
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise DamagedExtra(f"the extra `galaxies` cannot be read: {file.name}: {error}") from None
        entries.extend(_entry(galaxy, place, value) for place, value in enumerate(cluster.values))
    if not entries:
        raise DamagedExtra("the extra `galaxies` is installed, but has no galaxies of threats")
    return entries


def _entry(galaxy: str, place: int, value: _Value) -> _Entry:
    names: dict[str, str] = {}
    for name in _names(galaxy, value):
        if key := term_key(name):
            names.setdefault(key, name)
    similar = frozenset(
        one.dest_uuid
        for one in value.related
        if one.type == "similar" and not any(doubt in tag for tag in one.tags for doubt in _DOUBTFUL)
    )
    # An entry without a UUID must not be the same as another one without.
    return _Entry(galaxy, value.uuid or f"{galaxy}#{place}", names, similar)


def _names(galaxy: str, value: _Value) -> Iterator[str]:
    """The value and its synonyms; MITRE's values end in the number of the entry: `APT29 - G0016`."""
    if galaxy.startswith("mitre-"):
        name, dash, number = value.value.rpartition(" - ")
        yield from (name, number) if dash else (value.value,)
    else:
        yield value.value
    synonyms = value.meta.synonyms if value.meta is not None else None
    yield from (synonyms,) if isinstance(synonyms, str) else synonyms or ()
