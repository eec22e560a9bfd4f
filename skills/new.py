"""`skills new`: a folder that is a valid skill already and does next to nothing, to begin from."""

from __future__ import annotations

from pathlib import Path

from skills.names import is_slug

_TEMPLATE = {
    "SKILL.md": """---
name: {name}
description: Says how many words a text has. Use it when the person asks for the length of a text.
---
# {title}

Call `count` with the text, and tell the person the number.
""",
    "skill.toml": """version = "0.1.0"
permissions = []

[title]
en = "{title}"
fr = "{title}"

[about]
en = "Says how many words a text has."
fr = "Dit combien de mots a un texte."

[entry]
count = "main.py:count"

[[triggers]]
on = "request"
run = "count"

[arguments.count]
text = {{ type = "request", required = true, about = {{ en = "The text to count", fr = "Le texte à compter" }} }}

[examples]
count = [
  "how many words does this text have", "count the words of this", "how long is this text in words",
  "combien de mots a ce texte", "compte les mots", "quelle est la longueur de ce texte en mots",
]
""",
    "main.py": '''def count(text, language="en"):
    """How many words the text has, said in the person's language."""
    number = len(text.split())
    return f"{{number}} mots" if language == "fr" else f"{{number}} words"
''',
}


class CannotCreate(Exception):
    """`code`: bad-name | folder-exists | unwritable."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def create(parent: Path, name: str) -> Path:
    """The new folder `parent/name`.  Errors: CannotCreate; nothing that is there already is touched."""
    if not is_slug(name):
        raise CannotCreate("bad-name", "A name is 1 to 64 lower-case letters, digits and single hyphens between them.")
    folder = parent / name
    try:
        folder.mkdir()
        for file, text in _TEMPLATE.items():
            content = text.format(name=name, title=name.replace("-", " ").capitalize())
            (folder / file).write_text(content, encoding="utf-8", newline="\n")
    except FileExistsError:
        raise CannotCreate("folder-exists", f"There is something named '{name}' already.") from None
    except OSError as error:
        raise CannotCreate("unwritable", f"The folder cannot be written: {error.strerror}.") from error
    return folder
