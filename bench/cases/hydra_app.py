"""A Hydra application: ``hydra_app.py x=0,1,2 -m``; each job keeps its result in its own folder."""

from __future__ import annotations

import json
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="hydra_conf", config_name="config")
def main(cfg: DictConfig) -> float:
    """Run one job."""
    from trial import score

    value = score(cfg.x)
    folder = Path(HydraConfig.get().runtime.output_dir)
    folder.joinpath("result.json").write_text(json.dumps({"score": value}))
    return value


if __name__ == "__main__":
    main()
