"""What a token says of itself, which its maker wrote: read once, bounded, plain text."""

from __future__ import annotations

from dataclasses import dataclass

from app.chain.amounts import MOST_DECIMALS, amount_text, plain_symbol
from p2p.chain import Chain, ChainError
from p2p.networks import has_real_value

COIN_DECIMALS = 18
# Native currencies: chainid.network.
_COINS = {56: "BNB", 100: "xDAI", 137: "POL", 80002: "POL", 42220: "CELO", 43114: "AVAX"}
_ETHER = (1, 10, 8453, 42161, 59144, 534352, 11155111, 560048, 84532, 421614, 11155420)


@dataclass(frozen=True)
class Token:
    """`address`: "" for the chain's own coin."""

    address: str
    symbol: str
    decimals: int

    def text(self, value: int, language: str) -> str:
        """An amount in its smallest parts, in words."""
        return amount_text(value, self.decimals, self.symbol, language)


def coin(chain_id: int) -> Token:
    """What fees are paid with."""
    usual = "ETH" if chain_id in _ETHER else "" if has_real_value(chain_id) else "coins"
    return Token("", _COINS.get(chain_id, usual), COIN_DECIMALS)


def token(chain: Chain, address: str) -> Token:
    """Blocking.  Errors: ChainError, "chain-nonsense" for what is no ERC-20 token."""
    (decimals,) = chain.read(address, "decimals()", ["uint256"])
    if not 0 <= decimals <= MOST_DECIMALS:
        raise ChainError("chain-nonsense", "The contract's answer is not of the type that it should be.")
    return Token(address, _symbol(chain, address), int(decimals))


def balance(chain: Chain, token: Token, address: str) -> int:
    """In its smallest parts.  Blocking.  Errors: ChainError."""
    if not token.address:
        return chain.balance(address)
    return int(chain.read(token.address, "balanceOf(address)", ["uint256"], address)[0])


def _symbol(chain: Chain, address: str) -> str:
    """ "" where it has none: it is optional in ERC-20, and the first tokens have it as 32 bytes."""
    for kind in ("string", "bytes32"):
        try:
            (found,) = chain.read(address, "symbol()", [kind])
        except ChainError as error:
            if error.code not in ("chain-nonsense", "chain-reverted"):
                raise
            continue
        text = found.rstrip(b"\0").decode("utf-8", "replace") if isinstance(found, bytes) else found
        return plain_symbol(text)
    return ""
