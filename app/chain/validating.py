"""Having an inference done again by a third peer, on chain: the provider asks, the validator answers, anybody looks.

The registry gets digests; the prompt goes to the validator alone, in an ordinary task, after the person saw that.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from app.chain.paid_work import BACK, PAGE
from app.chain.port import Call, Connected
from app.chain.reputation import registry
from app.results import CommandFailed
from p2p.acl import AclError
from p2p.chain import Chain, ChainError, topic
from p2p.receipts import BadReceipt, Receipt, verified
from p2p.registration import RegistrationError, data_uri, from_data_uri
from p2p.settlement_terms import BidTerms
from p2p.validation import PASSED, TAG, Checked, NotCheckable, checked, checks, hash_of, made, prompt_of, read, verdict
from p2p.wallet_requests import NOBODY
from storage.receipts import Kept

if TYPE_CHECKING:
    from app.node import Node

ASK = "validationRequest(address,uint256,string,bytes32)"
ANSWER = "validationResponse(bytes32,uint8,string,bytes32,string)"
ASKED = "ValidationRequest(address,uint256,string,bytes32)"
STATUS = "getValidationStatus(bytes32)"
_STATUS = ["address", "uint256", "uint8", "bytes32", "bytes", "uint256"]
_UNKNOWN = ("chain-reverted", "chain-nonsense")
State = Literal["none", "waiting", "passed", "failed", "other"]


@dataclass(frozen=True)
class Asked:
    """What was, or would be, asked.  `arguments`: of the task for the validator, which holds the prompt."""

    kept: Kept
    hash: bytes
    file: bytes
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Status:
    """`state`: "other" where the chain has it from somebody else, or names another validator than the bid did: it
    counts for nothing.

    `hash`: of the request, hexadecimal.  `validator`: address, "" where nothing was asked.  `engine`: the build
    that answered first, which is the validator's too, "" for an unknown one.  `when`: seconds since the epoch."""

    hash: str
    state: State
    validator: str = ""
    engine: str = ""
    when: int = 0


async def prepared(node: Node, task: str) -> Asked:
    """What would be asked about a task that this node did.  Nothing leaves by it.

    Errors: VaultError `unknown-receipt`; CommandFailed("validation-not-yours" | "validation-words"), NotCheckable.
    """
    kept, receipt = await _receipt(node, task)
    if kept.role != "participant":
        raise CommandFailed("validation-not-yours")
    done = checked(receipt)
    file = made(done)
    arguments = {
        "prompt": prompt_of(receipt), "max_tokens": done.tokens, "sha256": done.model, "seed": done.seed,
        "check": hash_of(file).hex(), "engine": done.engine,
    }  # fmt: skip
    return Asked(kept, hash_of(file), file, arguments)


@dataclass(frozen=True)
class KnownTask:
    """`mine`: this node did it; `again`: it did somebody else's again.  `named`: the peer that the bid named, if known.

    `hash`: of the request about it, `engine`: the build that its result names."""

    hash: bytes
    engine: str
    mine: bool
    again: bool
    named: str


async def known(node: Node, task: str) -> KnownTask:
    """What the receipt alone says.  Errors: as `prepared`'s, but that anybody's task can be asked about."""
    kept, receipt = await _receipt(node, task)
    done, check = checked(receipt), checks(receipt)
    again = check is not None
    peer = ""
    if (address := _named(receipt)) != NOBODY:
        with suppress(CommandFailed, ChainError):  # without a chain nobody is known by an address
            peer = await peer_of(node, await node.chains.connected(), address)
    return KnownTask(check or hash_of(made(done)), done.engine, kept.role == "participant" and not again, again, peer)


async def again(node: Node, check: bytes) -> Asked:
    """What was asked with this request, of the tasks that this node did.  Errors: CommandFailed("validation-none")."""

    def found() -> str | None:
        store = node.vault.vault.receipts
        for kept in store.list():
            if kept.role != "participant" or kept.kind != "inference" or not kept.size:
                continue
            with suppress(NotCheckable, BadReceipt):
                if hash_of(made(checked(verified(store.data(kept.name))))) == check:
                    return kept.name
        return None

    name = await node.blocking(found)
    if name is None:
        raise CommandFailed("validation-none")
    return await prepared(node, name)


async def request(node: Node, asked: Asked, peer: str) -> None:
    """Name the validator on chain.  `peer`: its id; the one that the bid named, where it named one.

    Errors: as `call_of`'s; ApprovalNeeded, WalletRefused, ChainError.
    """
    await node.chains.call(f"validation/{asked.hash.hex()}/request", await call_of(node, asked, peer))


async def call_of(node: Node, asked: Asked, peer: str) -> Call:
    """What `request` would send.

    Errors: CommandFailed("validation-no-registry" | "validation-no-agent" | "validation-no-validator" |
    "validation-other-peer" | …).
    """
    at = await _connected(node)
    agents = node.vault.vault.agents
    mine = await node.blocking(agents.mine, registry(at))
    if mine is None:
        raise CommandFailed("validation-no-agent")
    validator = await node.blocking(agents.verified, registry(at), peer)
    if validator is None:
        raise CommandFailed("validation-no-validator")
    _, receipt = await _receipt(node, asked.kept.name)
    if _named(receipt) not in (NOBODY, validator.owner):
        raise CommandFailed("validation-other-peer")
    args = (validator.owner, mine.agent, data_uri(asked.file), asked.hash)
    return Call("validation", ASK, args, task=asked.kept.task, peer=peer)


