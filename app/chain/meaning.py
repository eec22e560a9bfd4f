"""What a signature of the wallet does, in words: one sentence, what it is worth, and every value in full.

The key-holder says what it would sign as a key and values (p2p.wallet_requests.Meaning).  The values are data: texts of
jobs, addresses of files and names of tokens come from strangers, so they are shown plain, on one line, and cut.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.chain.amounts import amount_text, with_worth
from app.chain.rates import Rate
from app.chain.spans import span_text
from app.texts import catalogue, text
from app.views.plain import one_line
from p2p.networks import EMBEDDED, has_real_value, network_name
from p2p.wallet_requests import NOBODY, Meaning

IN_A_SENTENCE = 120  # characters of one value
IN_FULL = 2_000
COIN_DECIMALS = 18  # of a chain's own coin, on every chain that there is (EVM)
_SHOWN_DECIMALS = 6  # of it, to a person
_MILLIONTH = 10 ** (COIN_DECIMALS - _SHOWN_DECIMALS)
_PRIVATE = (1337, 31337)
_MOMENTS = ("expires", "expired_at", "job_expires", "deadline", "created")
_SPANS = ("dispute_window", "arbitration_window")
_ADDRESSES = (
    "provider",
    "evaluator",
    "hook",
    "spender",
    "to",
    "wallet",
    "client",
    "validator",
    "arbiter",
    "owner",
    "token",
    "contract",
    "registry",
)
_AMOUNTS = ("amount",)
_FIRST = ("by", "amount", "to", "spender", "peer", "network", "contract", "account", "fee")  # of the rows


@dataclass(frozen=True)
class Names:
    """What this node calls things.  `addresses`: in lower case, and identities (did:key); `tokens`: symbol and decimals
    by address.

    `coin`: of the chain in use, "" where it has no name of its own.  `rate`: of its token, where the person set one.
    """

    peers: Mapping[str, str] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    coin: str = ""
    rate: Rate | None = None


def meaning_text(meaning: Meaning, names: Names, language: str) -> str:
    """One sentence, and one on whether it is about money.  A key that a newer release made is named as it is."""
    values = dict(meaning.values)
    key = f"meant.does.{meaning.key}"
    if key not in catalogue():
        return text("meant.unknown", language, key=_cut(meaning.key, IN_A_SENTENCE))
    said = {name: _said(name, value, values, names, language) for name, value in values.items()}
    sentence = text(key, language, **said)
    if "by" in values:
        sentence = text("meant.asked_by", language, who=said["by"], what=sentence)
    if values.get("dispute_window", "0") != "0":
        sentence = f"{sentence} {text('meant.windows', language, **said)}"
    return f"{sentence} {worth_text(int(values['chain']), language)}" if "chain" in values else sentence


def meaning_rows(meaning: Meaning, names: Names, language: str) -> tuple[tuple[str, str], ...]:
    """Every value with what it is: addresses and hashes whole, what is most asked for first."""
    values = dict(meaning.values)
    order = [name for name in _FIRST if name in values]
    return tuple(
        (text(f"meant.value.{name}", language), _whole(name, values, names, language))
        for name in [*order, *(name for name in values if name not in order)]
        if name != "chain"
    )


def network_text(chain: int, language: str) -> str:
    """What a chain is called: "Base", "a rehearsal chain of Nuée", …"""
    if chain in EMBEDDED:
        return text("meant.network_embedded", language)
    if chain in _PRIVATE:
        return text("meant.network_private", language)
    known = network_name(chain)
    return text("meant.network_unknown", language, chain=chain) if known == str(chain) else known


def worth_text(chain: int, language: str) -> str:
    """Whether what is signed for a chain may cost money, as a sentence."""
    if has_real_value(chain):
        return text("meant.worth_real", language, network=network_text(chain, language))
    return text("meant.worth_nothing", language, network=network_text(chain, language))


def moment_text(seconds: str, language: str) -> str:
    """A date and a time on the person's clock; the number where no calendar has it."""
    try:
        return datetime.fromtimestamp(int(seconds)).astimezone().strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return text("meant.moment_never", language, seconds=_cut(seconds, IN_A_SENTENCE))


