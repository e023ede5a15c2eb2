"""The stage that DVC runs: reads ``params.yaml``, writes ``metrics.json``."""

from __future__ import annotations

import json
from pathlib import Path

from trial import score

if __name__ == "__main__":
    x = float(Path("params.yaml").read_text().partition(":")[2])
    Path("metrics.json").write_text(json.dumps({"score": score(x)}))
