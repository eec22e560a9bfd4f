"""The proof of airplane mode: it holds for the program as it is, and fails for one that reaches out."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from app.prove import offline, sockets
from installer import places
from tests.paths import ROOT

pytestmark = [
    pytest.mark.skipif(not places.models().exists(), reason="the default models are not installed"),
    pytest.mark.timeout(900),
]

REACHES_OUT = """
import socket, sys
sys.path.insert(0, {root!r})
import storage.library

add = storage.library.Library.add

def telling_add(self, records, *more, **named):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("192.0.2.1", 9))  # an address of nobody (RFC 5737); no packet leaves by this
    return add(self, records, *more, **named)

storage.library.Library.add = telling_add
"""
LISTENS_BEFORE_THE_WATCH = """
import socket

held = socket.create_server(("0.0.0.0", 0))
"""


def test_nothing_is_reached_in_airplane_mode_whatever_is_done() -> None:
    found = offline.prove()
    assert (found.connections, found.holds) == ((), True)
    assert found.features == tuple(offline.ACTS)
    assert {"invite", "task", "feed", "model"} <= set(found.refused)
    assert found.processes > 10


@pytest.mark.parametrize(
    ("planted", "wanted"),
    [(REACHES_OUT, "connect 192.0.2.1:9 "), (LISTENS_BEFORE_THE_WATCH, "bind 0.0.0.0:")],
)
def test_one_planted_connection_makes_it_fail(
    planted: str, wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(textwrap.dedent(planted.format(root=str(ROOT))), "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("NUEE_MODELS", str(tmp_path / "no-models"))  # none has a part in what is planted
    found = offline.prove(only=["import"])
    assert not found.holds
    assert any(line.startswith(wanted) for line in found.connections)


@pytest.mark.parametrize(
    ("line", "here"),
    [
        ("connect 127.0.0.1:80 (nuee)", True),
        ("connect ::1:80 (nuee)", True),
        ("look up localhost:80 (nuee)", True),
        ("connect 10.0.0.1:80 (nuee)", False),
        ("bind 0.0.0.0:4001 (nuee)", False),
        ("bind :::4001 (nuee)", False),
        ("look up example.org:443 (nuee)", False),
        ("look up localhost.example.org:443 (nuee)", False),
    ],
)
def test_only_what_stays_on_this_machine_is_excepted(line: str, here: bool) -> None:
    assert sockets.stays(line) is here
