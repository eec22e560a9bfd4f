"""Signs with the wallet's keys what policy lets through, and says in words what each signature does.

Lives in the key-holder process.  Every request is checked against what the wallet remembers (wallet_state.py): the
network is on, the contract is known, the method stands in the table, no limit is broken, and what has to be seen by the
person was seen.  The book is saved *before* a signature is given out, so that a crash can only have spent too much on
paper.  No method blocks but on `save`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from p2p import hd, typed_data
from p2p.methods import METHODS, Method, call_data
from p2p.networks import network_name
from p2p.spending import Limits, Spend
from p2p.wallet_meaning import meaning_of
from p2p.wallet_requests import (
    NOBODY,
    AgentWallet,
    ApprovalNeeded,
    Bid,
    Meaning,
    Request,
    Signed,
    Transaction,
    WalletBinding,
    WalletRefused,
    address,
    digest,
)
from p2p.wallet_state import Network, WalletState

MOST_GAS = 10_000_000  # for one transaction; a registration with its file on the chain takes the most
MOST_BID = 30 * 24 * 3600  # seconds that a bid may bind

Save = Callable[[WalletState], None]


class Wallet:
    """`seed`: the identity seed, which stays the key-holder's; `save` makes a state durable or raises OSError."""

    def __init__(self, seed: bytearray, state: WalletState, save: Save, clock: Callable[[], float]) -> None:
        self._seed = seed
        self._save = save
        self._clock = clock
        self.state = state

    def __repr__(self) -> str:
        return f"<Wallet of {len(self.state.networks)} networks>"

    def __reduce__(self) -> str:
        raise TypeError("a wallet is never pickled")

    def address(self, account: int) -> str:
        """Lower case.  Errors: BadAccount."""
        return hd.address_of(hd.account_key(self._seed, account)).lower()

    def change(self, state: WalletState) -> None:
        """Keep other settings.  Errors: OSError, and what was stays."""
        self._save(state)
        self.state = state

    def sign(self, request: Request, approval: str = "", by: str = "") -> Signed:
        """`approval`: the digest that the person agreed to; `by`: the delegate who asks, authority checked elsewhere.

        Errors: ApprovalNeeded and WalletRefused; BadAccount; OSError where the book could not be saved.
        """
        match request:
            case Transaction():
                return self._transaction(request, approval, by)
            case Bid():
                return self._bid(request)
            case AgentWallet():
                self._on(request.chain)
                meaning = meaning_of(request)
                _asked(request, meaning, approval)
                whole = typed_data.agent_wallet_message(request, self.address(request.account))
                return self._typed(request.account, whole, meaning)
            case _:
                raise WalletRefused("wallet-request", "The wallet signs no request of this kind.")

    def bind(self, request: WalletBinding, identity: str) -> Signed:
        """The account's half of a binding to a did:key and a peer id; it spends nothing and is not asked."""
        whole = typed_data.peer_binding_message(identity, request.peer_id, request.created)
        return self._typed(request.account, whole, meaning_of(request))

    def _transaction(self, request: Transaction, approval: str, by: str) -> Signed:
        network = self._on(request.chain)
        method = METHODS.get((request.role, request.signature))
        if method is None:
            raise WalletRefused("wallet-method", "The wallet does not know this call.", method=request.signature)
        contract = self._known(network, request.contract, request.role)
        data = _call(method, request)
        self._arguments(network, method, request)
        spend = self._spend(method, request, by, approval)
        limits = network.limits_for(spend.token)
        self._within(spend, limits, by)
        meaning = meaning_of(request, by)
        if self._asks(method, spend, limits):
            _asked(request, meaning, approval)
            if self.state.book.used(spend):
                raise WalletRefused("wallet-approval-used", "What was agreed to has happened already; ask again.")
        self.change(replace(self.state, book=self.state.book.with_entry(spend)))
        return self._send(request, contract, data, meaning)

    def _asks(self, method: Method, spend: Spend, limits: Limits) -> bool:
        """The person sees an allowance and not what is paid in of it; without one, nobody knows what would be taken."""
        if method.asked or (method.takes and not spend.amount):
            return True
        return spend.amount > limits.ask_above and not self.state.book.covered(spend)

    def _bid(self, request: Bid) -> Signed:
        network = self._on(request.chain)
        self._known(network, request.hook, "hook")
        self._known(network, request.token, "token")
        if address(request.evaluator) != address(request.client):  # a client that judges for itself is for contacts
            self._known(network, request.evaluator, "evaluator")
        if request.amount <= 0 or len(request.cfp) != 32 or request.expires > self._clock() + MOST_BID:
            raise WalletRefused("wallet-arguments", "This is no bid that the wallet makes.")
        meaning = meaning_of(request)
        whole = typed_data.bid_message(request, self.address(request.account))
        return self._typed(request.account, whole, meaning)

    def _on(self, chain: int) -> Network:
        network = self.state.network(chain)
        if not network.on:
            raise WalletRefused("wallet-network-off", "This network is turned off.", network=network_name(chain))
        return network

    def _known(self, network: Network, contract: str, role: str) -> str:
        found = address(contract)
        if network.contracts.get(found) != role:
            raise WalletRefused("wallet-contract", "The wallet does not know this contract.", contract=found)
        return found

    def _arguments(self, network: Network, method: Method, request: Transaction) -> None:
        """What the arguments must be, beyond their types: no money and no say to a contract that nobody knows."""
        if method.spender:
            self._known(network, method.argument(request.args, method.spender), "kernel")
        if method.name == "createJob":
            _provider, evaluator, _expires, _text, hook = request.args
            if address(hook) != NOBODY:
                self._known(network, hook, "hook")
            if address(evaluator) != self.address(request.account):
                self._known(network, evaluator, "evaluator")
        if not 0 < request.gas <= MOST_GAS or not 0 <= request.priority_fee <= request.max_fee:
            raise WalletRefused("wallet-arguments", "These fees are not plausible.")

    def _spend(self, method: Method, request: Transaction, by: str, approval: str) -> Spend:
        amount = int(method.argument(request.args, method.spends)) if method.spends else 0
        kernel = method.argument(request.args, method.spender) if method.spender else request.contract
        spend = Spend(
            request.chain,
            request.account,
            request.nonce,
            address(request.contract if request.role == "token" else request.token) if amount or method.takes else "",
            amount,
            request.fee,
            request.counterparty,
            request.task,
            datetime.fromtimestamp(self._clock(), UTC).date().isoformat(),
            by,
            approval,
            address(kernel) if method.spender or request.role == "kernel" else "",
            bool(method.spender),
        )
        return replace(spend, amount=self.state.book.allowed(spend)) if method.takes else spend

    def _within(self, spend: Spend, limits: Limits, by: str) -> None:
        found = self.state.book.denied(spend, limits)
        if found is None and by:
            theirs = next((d.limits for d in self.state.delegates if d.did == by and d.chain == spend.chain), Limits())
            found = self.state.book.of(by).denied(spend, theirs)
        if found is not None:
            raise WalletRefused(f"wallet-limit-{found.limit}", "This is above a limit.", left=str(found.left))

    def _send(self, request: Transaction, contract: str, data: bytes, meaning: Meaning) -> Signed:
        from eth_account import Account

        key = hd.account_key(self._seed, request.account)
        signed = Account.sign_transaction(
            {
                "type": 2,
                "chainId": request.chain,
                "nonce": request.nonce,
                "to": typed_data.checksum(contract),
                "value": 0,
                "gas": request.gas,
                "maxFeePerGas": request.max_fee,
                "maxPriorityFeePerGas": request.priority_fee,
                "data": data,
            },
            key,
        )
        return Signed(bytes(signed.raw_transaction), bytes(signed.hash), self.address(request.account), meaning)

    def _typed(self, account: int, whole: dict[str, Any], meaning: Meaning) -> Signed:
        from eth_account import Account

        signed = Account.sign_typed_data(hd.account_key(self._seed, account), full_message=whole)
        return Signed(bytes(signed.signature), typed_data.digest_of(whole), self.address(account), meaning)


def _call(method: Method, request: Transaction) -> bytes:
    try:
        return call_data(method, request.args)
    except ValueError as error:
        raise WalletRefused("wallet-arguments", str(error)) from error


def _asked(request: Request, meaning: Meaning, approval: str) -> None:
    if approval != digest(request):
        raise ApprovalNeeded(digest(request), meaning)
