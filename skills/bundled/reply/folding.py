"""Text as it is compared; the same text in every skill that looks at mail."""

ACCENTS = ["àa", "âa", "äa", "çc", "ée", "èe", "êe", "ëe", "îi", "ïi", "ôo", "öo", "ùu", "ûu", "üu", "’'", "ʼ'"]


def fold(text):
    """Lower case, without the accents of French; as long as it was."""
    text = text.lower()
    for pair in ACCENTS:
        text = text.replace(pair[0], pair[1])
    return text
