"""The bundled mail skills over the program's own host functions and a real vault: the contract holds on both sides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.functions.port import FunctionFailed
from skills.limits import Surroundings
from skills.outcome import Finished, Suspended
from skills.sandbox import ERROR_KINDS, Sandbox
from storage.sources import message
from tests.paths import DATA
from tests.unit.bundled_fixtures import declared, granted, program_of
from tests.unit.functions_fixtures import ME, NOW, Host, calling, card, host_fixture, letter

__all__ = ["host_fixture"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as made:
        yield made


async def ran(sandbox: Sandbox, host: Host, skill: str, entry: str, **inputs: Any) -> Any:
    """What the entry returns; the model always chooses the first."""
    program = program_of(skill)
    function = declared(skill)["entry"][entry].partition(":")[2]
    around = Surroundings(
        now=NOW.timestamp(), offset=int((NOW.utcoffset() or timedelta()).total_seconds()), seed="test"
    )
    outcome = sandbox.run(program, function, {"language": "en", **inputs}, granted(skill), None, around)
    while isinstance(outcome, Suspended):
        try:
            if outcome.call == "model_choose":
                value: Any = outcome.kwargs["options"][0]
            else:
                value = await host.call(outcome.call.replace("_", ".", 1), calling(skill), **outcome.kwargs)
        except FunctionFailed as failed:
            kind = failed.kind if failed.kind in ERROR_KINDS else "RuntimeError"
            outcome = sandbox.resume_error(outcome.dump, kind, str(failed))
        else:
            outcome = sandbox.resume(outcome.dump, value)
    assert isinstance(outcome, Finished), outcome
    return outcome.value


def filled(host: Host) -> list[str]:
    host.add(card("Ada Byron", "ada@example.net"))
    return host.add(
        letter(),
        letter(
            "Our best deals", "Unsubscribe here.", sender="Shop <news@shop.example>", headers={"List-Id": "<s.example>"}
        ),
        letter(
            "Plan",
            "Hello Ada,\n\nI'll send you the plan by Friday. Did the parcel arrive?\n\nCheers,\nMax",
            sender=f"Max <{ME}>",
            to="Ada Byron <ada@example.net>",
            date="Thu, 26 Feb 2026 12:00:00 +0100",
            folder="Sent",
        ),
    )


async def test_the_inbox_is_sorted(sandbox: Sandbox, host: Host) -> None:
    lunch, deals, _ = filled(host)
    said = await ran(sandbox, host, "mail-triage", "sort")
    assert set(said["sources"]) == {lunch, deals}
    assert (await host.call("mail.get", id=lunch))["needs_answer"] is True
    assert (await host.call("mail.get", id=deals))["labels"] == ["newsletter"]


async def test_an_answer_is_drafted(sandbox: Sandbox, host: Host) -> None:
    lunch, *_ = filled(host)
    said = await ran(sandbox, host, "reply", "draft", request="answer Ada that I can come at noon")
    assert said["sources"] == [lunch]
    assert said["text"].endswith("> Hello Ada,\n> \n> I can come at noon.\n> \n> Cheers,\n> Max")
    (draft,) = host.vault.vault.drafts.list()
    assert (draft.message.to, draft.message.subject) == (("ada@example.net",), "Re: Lunch on Friday")


async def test_what_is_open_is_listed_and_ticked_off(sandbox: Sandbox, host: Host) -> None:
    *_, plan = filled(host)
    said = await ran(sandbox, host, "follow-ups", "list")
    assert said["sources"] == [plan, plan]
    assert "“I'll send you the plan by Friday.” – to Ada Byron, overdue since Fri 27 February [1]" in said["text"]
    await ran(sandbox, host, "follow-ups", "done", what="1")
    assert "parcel" in (left := (await ran(sandbox, host, "follow-ups", "list"))["text"])
    assert "plan" not in left


async def test_the_morning_tells_what_is_new(sandbox: Sandbox, host: Host) -> None:
    lunch, _, plan = filled(host)
    await host.call("event.add", title="Dentist", start="2026-03-05T14:00:00Z", end="2026-03-05T15:00:00Z")
    said = await ran(sandbox, host, "digest", "morning")
    assert "**Tomorrow**\n- 15:00–16:00 Dentist [1]" in said["text"]
    assert "- Ada Byron – Lunch on Friday, “Shall we meet at noon?” [2]" in said["text"]
    assert said["sources"][1:] == [lunch, plan]


async def test_no_mail_of_public_lists_is_called_suspicious(sandbox: Sandbox, host: Host) -> None:
    mails = DATA / "mail"
    files = [path for name in ("default", "html") for path in sorted((mails / name).rglob("*")) if path.is_file()][:30]
    if not files:
        pytest.skip("the mail corpora are not there")
    names = host.add(*[message.parse(path.read_bytes(), f"{path.name}#1", "INBOX") for path in files])
    for name in dict.fromkeys(names):
        await ran(sandbox, host, "mail-triage", "triage", record=name)
        assert (await host.call("mail.get", id=name))["labels"] not in ([], ["suspicious"])
