# ruff: noqa: E501, F821 - the functions of the host, and what other files hold, exist where this runs
"""Write a small Vyper contract from a request, compile it, and explain any contract function by function.

A contract is one of six templates, chosen and filled by rules; no model writes code that holds money.  What does not
compile is shown with its errors and never changed in silence.  Nothing is deployed: there is no function for it here.
"""

import re
import unicodedata

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
