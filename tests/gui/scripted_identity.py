"""The commands on identity and agents, with canned results."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from app.agent_results import AgentView, CheckRow, IdentityView, Registered, RegistrationDraft, ServiceRow
from tests.gui.scripted import Scripted
from tests.gui.scripted_skills import DIGEST, when

DID = "did:key:z6MkkmhjmgZtmMFZHKMDHQ93DN6Qu9fhjWBhhxUEvBzXGAYS"
PEER = "12D3KooWQYTZingEBnBRYhmc26vJq5mxXgag5FpMreWYdWVSEtr2"
ADDRESS = "0x93f6ce5dbcdfd9e07ad781329926360ab2088db4"
ACCOUNT = f"did:pkh:eip155:84532:{ADDRESS}"
REGISTRY = "eip155:84532:0x3183242ebe7dbf7a8ed31cc17c86387cd44eb6ee"
FILE = json.dumps({"name": "Ada", "description": "Reads mail.", "services": [{"name": "libp2p", "endpoint": PEER}]})
NAMES = ("file", "listed", "binding", "owner", "wallet", "peer", "did", "known")
AGENT = AgentView(
    agent=7, registry=REGISTRY, network="Base Sepolia", owner=ADDRESS, wallet=ADDRESS, uri="data:application/json;…",
    name="Ada", description="Reads mail.", peer_id=PEER, contact="", alike="", verified=True, mine=True,
    checks=tuple(CheckRow(name, True) for name in NAMES),
    services=(ServiceRow("libp2p", f"/p2p/{PEER}", "1", (), (), False),), registrations=(f"{REGISTRY}/7",),
    trust=("reputation",), others=(), file=FILE, looked=when(minutes=-3),
)  # fmt: skip
NOBODY = IdentityView("", DID, "", "", PEER, "", "", "", "", "", None)
ADA = IdentityView(
    "Ada", DID, ACCOUNT, ADDRESS, PEER, when(hours=-30), when(hours=-50), "base", "Base Sepolia", "", AGENT
)
UNREGISTERED = replace(ADA, agent=None)
DRAFT = RegistrationDraft(
    FILE, 1337, None, REGISTRY, "Base Sepolia", False, ADDRESS, "", "Ada", "Reads mail.", DIGEST, True
)


class ScriptedIdentity(Scripted):
    """Trio thread, but for the attributes that a test sets before."""

    def __init__(self, me: IdentityView = NOBODY) -> None:
        super().__init__("open")
        self.me = me
        self.draft = DRAFT
        self.other = AGENT

    async def identity(self, node: object) -> IdentityView:
        self._refuse()
        return self.me

    async def draft_registration(
        self, node: object, name: str | None, description: str | None, addresses: bool, uri: str | None, held: bool
    ) -> RegistrationDraft:
        self.calls.append(("draft_registration", (name, description, addresses, uri, held)))
        if uri is not None:  # a person asks, and not the page by itself
            self._refuse()
        return replace(self.draft, uri=uri or "")

    async def show_agent(self, node: object, words: str) -> AgentView:
        self.calls.append(("show_agent", (words,)))
        self._refuse()
        return self.other

    async def register_agent(self, node: object, agreed: str, *said: Any) -> Registered:
        self.calls.append(("register_agent", (agreed, *said)))
        self._refuse()
        self.me = replace(self.me, agent=AGENT)
        return Registered(AGENT, said[-1])
