"""The registration file of an agent (ERC-8004): made as the ERC prints it, read whoever wrote it.

`made` writes one text for one content (RFC 8785: members sorted, no blanks, UTF-8).  Beyond the ERC's members it has
  services[0]     "libp2p": endpoint "/p2p/<peer id>", `skills` that strangers may call for, `addresses` where wanted
  nuee.binding    the signatures that bind account, identity and peer id together (wallet_binding.py)

`read` takes anybody's file: what it does not know is kept to be shown, what is no such file is refused.  All of it is
text that a stranger wrote: bounded here, made visible where it is shown.  Pure.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from p2p.identity import IdentityError, public_key_of
from p2p.typed_data import checksum
from p2p.wallet_binding import SignedWalletBinding

TYPE = "https://eips.ethereum.org/EIPS/eip-8004#registration-v1"
FILE_LIMIT = 256 * 1024  # bytes, of a file that somebody hosts
ADDRESS_LIMIT = 8192  # bytes of the address that our registry keeps, the whole file where it is in it
DEPTH = 16
MOST = 64  # services, registrations, and what a service lists
NAME, DESCRIPTION, LINE = 120, 2000, 500  # characters; what is longer is cut
_JSON_DATA = re.compile(r"data:application/json((?:;[\w.+-]+=[\w.+-]+)*)(;base64)?,", re.IGNORECASE)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_REGISTRY = re.compile(r"eip155:([1-9]\d{0,18}):(0x[0-9a-fA-F]{40})")
_OURS = ("type", "name", "description", "image", "services", "x402Support", "active", "registrations",
         "supportedTrust", "nuee")  # fmt: skip


class RegistrationError(Exception):
    """`code`: registration-too-large | registration-encoding | registration-form | registration-address."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Entry:
    """An agent of a registry.  `registry`: address in lower case."""

    chain: int
    registry: str
    agent: int

    @property
    def where(self) -> str:
        """The ERC's agentRegistry."""
        return f"eip155:{self.chain}:{checksum(self.registry)}"


@dataclass(frozen=True)
class Service:
    name: str
    endpoint: str
    version: str = ""
    skills: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Registration:
    """`binding`: verified; None where there is none, or (`forged`) one whose signatures do not hold.

    `others`: members that this release does not know, each with its JSON, cut.
    """

    name: str
    description: str
    image: str
    services: tuple[Service, ...]
    registrations: tuple[Entry, ...]
    trust: tuple[str, ...]
    active: bool
    x402: bool
    binding: SignedWalletBinding | None = None
    forged: bool = False
    others: tuple[tuple[str, str], ...] = ()

    def named(self, service: str) -> tuple[Service, ...]:
        return tuple(one for one in self.services if one.name.casefold() == service.casefold())

    @property
    def peer_ids(self) -> tuple[str, ...]:
        """Of its libp2p services, those that are peer ids."""
        return tuple(found for one in self.named("libp2p") if (found := _peer(one.endpoint)))

    @property
    def dids(self) -> tuple[str, ...]:
        return tuple(one.endpoint for one in self.named("DID"))


def did_pkh(chain: int, address: str) -> str:
    """The account as a DID (did:pkh over CAIP-10)."""
    return f"did:pkh:eip155:{chain}:{checksum(address)}"


def made(
    name: str,
    description: str,
    binding: SignedWalletBinding,
    chain: int,
    *,
    image: str = "",
    skills: tuple[str, ...] = (),
    addresses: tuple[str, ...] = (),
    registrations: tuple[Entry, ...] = (),
) -> bytes:
    """The file of this node's agent.  Errors: RegistrationError("registration-form") for what `read` would cut."""
    if not name.strip() or len(name) > NAME or len(description) > DESCRIPTION or len(image) > LINE:
        raise RegistrationError("registration-form", "A name of 1 to 120 characters, a description of at most 2,000.")
    if max(len(skills), len(addresses)) > MOST or any(len(one) > LINE for one in (*skills, *addresses)):
        raise RegistrationError("registration-form", f"At most {MOST} skills and addresses.")
    libp2p: dict[str, Any] = {"name": "libp2p", "endpoint": f"/p2p/{binding.peer_id}", "version": "1"}
    if skills:
        libp2p["skills"] = list(skills)
    if addresses:
        libp2p["addresses"] = list(addresses)
    dids = (binding.identity, did_pkh(chain, binding.address))
    whole = {
        "type": TYPE,
        "name": name,
        "description": description,
        "image": image,
        "services": [libp2p, *({"name": "DID", "endpoint": did, "version": "v1"} for did in dids)],
        "x402Support": False,
        "active": True,
        "registrations": [{"agentId": one.agent, "agentRegistry": one.where} for one in registrations],
        "supportedTrust": ["reputation"],
        "nuee": {"binding": binding.to_map()},
    }
    try:
        return json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RegistrationError("registration-form", "The name or the description has half a character.") from error


