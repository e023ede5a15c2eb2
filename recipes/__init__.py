"""Packaged recipes: how to train and evaluate."""

if __name__ != "agilml.recipes":
    raise ImportError("this package is `agilml.recipes`; import it by that name, not as `recipes`")
