"""Interpolations resolved, secrets excepted.

``${oc.env:NAME}`` stays text, so that a token in the environment of whoever types the command
reaches neither the ledger nor another machine; the trial reads its own environment. So does
``${agil.secret:MARK}``, which stands for a secret that a conf or a command line held. While OmegaConf
resolves, these resolvers give back a mark; afterwards every mark becomes the text it stands for again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from agilml.config.translation import interpolation_problem
from agilml.text import safe_text

if TYPE_CHECKING:
    from omegaconf import DictConfig

_MARK = re.compile("\ue000(\\d+)\ue001")
_NEEDS_QUOTES = re.compile(r"""[,{}\[\]'"\\$]|^\s|\s$|^$""")


def resolve(config: DictConfig) -> Any:
    """Return ``config`` as a plain container, interpolations resolved but for the environment's.

    Raises:
        ConfigError: an interpolation refers to nothing, or to something that changes by itself.
    """
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    texts: list[str] = []
    with _environment_kept(texts):
        try:
            plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=False)
        except OmegaConfBaseException as error:
            raise interpolation_problem(error) from None
    return _unmarked(plain, texts) if texts else plain


def _unmarked(value: Any, texts: list[str]) -> Any:
    if isinstance(value, str):
        # A text may hold older marks: a default that is an environment variable itself.
        while (marks := _MARK.sub(lambda found: texts[int(found.group(1))], value)) != value:
            value = marks
        return value
    if isinstance(value, dict):
        return {key: _unmarked(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [_unmarked(item, texts) for item in value]
    return value


@contextmanager
def _environment_kept(texts: list[str]) -> Iterator[None]:
    from hydra.core.utils import setup_globals
    from omegaconf import OmegaConf
    from omegaconf.resolvers import oc

    def mark(text: str) -> str:
        texts.append(text)
        return f"\ue000{len(texts) - 1}\ue001"

    def env(*arguments: Any) -> str:
        return mark("${oc.env:" + ",".join(map(_spelled, arguments)) + "}")

    def decode(value: Any, _parent_: Any, _node_: Any) -> Any:
        if isinstance(value, str) and _MARK.search(value):
            return mark("${oc.decode:" + value + "}")
        return oc.decode(value, _parent_, _node_)

    def secret(name: Any) -> str:
        return mark("${agil.secret:" + str(name) + "}")

    _register("oc.env", env)
    _register("agil.secret", secret)
    _register("oc.decode", decode)
    _register("now", _refuse_now)
    _register("hydra", _refuse_hydra)
    try:
        yield
    finally:
        _register("oc.env", oc.env)
        _register("oc.decode", oc.decode)
        OmegaConf.clear_resolver("agil.secret")
        setup_globals()


def _register(name: str, function: Callable[..., Any]) -> None:
    from omegaconf import OmegaConf

    OmegaConf.register_new_resolver(name, function, replace=True)


def _spelled(argument: Any) -> str:
    if argument is None:
        return "null"
    text = str(argument)
    if _MARK.fullmatch(text) or not _NEEDS_QUOTES.search(text):
        return text
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _refuse_now(pattern: str = "") -> str:
    raise ValueError(f"${{now:{safe_text(pattern, 40)}}} makes every trial a different one")


def _refuse_hydra(path: str = "") -> str:
    raise ValueError(
        f"${{hydra:{safe_text(path, 40)}}} has no meaning here; agil only composes with Hydra"
    )
