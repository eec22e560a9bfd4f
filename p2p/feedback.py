"""Feedback of ERC-8004: the file that goes with it, made and read, and the events that tell of it and of paid work.

The file has the members of the ERC (agentRegistry, agentId, clientAddress, createdAt, value, valueDecimals, tag1, tag2,
proofOfPayment) and, under "nuee", the receipt: its name, which is the SHA-256 of what both parties signed.  It lies in
the address itself (data:, RFC 2397), with its keccak-256 beside it: nothing is fetched to read one.

Anybody may have written what is read here: it is bounded, and what has another form proves nothing.  Pure.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from p2p.chain import Log, topic
from p2p.registration import RegistrationError, from_data_uri
from p2p.typed_data import checksum

FILE_LIMIT = 4096  # bytes of the address in which the file lies, as our registry takes them
TAG_LIMIT = 64  # bytes
RATING = "starred"  # the ERC's word for a quality from 0 to 100
RATINGS = ("", RATING)  # tag1 of what is taken for one; others count uptime, milliseconds, …
GIVE = "giveFeedback(uint256,int128,uint8,string,string,string,string,bytes32)"
REVOKE = "revokeFeedback(uint256,uint64)"
GIVEN = "NewFeedback(uint256,address,uint64,int128,uint8,string,string,string,string,string,bytes32)"
REVOKED = "FeedbackRevoked(uint256,address,uint64)"
FUNDED = "JobFunded(uint256,address,uint256)"
PAID = "PaymentReleased(uint256,address,uint256)"
LARGEST = 2**63 - 1  # numbers of agents and jobs beyond it are somebody's joke
_NAME = re.compile(r"[0-9a-f]{64}")
_HASH = re.compile(r"0x[0-9a-f]{64}")
_TAIL = ["uint64", "int128", "uint8", "bytes", "bytes", "bytes", "bytes", "bytes32"]  # texts, whatever is in them


@dataclass(frozen=True)
class Payment:
    """`transaction`: hash of the one in which the escrow paid.  Addresses in lower case."""

    client: str
    provider: str
    chain: int
    transaction: str


@dataclass(frozen=True)
class Given:
    """An entry of the registry.  `rater`: its client's address, lower case.  `value`: 0 to 1.

    `transaction`, `receipt`: what its file claims, "" for nothing; nobody has looked yet whether it is so.
    """

    agent: int
    rater: str
    index: int
    value: float
    block: int
    transaction: str = ""
    receipt: str = ""


def made(
    registry: tuple[int, str], agent: int, client: str, value: int, tag: str, receipt: str, created: float,
    payment: Payment | None = None,
) -> bytes:  # fmt: skip
    """The file.  `registry`: chain and address of the identity registry; `value`: 0 to 100; `created`: seconds."""
    chain, address = registry
    whole: dict[str, Any] = {
        "agentRegistry": f"eip155:{chain}:{checksum(address)}",
        "agentId": agent,
        "clientAddress": f"eip155:{chain}:{checksum(client)}",
        "createdAt": datetime.fromtimestamp(int(created), UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "value": value,
        "valueDecimals": 0,
        "tag1": RATING,
        "nuee": {"receipt": receipt},
    }
    if tag:
        whole["tag2"] = tag
    if payment is not None:
        whole["proofOfPayment"] = {
            "fromAddress": checksum(payment.client),
            "toAddress": checksum(payment.provider),
            "chainId": str(payment.chain),
            "txHash": payment.transaction,
        }
    return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def address_of(file: bytes) -> tuple[str, bytes]:
    """Where it lies, which is in the address itself, and its keccak-256."""
    from eth_utils.crypto import keccak

    return "data:application/json;base64," + base64.b64encode(file).decode(), bytes(keccak(file))


def given(log: Log) -> Given | None:
    """What a log of the reputation registry says; None for one that is no rating from 0 to 100."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    if len(log.topics) != 4 or log.topics[0] != topic(GIVEN):
        return None
    try:
        index, value, decimals, tag, _tag2, _endpoint, uri, digest = decode(_TAIL, log.data)
    except (DecodingError, OverflowError):
        return None
    agent, rater = int.from_bytes(log.topics[1]), _address(log.topics[2])
    if decimals > 18 or not 0 <= value <= 100 * 10**decimals or tag.decode(errors="replace") not in RATINGS:
        return None
    if max(agent, index) > LARGEST:
        return None
    transaction, receipt = _claims(bytes(uri), bytes(digest))
    return Given(agent, rater, index, value / (100 * 10**decimals), log.block, transaction, receipt)


def revoked(log: Log) -> tuple[int, str, int] | None:
    """Agent, rater and index."""
    if len(log.topics) != 4 or log.topics[0] != topic(REVOKED):
        return None
    agent, index = int.from_bytes(log.topics[1]), int.from_bytes(log.topics[3])
    return None if max(agent, index) > LARGEST else (agent, _address(log.topics[2]), index)


def index_in(logs: Sequence[Log], registry: str) -> int | None:
    """Under which index the registry took an entry, from the logs of the transaction that gave it."""
    for log in logs:
        if log.address == registry and log.topics[:1] == (topic(GIVEN),) and len(log.data) >= 32:
            return int.from_bytes(log.data[:32])
    return None


def job_event(log: Log) -> tuple[int, str, int] | None:
    """Job, the client that funded it or the provider that was paid, and the amount."""
    if len(log.topics) != 3 or len(log.data) < 32:
        return None
    job = int.from_bytes(log.topics[1])
    return None if job > LARGEST else (job, _address(log.topics[2]), int.from_bytes(log.data[:32]))


def _claims(uri: bytes, digest: bytes) -> tuple[str, str]:
    """The payment's transaction and the receipt that the file names; "" for what it does not, or not as it should."""
    from eth_utils.crypto import keccak

    try:
        file = from_data_uri(uri[: FILE_LIMIT + 1].decode("ascii")) if len(uri) <= FILE_LIMIT else b""
        if not file or bytes(keccak(file)) != digest:
            return "", ""
        found = json.loads(file)
    except (RegistrationError, ValueError, RecursionError):
        return "", ""
    return _named(found, "proofOfPayment", "txHash", _HASH), _named(found, "nuee", "receipt", _NAME)


def _named(found: Any, group: str, member: str, form: re.Pattern[str]) -> str:
    held = found.get(group) if isinstance(found, dict) else None
    value = held.get(member) if isinstance(held, dict) else None
    return value.lower() if isinstance(value, str) and form.fullmatch(value.lower()) else ""


def _address(word: bytes) -> str:
    return "0x" + word[-20:].hex()
