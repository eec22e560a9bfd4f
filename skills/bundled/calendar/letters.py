"""Letters without accents; the same text in every skill that reads a request letter by letter."""

import unicodedata


def fold(text):
    """Lower case without accents, as long as the text itself."""
    return "".join(unicodedata.normalize("NFD", "'" if c in "’ʼ" else c)[0].lower()[0] for c in text)
