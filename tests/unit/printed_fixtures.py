"""A chain whose kernel speaks the ABI that ERC-8183 printed, and two whole nodes on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from p2p import deploying
from p2p.chain import calldata
from p2p.contract_code import IMPLEMENTATION
from tests.contracts.proxies import proxy
from tests.contracts.world import hostile
from tests.unit.anvil_fixtures import Anvil
from tests.unit.settle_fixtures import DEPLOYER, Market, deployed, market

TREASURY = "0x" + "7e" * 20
ADMINISTRATOR = DEPLOYER


def does(anvil: Anvil, contract: str, signature: str, *args: object, by: bytes = ADMINISTRATOR) -> None:
    """Blocking."""
    chain = anvil.chain()
    deploying._send(chain, by, chain.nonce(deploying.address_of(by)), contract, calldata(signature, args))


def creates(anvil: Anvil, code: bytes) -> str:
    """The address of a new contract.  Blocking."""
    chain, maker = anvil.chain(), deploying.address_of(ADMINISTRATOR)
    nonce = chain.nonce(maker)
    deploying._send(chain, ADMINISTRATOR, nonce, None, code)
    return deploying.created_by(maker, nonce)


def deployed_printed(anvil: Anvil, platform: int = 0, evaluator: int = 0) -> dict[str, str]:
    """A kernel as printed, behind a proxy as the reference one is, over the rehearsal token; its fees are in basis
    points.  Blocking."""
    found = deployed(anvil)
    kernel = creates(anvil, proxy(creates(anvil, hostile("printed_kernel")[0])))
    does(anvil, kernel, "initialize(address,address)", found["token"], TREASURY)
    fees(anvil, kernel, platform, evaluator)
    return {"kernel": kernel, "token": found["token"], "identity": found["identity"]}


def upgraded(anvil: Anvil, kernel: str) -> None:
    """Its administrator has it run another implementation, of the same code.  Blocking."""
    other = creates(anvil, hostile("printed_kernel")[0])
    anvil.ask("anvil_setStorageAt", kernel, f"0x{IMPLEMENTATION:064x}", "0x" + other[2:].rjust(64, "0"))
    anvil.mine()


def fees(anvil: Anvil, kernel: str, platform: int, evaluator: int = 0) -> None:
    """Blocking."""
    does(anvil, kernel, "setPlatformFee(uint256,address)", platform, TREASURY)
    does(anvil, kernel, "setEvaluatorFee(uint256)", evaluator)


@asynccontextmanager
async def printed_market(
    folder: Path, anvil: Anvil, price: str = "2.5", platform: int = 0, evaluator: int = 0
) -> AsyncIterator[Market]:
    deploys = partial(deployed_printed, platform=platform, evaluator=evaluator)
    async with market(folder, anvil, price, deploys, "printed") as there:
        yield there
