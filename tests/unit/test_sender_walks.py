"""Whatever comes in whatever order (submissions, blocks, reorganisations, dropped transactions, other programs of the
same wallet, endpoints that are gone, crashes between any two steps), in the end every act has taken effect once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from p2p.chain import ChainError
from p2p.sender import Entry, Lane, Sender
from p2p.sending import Rules
from p2p.wallet_requests import Meaning, Signed, Transaction
from tests.unit.model_chain import ModelChain, name_of, raw_of
from tests.unit.sender_fixtures import Clock, registering

DEPTH = 3  # confirmations; a reorganisation of no more blocks than one less leaves what is final
RULES = Rules(confirmations=DEPTH, repeat=15, stuck=60, most_fee=200)
KEYS = st.sampled_from("abc")


class Killed(BaseException):
    """The process ended here."""


class Memory:
    """A store that keeps what was kept when the process ends."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}

    def find(self, key: str) -> Entry | None:
        return self.entries.get(key)

    def open(self, _lane: Lane) -> list[Entry]:
        return sorted((one for one in self.entries.values() if not one.sending.ended), key=_nonce)

    def since(self, _lane: Lane, nonce: int) -> list[Entry]:
        held = [one for one in self.entries.values() if one.sending.state != "displaced"]
        return sorted((one for one in held if one.sending.nonce >= nonce), key=_nonce)

    def begin(self, entry: Entry, former: str = "") -> None:
        if former:
            self.entries[former] = replace(self.entries.pop(entry.key), key=former)
        taken = [one for one in self.since(entry.lane, entry.sending.nonce) if _nonce(one) == entry.sending.nonce]
        assert (entry.key not in self.entries, taken) == (True, [])
        self.entries[entry.key] = entry

    def keep(self, entry: Entry) -> None:
        assert entry.key in self.entries
        self.entries[entry.key] = entry


def _nonce(entry: Entry) -> int:
    return entry.sending.nonce


class Walk(RuleBasedStateMachine):
    """`wanted`: every act that was asked for, and by which request."""

    @initialize()
    def begin(self) -> None:
        self.chain, self.memory, self.clock = ModelChain(), Memory(), Clock()
        self.identity = self.chain.identity()
        for what, name in zip((self.chain, self.memory, self.memory), ("send", "begin", "keep"), strict=True):
            setattr(what, name, self._mortal(getattr(what, name)))
        self.wanted: dict[str, int] = {}
        self.theirs = 0
        self.left: int | None = None  # steps until the process ends
        self.restart()

    @rule()
    def restart(self) -> None:
        signs = self._mortal(_sign)
        chain: Any = self.chain
        self.sender = Sender(chain, self.identity, self.memory, signs, "0x", self.clock, RULES)

    @rule(key=KEYS)
    def submit(self, key: str) -> None:
        self._live(lambda: self._submit(key))

    @rule()
    def advance(self) -> None:
        self._live(self.sender.advance)

    @rule(left=st.integers(0, 7))
    def die_soon(self, left: int) -> None:
        self.left = left

    @rule(seconds=st.sampled_from([1, 15, 61]))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @rule()
    def mine(self) -> None:
        self.chain.mine()

    @rule()
    def block(self) -> None:
        """One comes, and is looked at."""
        self.chain.mine()
        self._live(self.sender.advance)

    @precondition(lambda self: len(self.chain.blocks) >= DEPTH)
    @rule(depth=st.integers(1, DEPTH - 1), keep=st.booleans())
    def reorganise(self, depth: int, keep: bool) -> None:
        self.chain.reorganise(depth, keep)

    @precondition(lambda self: bool(self.chain.pool))
    @rule(data=st.data())
    def forget(self, data: st.DataObject) -> None:
        del self.chain.pool[data.draw(st.sampled_from(sorted(self.chain.pool)))]

    @precondition(lambda self: len(self.chain.blocks) >= DEPTH)
    @rule(depth=st.integers(1, DEPTH - 1))
    def resurface(self, depth: int) -> None:
        """After a reorganisation a block is made by a node that had forgotten nothing of ours."""
        self.chain.reorganise(depth, keep=False)
        for raw in list(dict.fromkeys(self.chain.heard)):
            with suppress(ChainError):
                if b"theirs" not in raw:
                    self.chain.admit(raw)
        self.block()

    @rule(fee=st.sampled_from([30, 150, 300]))
    def other_program(self, fee: int) -> None:
        """Takes the chain's next nonce for itself, in a block that comes at once or later."""
        self.theirs += 1
        with suppress(ChainError):  # its fee is too low to take our place
            self.chain.admit(raw_of(self.chain.taken, fee, f"theirs {self.theirs}"))

    @rule(base=st.sampled_from([5, 20, 120]))
    def fees(self, base: int) -> None:
        self.chain.base = base

    @rule(key=KEYS)
    def nobody_answers(self, key: str) -> None:
        self.chain.reachable = False
        self._live(lambda: self._submit(key))
        self._live(self.sender.advance)
        self.chain.reachable = True

    @invariant()
    def nothing_happened_twice(self) -> None:
        assert [uri for uri, times in self.chain.effects().items() if times > 1] == []

    def teardown(self) -> None:
        """Everything calms down; then every act has taken effect, once, however often it was tried."""
        if not hasattr(self, "chain"):
            return
        self.left = None
        self.chain.base = 5
        self.restart()
        for round_ in range(60):
            for key in list(self.wanted):
                self._submit(key)
            if any(entry.problem == "chain-gap" for entry in self.memory.entries.values()):
                self._submit(f"next {round_}")  # a gap that is nobody's is filled by the next act
            self.sender.advance()
            self.chain.mine()
            self.clock.now += 20
        ours = Counter({uri: times for uri, times in self.chain.effects().items() if not uri.startswith("theirs")})
        assert ours == Counter(self.wanted.keys())
        assert {self.memory.entries[key].sending.state for key in self.wanted} <= {"final"}

    def _submit(self, key: str) -> None:
        """As a caller who knows by the chain whether the effect of what was displaced is there."""
        self.wanted.setdefault(key, 0)
        entry = self.sender.outcome(key)
        if entry is not None and entry.sending.state == "displaced":
            self.wanted[key] = entry.request.again + 1
        self.sender.submit(key, registering("0x" + "22" * 20, key, again=self.wanted[key]))

    def _live(self, act: Callable[[], object]) -> None:
        try:
            act()
        except ChainError as error:
            if error.code != "chain-unreachable":
                raise
        except Killed:
            self.left = None
            self.restart()

    def _mortal(self, act: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any) -> Any:
            self._step()
            done = act(*args)
            self._step()
            return done

        return step

    def _step(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed


def _sign(request: Transaction, _approval: str) -> Signed:
    raw = raw_of(request.nonce, request.max_fee, str(request.args[0]))
    return Signed(raw, bytes.fromhex(name_of(raw)[2:]), "0x", Meaning(""))


TestWalks = Walk.TestCase
TestWalks.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
