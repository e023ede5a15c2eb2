"""Hydra's and OmegaConf's messages, in AgilML's words.

Hydra advises ``+key`` and ``--multirun``; the first silently adds a key that no recipe reads and
the second does not exist here, so neither is passed on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from agilml.errors import ConfigError
from agilml.text import safe_text

_ADVICE = re.compile(
    r"^(To append|Either remove|Or add|Did you mean to override|See https|Set the env|\d\. )"
    r"|--multirun|HYDRA_FULL_ERROR|Config search path"
    r"|^\s*(provider=|full_key:|object_type=|reference_type)"
)


class UnknownKey(ConfigError):
    """A word sets a key that the config does not have.

    Attributes:
        key: the key.
    """

    def __init__(self, key: str) -> None:
        super().__init__(f"no key `{safe_text(key)}`")
        self.key = key


@contextmanager
def translated(conf: str) -> Iterator[None]:
    """Turn whatever the composition of ``conf`` raises into a ConfigError."""
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        yield
    except YAMLError as error:
        raise _yaml_problem(conf, error) from None
    except (HydraException, OmegaConfBaseException, ValueError, TypeError) as error:
        key = _unknown_key(error)
        if key:
            raise UnknownKey(key) from error
        raise ConfigError(
            f"conf={safe_text(conf)}: {_cause(error)}", next=f"look into {_where(conf)}"
        ) from error


def _unknown_key(error: BaseException) -> str | None:
    """Return the key that Hydra did not find; in a mapping that was merged, the key inside it."""
    found = re.match(r"Could not (?:override|delete from config\.) '(.*?)'", str(error))
    if not found or "default" in str(error):
        return None
    inner = getattr(error.__cause__, "full_key", None)
    return str(inner) if inner and str(inner).startswith(f"{found.group(1)}.") else found.group(1)


def _cause(error: BaseException) -> str:
    group = re.match(r"Could not override '(.*?)'", str(error))
    if group:
        return f"the defaults list has no group `{safe_text(group.group(1))}`"
    present = re.match(r"Could not append to config\. An item is already at '(.*?)'", str(error))
    if present:
        key = safe_text(present.group(1))
        return f"`{key}` is there already; write {key}=… without the +"
    deeper = error.__cause__
    if str(error).startswith("Error merging override") and deeper is not None:
        return f"{_sentence(str(error))}: {_sentence(str(deeper))}"
    return _sentence(str(error)) or type(error).__name__


def _sentence(text: str) -> str:
    lines = [
        line.strip() for line in text.splitlines() if line.strip() and not _ADVICE.search(line)
    ]
    return safe_text(" ".join(lines).rstrip("."), 300)


def _yaml_problem(conf: str, error: Exception) -> ConfigError:
    mark = getattr(error, "problem_mark", None)
    problem = safe_text(getattr(error, "problem", None) or error)
    if mark is None:
        return ConfigError(
            f"conf={safe_text(conf)}: not YAML: {problem}", next=f"look into {_where(conf)}"
        )
    place = f"{safe_text(mark.name)}, line {mark.line + 1}"
    return ConfigError(f"{place}: not YAML: {problem}", next=f"look into {place}")


def _where(conf: str) -> str:
    return f"{safe_text(conf)}.yaml and the files of its defaults list"


def interpolation_problem(error: Exception) -> ConfigError:
    """Return the ConfigError for an interpolation that cannot be resolved."""
    text = str(error)
    key = safe_text(getattr(error, "full_key", None) or "the config")
    missing = re.search(r"Interpolation key '(.*?)' not found", text)
    kind = re.search(r"Unsupported interpolation type (\S+)", text)
    blank = re.search(r"Missing mandatory value: (\S+)|to missing value|'(\S+)' is missing", text)
    if missing:
        cause = f"`{key}` refers to `{safe_text(missing.group(1))}`, which does not exist"
    elif kind:
        cause = f"`{key}` uses the resolver `{safe_text(kind.group(1))}`, which is not registered"
    elif blank:
        cause = f"`{key}` refers to a value that must be given (`???`)"
    else:
        raised = re.search(r"raised while resolving interpolation: (.*)", text)
        cause = f"`{key}`: {_sentence(raised.group(1) if raised else text)}"
    return ConfigError(cause, next=f"set {key} or what it refers to")