def data_uri(file: bytes) -> str:
    """The file as the address that stands on the chain.  Errors: RegistrationError("registration-too-large")."""
    uri = "data:application/json;base64," + base64.b64encode(file).decode()
    if len(uri) > ADDRESS_LIMIT:
        raise RegistrationError("registration-too-large", "The file is too large for the chain: host it elsewhere.")
    return uri


def from_data_uri(uri: str) -> bytes:
    """The file in an address of the scheme data: (RFC 2397).  Errors: RegistrationError."""
    head = _JSON_DATA.match(uri)
    if head is None:
        raise RegistrationError("registration-address", "This address holds no JSON.")
    rest = uri[head.end() :]
    if len(rest) > 2 * FILE_LIMIT:
        raise _too_large()
    try:
        return base64.b64decode(rest, validate=True) if head[2] else unquote_to_bytes(rest)
    except (binascii.Error, ValueError) as error:
        raise RegistrationError("registration-address", "The address is not base64.") from error


def read(data: bytes) -> Registration:
    """Errors: RegistrationError."""
    if len(data) > FILE_LIMIT:
        raise _too_large()
    found = _object(data)
    if found.get("type") != TYPE:
        raise RegistrationError("registration-form", "The file does not say that it is the registration of an agent.")
    services = found.get("services", found.get("endpoints", []))  # as drafts of the ERC called them
    binding, forged = _binding(found.get("nuee"))
    return Registration(
        name=_text(found.get("name"), NAME),
        description=_text(found.get("description", ""), DESCRIPTION),
        image=_text(found.get("image", ""), LINE),
        services=tuple(_service(one) for one in _list(services)),
        registrations=tuple(entry for one in _list(found.get("registrations", [])) if (entry := _entry(one))),
        trust=tuple(_text(one, LINE) for one in _list(found.get("supportedTrust", []))),
        active=found.get("active", True) is True,
        x402=found.get("x402Support", found.get("x402support", False)) is True,
        binding=binding,
        forged=forged,
        others=_others(found),
    )


def _object(data: bytes) -> dict[str, Any]:
    depth = 0
    for bracket in re.findall(rb"[\[{\]}]", _STRING.sub(b"", data)):
        depth += 1 if bracket in b"[{" else -1
        if depth > DEPTH:  # before anything recurses into it
            raise RegistrationError("registration-encoding", "The file is nested too deeply.")
    try:
        found = json.loads(data.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise RegistrationError("registration-encoding", "The file is not JSON.") from error
    if not isinstance(found, dict):
        raise _form()
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice: two readers would see two files")
    return found


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str):
        raise _form()
    return value[:most].encode("utf-8", "replace").decode()  # half a character cannot be shown


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST:
        raise _form()
    return value


def _service(value: Any) -> Service:
    if not isinstance(value, dict):
        raise _form()
    lists = {key: value.get(key) for key in ("skills", "addresses")}
    texts = {
        key: tuple(_text(one, LINE) for one in found[:MOST] if isinstance(one, str))
        for key, found in lists.items()
        if isinstance(found, list)
    }
    version = value.get("version", "")
    return Service(
        _text(value.get("name"), NAME),
        _text(value.get("endpoint"), LINE),
        _text(version, NAME) if isinstance(version, str) else "",
        **texts,
    )


def _entry(value: Any) -> Entry | None:
    """None for a registry that is not of an EVM chain."""
    if not isinstance(value, dict):
        raise _form()
    where, agent = value.get("agentRegistry"), value.get("agentId")
    if isinstance(agent, str) and re.fullmatch(r"[0-9]{1,78}", agent):
        agent = int(agent)
    found = _REGISTRY.fullmatch(where) if isinstance(where, str) else None
    if found is None or type(agent) is not int or not 0 <= agent < 2**256:
        return None
    return Entry(int(found[1]), found[2].lower(), agent)


def _binding(value: Any) -> tuple[SignedWalletBinding | None, bool]:
    found = value.get("binding") if isinstance(value, Mapping) else None
    if found is None:
        return None, False
    try:
        return SignedWalletBinding.from_map(found), False
    except (IdentityError, TypeError):
        return None, True


def _peer(endpoint: str) -> str:
    peer = endpoint.rpartition("/p2p/")[2]
    try:
        public_key_of(peer)
    except IdentityError:
        return ""
    return peer


def _others(found: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    unknown = [key for key in found if key not in (*_OURS, "endpoints", "x402support")][:MOST]
    return tuple((_text(key, NAME), _text(json.dumps(found[key]), LINE)) for key in unknown)


def _too_large() -> RegistrationError:
    return RegistrationError("registration-too-large", f"The file is larger than {FILE_LIMIT // 1024} KiB.")


def _form() -> RegistrationError:
    return RegistrationError("registration-form", "This is not the registration file of an agent.")
