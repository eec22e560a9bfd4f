"""What receipts rest on: how transcripts tell messages apart (storage.receipts), said of the machines' sends."""

from __future__ import annotations

from collections.abc import Collection

from p2p.contractnet_terms import Act, Send

_INFORMS = (Act.INFORM_DONE, Act.INFORM_RESULT)  # one performative


def said_once(sends: Collection[Send]) -> bool:
    """Whether each says another act, to another peer, or in answer to something else."""
    return len({_said(send) for send in sends}) == len(sends)


def _said(send: Send) -> tuple[str, str, str]:
    return send.to, "inform" if send.act in _INFORMS else send.act, send.in_reply_to
