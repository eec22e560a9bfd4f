"""Two people's nodes with marked content: an invite, a message, two tasks, one of them paid; one is killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.prove import chain_acts
from app.prove.canaries import Canary
from app.prove.program import ActFailed, Program
from p2p import invite

if TYPE_CHECKING:
    from app.prove.acts import Stage

LISTEN = "/ip4/127.0.0.1/tcp/0"
OTHER = "Proof"


def agree(stage: Stage) -> None:
    """Somebody else's node runs beside, is added by its invite, gets a message and answers a prompt."""
    planted = stage.planted
    other = Program(stage.program.sandbox, stage.program.sandbox / "other")
    phrase = str(other.run("init", secret=planted.other_passphrase)["recovery_phrase"])
    stage.found.append(Canary("recovery phrase", phrase.encode()))
    with other.staying("node", "--listen", LISTEN, secret=planted.other_passphrase) as process, stage.staying():
        link = str(other.run("peers", "invite", "Ada", secret=planted.other_passphrase)["invite"])
        stage.found += [Canary("invite", link.encode()), Canary("secret of the invite", invite.read(link).secret)]
        stage.nuee("peers", "add", link, "--name", OTHER)
        sent = stage.nuee("messages", "send", OTHER, f"The word is {planted.letter}.")
        prompt = f"Repeat the word {planted.prompt}."
        done = stage.nuee(
            "task", "announce", "inference", "--prompt", prompt, "--max-tokens", "12", "--bids", "5", "--wait"
        )
        # On a busy machine the message may have left with the task's connection.
        if sent["state"] == "failed" or done["state"] != "done":
            raise ActFailed(f"a message was {sent['state']}, a task {done['state']}")
        came = other.run("messages", "list", secret=planted.other_passphrase)["messages"]
        if not isinstance(came, list) or not any(planted.letter in row["text"] for row in came):
            raise ActFailed("the message did not arrive")
        stage.nuee("messages", "read", OTHER)
        stage.nuee("task", "show", str(done["id"]))
        if stage.nuee("disclosures")["broken"] is not None:
            raise ActFailed("the ledger does not agree with itself")
        chain_acts.pay(stage, other, planted.other_passphrase, OTHER)
        stage.crashes += process.poll() is None
    stage.capture(other.home, planted.other_passphrase)
    stage.nuee("messages", "send", OTHER, f"Later: {planted.letter}.")  # it waits, for nobody is there
    stage.nuee("peers", "off")
    stage.program.core |= other.core
    stage.program.deleted += other.deleted
