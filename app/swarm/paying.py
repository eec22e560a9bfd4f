"""What the contract net asks of settlement: whether a call can be trusted with work, a signed bid, and the money.

Without one every task is free, for credits, or on trust.  Light: the command line reads this at every start.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from p2p.content_fields import Price
    from p2p.contents import Proposal
    from p2p.contractnet_terms import Bid
    from p2p.deciding import Call, Change, Job
    from storage.outbox import Write

TOKEN_PRICE = "token_price"  # noqa: S105 - of an offer's settings: decimal text, in the token of the chain in use
DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,59})(?:\.[0-9]{1,30})?")


class NotPaid(Exception):
    """A bid cannot be made; `code` is the refusal's reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Paying(Protocol):
    """Trio thread, except `record`."""

    async def checked(self, call: Call) -> None:
        """Whether a job on chain stands behind this call, as it says, and can still be done.  Errors: NotPaid."""
        ...

    async def bid(self, call: Call, proposal: Proposal, price: str, until: int) -> Proposal:
        """The proposal for `price` tokens, with a bid that the wallet signed.  Errors: NotPaid."""
        ...

    async def sound(self, conversation: str, bids: Sequence[Bid]) -> list[Bid]:
        """Those that can be paid: free ones, and those whose provider signed for exactly this."""
        ...

    async def chosen(self, conversation: str) -> str:
        """The peer whose bid is being paid already, as before a restart; "" for none."""
        ...

    async def pay(self, conversation: str, bid: Bid) -> bool:
        """Have the job funded for this bid; False where that cannot be done in time: nobody is to be awarded."""
        ...

    async def paid(self, job: Job) -> None:
        """Return once the job is seen to be funded with its terms.  Errors: CannotWork("unfunded")."""
        ...

    def record(self, change: Change) -> Sequence[Write]:
        """What a step of the conversation says to the job.  Worker thread; must not touch the database itself."""
        ...

    def changed(self, change: Change) -> None:
        """The step is stored."""
        ...


class OnTrust:
    """No chain: nothing that names one is bid on or awarded."""

    async def checked(self, call: Call) -> None:
        raise NotPaid("chain-none" if on_chain(call.content.max_price) else "price")

    async def bid(self, _call: Call, _proposal: Proposal, _price: str, _until: int) -> Proposal:
        raise NotPaid("price")

    async def sound(self, _conversation: str, bids: Sequence[Bid]) -> list[Bid]:
        from app.swarm.awarding import proposal_of

        return [bid for bid in bids if not on_chain(proposal_of(bid).price)]

    async def chosen(self, _conversation: str) -> str:
        return ""

    async def pay(self, _conversation: str, _bid: Bid) -> bool:
        return False

    async def paid(self, _job: Job) -> None:
        from p2p.deciding import CannotWork

        raise CannotWork("unfunded")

    def record(self, _change: Change) -> Sequence[Write]:
        return ()

    def changed(self, _change: Change) -> None:
        return


def on_chain(price: Price) -> bool:
    """Whether this is an amount of a token on a chain (CAIP-19)."""
    return price.token.startswith("eip155:")
