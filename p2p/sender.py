"""Sends what one account signs to one chain, and stays with it until a block keeps it: p2p.sending over a store.

  1. `submit`: what the call takes is asked of the chain (one that would fail is not signed), the nonce is chosen, the
     wallet signs, nonce and bytes are stored, and only then are they sent.
  2. `advance`, called again and again: each that goes on is compared with the chain and repeated, offered with a higher
     fee, or found in its block.  A crash between any two lines is made good by the next `advance`.
  3. `outcome`: how it stands, and, once it is final, what came of it.

A key names an act for ever: the same key twice is one transaction, also after a restart.  Where another program of the
same wallet took the nonce, the state is `displaced`: nothing of it happened, and nothing more is done.  Whether it is
to be done again is the caller's to say, who knows whether its effect is there by other means: a request with a higher
`again` under the same key gets a nonce of its own.

What is sent is sent to a chain that has just shown its id and its genesis, so another chain under the same id (a test
chain that was started anew) gets nothing.  Beyond that an endpoint is believed about its chain.

Blocking: for a worker thread; calls from several threads take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from p2p.chain import Chain, ChainError, ChainIdentity, Fees, Mined
from p2p.methods import METHODS, call_data
from p2p.sending import Attempt, Place, Raise, Rules, Seen, Send, Sending, next_nonce, step, with_attempt
from p2p.wallet import MOST_GAS
from p2p.wallet_requests import Signed, Transaction, WalletRefused, digest

LOOK = 3.0  # seconds between two looks at a chain that others write, each of six questions
LARGEST = 2**63 - 1  # of what a chain counts; more is none

Sign = Callable[[Transaction, str], Signed]  # with the digest that the person agreed to, "" for none


@dataclass(frozen=True)
class Lane:
    """Where a nonce counts: one account on one chain."""

    chain_id: int
    genesis: str
    account: int


@dataclass(frozen=True)
class Entry:
    """One act as it is kept.  `request`: as it was signed first.  `mined`: gas and events, once final or reverted.

    `problem`: why it does not go on, a code: chain-unreachable, chain-other, chain-nonsense, chain-fee-limit (blocks
    cost more than the person allows), chain-funds, chain-gap (an earlier nonce is nobody's), chain-refused, chain-full
    (its host keeps no more), or what the wallet refused a higher fee with.
    """

    key: str
    lane: Lane
    request: Transaction
    sending: Sending
    mined: Mined | None = None
    problem: str = ""


class TransactionStore(Protocol):
    """Durable when a method returns.  What it raises passes through the Sender."""

    def find(self, key: str) -> Entry | None: ...

    def open(self, lane: Lane) -> Sequence[Entry]:
        """Those that have not ended, by nonce."""
        ...

    def since(self, lane: Lane, nonce: int) -> Sequence[Entry]:
        """Whatever holds this nonce or a later one, by nonce; what was displaced holds none."""
        ...

    def begin(self, entry: Entry, former: str = "") -> None:
        """Keep a new one; what stood under its key is kept as `former`."""
        ...

    def keep(self, entry: Entry) -> None:
        """How it stands now."""
        ...


class Sender:
    """`address`: the account's; `chain` shows `identity` or nothing is sent; `clock`: seconds since the epoch."""

    def __init__(
        self,
        chain: Chain,
        identity: ChainIdentity,
        store: TransactionStore,
        sign: Sign,
        address: str,
        clock: Callable[[], float],
        rules: Rules,
        account: int = 0,
    ) -> None:
        self.lane = Lane(identity.chain_id, identity.genesis, account)
        self.rules = rules
        self._chain = chain
        self._identity = identity
        self._store = store
        self._sign = sign
        self._address = address
        self._clock = clock
        self._lock = threading.Lock()

    def submit(self, key: str, request: Transaction, approval: str = "") -> None:
        """Begin the act, unless it is begun; when this returns it survives a crash.

        Of `request`, nonce, gas and fees are chosen here.  Errors: ChainError("chain-reverted") for a call that would
        fail, others of ChainError where the chain cannot be asked; what `sign` raises (ApprovalNeeded, WalletRefused).
        After an error nothing was sent.
        """
        with self._lock:
            known = self._store.find(key)
            if known is not None and not _anew(known, request):
                return
            self._same_chain()
            filled = self._filled(request)
            sending = Sending(filled.nonce, (self._attempt(filled, approval),))
            entry = Entry(key, self.lane, filled, sending)
            self._store.begin(entry, "" if known is None else f"{key}#{known.request.again}")
            self._round([entry])

    def advance(self) -> float | None:
        """Look after everything that goes on, once; when to come again, None when there is nothing left to wait for.

        What the chain answers is never raised: it becomes the `problem` of what waits for it.
        """
        with self._lock:
            entries = self._store.open(self.lane)
            if not entries:
                return None
            self._round(entries)
            return self._clock() + LOOK if self._store.open(self.lane) else None

    def outcome(self, key: str) -> Entry | None:
        """How it stands; None where nothing was submitted."""
        return self._store.find(key)

    def _filled(self, request: Transaction) -> Transaction:
        """With the nonce, the gas and the fees that it is to go out with."""
        method = METHODS.get((request.role, request.signature))
        if method is None:
            raise WalletRefused("wallet-method", "The wallet does not know this call.", method=request.signature)
        try:
            data = call_data(method, request.args)
        except ValueError as error:
            raise WalletRefused("wallet-arguments", str(error)) from error
        gas = self._chain.gas(self._address, request.contract, data)
        fees = self._fees()
        taken = self._taken()
        ours = [entry.sending.nonce for entry in self._store.since(self.lane, taken)]
        max_fee = min(_enough(fees), self._most_fee)
        return replace(
            request,
            account=self.lane.account,
            chain=self.lane.chain_id,
            nonce=next_nonce(taken, ours),
            gas=max(gas, min(gas + gas // 4, MOST_GAS)),  # what it meets in its block may be more than what it met now
            max_fee=max_fee,
            priority_fee=min(fees.tip, max_fee),
        )

    def _attempt(self, request: Transaction, approval: str) -> Attempt:
        signed = self._sign(request, approval)
        return Attempt("0x" + signed.name.hex(), signed.raw, request.max_fee, request.priority_fee)

    def _round(self, entries: Sequence[Entry]) -> None:
        """One look at the chain, and what follows from it for these."""
        try:
            self._same_chain()
            head, taken = _plausible(self._chain.head().number), self._taken()  # head first: it only grows meanwhile
            held = self._store.since(self.lane, taken)
            fees = self._fees()
            self._restore(entries, held)
            for entry in entries:
                self._go_on(entry, head, taken, held, fees)
        except ChainError as error:
            for entry in entries:
                now = self._store.find(entry.key)
                if now is not None and not now.sending.ended and now.problem != error.code:
                    self._store.keep(replace(now, problem=error.code))

    def _go_on(self, entry: Entry, head: int, taken: int, held: Sequence[Entry], fees: Fees) -> None:
        mined = self._mined(entry.sending, taken)
        place = None if mined is None else Place(mined.hash, mined.block, mined.block_hash, mined.ok)
        lost = mined is None and taken > entry.sending.nonce
        seen = Seen(self._clock(), head, taken, place, self._settled(head) if lost else 0)
        rules = replace(self.rules, most_fee=0) if entry.problem == "chain-funds" else self.rules
        sending, effects = step(entry.sending, seen, rules)
        refused = ""
        raised = next((one for one in effects if isinstance(one, Raise)), None)
        if raised is not None:
            try:
                sending = with_attempt(sending, self._higher(entry, raised, fees))
            except (WalletRefused, OSError) as error:
                refused = getattr(error, "code", "wallet-book")
                sending, effects = step(entry.sending, seen, replace(rules, most_fee=0))
            else:
                sending, effects = step(sending, seen, rules)
        sends = [one.raw for one in effects if isinstance(one, Send)]
        problem = refused or _waits(entry, held, taken, fees, rules) or ("" if sends else _lasting(entry.problem))
        over = place is not None or sending.ended
        now = replace(entry, sending=sending, problem="" if over else problem, mined=mined if sending.ended else None)
        self._keep(entry, now)  # before anything of it is sent
        for raw in sends:
            self._send(now, raw)

    def _keep(self, before: Entry, now: Entry) -> None:
        if now != before:
            self._store.keep(now)

    def _send(self, entry: Entry, raw: bytes) -> None:
        """Errors: ChainError, but none for bytes that the chain does not take: they are sent again later."""
        try:
            self._chain.send(raw)
        except ChainError as error:
            if error.code not in ("chain-refused", "chain-reverted", "chain-full"):
                raise
            highest = entry.sending.attempts[-1].max_fee >= self._most_fee
            said = "chain-full" if error.code == "chain-full" else _refusal(error.detail, highest)
            self._keep(entry, replace(entry, problem=said or entry.problem))

    def _higher(self, entry: Entry, raised: Raise, fees: Fees) -> Attempt:
        """The same act with a higher fee, at once as much as the next block asks.  What the person agreed to for the
        first is agreed to for this: its digest has no fees in it, and a chain takes only one of the two."""
        max_fee = max(raised.max_fee, min(_enough(fees), self._most_fee))
        tip = min(max(raised.priority_fee, fees.tip), max_fee)
        request = replace(entry.request, max_fee=max_fee, priority_fee=tip)
        return self._attempt(request, digest(request))

    def _restore(self, entries: Sequence[Entry], held: Sequence[Entry]) -> None:
        """A reorganisation deeper than the confirmations took a final one away, and later ones wait behind the gap:
        what was final is sent again, byte for byte."""
        last = entries[-1].sending.nonce
        for entry in held:
            sending, now = entry.sending, self._clock()
            if sending.ended and sending.nonce < last and now - sending.tried >= self.rules.repeat:
                stood = next(one for one in sending.attempts if sending.place and one.name == sending.place.name)
                self._store.keep(replace(entry, sending=replace(sending, tried=now)))
                self._send(entry, stood.raw)

    def _mined(self, sending: Sending, taken: int) -> Mined | None:
        """The attempt that stands in a block which is still one of the chain's."""
        if taken <= sending.nonce:
            return None
        for attempt in reversed(sending.attempts):
            mined = self._chain.mined(attempt.name)
            if mined is not None and self._chain.block(mined.block).hash == mined.block_hash:
                return mined
        return None

    def _taken(self) -> int:
        return _plausible(self._chain.nonce(self._address))

    def _settled(self, head: int) -> int:
        """How many of the account's transactions are in blocks with the confirmations."""
        return _plausible(self._chain.nonce(self._address, max(0, head - self.rules.confirmations + 1)))

    def _fees(self) -> Fees:
        fees = self._chain.fees()
        return Fees(_plausible(fees.base), _plausible(fees.tip))

    def _same_chain(self) -> None:
        """Errors: ChainError("chain-other")."""
        self._chain.doubt()
        if self._chain.identity() != self._identity:
            raise ChainError("chain-other", "This is another chain than the one that was agreed on.")

    @property
    def _most_fee(self) -> int:
        return min(self.rules.most_fee, LARGEST)


def _anew(known: Entry, request: Transaction) -> bool:
    return known.sending.state in ("displaced", "reverted") and request.again > known.request.again


def _enough(fees: Fees) -> int:
    """What full blocks cannot outgrow in six: each raises the base fee by an eighth at most (EIP-1559)."""
    return 2 * fees.base + fees.tip


def _waits(entry: Entry, held: Sequence[Entry], taken: int, fees: Fees, rules: Rules) -> str:
    """Why no block may take it for now; "" where nothing is known to be in its way."""
    before = {one.sending.nonce for one in held if one.sending.nonce < entry.sending.nonce}
    if len(before) < entry.sending.nonce - taken:
        return "chain-gap"
    if fees.base > max(entry.sending.attempts[-1].max_fee, rules.most_fee):
        return "chain-fee-limit"
    return ""


def _refusal(detail: str, highest: bool) -> str:
    """What nodes say when they do not take a transaction (their words, none of a standard); "" for what passes by
    itself.  `highest`: it offers all that the person allows."""
    said = detail.lower()
    if "nonce too low" in said:
        return ""  # a block has its nonce: the next look says whose
    if "insufficient funds" in said or "insufficient balance" in said:
        return "chain-funds"
    if "base fee" in said or "underpriced" in said:
        return "chain-fee-limit" if highest else ""
    return "chain-refused"


def _lasting(problem: str) -> str:
    """What was found when it was sent last holds until it is sent again."""
    return problem if problem in ("chain-funds", "chain-refused", "chain-fee-limit", "chain-full") else ""


def _plausible(number: int) -> int:
    if not 0 <= number <= LARGEST:
        raise ChainError("chain-nonsense", "The chain counts what cannot be counted.")
    return number
