"""Compiles the contracts: `python -m p2p.contracts.compile` writes `abi/*.json`; `--check` only compares.

Beside each contract's artefact stands the ABI of each transcribed interface (`IErc8004Identity.json` and so on), which
a client speaks to any deployment.

The compiler is vyper 0.4.3; EVM version and optimisation stand in each source, so that anybody who compiles the source
gets the same bytes.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from p2p.contracts.transcribed import Entry, interface, with_names

SOURCES = Path(__file__).parent
ARTEFACTS = SOURCES / "abi"
CONTRACTS: dict[str, tuple[str, str]] = {
    "BiddingHook": ("bidding_hook.vy", "IErc8183Hook"),
    "IdentityRegistry": ("identity_registry.vy", "IErc8004Identity"),
    "JobEscrow": ("job_escrow.vy", "IErc8183"),
    "RehearsalToken": ("rehearsal_token.vy", "IErc20"),
    "ReputationRegistry": ("reputation_registry.vy", "IErc8004Reputation"),
    "ValidationRegistry": ("validation_registry.vy", "IErc8004Validation"),
    "WindowEvaluator": ("window_evaluator.vy", ""),
}
"""Name of each contract, its source beside this file, and the interface that it is an implementation of."""

INTERFACES: dict[str, str] = {
    "IErc20": "erc20",
    "IErc8004Identity": "erc8004_identity",
    "IErc8004Reputation": "erc8004_reputation",
    "IErc8004Validation": "erc8004_validation",
    "IErc8183": "erc8183_prose",
    "IErc8183Hook": "erc8183_hook",
    "IErc8183Printed": "erc8183_printed",
}
"""Name of each transcribed interface, and its text in `interfaces/`."""


def compiled(source: Path, *, names: str = "") -> dict[str, Any]:
    """ABI, bytecode, digest of the runtime bytecode (without immutables) and settings of one source.

    The ABI has the names that the interface `names` gives to arguments and results.
    Modules are found beside the source and, after that, beside this file. Raises vyper's VyperException for a source
    that is wrong.
    """
    import vyper
    from eth_utils.crypto import keccak
    from vyper.compiler import compile_from_file_input
    from vyper.compiler.input_bundle import FilesystemInputBundle

    bundle = FilesystemInputBundle([SOURCES, source.parent])
    with bundle.search_path(source.parent):
        file = bundle.load_file(source.name)
    formats = ["abi", "bytecode", "bytecode_runtime", "method_identifiers", "settings_dict"]
    made = compile_from_file_input(file, input_bundle=bundle, output_formats=formats)
    runtime = bytes.fromhex(made["bytecode_runtime"].removeprefix("0x"))
    return {
        "source": source.name,
        "compiler": f"vyper {vyper.__version__}",
        "settings": made["settings_dict"],
        "abi": with_names(made["abi"], interface(INTERFACES[names])) if names else made["abi"],
        "methodIdentifiers": made["method_identifiers"],
        "bytecode": made["bytecode"],
        "runtimeBytecodeHash": "0x" + keccak(runtime).hex(),
        "runtimeBytecodeLength": len(runtime),
    }


def written(made: dict[str, Any] | list[Entry]) -> str:
    """The text that stands in the tree."""
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def everything() -> Iterator[tuple[Path, str]]:
    """Every file under `abi/`, and what belongs into it."""
    for name, text in INTERFACES.items():
        yield ARTEFACTS / f"{name}.json", written(interface(text))
    for name, (source, names) in CONTRACTS.items():
        yield ARTEFACTS / f"{name}.json", written(compiled(SOURCES / source, names=names))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m p2p.contracts.compile", description="Compiles the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if an artefact differs")
    only_check = parser.parse_args(arguments).check
    differing = [(file, text) for file, text in everything() if not file.is_file() or file.read_text("utf-8") != text]
    for file, text in differing:
        sys.stdout.write(f"{file.stem} {'differs' if only_check else 'written'}\n")
        if not only_check:
            file.write_text(text, "utf-8")
    return 1 if only_check and differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
