"""What runs in the key-holder process: the KDF and the identity seed.  The node gets the vault key, never the seed.

Operations: `create` {path, passphrase} and `open` {path, secret} answer with the vault key; `bind` {peer_id, created}
signs the node's transport key with the identity (see p2p.keyholder).  `change_passphrase` {path, secret, new} and
`change_phrase` {path, secret} write the key file anew and hand out no key; the second answers with the new phrase.
What begins with `wallet_` is in wallet_service.py.
What can be overwritten here is, as soon as it was used; the rest ends with the process.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.wallet_service import WalletService
from app.worker_host import Handler, Refused, Reply, Service
from p2p.keyholder import KeyHolder, PeerBinding
from storage import keys


class _KeyService:
    def __init__(self) -> None:
        self._holder: KeyHolder | None = None

    def create(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        secrets, phrase = keys.create(Path(args["path"]), args["passphrase"])
        return {"vault_key": self._take(secrets), "phrase": phrase}

    def open(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        return {"vault_key": self._take(keys.open_file(Path(args["path"]), args["secret"]))}

    def change_passphrase(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        keys.change_passphrase(Path(args["path"]), args["secret"], args["new"])
        return {}

    def change_phrase(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        return {"phrase": keys.change_phrase(Path(args["path"]), args["secret"])}

    def _take(self, secrets: keys.Secrets) -> bytes:
        """Keep the seed in the holder, hand out the vault key, and wipe both here."""
        if self._holder is not None:
            self._holder.close()
        self._holder = KeyHolder(secrets.identity_seed)
        key = bytes(secrets.vault_key)  # for the frame that carries it
        secrets.wipe()
        return key

    def bind(self, args: dict[str, Any], _reply: Reply) -> dict[str, Any]:
        signed = self.holder().sign(PeerBinding(peer_id=args["peer_id"], created=args["created"]))
        return {"binding": signed.to_bytes()}

    def holder(self) -> KeyHolder:
        if self._holder is None:
            raise Refused("locked", "the identity is locked")
        return self._holder


def service() -> Service:
    keeper = _KeyService()
    handlers: dict[str, Handler] = {
        "create": keeper.create,
        "open": keeper.open,
        "bind": keeper.bind,
        "change_passphrase": keeper.change_passphrase,
        "change_phrase": keeper.change_phrase,
    }
    return {**handlers, **WalletService(keeper.holder).handlers()}
