"""The proof of privacy: a throw-away profile is filled with marked content, everything that writes is driven, parts of
it are killed, and then every file that was written anywhere is searched for the marks.

`canaries.py` makes the marks, `acts.py` drives the program as a person would, through its own command line, `scan.py`
searches files, `proof.py` puts them together.
"""
