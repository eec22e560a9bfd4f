"""Run by the engine step in a process of its own: load a model, decode, answer, say how it went as one JSON line.

A build that does not fit the processor dies here by a signal, or says something else than the model means.
Not imported by anything; imports nothing of the project.
"""

from __future__ import annotations

import json
import sys
import time

# Long enough to be decoded in one batch, which is where builds have crashed; single tokens follow.
PROMPT = (
    "Rome is the capital of Italy. Madrid is the capital of Spain. Lisbon is the capital of Portugal. Vienna is the "
    "capital of Austria. Athens is the capital of Greece. Warsaw is the capital of Poland. The capital of France is"
)
EXPECTED = "Paris"


def main() -> int:
    import llama_cpp

    offload = llama_cpp.llama_supports_gpu_offload()
    model = llama_cpp.Llama(sys.argv[1], n_ctx=512, n_gpu_layers=-1 if offload else 0, verbose=False)
    start = time.perf_counter()
    text = model.create_completion(PROMPT, max_tokens=16, temperature=0.0)["choices"][0]["text"]
    seconds = time.perf_counter() - start
    facts = {
        "passed": EXPECTED in text,
        "text": text,
        "seconds": round(seconds, 2),
        "device": "GPU" if offload else "CPU",
        "features": llama_cpp.llama_print_system_info().decode("utf-8", "replace").strip(),
    }
    print(json.dumps(facts))
    return 0 if facts["passed"] else 3


if __name__ == "__main__":
    raise SystemExit(main())
