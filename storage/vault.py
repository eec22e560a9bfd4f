"""The vault: the encrypted truth.  Everything else (indexes, models' caches) can be made again from it.

Blocking, standard threads; methods of the vault and its stores may be called from any thread.  Every failure is a
VaultError with a stable code and a sentence.
"""

from __future__ import annotations

import contextlib
import functools
import re
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from types import TracebackType

from storage.activity import Activity
from storage.agents import Agents
from storage.approvals import Approvals
from storage.authentication import Servers
from storage.automatic_mail import AutomaticMail
from storage.chains import Chains
from storage.conversations import Conversations
from storage.database import PAGE_BYTES, Connection, Database, VaultError, create_empty, journals
from storage.disclosures import Disclosures
from storage.drafts import Drafts
from storage.facts import Facts
from storage.feedback import Feedback
from storage.fired import Fired
from storage.forget import Forgetting
from storage.kept import Kept
from storage.letters import Letters
from storage.library import Library
from storage.marks import Marks
from storage.offers import Offers
from storage.outbox import Outbox
from storage.paid_work import PaidWork
from storage.peers import Peers
from storage.receipts import Receipts
from storage.runs import Runs
from storage.settings import Settings
from storage.settlements import Settlements
from storage.skill_store import Skills
from storage.source_store import Sources
from storage.spelling import Vocabulary
from storage.tasks import Tasks
from storage.transactions import Transactions
from storage.vectors import Vectors
from storage.wallet_asks import WalletAsks
from storage.watched import Watched

__all__ = ["Vault", "VaultError"]


class Vault:
    """An open vault.  `library`, `vectors`, `conversations`, `settings`, `sources`,
    `approvals`, `facts`, `skills`, `runs`, `kept`, `activity`, `marks`, `drafts`, `automatic`, `forgetting`,
    `outbox`, `peers`, `tasks`, `offers`, `letters` and `disclosures` are its stores."""

    def __init__(self, path: Path, database: Database) -> None:
        """Use `create` or `open`."""
        self.path = path
        self._database = database
        self.vectors = Vectors(database)
        self.servers = Servers()
        self.library = Library(database, self.vectors, servers=self.servers)
        self.conversations = Conversations(database)
        self.settings = Settings(database)
        self.sources = Sources(database, self.vectors)
        self.vocabulary = Vocabulary()
        self.approvals = Approvals(database)
        self.agents = Agents(database)
        self.facts = Facts(database)
        self.runs = Runs(database)
        self.kept = Kept(database)
        self.fired = Fired(database)
        self.activity = Activity(database)
        self.skills = Skills(database)
        self.marks = Marks(database)
        self.drafts = Drafts(database)
        self.automatic = AutomaticMail(database)
        self.forgetting = Forgetting(database, self.vectors)
        self.outbox = Outbox(database)
        self.peers = Peers(database)
        self.tasks = Tasks(database)
        self.receipts = Receipts(database)
        self.offers = Offers(database)
        self.letters = Letters(database)
        self.disclosures = Disclosures(database)
        self.feedback = Feedback(database)
        self.paid_work = PaidWork(database)
        self.chains = Chains(database)
        self.settlements = Settlements(database)
        self.transactions = Transactions(database)
        self.wallet_asks = WalletAsks(database)
        self.watched = Watched(database)

    @classmethod
    def create(cls, path: Path, key: bytes) -> Vault:
        """Make a new vault and open it.  `key`: 32 random bytes.  Errors: VaultError `exists`, `read-only`, …"""
        if path.exists():
            raise VaultError("exists", "a vault is already there; it is never overwritten")
        create_empty(path.absolute(), key, migrations())
        return cls.open(path, key)

    @classmethod
    def open(cls, path: Path, key: bytes) -> Vault:
        """Open a vault and bring it to this release's form.

        Errors: VaultError `missing`, `damaged`, `wrong-key-or-damaged`, `newer-version`, `read-only`, …
        """
        if not path.is_file():
            raise VaultError("missing", "there is no vault here")
        if _cut_off(path):
            raise VaultError("damaged", "the vault's file is empty or cut off; put back a copy from a backup")
        database = Database(path.absolute(), key)
        try:
            database.migrate(migrations())
            opened = cls(path, database)
            with contextlib.suppress(VaultError):  # a damaged page there must not keep everything else locked away
                opened.approvals.recover()  # whatever was being done when it was closed
        except BaseException:
            database.close()
            raise
        return opened

    def read(self) -> AbstractContextManager[Connection]:
        """One snapshot for what the stores do not offer, as search needs.  Errors: VaultError."""
        return self._database.read()

    def checkpoint(self) -> None:
        """Empty the journal.  Call after what was forgotten must be gone from every file; what search remembers of
        its words goes too."""
        self.vocabulary.drop()
        self._database.checkpoint()

    def still(self) -> AbstractContextManager[Path]:
        """The vault's file, complete, to be copied: writes wait until the block ends.  Errors: VaultError."""
        return self._database.still()

    def check(self) -> None:
        """Verify the whole vault: every page authentic, every table and index in agreement.  Reads all of it.

        Errors: VaultError `damaged`.
        """
        self._database.check()

    def size(self) -> int:
        """Bytes on disk, the journal included."""
        return sum(file.stat().st_size for file in self.path.parent.glob(self.path.name + "*"))

    def close(self) -> None:
        """Empty the journal and close; a second call does nothing.  Afterwards every method fails with `closed`."""
        self.vocabulary.drop()
        self._database.close()

    def __enter__(self) -> Vault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _cut_off(path: Path) -> bool:
    """Whether a part of the file is gone where SQLite would not say so.

    It takes less than a page for a new database, and a last page that is not whole for one that was never written;
    after a power cut that is mended from the journal.
    """
    size = path.stat().st_size
    journal = journals(path)[0]
    mended = journal.exists() and journal.stat().st_size > 0
    return size < PAGE_BYTES or (size % PAGE_BYTES > 0 and not mended)


@functools.cache
def migrations() -> tuple[str, ...]:
    """The scripts of `storage/migrations`, in order: `NNNN_name.sql`, counted from 0001 without a gap.

    Read once: a vault is opened with the same scripts for as long as the program runs.
    """
    folder = resources.files("storage") / "migrations"
    found = sorted(entry.name for entry in folder.iterdir() if re.fullmatch(r"\d{4}_\w+\.sql", entry.name))
    assert [int(name[:4]) for name in found] == list(range(1, len(found) + 1)), "a migration is missing"
    return tuple((folder / name).read_text("utf-8") for name in found)