def short_address(address: str) -> str:
    """Its first and last digits; for a sentence, never for comparing."""
    return f"{address[:6]}…{address[-4:]}"


def token_text(value: int, token: str, names: Names, language: str) -> str:
    """An amount in tokens; where nobody knows what the token is, in its smallest parts, and said so."""
    known = names.tokens.get(token.lower())
    if known is None:
        shown = short_address(token) if token else "?"
        return text("meant.amount_unknown", language, amount=amount_text(value, 0, "", language), token=shown)
    return amount_text(value, known[1], known[0], language)


def value_text(value: int, token: str, names: Names, language: str) -> str:
    """What an amount in tokens is worth at the person's own rate; "" where they set none for this token."""
    known, rate = names.tokens.get(token.lower()), names.rate
    if known is None or rate is None or rate.token != token.lower():
        return ""
    return rate.worth(value, known[1], language)


def coin_text(value: int, names: Names, language: str) -> str:
    """An amount, in wei, of the chain's own coin.  To a millionth, and up: a fee is never said smaller than it is."""
    amount = amount_text(-(-value // _MILLIONTH), _SHOWN_DECIMALS, names.coin, language)
    return amount if names.coin else text("meant.coin", language, amount=amount)


def address_text(address: str, names: Names, language: str) -> str:
    """What it is called, and the ends of it; "nobody" for the zero address."""
    if address.lower() == NOBODY:
        return text("meant.nobody", language)
    known = names.addresses.get(address.lower())
    return f"{_cut(known, 60)} ({short_address(address)})" if known else short_address(address)


def _said(name: str, value: str, values: Mapping[str, str], names: Names, language: str) -> str:
    """One value as it stands in a sentence."""
    if name in _ADDRESSES and value:
        return address_text(value, names, language)
    if name in _AMOUNTS:
        token = values.get("token") or _called(values)
        said = token_text(int(value), token, names, language)
        return with_worth(said, value_text(int(value), token, names, language))
    if name in _MOMENTS:
        return moment_text(value, language)
    match name:
        case "by":
            known = names.addresses.get(value, "")
            return _cut(known, 60) if known else f"…{value[-6:]}"
        case "peer":
            known = names.peers.get(value, "")
            return _cut(known, 60) if known else f"…{value[-6:]}" if value else text("meant.somebody", language)
        case "fee":
            return coin_text(int(value), names, language)
        case "network":
            return network_text(int(values["chain"]), language)
        case "completed":
            return text("meant.yes" if value == "True" else "meant.no", language)
        case "value":
            return amount_text(int(value), int(values.get("decimals", "0")), "", language)
        case "account":
            return text("meant.account", language, number=value)
    if name in _SPANS:
        return span_text(int(value), language)
    return _cut(value, IN_A_SENTENCE) or text("meant.nothing", language)


def _whole(name: str, values: Mapping[str, str], names: Names, language: str) -> str:
    """One value with nothing left out: what it is called, then itself."""
    value = values[name]
    said = _said(name, value, values, names, language)
    raw = _cut(value, IN_FULL)
    if not value or said == raw:
        return said
    if name in _ADDRESSES or name == "by":
        known = names.addresses.get(value if name == "by" else value.lower())
        return f"{_cut(known, 60)}: {raw}" if known else raw
    if name == "peer":
        return f"{said}: {raw}" if value in names.peers else raw
    if name == "network":
        return f"{said} ({values['chain']})"
    return raw if name not in (*_AMOUNTS, *_MOMENTS, *_SPANS, "fee", "value") else f"{said} ({raw})"


def _called(values: Mapping[str, str]) -> str:
    """An `approve` or a `transfer` is a call to the token itself."""
    return values.get("contract", "")


def _cut(value: str, most: int) -> str:
    """On one line, what has no shape made visible, and no longer than `most`."""
    shown = one_line(value[: most + 1])
    return shown if len(value) <= most else shown[:most].rstrip() + "…"
