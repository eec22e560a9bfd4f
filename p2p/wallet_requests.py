"""What the wallet can be asked to sign, and what it answers.  Frozen; addresses are 0x and 40 hexadecimal digits.

`digest` names a request: what the person agreed to is exactly this, once, whatever fees and nonce it goes out with.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

_ADDRESS = re.compile(r"0x[0-9a-f]{40}\Z")
_PASSING = ("nonce", "gas", "max_fee", "priority_fee")  # not of what the person agrees to
NOBODY = "0x" + "00" * 20


@dataclass(frozen=True)
class Transaction:
    """A call to a contract (EIP-1559).  Fees are wei for a unit of gas; `token`: what the method's amount is of.

    `task` and `counterparty` (a peer id) are the node's word, for limits and for what is shown.
    """

    account: int
    chain: int
    nonce: int
    contract: str
    role: str
    signature: str
    args: tuple[Any, ...]
    gas: int
    max_fee: int
    priority_fee: int
    token: str = ""
    task: str = ""
    counterparty: str = ""
    again: int = 0  # asked anew, for instance because another transaction took the first one's place

    @property
    def fee(self) -> int:
        """The most that the network may take, wei."""
        return self.gas * self.max_fee


@dataclass(frozen=True)
class Bid:
    """A promise to do a job for this price, which our hook checks (docs/contracts.md).

    `client` and `evaluator`: as the job has them; `cfp`: SHA-256 of the signed call for proposals that it answers;
    `arbiter`, `validator`: addresses, NOBODY for none; windows in seconds; `expires`, `job_expires`: seconds since the
    epoch; a bid whose `nonce` is below the provider's floor for the job is void.
    """

    account: int
    chain: int
    hook: str
    job: int
    client: str
    evaluator: str
    token: str
    amount: int
    job_expires: int
    cfp: bytes
    arbiter: str
    validator: str
    dispute_window: int
    arbitration_window: int
    expires: int
    nonce: int = 0
    task: str = ""
    counterparty: str = ""


@dataclass(frozen=True)
class AgentWallet:
    """The account agrees to be the wallet of an agent (ERC-8004, setAgentWallet)."""

    account: int
    chain: int
    registry: str
    agent: int
    owner: str
    deadline: int


@dataclass(frozen=True)
class WalletBinding:
    """The account, the person's identity and the node's peer id say that they belong together, since `created`."""

    account: int
    peer_id: str
    created: int


Request: TypeAlias = Transaction | Bid | AgentWallet | WalletBinding


@dataclass(frozen=True)
class Meaning:
    """What a signature does, for people: the key of a sentence and what stands in it."""

    key: str
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Signed:
    """`raw`: a transaction to send, or a signature of 65 bytes; `name`: the transaction's hash, or what was signed."""

    raw: bytes
    name: bytes
    signer: str
    meaning: Meaning


class WalletRefused(Exception):
    """A request was not signed.  `code` is stable; `values` go into the sentence; no key is in either."""

    def __init__(self, code: str, sentence: str, **values: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.values = values


class ApprovalNeeded(WalletRefused):
    """The person has to see this first: ask again with `digest` as the approval."""

    def __init__(self, digest: str, meaning: Meaning) -> None:
        super().__init__("wallet-approval", "This is asked first.", digest=digest)
        self.digest = digest
        self.meaning = meaning


def digest(request: Request) -> str:
    """SHA-256, hexadecimal, of the kind and every field but the nonce and the fees, which have a limit of their own."""
    passing = _PASSING if isinstance(request, Transaction) else ()
    fields = {name: value for name, value in asdict(request).items() if name not in passing}
    text = json.dumps([type(request).__name__, fields], sort_keys=True, default=_bytes)
    return hashlib.sha256(text.encode()).hexdigest()


def address(text: object) -> str:
    """In lower case.  Errors: WalletRefused for what is none."""
    lower = text.lower() if isinstance(text, str) else ""
    if not _ADDRESS.match(lower):
        raise WalletRefused("wallet-address", "This is not an address.")
    return lower


def _bytes(value: object) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} does not belong in a request")
