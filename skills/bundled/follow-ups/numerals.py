# ruff: noqa: E501
"""Small numbers as words, in both languages; the same text in every skill that counts."""

NUMBERS = {
    word: number
    for number, words in enumerate(
        ["zero", "a an one un une", "two deux", "three trois", "four quatre", "five cinq", "six", "seven sept", "eight huit",
         "nine neuf", "ten dix", "eleven onze", "twelve douze"]
    )
    for word in words.split()
} | {"fifteen": 15, "quinze": 15, "twenty": 20, "vingt": 20, "thirty": 30, "trente": 30, "forty": 40, "quarante": 40}  # fmt: skip
