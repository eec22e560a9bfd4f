"""What a contract does, function by function, read from its source."""

import re
import unicodedata


def plain(text):
    seen = "".join(c for c in text if unicodedata.category(c)[0] != "C" or c in "\n\t")
    return re.sub(r"([\\`*_\[\]<>#|!])", r"\\\1", " ".join(seen.split()))


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
