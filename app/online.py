"""Airplane mode: while it is on, nothing is fetched from anywhere.

The vault says whether it is on.  A marker beside it says the same while the vault is locked, and is put right when the
vault opens: whoever can write into the folder cannot switch the mode off for an open vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.profile import Profile
from app.results import CommandFailed
from storage.vault import Vault

if TYPE_CHECKING:
    from app.node import Node

_SETTING = "airplane"


def network_allowed(node: Node) -> None:
    """Call before anything is fetched or sent, and ask `node.airplane` again while it goes on.

    Errors: CommandFailed("airplane").
    """
    if node.airplane:
        raise CommandFailed("airplane")


def marked(profile: Profile) -> bool:
    """Whether the mode is on, as far as can be said without the vault."""
    return profile.airplane.exists()


def stored(vault: Vault, profile: Profile) -> bool:
    """Whether the mode is on; the marker says so too from now on.  Blocking.  Errors: VaultError."""
    on = bool(vault.settings.get(_SETTING, False))
    _mark(profile, on)
    return on


def store(vault: Vault, profile: Profile, on: bool) -> None:
    """Blocking.  Errors: VaultError."""
    vault.settings.set(_SETTING, on)
    _mark(profile, on)


def _mark(profile: Profile, on: bool) -> None:
    try:
        if on:
            profile.airplane.touch(mode=0o600)
        else:
            profile.airplane.unlink(missing_ok=True)
    except OSError:
        return  # a folder that cannot be written: the vault knows, and nothing else is fetched without it
