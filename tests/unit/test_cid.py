"""Names on IPFS that prove what is behind them."""

from __future__ import annotations

import hashlib

import pytest

from p2p.cid import name_of, raw_digest

HELLO = "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"  # of "hello world"


def test_the_name_of_bytes_is_that_which_others_give_them() -> None:
    assert name_of(hashlib.sha256(b"hello world").digest()) == HELLO


def test_a_name_says_which_bytes_are_behind_it() -> None:
    proved = (HELLO, hashlib.sha256(b"hello world").digest())
    assert raw_digest(f"ipfs://{HELLO}") == raw_digest(f"ipfs://{HELLO}/") == proved


@pytest.mark.parametrize(
    "uri",
    [
        "ipfs://QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",  # version 0
        "ipfs://bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",  # a tree
        f"ipfs://{HELLO}/agent.json",
        f"ipfs://{HELLO.upper()}",
        f"ipfs://{HELLO[:-1]}f",  # bits that say nothing are zero
        f"ipfs://{HELLO}\n",
        f"https://gateway.example/ipfs/{HELLO}",
        "ipfs://",
        "",
    ],
)
def test_any_other_name_proves_nothing(uri: str) -> None:
    assert raw_digest(uri) is None
