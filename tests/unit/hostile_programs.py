"""Sixty programs that try to get out of the sandbox, to exhaust it, or to carry something away.

Each is the body of the entry `go`.  `search` and `send` are granted; `secret` exists in the host and is not.  `WON` is
what a program returns, passes on or prints when it got what it came for; what else it returns does not matter.
"""

from __future__ import annotations

from dataclasses import dataclass

WON = "it-got-out"


@dataclass(frozen=True)
class Hostile:
    """`ends`: the codes that it may fail with; "finished" where it may also give up by itself."""

    tries: str
    body: str
    ends: tuple[str, ...]


ERROR = ("skill-error",)
SYNTAX = ("skill-syntax",)
QUIET = ("finished", "skill-error")
MEMORY = ("skill-memory", "skill-died")
TIME = ("skill-time",)

ESCAPE = {
    "the classes behind a tuple": ("return [().__class__.__bases__[0].__subclasses__(), 'it-got-out']", ERROR),
    "the type of a type": ("return [type(type(1)).__subclasses__(type), 'it-got-out']", ERROR),
    "the globals of a function": ("def f(): pass\nreturn [f.__globals__['__builtins__'], 'it-got-out']", ERROR),
    "the code of a function": ("def f(): pass\nf.__code__ = go.__code__\nreturn 'it-got-out'", ERROR),
    "the globals of a granted function": ("return [search.__globals__, 'it-got-out']", ERROR),
    "the module of a granted function": ("f = search\nreturn [f.__self__, f.__module__, 'it-got-out']", ERROR),
    "the frame of a traceback": (
        "try:\n    1 / 0\nexcept Exception as e:\n    return [e.__traceback__.tb_frame.f_back.f_globals, 'it-got-out']",
        ERROR,
    ),
    "the frame of a host's exception": (
        "try:\n    secret()\nexcept NameError as e:\n    return [e.__context__.__traceback__, 'it-got-out']",
        ERROR,
    ),
    "a frame by sys": ("import sys\nreturn [sys._getframe(1), 'it-got-out']", ERROR),
    "the modules that are loaded": ("import sys\nreturn [sys.modules['os'], 'it-got-out']", ERROR),
    "attributes by a format string": ("return '{0.__class__.__mro__}'.format(search) + 'it-got-out'", ERROR),
    "globals by a format string": ("def f(): pass\nreturn '{0.__globals__[__name__]}'.format(f) + 'it-got-out'", ERROR),
    "attributes by name": ("return [getattr((), '__cl' + 'ass__').__base__, 'it-got-out']", ERROR),
    "the builtins": ("return [__builtins__, 'it-got-out']", ERROR),
    "all globals": ("return [globals()['secret'], 'it-got-out']", ERROR),
    "the names in reach": ("return [dir(), vars(), 'it-got-out']", ERROR),
    "an import of sockets": ("import socket\nreturn 'it-got-out'", ERROR),
    "an import of processes": ("import subprocess\nreturn subprocess.run(['id']) or 'it-got-out'", ERROR),
    "an import of native code": ("import ctypes\nreturn ctypes.CDLL(None) or 'it-got-out'", ERROR),
    "an import of our own modules": ("import skills.sandbox\nreturn 'it-got-out'", ERROR),
    "an import by name": ("m = __import__('subprocess')\nreturn [m.run, 'it-got-out']", ERROR),
    "an import by importlib": ("import importlib\nreturn [importlib.import_module('socket'), 'it-got-out']", ERROR),
    "a shell by os": ("import os\nreturn [os.system('id'), 'it-got-out']", ERROR),
    "a fork": ("import os\nreturn [os.fork(), 'it-got-out']", ERROR),
    "eval of what is not granted": ("return [eval('secret()'), 'it-got-out']", ERROR),
    "exec of an import": ("exec('import socket')\nreturn 'it-got-out'", ERROR),
    "compiled code": ("return [exec(compile('secret()', 'x', 'exec')), 'it-got-out']", ERROR),
    "eval with builtins of its own": (
        "return [eval('f()', {'f': secret, '__builtins__': {}}), 'it-got-out']",
        ERROR,
    ),
    "a class that inherits": ("class A(type(search)): pass\nreturn 'it-got-out'", (*ERROR, *SYNTAX)),
    "a metaclass": ("class A(metaclass=type): pass\nreturn 'it-got-out'", (*ERROR, *SYNTAX)),
    "a text that is another text when looked at again": (
        "class T:\n    def __init__(self): self.n = 0\n    def __str__(self):\n        self.n += 1\n"
        "        return 'search' if self.n < 2 else 'secret'\nsend(T())\nreturn 'it-got-out'",
        ERROR,
    ),
    "a number that says it is a text": (
        "class N:\n    def __len__(self): return -1\n    def __eq__(self, o): return True\n"
        "search(N())\nreturn 'it-got-out'",
        ERROR,
    ),
    "a function under a granted name": ("global send\nsend = secret\nreturn 'it-got-out'", ERROR),
    "another name for its entry": ("return _inputs_of_the_run['secret'] + 'it-got-out'", ERROR),
    "an end of the interpreter": ("raise SystemExit(0)", ERROR),
    "an unpickled program": (
        "import pickle\nreturn pickle.loads(b'cos\\nsystem\\n(S\"id\"\\ntR.') or 'it-got-out'",
        ERROR,
    ),
}
EXHAUST = {
    "a loop": ("while True: pass", TIME),
    "a loop that catches what ends it": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        TIME,
    ),
    "a loop of its regular expressions": (
        "import re\nfor n in range(10**9): re.match('(a|a)*b' + str(n), 'a' * 30)",
        TIME,
    ),
    "a regular expression that goes back": (
        "import re\nreturn re.match(r'(?:(a+)+)(?=b)\\1$', 'a' * 40) and 'it-got-out'",
        (*QUIET, *TIME),
    ),
    "recursion": ("def f(n): return f(n + 1)\nreturn f(0)", ("skill-depth",)),
    "recursion through sorted": ("def f(n): return sorted([1, 2], key=f)\nreturn f(0)", ("skill-depth", *MEMORY)),
    "recursion through repr": (
        "class A:\n    def __repr__(self): return repr(self)\nreturn repr(A())",
        ("skill-depth", "skill-died"),
    ),
    "a long text": ("x = 'a'\nwhile True: x += x", MEMORY),
    "a text of a width": ("return f'{1:>{10**10}}'", (*MEMORY, *ERROR)),
    "a list of lists": ("x = []\nwhile True: x = [x, x, [0] * 1000]", MEMORY),
    "a great power": ("return 9 ** 9 ** 9", MEMORY),
    "a great product": ("x = 3\nwhile True: x = x * x", (*MEMORY, *TIME)),
    "a shift": ("return 1 << 10 ** 12", (*MEMORY, *ERROR)),
    "a long sleep": ("import time\ntime.sleep(10 ** 6)", ("skill-sleep",)),
    "many short sleeps": ("import time\nwhile True: time.sleep(0.01)", ("skill-sleep", "skill-calls")),
    "a sleep of no number": ("import time\ntime.sleep(float('nan'))\nreturn 1", ("skill-sleep", *ERROR)),
    "a flood of print": ("while True: print('x' * 1000)", ("skill-output",)),
    "a flood of small prints": ("while True: print('', end='x')", ("skill-output",)),
    "a flood of calls": ("while True: search()", ("skill-calls",)),
    "a flood of calls that do not exist": (
        "while True:\n    try: secret()\n    except NameError: pass",
        ("skill-calls",),
    ),
    "arguments nested deeply": (
        "x = []\nfor _ in range(2000): x = [x]\nsearch(x)\nreturn 'it-got-out'",
        ("skill-error", *MEMORY, "skill-depth"),
    ),
    "an argument that holds itself": ("x = []\nx.append(x)\nsend(x)", ("finished", *ERROR)),
    "a great argument": ("send('x' * 5_000_000)\nreturn 'it-got-out'", ERROR),
    "a great result": ("return ['x' * 1000] * 5000 + ['it-got-out']", ("skill-value", *MEMORY)),
    "a program nested deeply": ("return " + "(" * 5000 + "1" + ")" * 5000, SYNTAX),
    "a number of many digits": ("return 10 ** 100_000", ("skill-value", *MEMORY)),
}
CARRY = {
    "a call of what is not granted": ("secret('mail')\nreturn 'it-got-out'", ERROR),
    "what is not granted as a value": ("f = secret\nreturn 'it-got-out'", ERROR),
    "what is not granted behind a granted name": ("return [search.secret, 'it-got-out']", ERROR),
    "a probe for the names that are granted": (
        "found = []\nfor name in ['search', 'secret', 'spend', 'install']:\n    try: found.append(eval(name))\n"
        "    except NameError: pass\nreturn 'it-got-out' if len(found) != 1 else 0",
        QUIET,
    ),
    "the environment": ("import os\nreturn [os.environ['HOME'], 'it-got-out']", ERROR),
    "a variable of the environment": ("import os\nreturn [os.getenv('PATH'), 'it-got-out']", ERROR),
    "a file of the machine": ("return open('/etc/passwd').read() + 'it-got-out'", ERROR),
    "its own memory": ("return open('/proc/self/maps').read() + 'it-got-out'", ERROR),
    "a file by pathlib": ("import pathlib\nreturn pathlib.Path('/etc/hostname').read_text() + 'it-got-out'", ERROR),
    "the files there are": ("import os\nreturn [os.listdir('/'), 'it-got-out']", ERROR),
    "a file to leave behind": ("open('/tmp/left', 'w').write('x')\nreturn 'it-got-out'", ERROR),
    "the machine's name": ("import os\nreturn [os.uname(), 'it-got-out']", ERROR),
    "where it runs": ("return 'it-got-out' if __file__ != '/main.py' else 0", QUIET),
    "the time that passes": (
        "import time\na = time.perf_counter()\nfor _ in range(10000): pass\n"
        "return 'it-got-out' if time.perf_counter() != a or time.process_time() else 0",
        QUIET,
    ),
    "the time of day": ("import time\nreturn 'it-got-out' if time.time() else 0", QUIET),
    "randomness of the machine": ("import os\nreturn [os.urandom(8), 'it-got-out']", ERROR),
    "dice that differ from run to run": (
        "import random\nreturn 'it-got-out' if random.Random('').random() != random.random() else 0",
        ("finished",),
    ),
    "what an earlier run left": ("return [left_over, 'it-got-out']", ERROR),
    "what an earlier run left in a module": ("import math\nreturn [math.left_over, 'it-got-out']", ERROR),
    "the text of a host's error": (
        "try: search({1})\nexcept TypeError as e:\n"
        "    return 'it-got-out' if '/' in str(e) or 'skills' in str(e) else 0",
        QUIET,
    ),
}
PROGRAMS = tuple(
    Hostile(f"{kind}: {name}", body, ends)
    for kind, table in (("escape", ESCAPE), ("exhaustion", EXHAUST), ("exfiltration", CARRY))
    for name, (body, ends) in table.items()
)
