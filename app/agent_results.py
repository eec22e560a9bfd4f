"""What the commands on identity and agents return.  Frozen, standard types only.  Times are ISO 8601 in UTC.

Names, texts and addresses in a registration file are its owner's: data, shown as claimed.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CheckRow:
    """One check of an agent.  `code`: "" where it holds; `sentence` says what was found where it does not."""

    name: str
    holds: bool
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class ServiceRow:
    """`dubious`: an address that nothing here would open."""

    name: str
    endpoint: str
    version: str
    skills: tuple[str, ...]
    addresses: tuple[str, ...]
    dubious: bool


@dataclass(frozen=True)
class AgentView:
    """An agent of the registry.  `agent`: its number; `registry`: "eip155:<chain>:<address>".

    `peer_id`: whom its keys vouch for, "" for nobody; `contact`: what that peer is called here, "" where nobody is.
    `alike`: a contact whose name could be taken for this agent's, and which it is not.  `verified`: every check holds.
    `mine`: this node registered it.  `file`: the registration file as it was read, None where it could not be had.
    """

    agent: int
    registry: str
    network: str
    owner: str
    wallet: str
    uri: str
    name: str
    description: str
    peer_id: str
    contact: str
    alike: str
    verified: bool
    mine: bool
    checks: tuple[CheckRow, ...]
    services: tuple[ServiceRow, ...]
    registrations: tuple[str, ...]
    trust: tuple[str, ...]
    others: tuple[tuple[str, str], ...]
    file: str | None
    looked: str


@dataclass(frozen=True)
class RegistrationDraft:
    """What registering makes public.  `file`: the exact file; `agent`: None where the registry has yet to number it,
    and `file` is then without its registration.  `uri`: where it will be said to lie, "" for in the chain itself.

    `digest` names this draft: a yes is to exactly it.  `changes`: whether there is anything to do.
    """

    file: str
    bytes: int
    agent: int | None
    registry: str
    network: str
    real_value: bool
    address: str
    uri: str
    name: str
    description: str
    digest: str
    changes: bool


@dataclass(frozen=True)
class Registered:
    """`saved`: where the file was written for the person to host, "" where it was not."""

    agent: AgentView
    saved: str = ""


@dataclass(frozen=True)
class IdentityView:
    """Who this node's person is.  `did`: did:key of the identity; `account`: did:pkh, "" where no chain is in use.

    `phrase`: when the words of the recovery phrase were typed back; `backup`: when a backup was made last; "" never.
    `agent`: None where it is not registered on the chain in use, else as it was seen last.  `chain`: its name, "" where
    there is none.  `problem`: why the wallet says no account now, a sentence or "".
    """

    name: str
    did: str
    account: str
    address: str
    peer_id: str
    phrase: str
    backup: str
    chain: str
    network: str
    problem: str
    agent: AgentView | None
