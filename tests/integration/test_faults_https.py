"""A line that breaks HTTP exchanges off, cuts, doubles and delays them: between a node and one that is served.

B hosts the mailboxes; A reaches them over HTTPS through `fault_proxy.FaultProxy`. Whatever the line did, once it is
whole again everything is there once, both have the same receipts, and both fall silent.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from backchannel.carriers import https
from backchannel.carriers.host import MailboxHost
from backchannel.carriers.https import HttpsCarrier
from backchannel.errors import CarrierError
from backchannel.flow.ports import Filter
from backchannel.flow.ports_carriers import Mailbox
from backchannel.node import exchange, inbox
from backchannel.node.certificate import create
from backchannel.node.hosting import mailbox_host
from fault_proxy import FAULTS, FaultProxy, served
from line import Line
from two_nodes import CROSSING, Pair, copy_of, make_pair, opened
from two_parties import NOW

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def agreed(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Both nodes, before anything is released."""
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture
def line(agreed: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """Both nodes after A released what it holds; nothing is carried yet."""
    monkeypatch.setattr(https, "BACK_OFF", 0.0)
    pair = copy_of(agreed, tmp_path)
    a, b = opened(pair.a), opened(pair.b)
    certificate = create(tmp_path, hosts=[], now=NOW)
    with served(mailbox_host(pair.b), certificate) as proxy:
        yield Line(a, b, proxy, certificate.pin)
    a.close()
    b.close()


def whole_again(line: Line) -> None:
    """Everything is there once, there is a receipt for everything, and nobody has anything more to say."""
    line.proxy.fault = lambda _method, _path: ""
    line.passes(3)
    assert line.passes(2) == 0, "both fell silent"
    with line.b.db.read() as tx:
        held = [one.id for one in tx.holdings.find(Filter(source=line.a.us.key))]
    found = held + [item.object_id for item, _ in inbox.waiting(line.b)]
    assert sorted(found) == sorted(one.id for one in CROSSING)
    stands = []
    for node, other in ((line.a, line.b), (line.b, line.a)):
        with node.db.read() as tx:
            assert [item.sequence for item in tx.channels.outbox() if not item.answer] == []
            channels = sorted(item.id for item in tx.agreements.all())
            stands.append([tx.channels.state(one, other.us.key) for one in channels])
    assert [(one.sent, one.sent_head) for one in stands[0]] == [
        (one.received, one.received_head) for one in stands[1]
    ]
    for node in (line.a, line.b):
        assert {one.rule for one in inbox.refusals(node, 100)} <= {"bad-envelope"}, "of cut answers, if anything"


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_line_that_fails_every_request_of_a_kind_for_a_pass_doubles_nothing_and_loses_nothing(
    line: Line, agreed: Pair, kind: str, method: str
) -> None:
    exchange.release(line.a, agreed.agreement)
    line.passes()
    exchange.release(line.b, agreed.agreement)
    line.proxy.fault = lambda asked, _path: kind if asked == method else ""
    line.passes(2)
    assert (method, kind) in line.proxy.seen
    whole_again(line)


@pytest.mark.parametrize("seed", range(4))
def test_a_line_that_fails_at_random_doubles_nothing_and_loses_nothing(line: Line, agreed: Pair, seed: int) -> None:
    chance = Random(seed)
    line.proxy.fault = lambda _method, _path: chance.choice(FAULTS) if chance.random() < 0.6 else ""
    exchange.release(line.a, agreed.agreement)
    line.passes(4)
    assert {kind for _, kind in line.proxy.seen} >= set(FAULTS)
    whole_again(line)


# --- the proxy itself ------------------------------------------------------------------------------------------

TOKEN = bytes(range(32))
BOX = Mailbox.of(TOKEN)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[FaultProxy, HttpsCarrier, MailboxHost]]:
    """A relay behind the proxy, and a client of it that tries once."""
    certificate = create(tmp_path, hosts=[], now=NOW)
    host = MailboxHost(tmp_path / "boxes", known=lambda _name: True)
    with served(host, certificate) as proxy:
        carrier = HttpsCarrier(f"https://127.0.0.1:{proxy.port}", pin=certificate.pin, attempts=1)
        yield proxy, carrier, host
        carrier.close()


@pytest.mark.parametrize(("kind", "kept"), [("broken off before", []), ("broken off after", ["1"]), ("late", [])])
def test_the_proxy_breaks_off_before_or_after_a_request_went_through(
    relay: tuple[FaultProxy, HttpsCarrier, MailboxHost], kind: str, kept: list[str]
) -> None:
    proxy, carrier, host = relay
    proxy.fault = lambda _method, _path: kind
    with pytest.raises(CarrierError, match="broke off"):
        carrier.put(BOX, "1", b"data")
    assert host.page(BOX, "") == (kept, False)


def test_the_proxy_brings_late_what_it_held_back(relay: tuple[FaultProxy, HttpsCarrier, MailboxHost]) -> None:
    proxy, carrier, host = relay
    proxy.fault = lambda _method, path: "late" if path.endswith("/1") else ""
    with pytest.raises(CarrierError, match="broke off"):
        carrier.put(BOX, "1", b"data")
    assert carrier.put(BOX, "2", b"data")
    assert host.page(BOX, "") == (["1", "2"], False)


def test_the_proxy_doubles_requests_and_cuts_answers(relay: tuple[FaultProxy, HttpsCarrier, MailboxHost]) -> None:
    proxy, carrier, _ = relay
    proxy.fault = lambda method, _path: "twice" if method == "PUT" else "answer cut"
    assert not carrier.put(BOX, "1", b"data"), "the second time it was there"
    with pytest.raises(CarrierError, match="broke off"):
        carrier.get(BOX, "1")
    assert proxy.seen == [("PUT", "twice"), ("GET", "answer cut")]