async def named(node: Node, task: str) -> str:
    """The peer that the provider's bid named and that is known here, "" for none.  Errors: as `prepared`'s."""
    _, receipt = await _receipt(node, task)
    address = _named(receipt)
    return "" if address == NOBODY else await peer_of(node, await node.chains.connected(), address)


async def peer_of(node: Node, at: Connected, address: str) -> str:
    """Whose account this is: a contact's verified agent's; "" for nobody who is known."""

    def found() -> str:
        vault, where = node.vault.vault, registry(at)
        rows = ((peer, vault.agents.verified(where, peer)) for peer in sorted(vault.peers.contacts()))
        return next((peer for peer, row in rows if row is not None and row.owner == address), "")

    return await node.blocking(found)


async def answer(node: Node, task: str) -> int:
    """What this node found when it did a task again, said on chain: 100 for the same, 0 for not.

    Errors: CommandFailed("validation-none" | "validation-unasked" | "validation-asker" | "validation-other-agent" | …),
    NotCheckable, ApprovalNeeded, ChainError, ….
    """
    kept, receipt = await _receipt(node, task)
    check = checks(receipt)
    if kept.role != "participant" or check is None:
        raise CommandFailed("validation-none")
    at = await _connected(node)
    asker = await node.blocking(node.vault.vault.agents.verified, registry(at), kept.peer)
    if asker is None:
        raise CommandFailed("validation-asker")
    asked, agent = await _request(node, at, check)
    if agent != asker.agent:  # somebody was faster, to have another's work praised as their own
        raise CommandFailed("validation-other-agent")
    found = verdict(asked, checked(receipt))
    args = (check, found, "", bytes.fromhex(kept.name), TAG)
    call = Call("validation", ANSWER, args, task=kept.task, peer=kept.peer)
    await node.chains.call(f"validation/{check.hex()}/answer", call)
    return found


async def status(node: Node, task: str) -> Status:
    """What the chain says of a task that this node gave, did, or did again.  Errors: as `prepared`; ChainError."""
    kept, receipt = await _receipt(node, task)
    done = checked(receipt)
    name = checks(receipt) or hash_of(made(done))
    at = await _connected(node)
    try:
        validator, agent, response, digest, tag, when = await node.chains.ask(
            at.chain.read, at.contracts["validation"], STATUS, _STATUS, name
        )
    except ChainError as error:
        if error.code not in _UNKNOWN:
            raise
        return Status(name.hex(), "none", engine=done.engine)
    who, bid = str(validator).lower(), _named(receipt)
    answered = bool(response) or any(digest) or bool(tag)
    state: State = "waiting" if not answered else "passed" if response == PASSED else "failed"
    provider = await node.blocking(_provider, node, at, kept)
    right = bid in (NOBODY, who) and provider in (None, int(agent))
    return Status(name.hex(), state if right else "other", who, done.engine, int(when))


async def _connected(node: Node) -> Connected:
    at = await node.chains.connected()
    if "validation" not in at.contracts:
        raise CommandFailed("validation-no-registry", chain=at.name)
    return at


async def _receipt(node: Node, task: str) -> tuple[Kept, Receipt]:
    store = node.vault.vault.receipts
    kept = await node.blocking(store.find, task)
    data = await node.blocking(store.data, kept.name)
    if not data:
        raise CommandFailed("validation-words")
    return kept, verified(data)


def _provider(node: Node, at: Connected, kept: Kept) -> int | None:
    """The agent whose work it was, None where it is not known.  Worker thread.

    Of what this node did again it is the one who asked for that."""
    agents, where = node.vault.vault.agents, registry(at)
    data = node.vault.vault.receipts.data(kept.name)
    ours = kept.role == "participant" and checks(verified(data)) is None
    row = agents.mine(where) if ours else agents.verified(where, kept.peer)
    return None if row is None else int(row.agent)


def _named(receipt: Receipt) -> str:
    """The validator that the provider's bid names, NOBODY for none."""
    agreed = receipt.agreed
    try:
        bid = None if agreed is None else BidTerms.from_x(agreed.x)
    except AclError:
        return NOBODY
    return NOBODY if bid is None else bid.validator


async def _request(node: Node, at: Connected, name: bytes) -> tuple[Checked, int]:
    """The file of a request and the agent it is about, from the event that asked it, newest blocks first."""
    head = (await node.chains.ask(at.chain.head)).number
    last = head
    while last >= max(0, head - BACK):
        first = max(0, last - PAGE + 1)
        found = await node.chains.ask(_uri, at.chain, at.contracts["validation"], name, at.address, first, last)
        if found is not None:
            uri, agent = found
            try:
                file = from_data_uri(uri)
            except RegistrationError as error:
                raise NotCheckable("validation-form", "This is no request to do an inference again.") from error
            if hash_of(file) != name:
                raise NotCheckable("validation-form", "The request is not the one of its hash.")
            return read(file), agent
        last = first - 1
    raise CommandFailed("validation-unasked")


def _uri(chain: Chain, contract: str, name: bytes, validator: str, first: int, last: int) -> tuple[str, int] | None:
    """Worker thread."""
    from eth_abi.abi import decode
    from eth_abi.exceptions import DecodingError

    who = bytes(12) + bytes.fromhex(validator.removeprefix("0x"))
    for log in chain.logs(contract, [topic(ASKED), who, None, name], first, last):
        try:
            return bytes(decode(["bytes"], log.data)[0]).decode("ascii"), int.from_bytes(log.topics[2])
        except (DecodingError, UnicodeDecodeError, OverflowError):
            return "", 0
    return None
