"""`python -m benchmarks NAME [options]`: measures against the bare library in the same run; a table, then JSON."""

from __future__ import annotations

import importlib
import sys

NAMES = {
    "chat": "chat",
    "import": "importing",
    "search": "search",
    "answers": "answers",
    "locomo": "locomo",
    "window": "window",
    "languages": "languages",
    "skills": "skills",
    "routing": "routing",
    "swarm": "swarm",
    "reputation": "reputation",
    "reexecution": "reexecution",
}


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in NAMES:
        print(f"usage: python -m benchmarks {{{'|'.join(NAMES)}}} [options]", file=sys.stderr)
        return 2
    module = importlib.import_module(f"benchmarks.{NAMES[sys.argv[1]]}")
    return int(module.main(sys.argv[2:]))


if __name__ == "__main__":
    raise SystemExit(main())
