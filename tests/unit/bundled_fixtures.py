"""What the tests of the bundled skills share: a host over plain lists, and a run of an entry in the real sandbox.

The host answers as docs/host-functions.md says and records every call.  Nothing in it decides: what policy would ask
or refuse is chosen by the test (`refused`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from skills.limits import Surroundings
from skills.outcome import Failed, Finished, Suspended
from skills.program import joined
from skills.sandbox import ERROR_KINDS, Sandbox
from tests.paths import ROOT

BUNDLED = ROOT / "skills" / "bundled"
ME = "marie@example.org"
NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)  # a Wednesday

# Which functions a permission grants, as docs/host-functions.md has it.
FUNCTIONS: dict[str, tuple[str, ...]] = {
    "mail.read": ("mail_search", "mail_get", "mail_thread", "mail_sent"),
    "mail.label": ("mail_label",),
    "mail.draft": ("mail_draft",),
    "mail.send": ("mail_send",),
    "notes.read": ("note_search", "note_get"),
    "feeds.read": ("feed_items",),
    "calendar.read": ("event_list",),
    "calendar.write": ("event_add",),
    "contacts.read": ("contact_find",),
    "memory.read": ("memory_list",),
    "net.fetch": ("net_fetch",),
    "model.use": ("model_write", "model_choose"),
    "keep": ("kept_get", "kept_set", "kept_keys"),
    "contracts.compile": ("contract_compile",),
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "mail_search": {"query": "", "since": None, "until": None, "folder": "", "limit": 20},
    "mail_get": {"id": ...},
    "mail_thread": {"id": ...},
    "mail_sent": {"to": "", "limit": 10, "begun": False},
    "mail_label": {"id": ..., "labels": None, "priority": None, "needs_answer": None},
    "mail_draft": {"to": ..., "subject": ..., "text": ..., "cc": [], "reply_to": ""},
    "mail_send": {"to": ..., "subject": ..., "text": ..., "cc": [], "reply_to": ""},
    "note_search": {"query": "", "limit": 20},
    "note_get": {"id": ...},
    "feed_items": {"query": "", "feed": "", "since": None, "limit": 50},
    "event_list": {"start": ..., "end": ...},
    "event_add": {"title": ..., "start": ..., "end": ..., "all_day": False, "place": "", "text": ""},
    "contact_find": {"name": "", "limit": 20},
    "memory_list": {"kind": "fact", "query": ""},
    "net_fetch": {"address": ...},
    "model_write": {"instructions": ..., "text": ..., "max_tokens": 200},
    "model_choose": {"instructions": ..., "text": ..., "options": ...},
    "kept_get": {"key": ..., "default": None},
    "kept_set": {"key": ..., "value": ...},
    "kept_keys": {},
    "contract_compile": {"source": ...},
}
_BRIEF = ("id", "title", "sender", "date", "labels", "priority", "needs_answer")


class Refusal(Exception):
    """What the host answers instead of a value: an exception of type `kind` at the call."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind if kind in ERROR_KINDS else "RuntimeError"


@dataclass(frozen=True)
class Call:
    function: str
    arguments: dict[str, Any]


def mail(
    id: str, text: str = "", *, title: str = "", sender: str = "Ada Lovelace <ada@example.net>", **more: Any
) -> Any:
    """One *mail* as the contract has it.  `sender` "me" is the person; `quoted` stands under the text as a quotation.

    The thread is `thread`, a name that mails share here and the host makes ids of.
    """
    from_me = sender == "me"
    sender = f"Marie Curie <{ME}>" if from_me else sender
    _, _, address = sender.rpartition("<") if "<" in sender else ("", "", sender)
    quoted = more.pop("quoted", "")
    found = {
        "id": id,
        "title": title,
        "sender": sender,
        "address": address.rstrip(">"),
        "to": ["Ada Lovelace <ada@example.net>"] if from_me else [f"Marie Curie <{ME}>"],
        "cc": [],
        "date": "2026-03-03T10:00:00Z",
        "text": text + (f"\n\n{quoted}" if quoted else ""),
        "own_text": text,
        "folder": "Sent" if from_me else "INBOX",
        "flags": [],
        "labels": [],
        "priority": None,
        "needs_answer": None,
        "automatic": False,
        "newsletter": False,
        "authenticated": None if from_me else True,
        "from_me": from_me,
        "from_contact": False,
        "message_id": f"<{id}@example.net>",
        "thread": id,
    }
    unknown = set(more) - set(found)
    assert not unknown, unknown
    return found | more


