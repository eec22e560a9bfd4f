"""What a person can do beyond the first conversation, in groups.

`GROUP.py` has the group's commands, one function for each action (imported by `app.commands`, so that the window
finds them), and REQUESTS, which `app.requests` joins to its own.  `GROUP_cli.py` has the group's part of the command
line: `arguments`, `request` and PRINTERS; it imports nothing heavy, since every start of `nuee` reads it.
"""
