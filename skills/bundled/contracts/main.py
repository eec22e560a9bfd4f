# ruff: noqa: E501, F821 - the functions of the host exist where this runs
# mypy: ignore-errors
"""Write a small Vyper contract from a request, compile it, and explain any contract function by function.

A contract is one of six templates, chosen and filled by rules; no model writes code that holds money.  What does not
compile is shown with its errors and never changed in silence.  Nothing is deployed: there is no function for it here.
"""

import re
import unicodedata

DAY = 86400
UNITS = [
    (r"minutes?", 60), (r"hours?|heures?", 3600), (r"days?|jours?", DAY), (r"weeks?|semaines?", 7 * DAY), (r"months?|mois", 30 * DAY),
    (r"years?|ans?|annees?", 365 * DAY),
]  # fmt: skip
NUMBERS = {
    word: number
    for number, words in enumerate(["zero", "a an one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept",
                                    "eight huit", "nine neuf", "ten dix", "eleven onze", "twelve douze"])
    for word in words.split()
}  # fmt: skip
KINDS = [
    ("escrow", r"\bescrow|sequestre|tiers de confiance|\b(buyer|seller|acheteur|vendeur)\b|entre deux|between two"),
    ("pot", r"\bcrowd|\bpot\b|cagnotte|financement|fund ?rais|collecte|levee de fonds|\bgoal\b|objectif|chip in"),
    ("timelock", r"time ?lock|verrou|\block|bloqu|vesting|inherit|heritage|jusqu'(au|en|a)|until|savings|epargne"),
    ("vote", r"\bvot|\bpoll|ballot|scrutin|election|referendum|sondage|elir|choose between"),
    ("token", r"token|jeton|\bcoins?\b|erc-?20|currency|monnaie|points"),
    ("registry", r"regist|annuaire|directory|\bnames?\b|\bnoms?\b|noter qui|who owns|notari"),
]
HEAD = "# pragma version ^0.4.0\n"
TEMPLATES = {
    "escrow": '''"""Escrow between two: the buyer pays in, and releases it to the seller; after {duration} days the buyer may take it back."""

event Paid:
    amount: uint256
event Released:
    amount: uint256
event Refunded:
    amount: uint256

PERIOD: constant(uint256) = {seconds}
buyer: public(immutable(address))
seller: public(immutable(address))
paid_at: public(uint256)

@deploy
def __init__(the_seller: address):
    """Whoever deploys it is the buyer."""
    assert the_seller != empty(address), "no seller"
    buyer = msg.sender
    seller = the_seller

@external
@payable
def pay():
    """The buyer pays in, once."""
    assert msg.sender == buyer, "only the buyer"
    assert self.paid_at == 0, "paid already"
    assert msg.value > 0, "nothing was paid"
    self.paid_at = block.timestamp
    log Paid(amount=msg.value)

@external
@nonreentrant
def release():
    """The buyer is content: the seller gets everything."""
    assert msg.sender == buyer, "only the buyer"
    amount: uint256 = self.balance
    assert amount > 0, "nothing is here"
    log Released(amount=amount)
    raw_call(seller, b"", value=amount)

@external
@nonreentrant
def refund():
    """The seller gives it back at any time; the buyer takes it back after the period."""
    assert self.paid_at > 0, "nothing was paid"
    if msg.sender != seller:
        assert msg.sender == buyer, "only the two"
        assert block.timestamp >= self.paid_at + PERIOD, "too early"
    amount: uint256 = self.balance
    assert amount > 0, "nothing is here"
    log Refunded(amount=amount)
    raw_call(buyer, b"", value=amount)
''',
    "token": '''"""A token with a fixed supply (ERC-20): nobody can make more of it."""

from ethereum.ercs import IERC20
implements: IERC20

name: public(constant(String[32])) = "{name}"
symbol: public(constant(String[8])) = "{symbol}"
decimals: public(constant(uint8)) = 18
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

@deploy
def __init__():
    """Whoever deploys it gets the whole supply."""
    self.totalSupply = {supply} * 10 ** 18
    self.balanceOf[msg.sender] = self.totalSupply
    log IERC20.Transfer(sender=empty(address), receiver=msg.sender, value=self.totalSupply)

@internal
def _move(giver: address, taker: address, amount: uint256):
    assert taker != empty(address), "no receiver"
    self.balanceOf[giver] -= amount
    self.balanceOf[taker] += amount
    log IERC20.Transfer(sender=giver, receiver=taker, value=amount)

@external
def transfer(receiver: address, amount: uint256) -> bool:
    """Give some of one's own."""
    self._move(msg.sender, receiver, amount)
    return True

@external
def approve(spender: address, amount: uint256) -> bool:
    """Let somebody else give away up to this much of one's own."""
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return True

@external
def transferFrom(owner: address, receiver: address, amount: uint256) -> bool:
    """Give away what the owner approved."""
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, receiver, amount)
    return True
''',
    "vote": '''"""A vote among {count} options: {options}.  Each voter has one vote; it is open for {duration} days."""

event Voted:
    voter: indexed(address)
    option: uint256

OPTIONS: constant(uint256) = {count}
ends: public(immutable(uint256))
chair: public(immutable(address))
may_vote: public(HashMap[address, bool])
has_voted: public(HashMap[address, bool])
votes: public(HashMap[uint256, uint256])

@deploy
def __init__():
    """Whoever deploys it is the chair; the vote opens at once."""
    chair = msg.sender
    ends = block.timestamp + {seconds}

@external
def admit(voter: address):
    """The chair says who may vote."""
    assert msg.sender == chair, "only the chair"
    assert block.timestamp < ends, "the vote is over"
    self.may_vote[voter] = True

@external
def vote(option: uint256):
    """One vote, for an option counted from 0; it cannot be changed."""
    assert block.timestamp < ends, "the vote is over"
    assert self.may_vote[msg.sender], "not a voter"
    assert not self.has_voted[msg.sender], "voted already"
    assert option < OPTIONS, "no such option"
    self.has_voted[msg.sender] = True
    self.votes[option] += 1
    log Voted(voter=msg.sender, option=option)

@external
@view
def winner() -> uint256:
    """The option with most votes once it is over; of equals the first."""
    assert block.timestamp >= ends, "the vote is open"
    best: uint256 = 0
    for option: uint256 in range(OPTIONS):
        if self.votes[option] > self.votes[best]:
            best = option
    return best
''',
    "timelock": '''"""Ether that is locked for {duration} days, and then one person's."""

event Locked:
    amount: uint256
event Withdrawn:
    amount: uint256

opens: public(immutable(uint256))
beneficiary: public(immutable(address))

@deploy
@payable
def __init__(whose: address):
    """What is sent along is locked; more can be added."""
    assert whose != empty(address), "nobody"
    beneficiary = whose
    opens = block.timestamp + {seconds}

@external
@payable
def add():
    """Anybody may add to it; nobody gets it back early."""
    log Locked(amount=msg.value)

@external
@nonreentrant
def withdraw():
    """The beneficiary takes everything, once the time has come."""
    assert msg.sender == beneficiary, "only the beneficiary"
    assert block.timestamp >= opens, "too early"
    amount: uint256 = self.balance
    log Withdrawn(amount=amount)
    raw_call(beneficiary, b"", value=amount)
''',
    "pot": '''"""A pot: if {goal} ether come together within {duration} days they go to the organiser, else everybody gets theirs back."""

event Given:
    giver: indexed(address)
    amount: uint256

GOAL: constant(uint256) = {wei}
ends: public(immutable(uint256))
organiser: public(immutable(address))
given: public(HashMap[address, uint256])
total: public(uint256)
collected: public(bool)

@deploy
def __init__():
    """Whoever deploys it is the organiser."""
    organiser = msg.sender
    ends = block.timestamp + {seconds}

@external
@payable
def give():
    """Anybody may give until the end."""
    assert block.timestamp < ends, "it is over"
    assert msg.value > 0, "nothing was given"
    self.given[msg.sender] += msg.value
    self.total += msg.value
    log Given(giver=msg.sender, amount=msg.value)

@external
@nonreentrant
def collect():
    """The organiser gets everything if the goal was reached."""
    assert msg.sender == organiser, "only the organiser"
    assert self.total >= GOAL, "the goal was not reached"
    self.collected = True
    raw_call(organiser, b"", value=self.balance)

@external
@nonreentrant
def take_back():
    """Whoever gave gets theirs back if the goal was missed."""
    assert block.timestamp >= ends, "it is not over"
    assert self.total < GOAL, "the goal was reached"
    amount: uint256 = self.given[msg.sender]
    assert amount > 0, "nothing was given"
    self.given[msg.sender] = 0
    raw_call(msg.sender, b"", value=amount)
''',
    "registry": '''"""A registry: a name belongs to who claims it first, and says what its owner writes."""

event Claimed:
    name: String[64]
    owner: indexed(address)

owner_of: public(HashMap[String[64], address])
text_of: public(HashMap[String[64], String[256]])

@external
def claim(name: String[64], text: String[256]):
    """Take a name that nobody has."""
    assert len(name) > 0, "no name"
    assert self.owner_of[name] == empty(address), "taken"
    self.owner_of[name] = msg.sender
    self.text_of[name] = text
    log Claimed(name=name, owner=msg.sender)

@external
def write(name: String[64], text: String[256]):
    """The owner changes what it says."""
    assert self.owner_of[name] == msg.sender, "only the owner"
    self.text_of[name] = text

@external
def hand_over(name: String[64], to: address):
    """The owner gives it to somebody else."""
    assert self.owner_of[name] == msg.sender, "only the owner"
    assert to != empty(address), "nobody"
    self.owner_of[name] = to
    log Claimed(name=name, owner=to)
''',
}
CODE = r'#|@\w|"""|def |from [\w.]+ import|import \w|(event|struct|interface|flag) \w+:|[a-zA-Z_]\w*: ?\S'  # how a line of one begins
WORDS = {
    "en": {
        "which": "I can write one of these: an escrow between two, a token, a vote, a time lock, a pot with a goal, a registry of names. Which one, and with what figures?",
        "lead": "A contract in Vyper. It compiles, to {size:,} bytes. **It is not deployed**, and nothing was sent anywhere.", "assumed": "What you did not say I chose: {what}.",
        "bad": "It does not compile, and I changed nothing in it:", "line": "line {line}", "failed": "There is no compiler here now: {why}", "refused": "It was not compiled: that was not allowed.",
        "empty": "There is no contract to explain.", "explained": "It compiles, to {size:,} bytes. Function by function:", "nothing": "It has no functions.", "state": "It keeps: {names}.",
        "deploy": "runs once, when it is deployed", "internal": "only the contract itself calls it", "anyone": "anyone may call it", "view": "changes nothing", "payable": "takes ether",
        "only": "only {who} may call it", "before": "only before {when}", "after": "only from {when} on", "needs": "needs `{condition}`", "some": "in some cases ", "why": " (else “{why}”)", "writes": "changes {names}",
        "sends": "sends ether to {who}", "calls": "calls another contract: `{what}`", "delegates": "**runs the code of another contract as its own**", "logs": "notes {names}", "returns": "returns {kind}", "guarded": "cannot be entered twice at once",
        "days": "{n} days", "name": "the name “{n}”", "supply": "a supply of {n}", "options": "the options {n}", "goal": "{n} ether",
    },
    "fr": {
        "which": "Je peux écrire : un séquestre entre deux personnes, un jeton, un vote, un verrou temporel, une cagnotte avec un objectif, un registre de noms. Lequel, et avec quels chiffres ?",
        "lead": "Un contrat en Vyper. Il se compile, en {size} octets. **Il n’est pas déployé**, et rien n’a été envoyé nulle part.", "assumed": "Ce que vous n’avez pas dit, je l’ai choisi : {what}.",
        "bad": "Il ne se compile pas, et je n’y ai rien changé :", "line": "ligne {line}", "failed": "Il n’y a pas de compilateur ici pour le moment : {why}", "refused": "Il n’a pas été compilé : ce n’était pas permis.",
        "empty": "Il n’y a pas de contrat à expliquer.", "explained": "Il se compile, en {size} octets. Fonction par fonction :", "nothing": "Il n’a pas de fonction.", "state": "Il conserve : {names}.",
        "deploy": "s’exécute une fois, au déploiement", "internal": "seul le contrat lui-même l’appelle", "anyone": "tout le monde peut l’appeler", "view": "ne change rien", "payable": "reçoit de l’ether",
        "only": "seul {who} peut l’appeler", "before": "seulement avant {when}", "after": "seulement à partir de {when}", "needs": "exige `{condition}`", "some": "dans certains cas ", "why": " (sinon « {why} »)", "writes": "change {names}",
        "sends": "envoie de l’ether à {who}", "calls": "appelle un autre contrat : `{what}`", "delegates": "**exécute le code d’un autre contrat comme le sien**", "logs": "note {names}", "returns": "rend {kind}", "guarded": "ne peut être rappelée pendant qu’elle s’exécute",
        "days": "{n} jours", "name": "le nom « {n} »", "supply": "une quantité de {n}", "options": "les options {n}", "goal": "{n} ether",
    },
}  # fmt: skip


