"""One function per user action, called by the window and the command line alike.

Every function runs on the trio thread, takes the node first, and returns a frozen result of `app.results`.  `report`
is called with frozen progress objects while it works.  Errors: CommandFailed, or an adapter's own exception with a
stable `code`, which `app.errors` turns into a sentence.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import trio

from agent.taint import Turn
from app import personal, preferences, present
from app.actions.agents import draft_registration, identity, peer_agent, register_agent, show_agent
from app.actions.approvals import (
    activity,
    add_rule,
    answer_approval,
    approval,
    approvals,
    approvals_waiting,
    edit_rule,
    remove_rule,
    rules,
    undo,
)
from app.actions.backup import export_archive, export_open, restore_archive
from app.actions.chain import chains, use_chain
from app.actions.disclosures import consents, disclosures
from app.actions.disclosures import decide as decide_disclosure
from app.actions.drafts import draft, drafts, drop_draft, edit_draft, send_draft
from app.actions.embedders import add_embedder, embedders, remove_embedder, use_embedder
from app.actions.interop import (
    add_mcp,
    agree_mcp,
    endpoint_state,
    endpoint_token,
    mcp_servers,
    mcp_tools,
    remove_mcp,
    set_endpoint,
)
from app.actions.letters import draft_letter, letters, read_letters, remove_letter, send_letter, suggest_letter
from app.actions.memory import add_fact, confirm_fact, edit_fact, facts, remove_fact
from app.actions.models import add_model, models, remove_model, use_model
from app.actions.offered import meeting_times, offerable, peer_offers
from app.actions.offers import change_offer, offer_less, offer_more, set_offer
from app.actions.offers import offers as swarm_offers
from app.actions.open_invites import open_invites, withdraw_invite
from app.actions.peers import (
    add_peer,
    block_peer,
    invite,
    local_network,
    peer,
    peers,
    ping_peer,
    relay_through,
    remove_peer,
    rename_peer,
    swarm_state,
    turn_swarm,
)
from app.actions.privacy import change_passphrase, forget, forget_preview, new_recovery_phrase, touch
from app.actions.proving import prove
from app.actions.receipts import (
    check_receipt,
    read_receipt,
    receipt,
    receipts,
    remove_receipt,
    save_receipt,
    verify_receipt,
)
from app.actions.reputation import feedback_given, give_feedback, reputation, revoke_feedback
from app.actions.running import run, run_skill, runs, stop_run
from app.actions.settling import accept_result, dispute_task
from app.actions.skills import (
    add_catalog,
    catalogs,
    enable_skill,
    install,
    offers,
    plan_install,
    plan_update,
    refresh_catalogs,
    remove_catalog,
    remove_skill,
    skill,
    skills,
    update,
)
from app.actions.sources import (
    add_source,
    airplane,
    check_source,
    edit_source,
    pause_source,
    remove_source,
    sources,
    sync_all,
    sync_source,
    timeline,
)
from app.actions.tasks import (
    announce,
    announce_and_wait,
    answer_task,
    award_task,
    cancel_task,
    follow_task,
    preview_task,
    remove_task,
    task,
    tasks,
)
from app.actions.trying import try_sending
from app.actions.validation import (
    answer_validation,
    ask_validation,
    check_validation,
    preview_validation,
    task_validation,
    validation,
)
from app.actions.wallet import (
    decide_wallet_ask,
    movements,
    unwatch_address,
    wallet,
    wallet_account,
    wallet_history,
    wallet_pending,
    watch_address,
    watching,
)
from app.actions.wallet_asking import authority
from app.actions.wallet_policy import add_delegate, export_key, remove_delegate, set_limits, set_rate, turn_network
from app.asking import ask, retry
from app.node import Node
from app.reports import Report, quiet, throttled
from app.results import (
    CommandFailed,
    ConversationRow,
    ConversationView,
    Created,
    ImportFailure,
    ImportReport,
    LibraryChanged,
    LibraryPage,
    Progress,
    RecordView,
    SearchHit,
    SearchResult,
    Status,
)
from app.retrieval import looked_up
from app.stoppable import Flag
from app.texts import text
from storage.importer import import_paths as run_import
from storage.sources import count, resumable

Mode = Literal["hybrid", "words"]


async def status(node: Node) -> Status:
    """What is there, and in what state.  Works on an absent and on a locked vault too."""
    return await node.blocking(present.status, node)


async def create(node: Node, passphrase: str) -> Created:
    """Make the vault and open it.  The recovery phrase is in the result and nowhere else."""
    return await node.create(passphrase)


async def unlock(node: Node, secret: str) -> None:
    """Open the vault with its passphrase or its recovery phrase."""
    await node.unlock(secret)


async def lock(node: Node) -> None:
    """Close the vault and end the processes that held plaintext."""
    await node.lock()


async def import_paths(node: Node, paths: Sequence[str], report: Report = quiet) -> ImportReport:
    """Bring in files and folders.  Searchable by words at once, by meaning as embedding goes on behind.

    Cancelling keeps what is in; importing the same paths again goes on where it stopped, as it does after a crash.
    Documents are read in a process of their own; where it does not start, that is one failure and the rest comes in.
    """
    vault = node.vault
    read = functools.partial(resumable, extract=vault.documents.extract, marks=vault.vault.library.import_mark)
    hop = throttled(report, trio.lowlevel.current_trio_token())
    cancelled = Flag()

    def progress(done: int, total: int | None, item: str) -> None:
        hop(Progress("reading", done, total, item))

    work = functools.partial(run_import, vault.vault, [Path(p) for p in paths], read, progress, cancelled.is_set, count)
    try:
        with node.presence.busy():
            found = await node.interruptible(work, cancelled)
    finally:
        node.embedding.nudge()
        node.listener(LibraryChanged(0))
        with trio.CancelScope(shield=True):
            await node.blocking(vault.documents.rest)
    failed = [ImportFailure(path, reason) for path, reason in found.failed]
    if vault.documents.absent:
        failed.append(ImportFailure("", text("error.documents-absent", node.language)))
    return ImportReport(
        imported=found.imported,
        duplicates=found.duplicates,
        failed=tuple(failed),
        seconds=found.seconds,
    )


async def embed_all(node: Node, report: Report = quiet) -> None:
    """Wait until everything imported can be found by meaning."""
    await node.embedding.drained(report)


async def import_sample(node: Node, report: Report = quiet) -> ImportReport:
    """Bring in the sample mailbox that ships with the program."""
    with resources.as_file(resources.files("app") / "sample") as folder:
        result = await import_paths(node, [str(folder / "mail"), str(folder / "notes")], report)
    await set_setting(node, "sample", True)
    return result


async def search(node: Node, query: str, k: int = 10, mode: Mode = "hybrid", *, theirs: bool = True) -> SearchResult:
    """Find passages by words and by meaning.  `mode` of the result says whether the embedder took part.

    `theirs`: the person typed it; what another program looks for is under their rules, and they see that it did.
    """
    begun, turn = time.perf_counter(), Turn()
    if theirs:
        turn.typed(query)
    found = await looked_up(node, "vault.search", {"query": query, "limit": k, "mode": mode}, turn)
    hits = tuple(SearchHit(**one) for one in found["hits"])
    corrected = tuple((typed, used) for typed, used in found["corrected"])
    return SearchResult(hits, (time.perf_counter() - begun) * 1000, found["mode"], corrected)


async def show(node: Node, record: str) -> RecordView:
    """One record, whole, by its id or a unique beginning of it."""
    return await node.blocking(present.record, node.vault.vault, record)


async def library(node: Node, text: str = "", kind: str = "", offset: int = 0, limit: int = 100) -> LibraryPage:
    """What is stored, newest first; `text` narrows it by title or sender, `kind` to mail, note or file."""
    return await node.blocking(present.library, node.vault.vault, text, kind, offset, limit)


async def conversations(node: Node) -> tuple[ConversationRow, ...]:
    """Newest first."""
    return await node.blocking(present.conversations, node.vault.vault, node.language)


async def conversation(node: Node, number: int) -> ConversationView:
    return await node.blocking(present.conversation, node.vault.vault, number, node.language)


async def rename_conversation(node: Node, number: int, title: str) -> None:
    await node.blocking(node.vault.vault.conversations.rename, number, title)


async def delete_conversation(node: Node, number: int) -> None:
    await node.blocking(node.vault.vault.conversations.delete, number)


async def setting(node: Node, key: str) -> Any:
    """Theme and language can be read at any time, the rest while the vault is open.  None for what was never set."""
    if key in preferences.CHOICES:
        return (await node.blocking(preferences.read, node.profile.home))[key]
    return await node.blocking(node.vault.vault.settings.get, key)


async def set_setting(node: Node, key: str, value: Any) -> None:
    """Errors: CommandFailed("bad-setting"), as `personal.cleaned`."""
    if key in preferences.CHOICES:
        try:
            await node.blocking(preferences.write, node.profile.home, key, value)
        except ValueError as error:
            raise CommandFailed("bad-setting", key=key, value=value) from error
        return
    await node.blocking(node.vault.vault.settings.set, key, personal.cleaned(key, value))


__all__ = [
    "accept_result", "activity", "add_catalog", "add_delegate", "add_embedder", "add_fact", "add_mcp",
    "add_model", "add_peer", "add_rule", "add_source", "agree_mcp", "airplane", "announce", "announce_and_wait",
    "answer_approval", "answer_task", "answer_validation", "approval", "approvals", "approvals_waiting", "ask",
    "ask_validation", "authority", "award_task", "block_peer", "cancel_task", "catalogs", "chains",
    "change_offer", "change_passphrase", "check_receipt", "check_source", "check_validation", "confirm_fact",
    "consents", "conversation", "conversations", "create", "decide_disclosure", "decide_wallet_ask",
    "delete_conversation", "disclosures", "dispute_task", "draft", "draft_letter", "draft_registration", "drafts",
    "drop_draft", "edit_draft", "edit_fact", "edit_rule", "edit_source", "embed_all", "embedders", "enable_skill",
    "endpoint_state", "endpoint_token", "export_archive", "export_key", "export_open", "facts", "feedback_given",
    "follow_task", "forget", "forget_preview", "give_feedback", "identity", "import_paths", "import_sample",
    "install", "invite", "letters", "library", "local_network", "lock", "mcp_servers", "mcp_tools",
    "meeting_times", "models", "movements", "new_recovery_phrase", "offer_less", "offer_more", "offerable",
    "offers", "open_invites", "pause_source", "peer", "peer_agent", "peer_offers", "peers", "ping_peer",
    "plan_install", "plan_update", "preview_task", "preview_validation", "prove", "read_letters", "read_receipt",
    "receipt", "receipts", "refresh_catalogs", "register_agent", "relay_through", "remove_catalog",
    "remove_delegate", "remove_embedder", "remove_fact", "remove_letter", "remove_mcp", "remove_model",
    "remove_peer", "remove_receipt", "remove_rule", "remove_skill", "remove_source", "remove_task",
    "rename_conversation", "rename_peer", "reputation", "restore_archive", "retry", "revoke_feedback", "rules",
    "run", "run_skill", "runs", "save_receipt", "search", "send_draft", "send_letter", "set_endpoint",
    "set_limits", "set_offer", "set_rate", "set_setting", "setting", "show", "show_agent", "skill", "skills",
    "sources", "status", "stop_run", "suggest_letter", "swarm_offers", "swarm_state", "sync_all", "sync_source",
    "task", "task_validation", "tasks", "timeline", "touch", "try_sending", "turn_network", "turn_swarm", "undo",
    "unlock", "unwatch_address", "update", "use_chain", "use_embedder", "use_model", "validation",
    "verify_receipt", "wallet", "wallet_account", "wallet_history", "wallet_pending", "watch_address", "watching",
    "withdraw_invite",
]  # fmt: skip
