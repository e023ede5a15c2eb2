"""Configuration: composed by Hydra, identified by its content. The only package that imports Hydra.

Importing it loads neither Hydra nor OmegaConf; composing does.
"""

from __future__ import annotations

from agilml.config.configs import Configs
from agilml.config.identity import NOT_IDENTITY, config_digest
from agilml.config.suggest import closest

__all__ = ["NOT_IDENTITY", "Configs", "closest", "config_digest"]
