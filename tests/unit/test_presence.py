"""When the vault locks itself, on clocks that the test turns."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
import trio
import trio.testing

from app.presence import DEFAULT_MINUTES, TICK, Presence
from app.slept import SleepWatch

MINUTE = 60.0


@dataclass
class Machine:
    """Clocks, a vault that is open or not, and what is set."""

    awake: float = 0.0
    always: float = 0.0
    is_open: bool = True
    minutes: object = None
    locked: int = 0
    presence: Presence = field(init=False)

    def __post_init__(self) -> None:
        watch = SleepWatch(lambda: self.awake, lambda: self.always)
        self.presence = Presence(lambda: self.is_open, self.setting, self.lock, lambda: self.awake, watch)

    async def setting(self) -> object:
        await trio.lowlevel.checkpoint()
        return self.minutes

    async def lock(self) -> None:
        await trio.lowlevel.checkpoint()
        self.is_open = False
        self.locked += 1

    def wait(self, seconds: float) -> None:
        self.awake += seconds
        self.always += seconds

    def sleep(self, seconds: float) -> None:
        self.always += seconds


@pytest.fixture
def machine() -> Machine:
    return Machine()


async def test_nobody_there_for_the_default_time_locks(machine: Machine) -> None:
    machine.wait(DEFAULT_MINUTES * MINUTE - 1)
    await machine.presence.check()
    assert machine.locked == 0
    machine.wait(1)
    await machine.presence.check()
    assert machine.locked == 1


async def test_the_time_can_be_set(machine: Machine) -> None:
    machine.minutes = 2
    machine.wait(2 * MINUTE)
    await machine.presence.check()
    assert machine.locked == 1


async def test_zero_is_never(machine: Machine) -> None:
    machine.minutes = 0
    machine.wait(1e6)
    await machine.presence.check()
    assert machine.locked == 0


@pytest.mark.parametrize("odd", ["never", -1, True, 1.5, 10**9, [], {}])
async def test_what_is_no_time_is_the_default_and_not_never(machine: Machine, odd: object) -> None:
    machine.minutes = odd
    machine.wait(DEFAULT_MINUTES * MINUTE)
    await machine.presence.check()
    assert machine.locked == 1


async def test_input_begins_the_time_anew(machine: Machine) -> None:
    machine.wait(14 * MINUTE)
    machine.presence.touch()
    machine.wait(14 * MINUTE)
    await machine.presence.check()
    assert machine.locked == 0


async def test_a_running_command_is_not_cut_off_and_the_time_begins_at_its_end(machine: Machine) -> None:
    with machine.presence.busy():
        machine.wait(60 * MINUTE)
        await machine.presence.check()
        with machine.presence.busy():  # another one within it
            pass
        machine.wait(60 * MINUTE)
        await machine.presence.check()
    assert machine.locked == 0
    machine.wait(15 * MINUTE)
    await machine.presence.check()
    assert machine.locked == 1


async def test_a_command_that_fails_is_over_too(machine: Machine) -> None:
    with pytest.raises(RuntimeError), machine.presence.busy():
        raise RuntimeError
    machine.wait(15 * MINUTE)
    await machine.presence.check()
    assert machine.locked == 1


async def test_sleep_locks_at_once_whatever_runs(machine: Machine) -> None:
    machine.minutes = 0
    with machine.presence.busy():
        machine.sleep(3)
        await machine.presence.check()
    assert machine.locked == 1


async def test_sleep_while_locked_is_not_held_against_the_next_unlocking(machine: Machine) -> None:
    machine.is_open = False
    machine.sleep(3600)
    await machine.presence.check()
    machine.is_open = True
    await machine.presence.check()
    assert machine.locked == 0


async def test_it_is_looked_at_every_second(machine: Machine, autojump_clock: trio.testing.MockClock) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(machine.presence.watch)
        await trio.sleep(TICK * 3)
        machine.sleep(5)
        await trio.sleep(TICK * 1.5)
        assert machine.locked == 1
        nursery.cancel_scope.cancel()


def test_waiting_is_no_sleep() -> None:
    machine = Machine()
    watch = SleepWatch(lambda: machine.awake, lambda: machine.always)
    machine.wait(1000)
    assert watch.slept() == 0.0


def test_sleep_is_told_once_and_as_long_as_it_was() -> None:
    machine = Machine()
    watch = SleepWatch(lambda: machine.awake, lambda: machine.always)
    machine.sleep(30)
    assert (watch.slept(), watch.slept()) == (30.0, 0.0)


def test_a_clock_that_is_set_back_is_no_sleep() -> None:
    machine = Machine()
    watch = SleepWatch(lambda: machine.awake, lambda: machine.always)
    machine.sleep(-500)
    assert watch.slept() == 0.0


def test_the_machines_own_clocks_say_that_it_did_not_sleep_just_now() -> None:
    assert SleepWatch().slept() == 0.0
