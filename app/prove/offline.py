"""The proof of airplane mode: the program is driven with everything that could reach out, under a watch."""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from app.prove import acts, chain_acts, skill_acts, sockets
from app.prove.acts import Act, Stage
from app.prove.canaries import Planted
from app.prove.program import ActFailed, Program
from app.prove.proof import Cancelled, Progress
from app.prove_results import OfflineReport
from app.texts import text

# What asks for the network: each has to be refused.
_ASKING: dict[str, tuple[str, ...]] = {
    "invite": ("peers", "invite"),
    "task": ("task", "announce", "inference", "--prompt", "Hello", "--wait"),
    "feed": ("sources", "add", "feed", "https://example.org/feed.xml"),
    "model": ("models", "add", "https://example.org/model.gguf"),
    "chain": ("chain", "add", "far", "--rpc", "https://example.org/rpc"),
}


def prove(
    progress: Progress = lambda _stage, _done, _total, _what: None,
    cancelled: Cancelled = lambda: False,
    only: Sequence[str] | None = None,
) -> OfflineReport:
    """Drive the program in airplane mode, in a throw-away profile.  Blocking; minutes.

    `only`: names of acts (`ACTS`), for a shorter run.  Errors: ActFailed when an act cannot be driven.
    """
    begun = time.time()
    sandbox = Path(tempfile.mkdtemp(prefix="nuee-offline-"))
    try:
        inputs, watched = sandbox / "inputs", sandbox / "watched"
        inputs.mkdir()
        watched.mkdir()
        program = Program(sandbox, sandbox / "profile", NUEE_SOCKET_WATCH=str(watched))
        stage = Stage(program, Planted(), inputs, random.Random())
        chosen = {name: act for name, act in ACTS.items() if only is None or name in (*only, *_FIRST)}
        refused: list[str] = []
        for number, (name, act) in enumerate(chosen.items()):
            if cancelled():
                raise ActFailed("cancelled")
            progress("proving", number, len(chosen), name)
            act(stage)
        if "network" in chosen:
            refused = list(_ASKING)
        heard, processes = sockets.read(watched)
        lines = sorted(heard | program.sockets)
        away = tuple(line for line in lines if not sockets.stays(line))
        own = tuple(line for line in lines if sockets.stays(line))
        whole = processes > 0
        return OfflineReport(
            whole and not away, away, own, tuple(refused), processes, tuple(chosen), time.time() - begun
        )
    finally:
        shutil.rmtree(sandbox, ignore_errors=True)


def _fly(stage: Stage) -> None:
    """Airplane mode, from here on; whoever was reachable is not."""
    stage.nuee("peers", "on")
    if not stage.nuee("airplane", "on")["airplane"]:
        raise ActFailed("airplane mode did not come on")


def _ask(stage: Stage) -> None:
    """Everything that asks for the network ends with an error, and reaches nothing."""
    folder = acts.write_sources(stage.inputs, stage.planted)
    stage.nuee("sources", "add", "notes", str(folder / "notes"))
    stage.nuee("sources", "add", "calendar", str(folder / "calendar.ics"))
    sentence = text("error.airplane", "en")
    for name, command in _ASKING.items():
        said = stage.program.diagnostics.stat().st_size
        with contextlib.suppress(ActFailed):
            stage.nuee(*command)
        if sentence.encode() not in stage.program.diagnostics.read_bytes()[said:]:
            raise ActFailed(f"“{name}” was not refused in airplane mode")
    with contextlib.suppress(ActFailed):  # the sources that need no network
        stage.nuee("sources", "sync")


def _import(stage: Stage) -> None:
    mailbox, note = acts.write_inputs(stage.inputs, stage.planted)
    stage.nuee("import", str(mailbox), str(note))


_FIRST = ("create", "airplane")
ACTS: dict[str, Act] = {
    "create": acts.begin,
    "airplane": _fly,
    "import": acts.beside_a_chat(_import),
    "search and ask": acts.beside_a_chat(acts.look),
    "chat": acts.talk,
    "network": acts.beside_a_chat(_ask),
    "skills": skill_acts.work,
    "chain": chain_acts.keep_accounts,
    "window": acts.show_window,
    "forget": acts.forget,
    "passphrase and phrase": acts.change_secrets,
    "backup": acts.back_up,
}
