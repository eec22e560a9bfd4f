"""The arguments of a tool, taken from the words of a request by rules.  What rules cannot find stays open.

Nothing is made up: every value stands in the request, or is a day or time that its words name.  Where several
arguments are of one type, they get what is found in the order in which it is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from agent import moments
from agent.moments import Found, plain
from agent.tools import Tool
from skills.declared import Argument

Value = str | int | float
_ADDRESS = re.compile(
    r"https?://[^\s<>\"'“”«»]+|\b(?:www\.)?(?:[a-z0-9-]+\.)+(?:org|com|net|fr|eu|io|info|ch|be|ca|uk|dev)\b(?:/[^\s<>\"']*)?",
    re.I,
)
_MAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_RECORD = re.compile(r"\b[0-9a-f]{16,64}\b")
_NUMBER = re.compile(r"(?<![\w/:.-])(\d{1,9}(?:[.,]\d{1,6})?)(?![\w/:]|[.-]\d)")
_QUOTED = re.compile(r"[\"“«]\s*([^\"“”«»]{1,500}?)\s*[\"”»]|(?<!\w)'([^']{2,500})'(?!\w)")
# Words that point at what was just shown.
_THIS = re.compile(r"\b(?:this|that|it|him|her|them|ce|cet|cette|celui-ci|celui-la|lui|leur|ca|y)\b")
# Words that stand before somebody's name, and words that are none.
_BEFORE_NAMES = tuple(
    re.compile(rf"\b(?:{words})\s+|\bd'")
    for words in (
        "to|a|au|aux|chez",  # the surest first
        "from|by|de|du|tell|ask|invite|answer|write|send|email|reponds|dis|demande|previens|remercie|thank|relance",
        "with|avec|(?:answer|reply|draft|mail|sth|something|reponse|brouillon|mot|texte) (?:for|pour)",
    )
)
_PERSON = re.compile(
    r"(?i:my |the |mon |ma |mes |l['’]|le |la |notre |our )?"
    r"((?:(?i:dr|mrs?|ms|mme|docteur|doctor|monsieur|madame|maître|prof)\.? )?"
    r"[^\W\d_][\w'’-]+(?: (?!I\b)[A-ZÀ-Ý][\w'’-]+)*)"
)
_MAILS = r"(?:e-?mails?|mails?|messages?|letters?|courriels?)"
_WHOSE = (  # what stands before the name, or behind it
    (re.compile(rf"\b{_MAILS} (?:(?:i got|that came|que j'ai recue?|recue?) )?(?:from|by|of|de|du|d')\s*"), False),
    (re.compile(rf"['’]s? (?:last |latest |newest |recent )?{_MAILS}\b"), True),
)
_OWNER = re.compile(r"((?:[A-ZÀ-Ý][\w-]+ )*[^\W\d_][\w-]*)$")
_CAPITALS = re.compile(r"(?<![.!?:]\s)(?<!^)\b([A-ZÀ-Ý][\w-]+(?:\s+[A-ZÀ-Ý][\w-]+)*)(?:'s|’s)?")
_ABOUT = (
    re.compile(
        r".*\b(?:about|regarding|concerning|a propos d[eu']s?|au sujet d[eu']s?|concernant|subject of|topic of)\b\s*"
    ),
    re.compile(
        r".*?\b(?:called|named|titled|saying|says?|that|intitulee?|appelee?|disant|dis[- ]lui que|pour dire que)\b\s*"
    ),
    re.compile(r".*?\b(?:reponds?|repondre|dis|dire|ecris|ecrire|previens)\b.{1,60}?\bque?\b\s*"),
    re.compile(
        r".*?\b(?:news|nouvelles|infos|actualites?|sujet|theme|topic|suivi|parle[rz]?|parlent)\b (?:of|d[eu']s?)\b\s*"
    ),
    re.compile(r".*?\b(?:on|sur)\b\s*"),
)
_WIDE = re.compile(r"(?:everything|anything|something|all|tout|quelque chose) (?:on|about|sur) ")
# What a request ends in that is not part of what it is about.
_TAIL = re.compile(
    r"(?:[\s,]+(?:for me|pour moi|please|pls|stp|svp|s'il (?:te|vous) plait|from now on|any ?more|any longer|again"
    r"|appears?|comes? out|shows? up|paraissent|sortent))+$"
)
_NUMBERED = re.compile(r"(?:\b(?:number|numero|no\.?|nr\.?|follow-?up|suivi) ?|#)(\d{1,3})\b")
_NO_NAMES = frozenset(
    """to from with at by of for du de au aux back oui non ok thanks please polite quick short something somebody me my
    the a an this that these those it him her them us you everybody everyone all mail mails email message
    messages inbox last first next today tomorrow tonight morning afternoon evening week month year moi le la
    les un une ce cet cette ces lui elle eux nous vous tous toutes tout mon ma mes courrier demain aujourd soir
    matin midi semaine mois faire find see know check make get add new english french anglais francais en no yes
    draft brouillon response reponse text texte mot repondre ecrire dire envoyer sth thanks tout everything
    not what when who which how reply answer draft question meeting call lunch dinner coffee appointment reunion
    rendez rdv appel dejeuner diner i je j and et or ou if si later more""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Filled:
    """`values` by name; `open`: arguments that rules found nothing for and the model may fill; `missing`: required ones
    that nothing can fill but the person.  `spans`: what of the request was used."""

    values: Mapping[str, Value]
    open: tuple[Argument, ...] = ()
    missing: tuple[Argument, ...] = ()
    spans: tuple[tuple[int, int], ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class Surroundings:
    """`today`: the person's.  `records`: ids that the conversation cited last, best first.  `people`: known names.

    `mail`: the id of the newest mail from whom the request says whose it means, or empty.
    """

    today: date
    records: Sequence[str] = ()
    people: Sequence[str] = ()
    mail: str = ""


def fill(tool: Tool, request: str, around: Surroundings) -> Filled:
    """What `request` says for the arguments of `tool`."""
    pools: dict[str, list[Found]] = {}
    values: dict[str, Value] = {}
    spans: list[tuple[int, int]] = []
    for one in _in_order(tool.arguments):
        if one.type == "request":
            values[one.name] = request.strip()
            continue
        if one.type == "choice":
            if (choice := _choice(one, request)) is not None:
                values[one.name] = choice
            continue
        if one.type == "text":
            continue
        pool = pools.get(one.type)
        if pool is None:
            pool = pools[one.type] = _FINDERS[one.type](request, around, spans)
        if pool:
            found = pool.pop(0)
            values[one.name] = found.value
            spans.append((found.start, found.end))
    texts = [one for one in tool.arguments if one.type == "text"]
    if texts and (said := _place(texts[0], request) or _text(request, spans, around) or _rest(tool, request, spans)):
        values[texts[0].name] = said
    left = [one for one in tool.arguments if one.name not in values]
    return Filled(
        {one.name: values[one.name] for one in tool.arguments if one.name in values},
        tuple(one for one in left if one.type == "text"),
        tuple(one for one in left if one.required and one.type != "text"),
        tuple(spans),
    )


def whose_mail(request: str) -> str:
    """The name or address in "Ada's mail", "the last message from Ada", "le mail d'Ada"; empty where there is none."""
    line = plain(request)
    for pattern, at_end in _WHOSE:
        for match in pattern.finditer(line):
            if at_end:
                before = _OWNER.search(request[: match.start()])
                found = before[1] if before and plain(before[1]) not in _NO_NAMES else ""
            elif mail := _MAIL.match(request, match.end()):
                found = mail.group()
            else:
                name = _name_at(request, match.end(), ())
                found = str(name.value) if name else ""
            if found:
                return found
    return ""


def people_in(request: str, names: Sequence[str]) -> list[str]:
    """Of these names those that `request` holds: whole in any case, a first name where it is written as one."""
    line = _spaced(request)
    capitals = set(re.findall(r"\b[A-ZÀ-Ý][\w-]+", request))
    whole = [name for name in names if _spaced(name).strip() and _spaced(name) in line]
    first = [name.split()[0] for name in names if name.strip() and name.split()[0] in capitals]
    return list(dict.fromkeys((*sorted(whole, key=len, reverse=True), *first)))


def _spaced(text: str) -> str:
    """Its words, with one space before and behind each."""
    return f" {' '.join(re.findall('[a-z0-9]+', plain(text)))} "


def holds(value: str, request: str) -> bool:
    """Whether every word of `value` stands in the request: what a model fills in may hold nothing else."""
    said = re.findall(r"\w+", plain(request))
    words = re.findall(r"\w+", plain(value))
    return bool(words) and all(word in said for word in words)


def valid(argument: Argument, value: object) -> bool:
    """Whether `value` is of the argument's type."""
    match argument.type:
        case "number" | "duration":
            return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        case "choice":
            return value in argument.choices
        case "day":
            return isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value) is not None
        case "time":
            return isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value) is not None
        case "address":
            return isinstance(value, str) and re.fullmatch(r"https://\S+", value) is not None
        case _:
            return isinstance(value, str) and bool(value.strip())


