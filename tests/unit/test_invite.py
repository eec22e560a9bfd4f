"""An invite's link: strict, whole, and silent about its secret."""

from __future__ import annotations

import base64
import hashlib

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from p2p import identity, invite
from p2p.invite import BadInvite, Invite

HOST_KEY = bytes.fromhex("08011240") + bytes.fromhex(
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
)  # RFC 8032, 7.1, TEST 1
PEER = identity.peer_id(HOST_KEY)
ONE = Invite(PEER, bytes(range(16)), 1_800_000_000, "Élodie", ("/ip4/192.0.2.7/tcp/4001", "/ip6/::1/tcp/1"))


def packed(*fields: object) -> str:
    body = cbor2.dumps(list(fields))
    return "nuee:" + base64.urlsafe_b64encode(body + hashlib.sha256(body).digest()[:4]).rstrip(b"=").decode()


def code(text: str) -> str:
    with pytest.raises(BadInvite) as failure:
        invite.read(text)
    return failure.value.code


def test_a_link_says_what_the_invite_said() -> None:
    assert invite.read(invite.link(ONE)) == ONE


def test_a_link_is_what_earlier_releases_wrote() -> None:
    assert invite.link(ONE) == (
        "nuee:hgFYINdamAGCsQq31Uv-08lkBzoO4XLz2qYjJa8CGmj3B1EaUAABAgMEBQYHCAkKCwwNDg8aa0nSAGfDiWxvZGllgncvaXA"
        "0LzE5Mi4wLjIuNy90Y3AvNDAwMW4vaXA2Lzo6MS90Y3AvMUk7spY"
    )


def test_white_space_that_mail_programs_leave_does_not_matter() -> None:
    text = invite.link(ONE)
    assert invite.read(f"  {text[:40]}\n {text[40:]}\r\n") == ONE


@pytest.mark.parametrize("place", range(5, 145, 7))
def test_a_mistyped_link_is_told_from_a_refused_one(place: int) -> None:
    text = invite.link(ONE)
    other = "A" if text[place] != "A" else "B"
    assert code(text[:place] + other + text[place + 1 :]) == "invite-broken"


@pytest.mark.parametrize("length", [0, 4, 5, 9, 50, -1])
def test_a_link_that_was_cut_off_is_broken(length: int) -> None:
    assert code(invite.link(ONE)[:length]) == "invite-broken"


def test_an_invite_of_a_later_version_says_so() -> None:
    assert code(packed(2, "something else")) == "invite-version"


@pytest.mark.parametrize(
    "fields",
    [
        (1,),
        (1, bytes(31), bytes(16), 0, "", []),
        (1, bytes(32), bytes(15), 0, "", []),
        (1, bytes(32), bytes(16), -1, "", []),
        (1, bytes(32), bytes(16), 2**60, "", []),
        (1, bytes(32), bytes(16), 0, "n" * 81, []),
        (1, bytes(32), bytes(16), 0, "", {}),
        (1, "text", bytes(16), 0, "", []),
    ],
)
def test_fields_that_do_not_fit_are_broken(fields: tuple[object, ...]) -> None:
    assert code(packed(*fields)) == "invite-broken"


def test_addresses_that_cannot_be_one_are_passed_over() -> None:
    fields = (1, identity.public_key_of(PEER), bytes(16), 0, "", ["/ip4/1.2.3.4/tcp/1", "no", 7, "/\x1b[2J", "/" * 300])
    assert invite.read(packed(*fields)).addresses == ("/ip4/1.2.3.4/tcp/1",)


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: "nuee:" + base64.urlsafe_b64encode(raw).decode())
)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(BadInvite):
        invite.read(text)


def test_the_secret_is_in_no_repr() -> None:
    assert ONE.secret.hex() not in repr(ONE)
    assert repr(ONE.secret) not in repr(ONE)
