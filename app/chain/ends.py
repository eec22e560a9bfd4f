"""Who is at the other end of what left for a chain, as a person calls them: the ledger names it by CAIP-10.

eip155:<chain id>[:|/ an address][/ a number]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from app.chain.meaning import network_text, short_address
from app.chain.wallet_names import names_of
from app.texts import text
from storage.chains import ChainRow
from storage.vault import Vault

_END = re.compile(r"eip155:([0-9]{1,19})(?:[:/](0x[0-9a-fA-F]{40}))?(?:/[0-9]{1,78})?")


def is_end(name: str) -> bool:
    return name.startswith("eip155:")


def called(vault: Vault, ends: Sequence[str], language: str) -> Callable[[str], str]:
    """What each of these is called: a contact whose account it is, else the chain; what is neither is cut short.

    Blocking.  Errors: VaultError.
    """
    chains = vault.chains.list()
    found = {end: _called(vault, end, chains, language) for end in dict.fromkeys(ends)}
    return lambda end: found.get(end) or _cut(end)


def _called(vault: Vault, end: str, chains: Sequence[ChainRow], language: str) -> str:
    read = _END.fullmatch(end)
    if read is None:
        return ""
    number, address = int(read[1]), (read[2] or "").lower()
    known = next((row for row in chains if row.chain_id == number), None)
    name = known.name if known is not None else network_text(number, language)
    on_chain = text("meant.the_chain", language, name=name)
    if not address or (known is not None and address in {one.lower() for one in known.contracts.values()}):
        return on_chain
    person = names_of(vault, "", known, language).addresses.get(address)
    return person or text("meant.on_chain", language, who=short_address(address), chain=name)


def _cut(end: str) -> str:
    return end if len(end) <= 30 else f"{end[:20]}…{end[-6:]}"