def _in_order(arguments: Sequence[Argument]) -> list[Argument]:
    """What is sure first: an address is no person, the day of a meeting no number."""
    order = ("address", "mail", "day", "time", "duration", "person", "number")
    return sorted(arguments, key=lambda one: order.index(one.type) if one.type in order else len(order))


def _addresses(request: str, _around: Surroundings, _spans: Sequence[tuple[int, int]]) -> list[Found]:
    found = []
    for match in _ADDRESS.finditer(request):
        if match.start() and request[match.start() - 1] == "@":
            continue
        said = match.group().rstrip(".,;:!?)]")
        whole = said if "://" in said else f"https://{said}"
        found.append(
            Found(re.sub(r"^http://", "https://", whole, flags=re.I), match.start(), match.start() + len(said))
        )
    return found


def _records(request: str, around: Surroundings, _spans: Sequence[tuple[int, int]]) -> list[Found]:
    named = [Found(match.group(), match.start(), match.end()) for match in _RECORD.finditer(request)]
    if not named and around.mail:
        return [Found(around.mail, 0, 0)]
    if named or not _THIS.search(plain(request)):
        return named
    return [Found(record, 0, 0) for record in around.records]


def _days(request: str, around: Surroundings, _spans: Sequence[tuple[int, int]]) -> list[Found]:
    return moments.days(request, around.today)


