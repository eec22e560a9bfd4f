"""Write the examples of docs/protocol.md, and its tables that follow from the code: `python -m tests.vectors.acl`.

A test compares both with what is committed, so that the page cannot say what the code does not.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from p2p import acknowledgement, acl, canonical, content_fields, hello, identity, inbox, invite, letters
from p2p.acknowledgement import Ack, Refused, answer_to_bytes
from p2p.canonical import Value, encode
from p2p.hello import Hello
from p2p.host_limits import Limits
from p2p.identity import SignedBinding
from tests.paths import ROOT
from tests.unit.acl_fixtures import (
    ALICE,
    ALICE_KEY,
    BOB,
    BOB_KEY,
    EVE,
    EVERY,
    NOW,
    cfp,
    fields_of,
    forged,
    sealed,
    signed,
    wire,
)

VECTORS = Path(__file__).parent / "acl.json"
DOCUMENT = ROOT / "docs" / "protocol.md"
Json = dict[str, Any]

VALUES: list[Value] = [
    0, 23, 24, 255, 256, 65535, 65536, 2**32, 2**53 - 1, -1, -24, -25, -(2**53) + 1, False, True, None, "", "Nuée",
    "水", b"", bytes(24), [], [1, [2, []]], {}, {"b": 1, "aa": 2, "a": 3}, {"é": 1, "zz": 2, "z": 3},
]  # fmt: skip
BROKEN_VALUES = {
    "a number longer than necessary": "1817",
    "a length longer than necessary": "580161",
    "keys out of order": "a2616200616100",
    "a key twice": "a2616100616101",
    "a key that is a number": "a10000",
    "a float": "f93c00",
    "undefined": "f7",
    "a tag": "c000",
    "an indefinite length": "9f01ff",
    "2^53": "1b0020000000000000",
    "text that is not UTF-8": "61ff",
    "something after the value": "0000",
    "nothing": "",
    "13 lists in each other": "81" * 13 + "00",
}


def refused_messages() -> dict[str, bytes]:
    """Messages that Bob refuses when Alice sends them at `NOW`, each with one fault."""
    good = fields_of(cfp())
    return {
        "version 2": b"\x83\x02" + wire(cfp())[2:],
        "body with a null": forged({**fields_of(EVERY["accept-proposal"]), "reply-by": None}),
        "keys of the body out of order": _sealed_backwards(good),
        "an unknown parameter": forged({**good, "language": "en"}),
        "a cfp without reply-by": forged({key: value for key, value in good.items() if key != "reply-by"}),
        "a performative of another protocol": forged({**good, "protocol": "fipa-request"}),
        "a conversation id of 15 bytes": forged({**good, "conversation-id": bytes(15)}),
        "signed by Bob": forged(good, BOB_KEY),
        "a changed signature": wire(cfp())[:-1] + bytes([wire(cfp())[-1] ^ 1]),
        "for Eve": wire(cfp(receiver=EVE)),
        "of Eve": wire(cfp(sender=EVE)),
        "sent too far in the future": wire(cfp(sent=NOW + inbox.AHEAD_LIMIT + 1)),
        "sent too long ago": wire(cfp(sent=NOW - inbox.WINDOW - 1)),
        "no longer to be answered": wire(cfp(reply_by=NOW - 1)),
        "to be answered in a year": wire(cfp(reply_by=NOW + inbox.LONGEST_WAIT + 1)),
        "an answer to nothing": wire(EVERY["propose"]),
    }


def answer_of_bob(data: bytes) -> Ack | Refused:
    """What Bob, who knows no conversation, answers to these bytes of Alice at `NOW`."""
    try:
        message = inbox.read(data, BOB, ALICE)
    except acl.AclError as error:
        return inbox.refusal_of(error, NOW)
    return inbox.judge(message, inbox.Memory(), None, NOW).answer


def vectors() -> Json:
    return {
        "keys": {
            name: {"private": key[4:36].hex(), "public": key[36:].hex(), "peer-id": identity.peer_id(key)}
            for name, key in (("alice", ALICE_KEY), ("bob", BOB_KEY))
        },
        "now": NOW,
        "values": [{"value": _json(value), "encoded": encode(value).hex()} for value in VALUES],
        "broken values": [{"what": what, "encoded": data} for what, data in BROKEN_VALUES.items()],
        "frames": [{"length": length, "prefix": varint(length).hex()} for length in (1, 127, 128, 300, 65536)],
        "messages": [_message(name) for name in EVERY],
        "refused messages": [
            {"what": what, "message": data.hex(), "code": _code(answer_of_bob(data))}
            for what, data in refused_messages().items()
        ],
        "answers": [_answer(answer) for answer in (Ack(cfp().digest()), Refused("busy", "Later, please.", NOW))],
        "invite": _invite(),
        "hellos": [_hello(Hello(binding(), NOW)), _hello(Hello(binding(), NOW, (1, 2), "Aïcha", bytes(range(16))))],
    }


def binding() -> SignedBinding:
    """Of Alice's peer id, by the identity whose private key is 32 bytes 04."""
    key = Ed25519PrivateKey.from_private_bytes(b"\x04" * 32)
    public = key.public_key().public_bytes_raw()
    created = NOW // 1000
    return SignedBinding(
        identity.did_key(public), ALICE, created, key.sign(identity.binding_message(public, ALICE, created))
    )


