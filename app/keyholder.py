"""What runs in the key-holder process: the KDF and the identity seed.  The node gets the vault key, never the seed.

Operations: `create` {path, passphrase} and `open` {path, secret} answer with the vault key; `bind` {peer_id, created}
signs the node's transport key with the identity (see p2p.keyholder).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.worker_host import Handler, Refused, Reply, Service
from p2p.keyholder import KeyHolder, PeerBinding
from storage import keys


class _KeyService:
    def __init__(self) -> None:
        self._holder: KeyHolder | None = None

    def create(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        secrets, phrase = keys.create(Path(args["path"]), args["passphrase"])
        self._holder = KeyHolder(secrets.identity_seed)
        return {"vault_key": secrets.vault_key, "phrase": phrase}

    def open(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        secrets = keys.open_file(Path(args["path"]), args["secret"])
        self._holder = KeyHolder(secrets.identity_seed)
        return {"vault_key": secrets.vault_key}

    def bind(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        if self._holder is None:
            raise Refused("locked", "the identity is locked")
        signed = self._holder.sign(PeerBinding(peer_id=args["peer_id"], created=args["created"]))
        return {"binding": signed.to_bytes()}


def service() -> Service:
    keeper = _KeyService()
    handlers: dict[str, Handler] = {"create": keeper.create, "open": keeper.open, "bind": keeper.bind}
    return handlers
