"""Hydra's side of AgilML: the launcher ``hydra/launcher=agil``, and the ear of the recipe ``hydra_app``."""