def _times(request: str, _around: Surroundings, _spans: Sequence[tuple[int, int]]) -> list[Found]:
    return moments.times(request)


def _durations(request: str, _around: Surroundings, _spans: Sequence[tuple[int, int]]) -> list[Found]:
    return moments.durations(request)


def _numbers(request: str, around: Surroundings, spans: Sequence[tuple[int, int]]) -> list[Found]:
    taken = list(spans)
    for other in (*_days(request, around, ()), *moments.times(request), *_addresses(request, around, ())):
        if not _SPAN.match(plain(request), other.start):
            taken.append((other.start, other.end))
    found = []
    for match in _NUMBER.finditer(request):
        if not _overlaps(match.start(), match.end(), taken):
            amount = float(match[1].replace(",", "."))
            found.append(Found(int(amount) if amount.is_integer() else match[1].replace(",", "."), *match.span()))
    return found or _counted(request)


_SPAN = re.compile(r"(?:in|dans) \d")  # "no answer in 5 days" is a number of days where no argument is a day


def _counted(request: str) -> list[Found]:
    """Numbers in words, which "a" and "un" are not, and weeks, which are seven days."""
    line = plain(request)
    found = []
    for match in re.finditer(r"\b([a-z]+) (?:last |derniers |dernieres )?(days?|weeks?|jours?|semaines?)\b", line):
        each = 7 if match[2].startswith(("w", "s")) else 1
        if match[1] in _COUNTS:
            found.append(Found(each * _COUNTS[match[1]], *match.span()))
    return found or [
        Found(_COUNTS[match.group()], *match.span())
        for match in re.finditer(r"[a-z]+", _without_news(line))
        if match.group() in _COUNTS
    ]


def _without_news(line: str) -> str:
    """ "Quoi de neuf" asks for what is new, not for nine of anything.  As long as it was."""
    return re.sub(r"\b(d[eu]) neuf\b", r"\1 ----", line)


_COUNTS = {word: moments.number(word) for word in
           "two three four five six seven eight nine ten deux trois quatre cinq sept huit neuf dix".split()}  # noqa: SIM905  # fmt: skip


