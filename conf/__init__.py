"""Packaged Hydra configurations and their groups."""

if __name__ != "agilml.conf":
    raise ImportError("this package is `agilml.conf`; import it by that name, not as `conf`")
