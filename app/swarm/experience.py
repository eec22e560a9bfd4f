"""What this node's own tasks say of whoever did them: one source, for awards and for the score that a person sees."""

from __future__ import annotations

from p2p.reputation import Own
from storage.vault import Vault


def experience(vault: Vault) -> dict[str, Own]:
    """By peer: tasks that were kept, tasks that were not, and what the person said of those that were.  Worker thread.

    What they said of a task counts on after they removed the task.  Errors: VaultError.
    """
    records = vault.tasks.records()
    rated: dict[str, list[float]] = {}
    for word in vault.feedback.list():
        if word.done:  # one that was not is known without a word
            rated.setdefault(word.peer, []).append(word.value / 100)
    found = {}
    for peer in records.keys() | rated.keys():
        done, undone = records.get(peer, (0, 0))
        words = tuple(rated.get(peer, ()))
        found[peer] = Own(max(done, len(words)), undone, words)
    return found