def _people(request: str, around: Surroundings, spans: Sequence[tuple[int, int]]) -> list[Found]:
    line = plain(request)
    mails = [Found(match.group(), *match.span()) for match in _MAIL.finditer(request)]
    if mails:
        return mails
    taken = [*spans, *((one.start, one.end) for one in _days(request, around, ()))]
    for name in around.people:
        if len(name) > 2 and (match := re.search(rf"\b{re.escape(plain(name))}\b", line)):
            return [Found(request[match.start() : match.end()], *match.span())]
    named = [
        found
        for cues in _BEFORE_NAMES
        for cue in cues.finditer(line)
        if (found := _name_at(request, cue.end(), taken)) is not None
    ]
    written = [one for one in named if str(one.value)[:1].isupper()]
    if named:
        return [(written or named)[0]]
    capitals = [
        Found(match[1], match.start(1), match.end(1))
        for match in _CAPITALS.finditer(request)
        if plain(match[1]) not in _NO_NAMES and not _overlaps(*match.span(1), taken)
    ]
    return capitals[:2]


def _name_at(request: str, start: int, taken: Sequence[tuple[int, int]]) -> Found | None:
    """The name that begins at `start`: one word, and those with a capital that follow it."""
    match = _PERSON.match(request, start)
    if match is None:
        return None
    name = re.sub("['’]s$", "", match[1])
    begin, first = match.start(1), plain(name).split()[0]
    if first in _NO_NAMES or any(c.isdigit() for c in first) or _overlaps(begin, begin + len(name), taken):
        return None
    return Found(name, begin, begin + len(name))


def _choice(argument: Argument, request: str) -> str | None:
    """A choice whose word the request holds, in any ending of five letters and more."""
    words = re.findall(r"\w+", plain(request))
    for choice in argument.choices:
        parts = re.findall(r"\w+", plain(choice))
        if parts and all(
            any(word == part or (len(part) > 4 and word[:5] == part[:5]) for word in words) for part in parts
        ):
            return choice
    return None


def _place(argument: Argument, request: str) -> str:
    """The number of a line of a list, for an argument that says it takes one."""
    numbered = _NUMBERED.search(plain(request)) if "number" in plain(argument.about.en) else None
    return numbered[1] if numbered else ""


def _text(request: str, spans: Sequence[tuple[int, int]], around: Surroundings) -> str:
    """What is quoted, or what stands behind "about", "sur" and the like, without what other arguments took."""
    if quoted := _QUOTED.search(request):
        return (quoted[1] or quoted[2]).strip()
    line = plain(request)
    colon = re.search(r"[\w)]\s?:\s+(?=\S)", request)
    cue = next((found for pattern in _ABOUT if (found := pattern.match(line))), None)
    start = colon.end() if colon else cue.end() if cue else None
    if start is None:
        return ""
    if wide := _WIDE.match(line, start):
        start = wide.end()
    tail = _TAIL.search(line)
    end = tail.start() if tail else len(request)
    last = moments.days(request[:end], around.today)[-1:]
    if last and last[0].end == end > last[0].start > start:
        end = last[0].start
    for begin, _end in sorted(spans):
        if begin > start:
            end = min(end, begin)
    said = request[start:end].strip(" ,.;:!?")
    said = re.sub(r"(?:^|\s+)(?:on|at|for|to|from|with|le|la|a|à|de|du|pour|chez|avec|the)$", "", said)
    return said.strip(" ,.;:!?")


def _rest(tool: Tool, request: str, spans: Sequence[tuple[int, int]]) -> str:
    """What is left without the words that command: those that the tool's examples share or begin with."""
    told = [re.findall(r"[a-z]+", plain(example)) for example in tool.examples]
    shared = Counter(word for words in told for word in set(words))
    commands = _NO_NAMES | {word for word, count in shared.items() if count > 1} | {words[0] for words in told if words}
    kept = [
        match
        for match in re.finditer(r"[\w'’-]+", request)
        if plain(match.group()) not in commands and not _overlaps(*match.span(), spans)
    ]
    return request[kept[0].start() : kept[-1].end()] if kept else ""


def _overlaps(start: int, end: int, taken: Sequence[tuple[int, int]]) -> bool:
    return any(start < other_end and end > other_start for other_start, other_end in taken)


_FINDERS: Mapping[str, Callable[[str, Surroundings, Sequence[tuple[int, int]]], list[Found]]] = {
    "address": _addresses,
    "mail": _records,
    "day": _days,
    "time": _times,
    "duration": _durations,
    "person": _people,
    "number": _numbers,
}
