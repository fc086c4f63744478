"""Bodies on their way in: what one user may take up of the room for all."""

import asyncio

from starlette.requests import Request

from backchannel.web.bodies import Bodies, RefusedError


def request(size: int) -> Request:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": bytes(size), "more_body": False}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive)


def held(*bodies: tuple[Bodies, int]) -> list[int]:
    """The sizes of bodies that are held at the same time, minus the status for one that is refused."""

    async def hold(left: list[tuple[Bodies, int]]) -> list[int]:
        if not left:
            return []
        (room, size), *rest = left
        try:
            async with room.read(request(size)) as body:
                return [len(body), *await hold(rest)]
        except RefusedError as refused:
            return [-refused.status, *await hold(rest)]

    return asyncio.run(hold(list(bodies)))


def test_one_user_cannot_take_up_the_room_of_the_others() -> None:
    everybody = Bodies(10, together=30)
    one, other = Bodies(10, together=20, within=everybody), Bodies(10, together=20, within=everybody)
    assert held((one, 10), (one, 10), (one, 1), (other, 10)) == [10, 10, -503, 10]
    assert held((one, 10), (one, 10), (other, 10), (other, 10)) == [10, 10, 10, -503]


def test_room_is_given_back_when_a_body_was_used_or_refused() -> None:
    everybody = Bodies(10, together=20)
    one = Bodies(10, together=20, within=everybody)
    for _ in range(5):
        assert held((one, 10), (one, 10), (one, 10)) == [10, 10, -503]
    assert held((everybody, 10), (everybody, 10)) == [10, 10]


def test_one_user_keeps_so_many_connections_waiting_for_its_bodies() -> None:
    room = Bodies(10, at_once=2)
    for _ in range(2):
        assert held((room, 1), (room, 1), (room, 1)) == [1, 1, -503]