def fold(text):
    """Lower case without accents, as long as the text itself."""
    return "".join(unicodedata.normalize("NFD", "'" if c == "’" else c)[0].lower()[0] for c in text)


def write(request="", language="en"):
    """A contract for the request, compiled and explained."""
    words, text = WORDS[language], unicodedata.normalize("NFC", request)[:1000]
    kind = ([name for name, pattern in KINDS if re.search(pattern, fold(text))] or [None])[0]
    if kind is None:
        return words["which"]
    values, assumed = filled(kind, text, words)
    source = HEAD + TEMPLATES[kind].format(**values)
    made = compiled(source, words)
    if isinstance(made, str):
        return made
    shown = f"```vyper\n{source}```"
    if not made["ok"]:
        return {"text": "\n\n".join([*errors(made, source, words), shown]), "source": source, "ok": False}
    parts = [words["lead"].format(size=made["bytecode_size"])]
    parts += [words["assumed"].format(what=", ".join(assumed))] if assumed else []
    parts += [shown, *explanation(source, words)]
    return {"text": "\n\n".join(parts), "source": source, "ok": True, "abi": made["abi"], "kind": kind}


def explain(source="", language="en"):
    """What a contract does, function by function; errors where it does not compile."""
    words, source = WORDS[language], unwrapped(source)
    if not source.strip():
        return words["empty"]
    made = compiled(source, words)
    if isinstance(made, str):
        return made
    if not made["ok"]:
        return {"text": "\n\n".join(errors(made, source, words)), "ok": False}
    lead = words["explained"].format(size=made["bytecode_size"])
    return {"text": "\n\n".join([lead, *explanation(source, words)]), "ok": True, "abi": made["abi"]}


