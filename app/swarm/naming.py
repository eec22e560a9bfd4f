"""What somebody who names themselves is called here: nothing unseen, and no name that could be taken for another's."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Sequence

from storage.peers import MAX_NAME, Peer

_ROOM = 8  # characters for a number behind a name
_SUFFIX = 6  # as many letters of a peer id may stand for it: see storage.peers.Peers.find
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs without a shape
# Greek and Cyrillic letters, and digits, above the Latin letters that they are taken for in most typefaces.
_ALIKE = str.maketrans(
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαγεηικνορτυχωАВЕКМНОРСТУХІЈЅԌԚԜҺӀавекмнорстухіјѕԍԛԝһӏԁѵ01|",
    "abezhlkmnoptyxayenlkvoptuxwabekmhopctyxljsgqwhlabekmhopctyxljsgqwhldvoll",
)


def told_apart(claimed: str, peer_id: str, known: Sequence[Peer]) -> str:
    """A name for a peer: the one it claims, with a number where somebody else is called so, or nearly."""
    others = [peer for peer in known if peer.id != peer_id]
    taken = {likeness(peer.name) for peer in others}
    wanted = visible(claimed)[: MAX_NAME - _ROOM].strip() or f"? {peer_id[-_SUFFIX:]}"
    found, number = wanted, 2
    while likeness(found) in taken or _names_another(found, [peer.id for peer in others]):
        found, number = f"{wanted} ({number})", number + 1
    return found


def visible(text: str) -> str:
    """On one line, without signs that have no shape or turn others around."""
    kept = [one if one.isprintable() and one not in _BLANK else _instead(one) for one in text]
    return " ".join("".join(kept).split())


def likeness(name: str) -> str:
    """The same for names that a reader may take for one another; for comparing, not for showing."""
    flat = unicodedata.normalize("NFKD", visible(name)).translate(_ALIKE)
    letters = "".join(character for character in flat if unicodedata.category(character)[0] in "LNS")
    return letters.casefold().translate(_ALIKE).replace("i", "l").replace("rn", "m").replace("vv", "w")


def _instead(character: str) -> str:
    return "" if unicodedata.category(character) == "Cf" else " "


def _names_another(name: str, peer_ids: Collection[str]) -> bool:
    """Whether it is the end of somebody's peer id, which names them as well."""
    ending = name.casefold()
    return len(ending) >= _SUFFIX and any(peer.casefold().endswith(ending) for peer in peer_ids)