def varint(number: int) -> bytes:
    """Unsigned LEB128, the shortest form."""
    head = []
    while number >= 0x80:
        head.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*head, number])


def regions() -> dict[str, str]:
    """The marked parts of docs/protocol.md by their names, without the marks."""
    return {"performatives": _performatives(), "codes": _codes(), "limits": _limits(), "examples": _examples()}


def with_regions(document: str) -> str:
    for name, text in regions().items():
        pattern = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        assert len(pattern.findall(document)) == 1, name
        document = pattern.sub(lambda found, text=text: f"{found[1]}{text}{found[2]}", document)  # type: ignore[misc]
    return document


def as_json() -> str:
    return json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n"


def _performatives() -> str:
    rows = []
    said = {"+": "always", "-": "never", "?": "optional"}
    for act in acl.Performative:
        protocols = ", ".join(f"`{protocol}`" for protocol, acts in acl.PERFORMATIVES.items() if act in acts)
        opens = "yes" if act in acl.OPENERS.values() else ""
        control = " | ".join(said[rule] for rule in acl.CONTROL[act])
        rows.append(f"| `{act}` | {protocols} | {opens} | {control} |\n")
    return "".join(rows)


def _codes() -> str:
    return "".join(
        f"| `{code}` | {meaning} | {'later' if code in acknowledgement.RETRIED else 'no'} |\n"
        for code, meaning in acknowledgement.CODES.items()
    )


def _limits() -> str:
    minute, host = 60_000, Limits()
    rows = {
        "message": f"{acl.MESSAGE_LIMIT:,} bytes",
        "body of a message": f"{acl.BODY_LIMIT:,} bytes",
        "acknowledgement or refusal": f"{acknowledgement.ACKNOWLEDGEMENT_LIMIT:,} bytes",
        "hello": f"{hello.HELLO_LIMIT:,} bytes",
        "signed binding": f"{identity.BINDING_LIMIT:,} bytes",
        "lists and maps in each other": str(canonical.DEPTH_LIMIT),
        "values in one encoding": f"{canonical.ITEM_LIMIT:,}",
        "sentence": f"{content_fields.SENTENCE_LIMIT:,} characters",
        "detail of a refusal": f"{acknowledgement.DETAIL_LIMIT:,} characters",
        "letter": f"{letters.LETTER_LIMIT:,} characters",
        "clock of a sender ahead of the receiver's": f"{inbox.AHEAD_LIMIT // minute} minutes",
        "age of a message, and how long its digest is kept": f"{inbox.WINDOW // minute // 1440} days",
        "`reply-by` of an opening message ahead of now": f"{inbox.LONGEST_WAIT // minute // 1440} days",
        "digests kept of one peer": f"{inbox.DIGESTS_PER_PEER:,}",
        "agreeing on a protocol": f"{host.negotiation_time:g} s",
        "arrival of a whole request": f"{host.request_time:g} s",
        "making of an answer": f"{host.answer_time:g} s",
        "wait for the next request of a contact on a stream": f"{host.kept_time:g} s",
        "streams at a time that a contact opens": str(host.streams_of_contact),
        "streams at a time that another peer opens": str(host.streams_of_stranger),
        "connections of one peer": str(host.connections_per_peer),
        "time that another peer than a contact may stay": f"{host.stranger_time:g} s",
        "answer to a ping": f"{host.health_timeout:g} s",
    }
    return "".join(f"| {what} | {limit} |\n" for what, limit in rows.items())


