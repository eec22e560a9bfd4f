"""`nuee receipt verify`: a file is believed or it is not, without a profile, a vault, a display or a network."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from app import receipt_reading
from app.actions import receipts_cli
from app.cli import parser
from app.prove import sockets
from p2p.canonical import decode, encode
from p2p.content_fields import Price
from p2p.contents import Proposal, Result
from p2p.receipts import PREFIX, RECEIPT_LIMIT, BadReceipt, verified
from tests.unit.acl_fixtures import ALICE_KEY, BOB_KEY, EVE, EVE_KEY
from tests.unit.receipt_fixtures import ACCEPTED, CALL, OFFER, RESULT, WHOLE, receipt, said_again

DATA = receipt().data
EMPTY = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def saved(folder: Path, data: bytes = DATA) -> Path:
    path = folder / "a.nuee-receipt"
    path.write_bytes(data)
    return path


def run(path: object, *more: str) -> tuple[int, str]:
    """The exit status and what is printed."""
    out, sys.stdout = sys.stdout, io.StringIO()
    try:
        status = receipts_cli.run(
            parser("en").parse_args(["receipt", "verify", str(path), *more]), Path("nowhere"), "en"
        )
        return status, sys.stdout.getvalue()
    finally:
        sys.stdout = out


def opened(data: bytes) -> Any:
    return decode(data)


def code_of(data: bytes) -> str:
    with pytest.raises(BadReceipt) as refused:
        verified(data)
    return refused.value.code


# Without anything but the file


def test_it_needs_no_profile_and_leaves_none(tmp_path: Path) -> None:
    path, home = saved(tmp_path), tmp_path / "home"
    done = subprocess.run(
        [sys.executable, "-m", "app", "receipt", "verify", str(path)],
        env={**EMPTY, "HOME": str(home), "NUEE_HOME": str(home / "profile")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Verified.")
    assert not home.exists()


def test_it_opens_no_socket(tmp_path: Path) -> None:
    path, watched = saved(tmp_path), tmp_path / "watched"
    watched.mkdir()
    subprocess.run(
        [sys.executable, "-m", "app", "receipt", "verify", str(path), "--json"],
        env={**EMPTY, "HOME": str(tmp_path), "NUEE_SOCKET_WATCH": str(watched)}, check=True, capture_output=True,
    )  # fmt: skip
    assert sockets.read(watched) == (set(), 1)


def test_it_starts_no_node_and_no_window(tmp_path: Path) -> None:
    heavy = {"trio", "libp2p", "PySide6", "web3", "sqlcipher3"}
    code = (
        "import sys; from app.cli import main; main(sys.argv[1:]);"
        f"print(sorted({{name.partition('.')[0] for name in sys.modules}} & {heavy}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "receipt", "verify", str(saved(tmp_path))],
        env={**EMPTY, "HOME": str(tmp_path)}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"


# What is said


def test_it_says_who_asked_whom_for_what_at_which_price(tmp_path: Path) -> None:
    status, said = run(saved(tmp_path))
    assert status == 0
    for part in (WHOLE[0].sender, WHOLE[0].receiver, "inference", "250 credit", "prompt: Hi", "text: Hello"):
        assert part in said
    assert RESULT.digest().hex() in said


NARROW = "\u202f"  # between thousands


def test_a_price_on_a_chain_is_said_in_what_was_signed(tmp_path: Path) -> None:
    """Nobody but the chain knows how the token is called."""
    token = "0x" + "70" * 20
    price = Price(10**18, f"eip155:5/erc20:{token}")
    offer = replace(OFFER, content=Proposal(price, 1).to_map())
    _, said = run(saved(tmp_path, receipt((CALL, offer, ACCEPTED, RESULT)).data))
    assert f"price: {f'{10**18:,}'.replace(',', NARROW)} smallest units of the token {token} on chain 5" in said


def test_it_says_what_is_proved_and_what_is_not(tmp_path: Path) -> None:
    _, said = run(saved(tmp_path))
    assert "each of the 4 messages was signed by the node that sent it" in said
    assert "Not proved: that nothing else was said" in said


def test_what_it_says_of_a_chain_counts_as_a_claim(tmp_path: Path) -> None:
    _, said = run(saved(tmp_path, receipt(chain=5, job=7).data))
    assert "job: 7" in said
    assert "the word of whoever made it" in said


def test_a_program_gets_the_same_as_json(tmp_path: Path) -> None:
    _, said = run(saved(tmp_path), "--json")
    found = json.loads(said)
    assert (found["holds"], found["receipt"]["amount"], found["receipt"]["outcome"]) == (True, "250", "done")


# The result


@pytest.mark.parametrize("shown", ["Hello", "Hello\n", '{"text": "Hello"}'])
def test_the_result_in_hand_is_recognised(tmp_path: Path, shown: str) -> None:
    assert run(saved(tmp_path), "--result", shown)[0] == 0
    (tmp_path / "result").write_text(shown, "utf-8")
    assert run(saved(tmp_path), "--result", str(tmp_path / "result"))[0] == 0


@pytest.mark.parametrize("shown", ["Hello.", "", "text", "{}", "Hi", "x" * 5000])
def test_another_result_is_not(tmp_path: Path, shown: str) -> None:
    status, said = run(saved(tmp_path), "--result", shown)
    assert status == 1
    assert "is NOT the one in the receipt" in said


def test_a_large_result_is_recognised_by_the_digest_that_the_provider_signed(tmp_path: Path) -> None:
    model = bytes(3 << 20)
    handed = replace(RESULT, content=Result({}, {"model": hashlib.sha256(model).digest()}).to_map())
    (tmp_path / "model.gguf").write_bytes(model)
    path = saved(tmp_path, receipt((CALL, OFFER, ACCEPTED, handed)).data)
    assert run(path, "--result", str(tmp_path / "model.gguf"))[0] == 0
    (tmp_path / "model.gguf").write_bytes(model + b"\0")
    assert run(path, "--result", str(tmp_path / "model.gguf"))[0] == 1


def test_a_receipt_without_a_result_matches_none(tmp_path: Path) -> None:
    assert run(saved(tmp_path, receipt((CALL, OFFER, ACCEPTED)).data), "--result", "Hello")[0] == 1


# What is no receipt


def test_no_byte_of_it_can_be_another() -> None:
    for at in range(len(DATA)):
        changed = bytearray(DATA)
        changed[at] ^= 1 << at % 8
        with pytest.raises(BadReceipt):
            verified(bytes(changed))


def test_cut_off_anywhere_it_is_none() -> None:
    for length in range(len(DATA)):
        with pytest.raises(BadReceipt):
            verified(DATA[:length])


@pytest.mark.parametrize("more", [b"\0", b"\n", DATA])
def test_with_more_after_it_it_is_none(more: bytes) -> None:
    assert code_of(DATA + more) == "receipt-encoding"


def forged(order: Sequence[int]) -> bytes:
    """The receipt with these of its messages; its links and its signature as they were."""
    version, core, issuer, signature = opened(DATA)
    fields = opened(core)
    messages = [fields["messages"][at] for at in order]
    return encode([version, encode({**fields, "messages": messages}), issuer, signature])


@pytest.mark.parametrize(
    "order", [(0, 2, 1, 3), (1, 0, 2, 3), (0, 1, 2), (0, 1, 3), (0, 1, 2, 3, 3), (0, 0, 1, 2, 3), (3,), ()]
)
def test_messages_that_are_moved_dropped_or_doubled_are_noticed(order: tuple[int, ...]) -> None:
    with pytest.raises(BadReceipt):
        verified(forged(order))


def issued(core: bytes, issuer: str, key: bytes) -> bytes:
    """What somebody with this key can sign."""
    return encode([1, core, issuer, Ed25519PrivateKey.from_private_bytes(key[4:36]).sign(PREFIX + core)])


def test_a_party_cannot_sign_other_links_than_its_messages_make() -> None:
    _, core, issuer, _ = opened(DATA)
    forged = encode({**opened(core), "links": bytes(32)})
    assert code_of(issued(forged, issuer, ALICE_KEY)) == "receipt-links"


def test_a_stranger_cannot_make_it_theirs() -> None:
    _, core, _, _ = opened(DATA)
    assert code_of(issued(core, EVE, EVE_KEY)) == "receipt-signature"


def test_one_party_cannot_sign_for_the_other() -> None:
    version, core, issuer, _ = opened(DATA)
    theirs = opened(receipt(key=BOB_KEY).data)
    assert code_of(encode([version, core, issuer, theirs[3]])) == "receipt-signature"


def test_an_act_that_is_said_twice_is_in_no_receipt() -> None:
    """Of two results that a provider signed, nobody chooses one and shows both."""
    with pytest.raises(BadReceipt) as refused:
        receipt((*WHOLE, said_again(RESULT)))
    assert refused.value.code == "receipt-order"


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_a_file_holds_it_is_told_apart(data: bytes) -> None:
    with pytest.raises(BadReceipt):
        verified(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_is_put_in_its_place_is_told_apart(data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(DATA) - 1))
    last = data.draw(st.integers(first, len(DATA)))
    other = data.draw(st.binary(max_size=80))
    changed = DATA[:first] + other + DATA[last:]
    if changed != DATA:
        with pytest.raises(BadReceipt):
            verified(changed)


def test_a_damaged_file_is_a_sentence_with_a_code_and_status_1(tmp_path: Path) -> None:
    path = saved(tmp_path, DATA[:-1] + b"\0")
    status, said = run(path)
    assert status == 1
    assert said == "NOT verified: Neither of the two nodes made this receipt.\n"
    assert json.loads(run(path, "--json")[1])["code"] == "receipt-signature"


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole of a terabyte: to read it would end this test

    status, said = run(path)
    assert (status, "too large" in said) == (1, True)


def test_a_file_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    assert "This file is not a receipt" in run(saved(tmp_path, bytes(RECEIPT_LIMIT)))[1]


@pytest.mark.parametrize("what", ["a folder", "nothing", "a pipe", "a device", "no name"])
def test_what_is_no_file_is_said(tmp_path: Path, what: str) -> None:
    path: object = tmp_path / "there"
    if what == "a folder":
        path = tmp_path
    elif what == "a pipe":
        os.mkfifo(tmp_path / "there")
    elif what == "a device":
        path = "/dev/zero"
    elif what == "no name":
        path = "a\0b"
    status, said = run(path)
    assert (status, "cannot be read" in said) == (1, True)


def test_what_a_peer_wrote_cannot_draw_on_the_terminal(tmp_path: Path) -> None:
    hostile = replace(RESULT, content=Result({"text": "\x1b[2Jnothing\u202e"}).to_map())
    _, said = run(saved(tmp_path, receipt((CALL, OFFER, ACCEPTED, hostile)).data))
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_moment_that_no_calendar_holds_is_shown_as_the_last(tmp_path: Path) -> None:
    late = replace(RESULT, sent=2**53 - 1)
    assert run(saved(tmp_path, receipt((CALL, OFFER, ACCEPTED, late)).data))[0] == 0


def test_the_suffix_is_one() -> None:
    assert receipts_cli.SUFFIX == receipt_reading.SUFFIX
