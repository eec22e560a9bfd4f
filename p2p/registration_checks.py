"""Whether an agent of the registry is who its file says: what has to agree before its peer id is believed.  Pure.

Each check is about one way to pass for somebody else.  `code` is stable (`error.<code>` says what was found):

  file       the chain leads to a file that is a registration          agent-no-file, registration-…
  listed     the file names this registry and this agent, so that nobody's file serves for another's agent
  binding    it has a binding, and identity and account both signed it
  owner      the token's owner is the account of the binding: a copied file has another's signatures in it
  wallet     payments go to that account too, or to none that is named
  peer       the libp2p service is the node of the binding
  did        the DIDs in the file are those of the binding
  known      the peer speaks for the same identity here, and is the one that was asked for
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from p2p.registration import Entry, Registration
from p2p.wallet_requests import NOBODY

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
_HARMLESS = ("https", "ipfs", "ipns", "ar", "did", "mailto")
_LOCAL = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".onion")


@dataclass(frozen=True)
class OnChain:
    """What the registry says.  Addresses in lower case; `wallet`: NOBODY for none."""

    entry: Entry
    owner: str
    wallet: str
    uri: str


@dataclass(frozen=True)
class Check:
    """`code`: "" where it holds."""

    name: str
    code: str = ""


def checked(
    found: OnChain, file: Registration | None, why: str = "", *, peer: str = "", identity: str = ""
) -> tuple[Check, ...]:
    """Every check, in order; what cannot be said without what failed before is left out.

    `file`: None where it could not be had, and `why` that is (a code).  `peer`: who is expected, "" for anybody;
    `identity`: the did:key that the peer of the binding is known here to speak for, "" for none.
    """
    if file is None:
        return (Check("file", why or "agent-no-file"),)
    checks = [Check("file"), Check("listed", "" if found.entry in file.registrations else "agent-not-listed")]
    binding = file.binding
    if binding is None:
        return (*checks, Check("binding", "agent-binding" if file.forged else "agent-no-binding"))
    strange = [did for did in file.dids if _claims(did) not in ("", binding.identity, binding.address)]
    known = "agent-other-peer" if peer and peer != binding.peer_id else ""
    known = known or ("agent-identity" if identity and identity != binding.identity else "")
    return (
        *checks,
        Check("binding"),
        Check("owner", "" if found.owner == binding.address else "agent-owner"),
        Check("wallet", "" if found.wallet in (binding.address, NOBODY) else "agent-wallet"),
        Check("peer", "" if set(file.peer_ids) == {binding.peer_id} else "agent-peer"),
        Check("did", "agent-did" if strange else ""),
        Check("known", known),
    )


def problem(checks: tuple[Check, ...]) -> str:
    """The code of the first that failed; "" where the agent is who it says."""
    return next((check.code for check in checks if check.code), "")


def _claims(did: str) -> str:
    """The key or the account that a DID stands for, on whichever chain; "" for a method that binds to neither."""
    if did.startswith("did:pkh:"):
        return did.rpartition(":")[2].lower()
    return did if did.startswith("did:key:") else ""


def dubious(endpoint: str) -> bool:
    """Whether an address in a file is one that nothing here would open: a script, a file, a machine of this network."""
    found = _SCHEME.match(endpoint)
    if found is None:
        return False  # a name, or a multiaddr
    if found[1].lower() not in _HARMLESS or any(ord(one) < 33 for one in endpoint):
        return True
    if found[1].lower() != "https":
        return False
    try:
        parts = urlsplit(endpoint)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return True
    return parts.username is not None or not _public(host)


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        numbers = re.fullmatch(r"[0-9.x]+", host)  # 127.1, 0x7f000001: addresses in spellings of old
        return "." in host and not numbers and not f".{host}".endswith(_LOCAL)
