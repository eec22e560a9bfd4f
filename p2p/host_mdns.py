"""Finding peers on the local network: mDNS as libp2p specifies it (discovery/mdns.md), on chosen interfaces only.

py-libp2p's own mDNS speaks on every interface of the machine and starts with the host; this one is off until somebody
enters it, and speaks on the addresses it is given.  Whoever is on that network then sees the peer id and the addresses.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import trio
from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

SERVICE = "_p2p._udp.local."
KEY = b"dnsaddr="
TOLD = 32  # addresses taken of one announcement
ANSWER_TIME = 3000  # milliseconds to ask a peer for its addresses
PORT = 4001  # the specification has no use for it, DNS wants one


class Mdns:
    """Announces `addresses` (each ending in /p2p/<peer id>) while it is entered, and calls `found` with others'.

    `interfaces` are IP addresses of this machine.  `found` is called in the trio thread, once for every address of
    every announcement; what it is told is a stranger's word until the peer has been dialled.
    """

    def __init__(self, interfaces: Sequence[str], addresses: Sequence[str], found: Callable[[str], None]) -> None:
        self._interfaces = list(interfaces)
        self._addresses = tuple(addresses)
        self._found = found
        self._name = f"{secrets.token_hex(16)}.{SERVICE}"

    async def __aenter__(self) -> Self:
        """Errors: OSError when an interface is not of this machine."""
        token = trio.lowlevel.current_trio_token()
        self._zeroconf = await trio.to_thread.run_sync(lambda: Zeroconf(interfaces=self._interfaces))
        listener = _Listener(self._name, lambda address: token.run_sync_soon(self._found, address))
        await trio.to_thread.run_sync(self._announce)
        self._browser = ServiceBrowser(self._zeroconf, SERVICE, listener)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with trio.CancelScope() as scope:
            scope.shield = True
            await trio.to_thread.run_sync(self._end)

    def _announce(self) -> None:
        text = b"".join(bytes([len(entry)]) + entry for entry in _entries(self._addresses))
        self._zeroconf.register_service(
            ServiceInfo(SERVICE, self._name, port=PORT, properties=text, server=self._name, addresses=[b"\0\0\0\0"])
        )

    def _end(self) -> None:
        self._browser.cancel()
        self._zeroconf.close()


class _Listener(ServiceListener):
    """Called in the browser's thread."""

    def __init__(self, own: str, found: Callable[[str], None]) -> None:
        self._own, self._found = own, found

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        if name == self._own:
            return
        info = ServiceInfo(type_, name)
        if info.request(zc, ANSWER_TIME):
            for address in parse(info.text):
                self._found(address)

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """A peer that says goodbye may still be reached another way."""


def parse(text: bytes) -> tuple[str, ...]:
    """The addresses in a TXT record; what is no address in printable ASCII is left out."""
    addresses: list[str] = []
    place = 0
    while place < len(text) and len(addresses) < TOLD:
        entry = text[place + 1 : place + 1 + text[place]]
        place += 1 + text[place]
        value = entry.removeprefix(KEY)
        if entry.startswith(KEY) and value.isascii() and (found := value.decode()).isprintable() and "/p2p/" in found:
            addresses.append(found)
    return tuple(addresses)


def _entries(addresses: Sequence[str]) -> list[bytes]:
    return [entry for address in addresses if len(entry := KEY + address.encode()) <= 255]
