"""Hydra's side of AgilML: the launcher ``hydra/launcher=agil``."""
