"""An EVM in this process (py-evm, the rules of Prague) whose clock and callers a test chooses.

It is the EVM of the embedded chain without blocks and signatures around it: a call takes milliseconds, stands at
exactly the second that the test says, and can be taken back. `test_on_a_chain.py` does the same with both around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from eth.vm.message import Message
from eth_abi.abi import decode, encode
from eth_tester import PyEVMBackend
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from p2p.contracts.transcribed import Entry, signature

GAS = 12_000_000
NOBODY = "0x" + "00" * 20


class Reverted(Exception):
    """A call failed; `reason` is what the contract said, empty if it said nothing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Event:
    """`name` as declared, `args` by name; a topic of a dynamic type is its hash."""

    address: str
    name: str
    args: dict[str, Any]


@dataclass
class Evm:
    """A state, a clock and a chain id; `said` is what the last transaction gave or refused with. One thread."""

    chain_id: int = 31337
    now: int = 2_000_000_000
    gas_used: int = 0
    said: bytes = b""
    events: list[Event] = field(default_factory=list)
    _abis: dict[str, list[Entry]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._state = PyEVMBackend().chain.get_vm().state

    def create(self, bytecode: bytes, abi: list[Entry], *args: Any, by: str) -> Contract:
        constructor: list[Entry] = next((entry["inputs"] for entry in abi if entry["type"] == "constructor"), [])
        sender = _canonical(by)
        nonce = self._state.get_nonce(sender)
        address = keccak(_rlp(sender, nonce))[-20:]
        message = Message(
            gas=GAS, to=b"", sender=sender, value=0, data=b"", code=bytecode + encoded(constructor, args),
            create_address=address,
        )  # fmt: skip
        self._state.increment_nonce(sender)
        self._run(message, create=True)
        contract = Contract(self, to_checksum_address(address), abi)
        self._abis[contract.address] = abi
        return contract

    def send(self, to: str, data: bytes, *, by: str, gas: int = GAS) -> bytes:
        """One transaction; its events and gas are kept until the next. Raises Reverted."""
        message = Message(
            gas=gas, to=_canonical(to), sender=_canonical(by), value=0, data=data,
            code=self._state.get_code(_canonical(to)),
        )  # fmt: skip
        return self._run(message)

    def look(self, to: str, data: bytes, *, by: str, gas: int = GAS) -> bytes:
        """As `send`, but nothing of it stays."""
        kept = self.events, self.gas_used
        with self.undone():
            answer = self.send(to, data, by=by, gas=gas)
        self.events, self.gas_used = kept
        return answer

    def code(self, address: str) -> bytes:
        return bytes(self._state.get_code(_canonical(address)))

    def storage(self, address: str, slot: int) -> bytes:
        return int(self._state.get_storage(_canonical(address), slot)).to_bytes(32, "big")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What happens inside is taken back, the clock included."""
        now, before = self.now, self._state.snapshot()
        try:
            yield
        finally:
            self._state.revert(before)
            self.now = now

    @contextmanager
    def at(self, moment: int) -> Iterator[None]:
        now, self.now = self.now, moment
        try:
            yield
        finally:
            self.now = now

    def _run(self, message: Message, *, create: bool = False) -> bytes:
        context = self._state.execution_context
        context._timestamp, context._chain_id = self.now, self.chain_id
        kind = self._state.computation_class
        origin = self._state.get_transaction_context_class()(gas_price=0, origin=message.sender)
        apply = kind.apply_create_message if create else kind.apply_message
        computation = apply(self._state, message, origin)
        self.gas_used = message.gas - computation.get_gas_remaining()
        self.events = []
        self.said = bytes(computation.output)
        if computation.is_error:
            raise Reverted(_reason(bytes(computation.output)))
        self.events = [self._event(*entry) for entry in computation.get_log_entries()]
        return bytes(computation.output)

    def _event(self, address: bytes, topics: tuple[int, ...], data: bytes) -> Event:
        where = to_checksum_address(address)
        for entry in self._abis.get(where, []):
            if entry["type"] == "event" and int.from_bytes(keccak(text=signature(entry)), "big") == topics[0]:
                return Event(where, entry["name"], _event_args(entry["inputs"], topics[1:], data))
        return Event(where, "", {"topics": topics, "data": data})


class Contract:
    """A contract at an address: `contract.method(*args, by=caller)` sends, or looks where the method only reads."""

    def __init__(self, evm: Evm, address: str, abi: list[Entry]) -> None:
        self.evm, self.address, self.abi = evm, address, abi

    def __getattr__(self, name: str) -> Any:
        if not any(entry["type"] == "function" and entry["name"] == name for entry in self.abi):
            raise AttributeError(name)

        def method(*args: Any, by: str = NOBODY, gas: int = GAS) -> Any:
            entry = self._entry(name, len(args))
            data = self.data(name, *args)
            if entry["stateMutability"] in ("view", "pure"):
                answer = self.evm.look(self.address, data, by=by)
            else:
                answer = self.evm.send(self.address, data, by=by, gas=gas)
            results = decode(_types(entry["outputs"]), answer)
            return results[0] if len(results) == 1 else results or None

        return method

    def data(self, name: str, *args: Any) -> bytes:
        """The call's bytes."""
        entry = self._entry(name, len(args))
        return keccak(text=signature(entry))[:4] + encoded(entry["inputs"], args)

    def _entry(self, name: str, arity: int) -> Entry:
        for entry in self.abi:
            if entry["type"] == "function" and entry["name"] == name and len(entry["inputs"]) == arity:
                return entry
        raise AttributeError(f"{name} with {arity} arguments")


def encoded(parameters: list[Entry], args: tuple[Any, ...] | list[Any]) -> bytes:
    return encode(_types(parameters), list(args))


def _types(parameters: list[Entry]) -> list[str]:
    return [signature({"name": "", "inputs": [parameter]})[1:-1] for parameter in parameters]


def _event_args(inputs: list[Entry], topics: tuple[int, ...], data: bytes) -> dict[str, Any]:
    plain = [parameter for parameter in inputs if not parameter["indexed"]]
    found = dict(zip((one["name"] for one in plain), decode(_types(plain), data), strict=True))
    for parameter, topic in zip((one for one in inputs if one["indexed"]), topics, strict=True):
        word = topic.to_bytes(32, "big")
        dynamic = parameter["type"] in ("string", "bytes")
        found[parameter["name"]] = word if dynamic else decode([parameter["type"]], word)[0]
    return found


def _reason(output: bytes) -> str:
    if output[:4] != keccak(text="Error(string)")[:4]:
        return ""
    said: str = decode(["string"], output[4:])[0]
    return said


def _canonical(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))


def _rlp(sender: bytes, nonce: int) -> bytes:
    counted = (
        b"\x80" if nonce == 0 else nonce.to_bytes(1, "big") if nonce < 0x80 else b"\x81" + nonce.to_bytes(1, "big")
    )
    body = b"\x94" + sender + counted
    return bytes([0xC0 + len(body)]) + body
