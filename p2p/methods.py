"""Every call to a contract that the wallet signs: what it is called, what it costs, what is said of it.

A transaction names a *role* (which contract) and a *signature* (which function); the key-holder encodes the call itself
from this table, so what it signs is what it shows.  A call that is not here is not signed.

  roles   kernel (ERC-8183), hook and evaluator (ours), token (ERC-20), identity, reputation and validation (ERC-8004)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

ROLES = ("kernel", "hook", "evaluator", "token", "identity", "reputation", "validation")


@dataclass(frozen=True)
class Method:
    """`names`: of the arguments, in order, for words; `spends`: the one that is an amount of the job's token;
    `spender`: the one that must be a known escrow, which may then take that amount; `takes`: pays in what is allowed,
    without a word of how much; `asked`: the person is asked each time; `kind`: tells a function from one of the same
    name that is said in other words."""

    role: str
    signature: str
    names: tuple[str, ...]
    spends: str = ""
    spender: str = ""
    takes: bool = False
    asked: bool = False
    kind: str = ""

    @property
    def name(self) -> str:
        return self.signature.partition("(")[0]

    @property
    def types(self) -> tuple[str, ...]:
        """Of the arguments, as in the ABI; a tuple stays in one piece."""
        inner = self.signature.partition("(")[2][:-1]
        found, depth, start = [], 0, 0
        for at, character in enumerate(inner + ","):
            depth += {"(": 1, ")": -1}.get(character, 0)
            if character == "," and depth == 0:
                found.append(inner[start:at])
                start = at + 1
        return tuple(kind for kind in found if kind)

    @property
    def key(self) -> str:
        """Of the sentence that says what the call means."""
        return "-".join(filter(None, (self.role, self.name.lower(), self.kind)))

    def argument(self, args: Sequence[Any], name: str) -> Any:
        return args[self.names.index(name)]


_TABLE = (
    Method("kernel", "createJob(address,address,uint256,string,address)",
           ("provider", "evaluator", "expired_at", "description", "hook")),
    Method("kernel", "setProvider(uint256,address,bytes)", ("job", "provider", "bid")),
    Method("kernel", "setBudget(uint256,uint256,bytes)", ("job", "amount", "bid")),
    Method("kernel", "fund(uint256,uint256,bytes)", ("job", "amount", "extra"), spends="amount"),
    Method("kernel", "submit(uint256,bytes32,bytes)", ("job", "deliverable", "extra")),
    Method("kernel", "complete(uint256,bytes32,bytes)", ("job", "reason", "extra")),
    Method("kernel", "reject(uint256,bytes32,bytes)", ("job", "reason", "extra")),
    Method("kernel", "claimRefund(uint256)", ("job",)),
    # As the ERC printed them.  `fund` names no amount: what it can take is what was allowed, and that was counted.
    Method("kernel", "setProvider(uint256,address)", ("job", "provider"), kind="printed"),
    Method("kernel", "fund(uint256,bytes)", ("job", "extra"), takes=True, kind="printed"),
    Method("hook", "revokeBids(uint256,uint256)", ("job", "below")),
    Method("evaluator", "accept(uint256,bytes32)", ("job", "reason")),
    Method("evaluator", "decline(uint256,bytes32)", ("job", "reason")),
    Method("evaluator", "dispute(uint256,bytes32)", ("job", "reason")),
    Method("evaluator", "rule(uint256,bool,bytes32)", ("job", "completed", "reason")),
    Method("evaluator", "settle(uint256)", ("job",)),
    Method("token", "approve(address,uint256)", ("spender", "amount"), spends="amount", spender="spender"),
    Method("token", "transfer(address,uint256)", ("to", "amount"), spends="amount", asked=True),
    Method("identity", "register(string)", ("uri",)),
    Method("identity", "setAgentURI(uint256,string)", ("agent", "uri")),
    Method("identity", "setAgentWallet(uint256,address,uint256,bytes)",
           ("agent", "wallet", "deadline", "proof"), asked=True),
    Method("reputation",
           "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)",
           ("agent", "value", "decimals", "tag1", "tag2", "endpoint", "uri", "hash")),
    Method("reputation", "revokeFeedback(uint256,uint64)", ("agent", "index")),
    Method("reputation", "appendResponse(uint256,address,uint64,string,bytes32)",
           ("agent", "client", "index", "uri", "hash")),
    Method("validation", "validationRequest(address,uint256,string,bytes32)", ("validator", "agent", "uri", "hash")),
    Method("validation", "validationResponse(bytes32,uint8,string,bytes32,string)",
           ("request", "response", "uri", "hash", "tag")),
)  # fmt: skip
METHODS = {(method.role, method.signature): method for method in _TABLE}


def call_data(method: Method, args: Sequence[Any]) -> bytes:
    """The bytes of the call (Contract ABI specification).  Errors: ValueError for arguments of other kinds."""
    from eth_abi.abi import encode
    from eth_abi.exceptions import EncodingError
    from eth_utils.crypto import keccak

    if len(args) != len(method.names):
        raise ValueError(f"{method.name} takes {len(method.names)} arguments.")
    try:
        return bytes(keccak(text=method.signature)[:4] + encode(method.types, list(args)))
    except (EncodingError, OverflowError, TypeError) as error:
        raise ValueError(f"These are no arguments of {method.name}.") from error
