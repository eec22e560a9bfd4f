"""Runs one sync in a process of its own, to be killed: `python -m tests.interop.sync_once VAULT SOURCE`.

The vault's key comes as hexadecimal digits on standard input; each stored batch is told by a line with the number of
messages so far.
"""

from __future__ import annotations

import sys
from pathlib import Path

from storage.sources import imap
from storage.vault import Vault


def main() -> None:
    path, source = Path(sys.argv[1]), int(sys.argv[2])
    with Vault.open(path, bytes.fromhex(sys.stdin.readline())) as vault:
        synced = imap.driver().sync(
            vault.sources.account(source),
            vault.sources.ledger(source),
            lambda done, _total, _what: print(done, flush=True),
            lambda: False,
        )
    print("new", synced.new, flush=True)


if __name__ == "__main__":
    main()
