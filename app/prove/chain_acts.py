"""Keys, a chain and a paid task with marked content; what is exported goes where the person said, nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.prove.program import ActFailed, Program

if TYPE_CHECKING:
    from app.prove.acts import Stage

PAID = "2"  # tokens of the hosted chain; they are worth nothing
JOINS = 3  # attempts


def keep_accounts(stage: Stage) -> None:
    """An agent is registered on the chain of the vault, killed once on the way; a key is exported."""
    stage.nuee("chain", "use", "rehearsal")
    registering = ("chain", "register", "--name", stage.planted.agent, "--description", stage.planted.said, "--yes")
    with stage.program.begun(*registering, secret=stage.secret) as process:
        stage.pause(0.3, 2.5)
        stage.crashes += process.poll() is None
    with stage.staying():
        stage.nuee(*registering)
        stage.nuee("chain", "identity")
        stage.nuee("wallet", "export", "--to", str(stage.inputs / "exported"))
        for shown in (("wallet", "show"), ("wallet", "history"), ("chain", "status")):
            stage.nuee(*shown)


def pay(stage: Stage, other: Program, secret: str, name: str) -> None:
    """`other` hosts a chain, does a priced task on it and is paid; the receipt is written to a file and rated."""
    other.run("chain", "use", "rehearsal", secret=secret)
    other.run("chain", "host", "on", secret=secret)
    other.run("offers", "set", "inference", "--token-price", PAID, secret=secret)
    _join(stage, name)
    prompt = f"Repeat the word {stage.planted.order}."
    asked = ("task", "announce", "inference", "--prompt", prompt, "--max-tokens", "12", "--pay", PAID, "--bids", "5")
    done = stage.nuee(*asked, "--wait")
    if done["state"] != "done":
        raise ActFailed(f"a priced task was {done['state']}")
    receipt = str(done["id"])
    saved = str(stage.inputs / "receipt")
    stage.nuee("receipt", "save", receipt, saved)
    stage.nuee("receipt", "verify", saved)
    stage.nuee("feedback", "give", receipt, "90", "--tag", stage.planted.tag)
    stage.nuee("reputation", name)


def _join(stage: Stage, name: str) -> None:
    """On a busy machine a chain may take longer to answer than anybody waits: whoever joins tries again."""
    for left in reversed(range(JOINS)):
        try:
            stage.nuee("chain", "join", name)
        except ActFailed:
            if not left:
                raise
        else:
            return
