"""Two network namespaces and the line between them, whose faults a test chooses while it runs.

Each namespace has a TUN device; a thread of the test passes IP packets from one to the other and loses, delays,
repeats, reorders and damages them, by chance that is seeded.  It needs root and /dev/net/tun, not netem.
The machine's own interfaces are not touched.
"""

from __future__ import annotations

import ctypes
import fcntl
import heapq
import itertools
import os
import random
import select
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

SIDES = ("a", "b")
DEVICE = "nuee0"
PREFIX = 16
QUEUE = 512 * 1024  # bytes that wait for a slow line; what does not fit is lost, as at a router
LARGEST = 65536
_CLONE_NEWNET = 0x40000000
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_Made = TypeVar("_Made")
_IP = shutil.which("ip", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
_numbers = itertools.count()


def missing() -> str:
    """Why there can be no namespaces here; "" where there can be."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "needs root to make network namespaces"
    if _IP is None or not os.path.exists("/dev/net/tun"):
        return "needs ip(8) and /dev/net/tun"
    name = f"nuee-try-{os.getpid()}"
    if subprocess.run([_IP, "netns", "add", name], capture_output=True, check=False).returncode:
        return "this machine allows no network namespaces"
    subprocess.run([_IP, "netns", "delete", name], capture_output=True, check=False)
    return ""


@dataclass(frozen=True)
class Faults:
    """Of one direction.  Shares are 0 to 1, times are seconds."""

    loss: float = 0.0
    delay: float = 0.0
    jitter: float = 0.0  # up to so much more, for each packet by itself: so they overtake each other
    duplicate: float = 0.0
    corrupt: float = 0.0  # one bit of a packet is another
    bandwidth: float = 0.0  # bytes a second; 0: no bound
    cut: bool = False  # nothing passes


@dataclass
class _Way:
    """One direction."""

    chance: random.Random
    faults: Faults = field(default_factory=Faults)
    free: float = 0.0  # when a slow line has sent all that waits for it
    count: Counter[str] = field(default_factory=Counter)

    def plan(self, packet: bytes, now: float) -> list[tuple[float, bytes]]:
        """When this packet arrives, and how; empty where it is lost."""
        faults, chance = self.faults, self.chance
        self.count["sent"] += 1
        if faults.cut or chance.random() < faults.loss:
            self.count["lost"] += 1
            return []
        at = now
        if faults.bandwidth:
            if (self.free - now) * faults.bandwidth > QUEUE:
                self.count["lost"] += 1
                return []
            at = self.free = max(self.free, now) + len(packet) / faults.bandwidth
        if chance.random() < faults.corrupt:
            packet = _damaged(packet, chance)
            self.count["damaged"] += 1
        copies = 2 if chance.random() < faults.duplicate else 1
        return [(at + faults.delay + faults.jitter * chance.random(), packet) for _ in range(copies)]


class Link:
    """The line.  Any thread; `faults` may be set at any time."""

    def __init__(self, names: dict[str, str], devices: dict[str, int], seed: int) -> None:
        self.names = names  # of the namespaces
        self.addresses = {side: [f"10.77.{number}.1"] for number, side in enumerate(SIDES, 1)}
        self._devices = devices
        self._ways = {side: _Way(random.Random(f"{seed}{side}")) for side in SIDES}  # by the side that sends
        self._order = itertools.count()
        self._wake, self._waker = os.pipe()
        self._moved = itertools.count(2)
        self._thread = threading.Thread(target=self._run, name="link")
        self._stopping = False

    def start(self) -> None:
        for side in SIDES:
            _ip("-n", self.names[side], "link", "set", "lo", "up")
            _ip("-n", self.names[side], "link", "set", DEVICE, "mtu", "1400", "up")
            _ip("-n", self.names[side], "address", "add", f"{self.addresses[side][0]}/{PREFIX}", "dev", DEVICE)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        os.write(self._waker, b"!")
        if self._thread.is_alive():
            self._thread.join()
        for descriptor in (*self._devices.values(), self._wake, self._waker):
            os.close(descriptor)

    def set(self, faults: Faults | None = None, *, of: str = "ab") -> None:
        """What happens from now on to what these sides send; nothing without `faults`."""
        for side in of:
            self._ways[side].faults = faults or Faults()

    def cut(self, of: str = "ab") -> None:
        """Let nothing pass of what these sides send; the other faults stay."""
        for side in of:
            self._ways[side].faults = replace(self._ways[side].faults, cut=True)

    def heal(self) -> None:
        """The end of `cut`; the other faults stay."""
        for way in self._ways.values():
            way.faults = replace(way.faults, cut=False)

    def move(self, side: str) -> str:
        """Take this side's address away and give it another one, which is returned."""
        old, new = self.addresses[side][-1], self.addresses[side][0].rpartition(".")[0] + f".{next(self._moved)}"
        _ip("-n", self.names[side], "address", "delete", f"{old}/{PREFIX}", "dev", DEVICE)
        _ip("-n", self.names[side], "address", "add", f"{new}/{PREFIX}", "dev", DEVICE)
        self.addresses[side].append(new)
        return new

    def within(self, side: str, command: Sequence[str]) -> list[str]:
        """The command that runs this one in a side's namespace; with the same process id."""
        assert _IP
        return [_IP, "netns", "exec", self.names[side], *command]

    def add(self, side: str, last: int) -> str:
        """One more address of this side: somebody else's on the same network."""
        address = self.addresses[side][0].rpartition(".")[0] + f".{last}"
        _ip("-n", self.names[side], "address", "add", f"{address}/{PREFIX}", "dev", DEVICE)
        return address

    def connect(self, side: str, source: str, to: tuple[str, int]) -> socket.socket:
        """A TCP connection from a side's address.  Errors: OSError."""

        def connected() -> socket.socket:
            return socket.create_connection(to, timeout=10, source_address=(source, 0))

        return _inside(self.names[side], connected)

    def count(self, side: str) -> Counter[str]:
        """Packets that this side sent, by what became of them."""
        return self._ways[side].count

    def _run(self) -> None:
        waiting: list[tuple[float, int, int, bytes]] = []
        to = {"a": self._devices["b"], "b": self._devices["a"]}
        while not self._stopping:
            pause = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
            readable, _, _ = select.select([*self._devices.values(), self._wake], [], [], pause)
            now = time.monotonic()
            for side, descriptor in self._devices.items():
                if descriptor in readable:
                    for at, packet in self._ways[side].plan(os.read(descriptor, LARGEST), now):
                        heapq.heappush(waiting, (at, next(self._order), to[side], packet))
            while waiting and waiting[0][0] <= now:
                _, _, descriptor, packet = heapq.heappop(waiting)
                _write(descriptor, packet)


@contextmanager
def linked(seed: int) -> Iterator[Link]:
    """A line without faults; the namespaces end with the block, and so do the processes in them.

    Errors: where `missing` says why not.
    """
    number = next(_numbers)
    names = {side: f"nuee-{os.getpid()}-{number}-{side}" for side in SIDES}
    with ExitStack() as undo:
        devices = {}
        for side, name in names.items():
            _ip("netns", "add", name)
            undo.callback(_removed, name)
            devices[side] = _device_in(name)
        link = Link(names, devices, seed)
        undo.callback(link.stop)
        link.start()
        yield link


def _removed(name: str) -> None:
    assert _IP
    for process in subprocess.run([_IP, "netns", "pids", name], capture_output=True, check=False).stdout.split():
        os.kill(int(process), 9)
    subprocess.run([_IP, "netns", "delete", name], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    assert _IP
    subprocess.run([_IP, *arguments], check=True, capture_output=True)


def _device_in(name: str) -> int:
    """A new TUN device in this namespace."""

    def made() -> int:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", DEVICE.encode(), _IFF_TUN | _IFF_NO_PI))
        return device

    return _inside(name, made)


def _inside(name: str, made: Callable[[], _Made]) -> _Made:
    """What this makes in a namespace.  A thread enters it, which nothing else of this process notices."""

    def enter() -> _Made:
        with open(f"/var/run/netns/{name}") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), _CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        return made()

    with ThreadPoolExecutor(1) as thread:  # one of its own, which ends here
        return thread.submit(enter).result()


def _damaged(packet: bytes, chance: random.Random) -> bytes:
    """One bit turned, behind the header of IP."""
    changed = bytearray(packet)
    place = chance.randrange(20, len(packet)) if len(packet) > 20 else 0
    changed[place] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _write(descriptor: int, packet: bytes) -> None:
    try:
        os.write(descriptor, packet)
    except OSError:  # the kernel does not take it (a damaged one, or the device is down): it is lost
        return
