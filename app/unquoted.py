"""What a driver says, without the secrets it was given: a server may quote a password in its refusal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

from storage.sync import Account

SHORTEST = 4  # characters: a shorter secret stands in half the words there are, and hiding it there would show it


def unquoted(account: Account) -> tuple[Account, Callable[[str], str]]:
    """The account for a driver, and a filter for its sentences that hides every secret it has read or written."""
    seen: set[str] = set()

    def secret(name: str) -> str | None:
        value = account.secret(name)
        seen.update(_parts(value or ""))
        return value

    def set_secret(name: str, value: str) -> None:
        seen.update(_parts(value))
        account.set_secret(name, value)

    def clean(sentence: str) -> str:
        for value in sorted(seen, key=len, reverse=True):
            sentence = sentence.replace(value, "…")
        return sentence

    return replace(account, secret=secret, set_secret=set_secret), clean


def _parts(value: str) -> Iterator[str]:
    """The secret, and where it is JSON (OAuth2) the tokens in it."""
    if len(value) >= SHORTEST:
        yield value
    try:
        held = json.loads(value)
    except ValueError:
        return
    if isinstance(held, dict):
        for key, part in held.items():
            if isinstance(part, str) and len(part) >= SHORTEST and key.endswith(("token", "secret")):
                yield part
