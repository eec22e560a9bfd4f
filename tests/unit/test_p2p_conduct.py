"""How long a peer that failed or misbehaved is left alone."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from p2p.host_conduct import (
    BAN_AT,
    FIRST_BAN,
    FIRST_WAIT,
    HALF_LIFE,
    JITTER,
    LONGEST_BAN,
    LONGEST_WAIT,
    REMEMBERED,
    BanningGate,
    Conduct,
)
from p2p.host_door import Door, network_of
from p2p.host_limits import Limits, OpenGate, Standing


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Kept:
    """A store of bans that outlives the one who writes to it."""

    def __init__(self) -> None:
        self.bans: dict[str, tuple[float, int]] = {}

    def load(self) -> Mapping[str, tuple[float, int]]:
        return self.bans

    def save(self, peer_id: str, until: float, count: int) -> None:
        self.bans[peer_id] = (until, count)


def conduct(clock: Clock, bans: Kept | None = None, chance: float = 0.0) -> Conduct:
    return Conduct(bans, now=clock, today=clock, chance=lambda: chance)


def test_each_failure_doubles_the_wait_up_to_the_longest() -> None:
    watched = conduct(Clock())
    waits = []
    for _ in range(12):
        watched.not_reached("peer")
        waits.append(watched.wait("peer"))
    assert waits[:4] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 8 * FIRST_WAIT]
    assert waits[-1] == LONGEST_WAIT


def test_chance_shortens_the_wait_by_half_at_most() -> None:
    watched = conduct(Clock(), chance=1.0)
    watched.not_reached("peer")
    assert watched.wait("peer") == FIRST_WAIT * (1 - JITTER)


def test_a_wait_is_over_when_its_time_has_passed() -> None:
    clock = Clock()
    watched = conduct(clock)
    watched.not_reached("peer")
    clock.now += FIRST_WAIT
    assert watched.wait("peer") == 0


def test_success_forgets_the_failures() -> None:
    watched = conduct(Clock())
    watched.not_reached("peer")
    watched.reached("peer")
    assert watched.wait("peer") == 0


def test_the_wait_of_one_peer_is_no_wait_for_another() -> None:
    watched = conduct(Clock())
    watched.not_reached("peer")
    assert watched.wait("other") == 0


def test_enough_breaches_ban() -> None:
    clock = Clock()
    watched = conduct(clock)
    assert not watched.report("peer", BAN_AT - 1)
    assert watched.banned_until("peer") is None
    assert watched.report("peer", 1)
    assert watched.banned_until("peer") == clock.now + FIRST_BAN


def test_breaches_fade() -> None:
    clock = Clock()
    watched = conduct(clock)
    watched.report("peer", BAN_AT - 1)
    clock.now += HALF_LIFE
    assert not watched.report("peer", BAN_AT / 2)


def test_a_ban_ends() -> None:
    clock = Clock()
    watched = conduct(clock)
    watched.report("peer", BAN_AT)
    clock.now += FIRST_BAN
    assert watched.banned_until("peer") is None


def test_the_next_ban_is_twice_as_long_and_has_an_end() -> None:
    clock = Clock()
    watched = conduct(clock)
    lengths = []
    for _ in range(12):
        watched.report("peer", BAN_AT)
        until = watched.banned_until("peer")
        assert until is not None
        lengths.append(until - clock.now)
        clock.now = until
    assert lengths[:3] == [FIRST_BAN, 2 * FIRST_BAN, 4 * FIRST_BAN]
    assert lengths[-1] == LONGEST_BAN


def test_a_ban_survives_a_restart() -> None:
    clock, kept = Clock(), Kept()
    conduct(clock, kept).report("peer", BAN_AT)
    assert conduct(clock, kept).banned_until("peer") == clock.now + FIRST_BAN


def test_a_pardon_survives_a_restart() -> None:
    clock, kept = Clock(), Kept()
    watched = conduct(clock, kept)
    watched.report("peer", BAN_AT)
    watched.pardon("peer")
    assert watched.banned_until("peer") is None
    assert conduct(clock, kept).banned_until("peer") is None


def test_a_banned_peer_is_blocked_at_the_gate() -> None:
    watched = conduct(Clock())
    gate = BanningGate(OpenGate(), watched)
    assert gate.standing("peer") is Standing.CONTACT
    watched.report("peer", BAN_AT)
    assert gate.standing("peer") is Standing.BLOCKED


def test_memory_of_peers_is_bounded() -> None:
    watched = conduct(Clock())
    for number in range(REMEMBERED + 500):
        watched.report(f"peer {number}", BAN_AT)
    assert len(watched._records) == REMEMBERED
    assert len(watched._bans) == REMEMBERED


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:1", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("not an address", "not an address"),
    ],
)
def test_a_household_counts_as_one_address(address: str, network: str) -> None:
    assert network_of(address) == network


def test_one_address_cannot_take_every_place() -> None:
    door = Door(Limits(connections=10, connections_per_address=3, handshakes_per_address=9))
    assert [door.knock("one") for _ in range(5)] == [True, True, True, False, False]
    assert door.knock("two")


def test_handshakes_have_a_limit_of_their_own() -> None:
    door = Door(Limits(connections=10, connections_per_address=9, handshakes_per_address=2))
    assert [door.knock("one") for _ in range(3)] == [True, True, False]
    door.authenticated("one")
    assert door.knock("one")


def test_all_addresses_together_have_a_limit() -> None:
    door = Door(Limits(connections=4))
    assert [door.knock(f"{number}") for number in range(5)] == [True] * 4 + [False]


def test_a_place_is_given_back() -> None:
    door = Door(Limits(connections=1))
    assert door.knock("one")
    door.authenticated("one")
    door.leave("one")
    assert door.inside == 0
    assert door.knock("two")