def unwrapped(source):
    """The contract of a request that holds one between fences, or after words about it."""
    fenced = re.search(r"```[a-z]*\n(.*?)```", source, re.DOTALL)
    if fenced:
        return fenced.group(1)
    lines = source.split("\n")
    code = [at for at, line in enumerate(lines) if re.match(CODE, line)]
    return "\n".join(lines[code[0] :]) if code else source


def compiled(source, words):
    try:
        return contract_compile(source=source)
    except PermissionError:
        return words["refused"]
    except (OSError, RuntimeError, ValueError) as failed:
        return words["failed"].format(why=str(failed))


def errors(made, source, words):
    lines, rows = source.split("\n"), []
    for one in made["errors"]:
        at = one["line"]
        quoted = (
            f"\n  `{lines[at - 1].strip().replace('`', '')[:120]}`"
            if 0 < at <= len(lines) and lines[at - 1].strip()
            else ""
        )
        rows.append(f"- {words['line'].format(line=at) + ': ' if at else ''}{plain(one['message'])}{quoted}")
    return [words["bad"], "\n".join(rows)]


def plain(text):
    seen = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c in "\n\t")
    return re.sub(r"([\\`*_\[\]<>#|!])", r"\\\1", " ".join(seen.split()))


def filled(kind, text, words):
    """What the template wants, and what of it was not said."""
    folded, values, assumed = fold(text), {}, []
    if kind in ("escrow", "vote", "timelock", "pot"):
        seconds = duration(folded)
        if seconds is None:
            seconds = 30 * DAY if kind == "escrow" else 365 * DAY if kind == "timelock" else 7 * DAY
            assumed.append(words["days"].format(n=seconds // DAY))
        values |= {"seconds": seconds, "duration": f"{seconds / DAY:g}"}
    if kind == "token":
        values |= token(text, folded, words, assumed)
    if kind == "vote":
        options = named_options(text, folded)
        if not options:
            options = ["yes", "no"]
            assumed.append(words["options"].format(n=", ".join(options)))
        values |= {"count": len(options), "options": ", ".join(options)}
    if kind == "pot":
        found = re.search(r"(\d+(?:[.,]\d{1,18})?) ?(?:eth\b|ether)", folded)
        goal = found.group(1).replace(",", ".") if found else "1"
        if not found or not whole(goal):
            goal = "1"
            assumed.append(words["goal"].format(n=goal))
        values |= {"goal": goal, "wei": whole(goal)}
    return values, assumed


def whole(ether):
    """In wei, without rounding."""
    units, _, parts = ether.partition(".")
    return int(units) * 10**18 + int((parts + "0" * 18)[:18])


def duration(folded):
    """Seconds of "for two weeks", at most ten years; None where none is said."""
    for pattern, size in UNITS:
        found = re.search(rf"\b(\d{{1,4}}|{'|'.join(NUMBERS)})[ -](?:{pattern})\b", folded)
        if found:
            number = int(found.group(1)) if found.group(1).isdigit() else NUMBERS[found.group(1)]
            if 0 < number * size <= 3650 * DAY:
                return number * size
    return None


def token(text, folded, words, assumed):
    called = re.search(
        r"(?:called|named|nomme|appele|intitule)e? [\"“«']? ?([^\W_][\w -]{0,30}?)[\"”»']?(?= with| and| of| avec| et| de|[,.;]|$)",
        folded,
    )
    name = ascii_only(text[called.start(1) : called.end(1)].strip()) if called else ""
    if not name:
        name = "Token"
        assumed.append(words["name"].format(n=name))
    found = re.search(r"(?:symbol|symbole|ticker) [\"“«']? ?([a-z0-9]{1,8})\b", folded)
    symbol = found.group(1).upper() if found else "".join(c for c in name.upper() if c.isalnum())[:4]
    amount = re.search(r"\b(\d{1,3}(?:[ ,.'\u202f\u00a0]\d{3})+|\d+) ?(million|thousand|mille|k\b)?", folded)
    supply = int("".join(c for c in amount.group(1) if c.isdigit())) if amount else 0
    supply *= {"million": 10**6, "thousand": 1000, "mille": 1000, "k": 1000}.get(amount.group(2), 1) if amount else 1
    if not 0 < supply <= 10**15:
        supply = 1_000_000
        assumed.append(words["supply"].format(n=supply))
    return {"name": name, "symbol": symbol or "TOK", "supply": supply}


def named_options(text, folded):
    """The options after "between", or after a colon."""
    found = re.search(r"(?:\b(?:between|among|entre|parmi|options?)\b:?|:) ?([^.;!?]{3,200})", folded)
    if not found:
        return []
    said = re.split(
        r"\b(?: for | over | during | pendant | sur | durant | open )", text[found.start(1) : found.end(1)]
    )[0]
    parts = [
        ascii_only(re.sub(r"^(?:the|le|la|les|un|une|a|an) |^l['’]", "", part.strip()))[:40]
        for part in re.split(r",| and | or | et | ou ", said)
    ]
    options = [part for part in parts if part]
    return options[:32] if len(options) > 1 else []


def ascii_only(text):
    """What a comment or a text of a contract may hold: letters, digits, blanks and hyphens without accents."""
    return "".join(
        c
        for c in "".join(unicodedata.normalize("NFD", one)[0] for one in text)
        if (c.isalnum() and ord(c) < 128) or c in " -"
    )[:32].strip()


def explanation(source, words):
    """Paragraphs: what it keeps, and a line for each function.  Read from the source, of which it says nothing else."""
    code = "\n".join(re.sub(r"#.*$", "", line) for line in source.split("\n"))
    outside = re.sub(r'"""(?:.|\n)*?"""', "", code)
    kept = re.findall(r"^([a-zA-Z_]\w*): *(?:public\()?(?!constant|event)", outside, re.MULTILINE)
    kept = [name for name in kept if name not in ("implements", "uses", "initializes", "exports", "event")]
    lines = [described(one, words) for one in functions(code)]
    state = [words["state"].format(names=", ".join(f"`{name}`" for name in kept))] if kept else []
    return [*state, "\n".join(lines) if lines else words["nothing"]]


def functions(code):
    """(decorators, name, parameters, what it returns, body) of each, in order."""
    found, decorators, lines, at = [], [], code.split("\n"), 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("@"):
            decorators.append(line.strip()[1:])
        elif line.startswith("def "):
            head = line
            while not head.rstrip().endswith(":") and at + 1 < len(lines):
                at += 1
                head += " " + lines[at].strip()
            body = []
            while at + 1 < len(lines) and (not lines[at + 1].strip() or lines[at + 1][0] in " \t"):
                at += 1
                body.append(lines[at])
            parts = re.match(r"def (\w+)\((.*)\)(?: *-> *(.+?))? *:\s*$", head)
            if parts:
                found.append((decorators, parts.group(1), parts.group(2), parts.group(3), "\n".join(body)))
            decorators = []
        at += 1
    return found


def described(function, words):
    decorators, name, parameters, returned, body = function
    doc = re.search(r'^\s*"""((?:.|\n)*?)"""', body)
    rest = body[doc.end() :] if doc else body
    facts = [*who(decorators, rest, words), *conditions(rest, words)]
    names = sorted(set(re.findall(r"^\s*self\.(\w+)(?:\[[^=]*\])*(?:\.\w+)* *[-+*/|&]?= ", rest, re.MULTILINE)))
    facts += [words["writes"].format(names=", ".join(f"`{one}`" for one in names))] if names else []
    facts += [words["sends"].format(who=f"`{one}`") for one in re.findall(r"\bsend\(\s*([^,]+),", rest)]
    facts += [words["sends"].format(who=f"`{one}`") for one in re.findall(r"\braw_call\(\s*([^,]+),[^\n]*value", rest)]
    facts += [words["delegates"]] if "is_delegate_call=True" in rest.replace(" ", "") else []
    facts += [
        words["calls"].format(what=" ".join(one.split())[:80])
        for one in re.findall(r"\b(?:extcall|staticcall) ([^(]+)\(", rest)
    ]
    logged = sorted(set(re.findall(r"\blog ([\w.]+)\(", rest)))
    facts += [words["logs"].format(names=", ".join(f"`{one}`" for one in logged))] if logged else []
    facts += [words["returns"].format(kind=f"`{returned.strip()}`")] if returned else []
    facts += [words["guarded"]] if "nonreentrant" in decorators else []
    said = f" *{plain(doc.group(1))}*" if doc else ""
    return f"- `{name}({' '.join(parameters.split())})`:{said} " + "; ".join(facts) + "."


def who(decorators, body, words):
    callers = re.findall(r"^\s*assert (?:msg\.sender == ([\w.\[\]]+)|([\w.\[\]]+) == msg\.sender)", body, re.MULTILINE)
    if "deploy" in decorators or "internal" in decorators:
        facts = [words["deploy" if "deploy" in decorators else "internal"]]
    elif callers and re.search(r"^    assert (?:msg\.sender ==|[\w.\[\]]+ == msg\.sender)", body, re.MULTILINE):
        facts = [words["only"].format(who=f"`{(callers[0][0] or callers[0][1]).removeprefix('self.')}`")]
    else:
        facts = [words["anyone"]]
    facts += [words["view"]] if {"view", "pure"} & set(decorators) else []
    return [*facts, words["payable"]] if "payable" in decorators else facts


def conditions(body, words):
    facts = []
    for indent, condition, why in re.findall(r'^(\s*)assert (.+?)(?:, *"([^"\n]*)")?\s*$', body, re.MULTILINE):
        if re.match(r"msg\.sender ==|[\w.\[\]]+ == msg\.sender$", condition):
            continue
        some = words["some"] if len(indent.strip("\n")) > 4 else ""
        before = re.match(r"block\.timestamp <=? (.+)$", condition)
        after = re.match(r"block\.timestamp >=? (.+)$", condition)
        if before or after:
            facts.append(some + words["before" if before else "after"].format(when=f"`{(before or after).group(1)}`"))
        else:
            facts.append(
                some
                + words["needs"].format(condition=condition.replace("`", ""))
                + (words["why"].format(why=plain(why)) if why else "")
            )
    return facts
