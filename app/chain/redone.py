"""What the validation registry says of an agent's work: who did it again, and whether it came out the same.

Only answers to requests of re-execution are read (their tag says so), the newest of them, and none by the agent's own
owner.  Anybody may be asked there, and say what they like: whose word counts is p2p.reputation's.
"""

from __future__ import annotations

from app.chain.port import Connected
from p2p.chain import Chain
from p2p.reputation import Redone
from p2p.validation import PASSED, TAG

LATEST = 24  # requests of an agent that are looked at: a question each
OF_AGENT = "getAgentValidations(uint256)"
OF_VALIDATOR = "getValidatorRequests(address)"
STATUS = "getValidationStatus(bytes32)"
STATUS_TYPES = ("address", "uint256", "uint8", "bytes32", "bytes", "uint256")


def redone_by(at: Connected, agent: int, owner: str) -> list[Redone]:
    """Blocking: through `ChainPort.ask`.  Errors: ChainError."""
    contract = at.contracts.get("validation", "")
    if not contract:
        return []
    (hashes,) = at.chain.read(contract, OF_AGENT, ["bytes32[]"], agent)
    asked: dict[str, int] = {}
    answers: list[tuple[str, float]] = []
    for name in hashes[-LATEST:]:
        validator, _, response, _, tag, _ = at.chain.read(contract, STATUS, list(STATUS_TYPES), name)
        who = str(validator).lower()
        asked[who] = asked.get(who, 0) + 1
        if who != owner and bytes(tag) == TAG.encode():
            answers.append((who, response / PASSED))
    whole = {who: _asked(at.chain, contract, who) for who in {who for who, _ in answers}}
    return [Redone(who, value, min(1.0, asked[who] / max(1, whole[who]))) for who, value in answers]


def _asked(chain: Chain, contract: str, validator: str) -> int:
    """How many requests name this validator, whosever they are."""
    (hashes,) = chain.read(contract, OF_VALIDATOR, ["bytes32[]"], validator)
    return len(hashes)
