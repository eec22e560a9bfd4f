"""What a token is worth to the person: typed by them, shown to them alone; no source of prices is asked."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from app.chain.amounts import amount_text, decimal_text
from app.texts import text
from p2p.networks import has_real_value
from storage.chains import ChainRow
from storage.vault import Vault

RATE = "wallet-rate"  # the setting: [currency, what one token is worth in it]
_CENTS = 2


@dataclass(frozen=True)
class Rate:
    """Of one `token` (its address) on one chain with money on it."""

    currency: str
    each: str
    chain_id: int
    token: str

    def worth(self, value: int, decimals: int, language: str) -> str:
        """Of an amount in the token's smallest parts, in words."""
        found = Decimal(value).scaleb(-decimals) * Decimal(self.each)
        cents = int(found.scaleb(_CENTS).to_integral_value())
        return text("meant.own_rate", language, amount=amount_text(cents, _CENTS, self.currency, language))


def rate_of(vault: Vault, chain: ChainRow | None) -> Rate | None:
    """None without one, and where the chain has no money on it.  Blocking.  Errors: VaultError."""
    token = chain.contracts.get("token", "") if chain else ""
    if chain is None or not token or not has_real_value(chain.chain_id):
        return None
    kept = vault.settings.get(RATE)
    return None if kept is None else Rate(str(kept[0]), str(kept[1]), chain.chain_id, token)


def rate_text(vault: Vault, language: str) -> str:
    """What the person set, as a sentence; "" for nothing.  Blocking.  Errors: VaultError."""
    kept = vault.settings.get(RATE)
    if kept is None:
        return ""
    return text("meant.rate", language, rate=decimal_text(str(kept[1]), str(kept[0]), language))


def worth_of(vault: Vault, chain_id: int, token: str, value: int, decimals: int, language: str) -> str:
    """Of an amount of a token on the chain in use, in words; "" for any other.  Blocking.  Errors: VaultError."""
    rate = rate_of(vault, vault.chains.used())
    known = rate is not None and (rate.chain_id, rate.token) == (chain_id, token.lower())
    return rate.worth(value, decimals, language) if rate is not None and known else ""