@dataclass
class ScriptedHost:
    """The functions over plain data.  `writes` and `chooses` are the model: they get instructions and text.

    `refused`: functions that raise PermissionError.  `unavailable`: those that raise OSError.
    """

    mails: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    contacts: list[dict[str, Any]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    instructions: list[str] = field(default_factory=list)
    pages: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    writes: Callable[[str, str], str] = lambda _instructions, _text: ""
    chooses: Callable[[str, str, Sequence[str]], str] = lambda _instructions, _text, options: options[0]
    compiles: Callable[[str], dict[str, Any]] | None = None
    refused: set[str] = field(default_factory=set)
    unavailable: set[str] = field(default_factory=set)
    calls: list[Call] = field(default_factory=list)

    def called(self, function: str) -> list[dict[str, Any]]:
        """The arguments of each call of that function, in order."""
        return [call.arguments for call in self.calls if call.function == function]

    def answer(self, function: str, arguments: Mapping[str, Any]) -> Any:
        """Errors: Refusal."""
        known = DEFAULTS[function]
        if set(arguments) - set(known):
            raise Refusal("ValueError", f"{function} has no argument {sorted(set(arguments) - set(known))}.")
        given = {**known, **arguments}
        missing = [name for name, value in given.items() if value is ...]
        if missing:
            raise Refusal("ValueError", f"{function} needs {missing}.")
        if not 1 <= given.get("limit", 1) <= (50 if function == "mail_sent" else 100):
            raise Refusal("ValueError", "A list has at most 100 entries.")
        self.calls.append(Call(function, dict(arguments)))
        if function in self.refused:
            raise Refusal("PermissionError", "The person said no.")
        if function in self.unavailable:
            raise Refusal("OSError", "It could not be done now.")
        return getattr(self, f"_{function}")(**given)

    def _mail(self, id: str) -> dict[str, Any]:
        for one in self.mails:
            if one["id"] == id:
                threads = [m["id"] for m in sorted(self.mails, key=_date) if m["thread"] == one["thread"]]
                return one | {"thread": threads}
        raise Refusal("LookupError", "There is no such mail.")

    def _mail_search(self, query: str, since: str | None, until: str | None, folder: str, limit: int) -> Any:
        found = [one for one in self.mails if _within(one["date"], since, until) and _matches(one, query)]
        found = [one for one in found if not folder or one["folder"].lower() == folder.lower()]
        return [_brief(one) for one in sorted(found, key=_date, reverse=True)[:limit]]

    def _mail_get(self, id: str) -> Any:
        return self._mail(id)

    def _mail_thread(self, id: str) -> Any:
        return [self._mail(other) for other in self._mail(id)["thread"]]

    def _mail_sent(self, to: str, limit: int, begun: bool) -> Any:
        mine = [one for one in self.mails if one["from_me"]]
        if begun:
            mine = [one for one in mine if not re.match(r"(?i)re ?:", one["title"])]
        mine = [one for one in mine if not to or any(to.lower() in each.lower() for each in one["to"])]
        return [self._mail(one["id"]) for one in sorted(mine, key=_date, reverse=True)[:limit]]

    def _mail_label(self, id: str, labels: Any, priority: Any, needs_answer: Any) -> Any:
        self._mail(id)
        one = next(one for one in self.mails if one["id"] == id)
        given = {"labels": labels, "priority": priority, "needs_answer": needs_answer}
        one.update({key: value for key, value in given.items() if value is not None})
        return {key: one[key] for key in given}

    def _mail_draft(self, **_given: Any) -> Any:
        return {"draft": len(self.called("mail_draft"))}

    def _mail_send(self, reply_to: str, **_given: Any) -> Any:
        if reply_to and self._mail(reply_to)["automatic"]:
            raise Refusal("ValueError", "An automatic message is not answered.")
        return {"sent": True, "message_id": f"<sent-{len(self.called('mail_send'))}@example.org>"}

    def _note_search(self, query: str, limit: int) -> Any:
        return [_brief(one) for one in self.notes if _matches(one, query)][:limit]

    def _note_get(self, id: str) -> Any:
        for one in self.notes:
            if one["id"] == id:
                return {key: one.get(key) for key in ("id", "title", "text", "date")}
        raise Refusal("LookupError", "There is no such note.")

    def _feed_items(self, query: str, feed: str, since: str | None, limit: int) -> Any:
        found = [one for one in self.items if _within(one["date"], since, None) and _matches(one, query)]
        found = [one for one in found if not feed or feed.lower() in one.get("feed", "").lower()]
        chosen = sorted(found, key=_date, reverse=True)[:limit]
        return [_brief(one) | {"link": one.get("link", ""), "feed": one.get("feed", "")} for one in chosen]

    def _event_list(self, start: str, end: str) -> Any:
        empty = {"place": "", "text": "", "all_day": False, "cancelled": False}
        inside = [one for one in self.events if one["start"] < _end_of(end) and one.get("end", one["start"]) >= start]
        return sorted([{**empty, **one} for one in inside], key=lambda one: one["start"])

    def _event_add(self, **given: Any) -> Any:
        made = {"id": f"event-{len(self.events) + 1}", "cancelled": False, **given}
        self.events.append(made)
        return {"id": made["id"]}

    def _contact_find(self, name: str, limit: int) -> Any:
        wanted = name.lower()
        return [
            one
            for one in self.contacts
            if wanted in one["name"].lower() or wanted in " ".join(one["addresses"]).lower()
        ][:limit]

    def _memory_list(self, kind: str, query: str) -> Any:
        texts = {"fact": self.facts, "instruction": self.instructions}[kind]
        return [
            {"text": text, "date": "2026-01-05T08:00:00Z", "source": "you"}
            for text in texts
            if all(word in text.lower() for word in query.lower().split())
        ]

    def _net_fetch(self, address: str) -> Any:
        if address not in self.pages:
            raise Refusal("OSError", "The page could not be fetched.")
        page = {"address": address, "title": "", "text": "", "type": "text/html", "fetched": "2026-03-04T09:00:00Z"}
        return page | self.pages[address]

    def _model_write(self, instructions: str, text: str, max_tokens: int) -> Any:
        if not 1 <= max_tokens <= 600:
            raise Refusal("ValueError", "The model writes 1 to 600 tokens.")
        return self.writes(instructions, text)

    def _model_choose(self, instructions: str, text: str, options: list[str]) -> Any:
        chosen = self.chooses(instructions, text, options)
        assert chosen in options, chosen
        return chosen

    def _kept_get(self, key: str, default: Any) -> Any:
        return self.kept.get(key, default)

    def _kept_set(self, key: str, value: Any) -> None:
        if value is None:
            self.kept.pop(key, None)
        else:
            self.kept[key] = value

    def _kept_keys(self) -> Any:
        return sorted(self.kept)

    def _contract_compile(self, source: str) -> Any:
        if self.compiles is None:
            raise Refusal("OSError", "There is no compiler.")
        return self.compiles(source)


def declared(skill: str) -> dict[str, Any]:
    """skill.toml of a bundled skill."""
    return tomllib.loads((BUNDLED / skill / "skill.toml").read_text(encoding="utf-8"))


def program_of(skill: str) -> str:
    """The files of the program of a bundled skill, joined as they run."""
    names = declared(skill).get("program", ["main.py"])
    return joined({name: (BUNDLED / skill / name).read_bytes() for name in names}, names).text


def granted(skill: str) -> list[str]:
    """The host functions that the permissions of a bundled skill grant."""
    return [name for permission in declared(skill)["permissions"] for name in FUNCTIONS[permission.partition(":")[0]]]


def run_entry(sandbox: Sandbox, host: ScriptedHost, skill: str, entry: str, now: datetime = NOW, **inputs: Any) -> Any:
    """What the entry returns; every call is answered by `host`.  Fails the test if the run fails."""
    outcome = outcome_of(sandbox, host, skill, entry, now, **inputs)
    assert isinstance(outcome, Finished), outcome
    return outcome.value


def outcome_of(
    sandbox: Sandbox, host: ScriptedHost, skill: str, entry: str, now: datetime = NOW, **inputs: Any
) -> Finished | Failed:
    """The same, or how it failed.  `now`: the person's local time with its zone; `language` is "en" unless given."""
    function = declared(skill)["entry"][entry].partition(":")[2]
    program = program_of(skill)
    offset = int((now.utcoffset() or timedelta()).total_seconds())
    around = Surroundings(now=now.timestamp(), offset=offset, zone="local", seed="test")
    outcome = sandbox.run(program, function, {"language": "en", **inputs}, granted(skill), None, around)
    while isinstance(outcome, Suspended):
        assert not outcome.args, f"{outcome.call} is called with keyword arguments only"
        try:
            value = host.answer(outcome.call, outcome.kwargs)
        except Refusal as refusal:
            outcome = sandbox.resume_error(outcome.dump, refusal.kind, str(refusal))
        else:
            outcome = sandbox.resume(outcome.dump, value)
    return outcome


def text_of(value: Any) -> str:
    """What the person reads of what an entry returned."""
    return value["text"] if isinstance(value, dict) else value or ""


def _date(one: Mapping[str, Any]) -> str:
    return str(one["date"])


def _brief(one: Mapping[str, Any]) -> dict[str, Any]:
    brief = {key: one.get(key) for key in _BRIEF} | {"snippet": " ".join(one.get("text", "").split())[:200]}
    brief["labels"] = list(one.get("labels") or [])
    if "from_me" in one:
        brief |= {"from_me": one["from_me"], "unread": "seen" not in one["flags"]}
    return brief


def _within(date: str, since: str | None, until: str | None) -> bool:
    return (since is None or date >= since) and (until is None or date < _end_of(until))


def _end_of(moment: str) -> str:
    """A day means its end."""
    if len(moment) > 10:
        return moment
    return (datetime.fromisoformat(moment) + timedelta(days=1)).strftime("%Y-%m-%d")


def _matches(one: Mapping[str, Any], query: str) -> bool:
    for word in re.findall(r'\w+:"[^"]*"|\S+', query.lower()):
        prefix, colon, value = word.partition(":")
        if colon and prefix in ("from", "to", "subject", "is"):
            if not _holds(one, prefix, value.strip('"')):
                return False
        elif not re.search(
            rf"\b{re.escape(word)}", f"{one.get('title', '')} {one.get('sender', '')} {one.get('text', '')}".lower()
        ):
            return False
    return True


def _holds(one: Mapping[str, Any], prefix: str, value: str) -> bool:
    if prefix == "is":
        flags = one.get("flags", [])
        return {"unread": "seen" not in flags, "answered": "answered" in flags, "unanswered": "answered" not in flags}[
            value
        ]
    where = {"from": one.get("sender", ""), "to": " ".join(one.get("to", [])), "subject": one.get("title", "")}[prefix]
    return value in str(where).lower()