def _examples() -> str:
    call, said = _message("cfp"), _hello(Hello(binding(), NOW))
    lines = [
        f"Alice is `{ALICE}`,\nBob is `{BOB}`.\n",
        "A call from Alice to Bob, in CBOR's diagnostic notation:\n",
        "```\n" + _diagnostic(fields_of(EVERY["cfp"])) + "\n```\n",
        *(f"Its {name}:\n\n```\n{_folded(call[name])}\n```\n" for name in ("body", "signature", "digest", "message")),
        f"Bob's acknowledgement:\n\n```\n{_folded(answer_to_bytes(Ack(cfp().digest())).hex())}\n```\n",
        f"Alice's hello:\n\n```\n{_folded(said['encoded'])}\n```\n",
        f"An invite of hers:\n\n```\n{_folded(_invite()['link'])}\n```\n",
    ]
    return "\n".join(lines)


def _message(name: str) -> Json:
    message = EVERY[name]
    return {
        "name": name,
        "parameters": _json(fields_of(message)),
        "body": message.body().hex(),
        "signature": signed(message).signature.hex(),
        "digest": message.digest().hex(),
        "message": wire(message).hex(),
    }


def _answer(answer: Ack | Refused) -> Json:
    fields = {"digest": answer.digest} if isinstance(answer, Ack) else dict(answer.__dict__)
    return {"answer": type(answer).__name__.lower(), **_json(fields), "encoded": answer_to_bytes(answer).hex()}


def _hello(said: Hello) -> Json:
    return {"of": ALICE, "identity": said.binding.identity, "encoded": said.to_bytes().hex(),
            "fields": _json(cbor2.loads(said.to_bytes())[1])}  # fmt: skip


def _invite() -> Json:
    said = invite.Invite(ALICE, bytes(range(16)), NOW // 1000, "Alice", ("/ip4/192.0.2.7/tcp/4001",))
    return {"link": invite.link(said), "peer-id": ALICE, "secret": said.secret.hex(), "expires": said.expires,
            "name": said.name, "addresses": list(said.addresses)}  # fmt: skip


def _code(answer: Ack | Refused) -> str:
    assert isinstance(answer, Refused)
    return answer.code


def _json(value: Any) -> Any:
    """The value as JSON has it; bytes as {"hex": …}."""
    match value:
        case bytes():
            return {"hex": value.hex()}
        case list():
            return [_json(item) for item in value]
        case dict():
            return {key: _json(item) for key, item in value.items()}
        case _:
            return value


def _diagnostic(fields: dict[str, Any]) -> str:
    def one(value: Any) -> str:
        if isinstance(value, bytes):
            return f"h'{value.hex()}'"
        if isinstance(value, dict):
            return "{" + ", ".join(f'"{key}": {one(item)}' for key, item in value.items()) + "}"
        return json.dumps(value, ensure_ascii=False)

    return "{\n" + ",\n".join(f'  "{key}": {one(value)}' for key, value in fields.items()) + "\n}"


def _folded(text: str) -> str:
    return "\n".join(text[start : start + 96] for start in range(0, len(text), 96))


def _sealed_backwards(fields: dict[str, Any]) -> bytes:
    return sealed(cbor2.dumps(dict(reversed(fields.items()))))


if __name__ == "__main__":
    VECTORS.write_text(as_json(), encoding="utf-8")
    DOCUMENT.write_text(with_regions(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
