"""A vault while it is open: the database, its index worker, and the node's transport key.  Blocking; any thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app import services
from app.documents import Documents
from p2p import identity
from storage import terms
from storage.index_client import IndexClient
from storage.vault import Vault

_HOST_KEY = "libp2p-host-key"
BINDING = "libp2p-binding"  # the identity's signature over the peer id


class OpenVault:
    """Owns the database connection, the index process and the reader of documents; `close` ends all three."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.index = IndexClient(services.start("index"))
        self.documents = Documents()
        self.index_loaded = False
        self.peer_id = ""

    @classmethod
    def open(cls, path: Path, key: bytes, *, create: bool) -> OpenVault:
        """Errors: storage.vault.VaultError."""
        return cls(Vault.create(path, key) if create else Vault.open(path, key))

    def ensure_host_key(self, bind: Callable[[str], bytes]) -> None:
        """Read the transport key; on the first opening make it and have the identity sign it."""
        settings = self.vault.settings
        host_key = settings.secret(_HOST_KEY)
        if host_key is None:
            host_key = identity.new_host_key()
            settings.set_secret(BINDING, bind(identity.peer_id(host_key)))
            settings.set_secret(_HOST_KEY, host_key)
        self.peer_id = identity.peer_id(host_key)

    def host_key(self) -> bytes:
        """The transport key, a secret.  Errors: VaultError; LookupError before `ensure_host_key`."""
        host_key = self.vault.settings.secret(_HOST_KEY)
        if host_key is None:
            raise LookupError("there is no host key yet")
        return host_key

    def load_index(self, model: str) -> None:
        """Send every stored vector of `model` to the index worker."""
        self.index.load(self.vault.vectors.blocks(model))
        self.index_loaded = True

    def renew_index(self) -> None:
        """End the index process with every vector it held, and start an empty one."""
        self.index.kill()
        self.index = IndexClient(services.start("index"))
        self.index_loaded = False

    def new_index(self, model: str) -> IndexClient:
        """Another index process, with every stored vector of `model`; whoever asked ends it."""
        index = IndexClient(services.start("index"))
        try:
            index.load(self.vault.vectors.blocks(model))
        except BaseException:
            index.kill()
            raise
        return index

    def close(self) -> None:
        self.documents.close()
        self.index.kill()
        self.vault.close()
        terms.forget()
