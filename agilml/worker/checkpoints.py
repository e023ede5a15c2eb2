"""Checkpoints that are complete or invisible: safetensors for arrays, JSON for the rest.

A checkpoint is a folder ``step-00000012`` with ``tensors.safetensors`` and ``state.json``. It is written
under another name, synced, and renamed into place; its digest is the sha256 of ``state.json``, which holds
the digest of the tensors. Nothing in it is ever executed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from agilml.crashpoints import crash_point
from agilml.errors import CheckpointError
from agilml.worker.rng import restore_random_state

TENSORS = "tensors.safetensors"
STATE = "state.json"
RANDOM = "_random"


def folder_name(step: int) -> str:
    """Return the folder name of the checkpoint of ``step``."""
    return f"step-{step:08d}"


def save(root: Path, step: int, objects: dict[str, Any]) -> tuple[Path, str, int]:
    """Write a checkpoint below ``root``; return its folder, its digest and its size in bytes.

    ``objects`` may hold anything with ``state_dict()``, tensors and arrays, and JSON values, nested in
    dicts and lists. When this returns the checkpoint survives a power cut.

    Raises:
        CheckpointError: a value is neither of these; the message names it.
    """
    arrays: dict[str, Any] = {}
    values = {name: _pack(_state_of(item), name, arrays) for name, item in objects.items()}
    final = root / folder_name(step)
    draft = root / f".{final.name}.{os.getpid()}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True, mode=0o700)
    tensors = _serialize(arrays)
    state = json.dumps(
        {
            "format": 1,
            "step": step,
            "values": values,
            "tensors": hashlib.sha256(tensors).hexdigest(),
        },
        separators=(",", ":"),
    ).encode()
    for name, content in ((TENSORS, tensors), (STATE, state)):
        _write_synced(draft / name, content)
    crash_point("checkpoint.written")
    shutil.rmtree(final, ignore_errors=True)
    os.rename(draft, final)
    _sync_folder(root)
    crash_point("checkpoint.renamed")
    return final, hashlib.sha256(state).hexdigest(), len(tensors) + len(state)


class Checkpoint:
    """A complete checkpoint that was read and checked."""

    def __init__(self, folder: Path, step: int, values: dict[str, Any]) -> None:
        self.folder = folder
        self.step = step
        self._values = values

    @classmethod
    def open(cls, folder: Path, sha256: str | None = None) -> Checkpoint:
        """Read the checkpoint in ``folder`` and check every byte of it.

        Raises:
            CheckpointError: it is incomplete or damaged, or not the one with digest ``sha256``.
        """
        try:
            state = (folder / STATE).read_bytes()
            tensors = (folder / TENSORS).read_bytes()
        except OSError as error:
            raise _damaged(folder, str(error)) from error
        if sha256 is not None and hashlib.sha256(state).hexdigest() != sha256:
            raise _damaged(folder, f"{STATE} has another digest than the ledger recorded")
        try:
            found = json.loads(state)
            if hashlib.sha256(tensors).hexdigest() != found["tensors"]:
                raise _damaged(folder, f"{TENSORS} has another digest than {STATE} says")
            if b'"$tensor"' in state and importlib.util.find_spec("torch"):
                # Tensors come back as tensors, and only torch knows all of their types.
                importlib.import_module("torch")
            values = _unpack(found["values"], _deserialize(tensors))
            return cls(folder, int(found["step"]), values)
        except (ValueError, KeyError, TypeError) as error:
            raise _damaged(folder, str(error)) from error

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def get(self, name: str, default: Any = None) -> Any:
        """Return what was saved as ``name``, or ``default``."""
        return self._values.get(name, default)

    def load(self, **objects: Any) -> Checkpoint:
        """Give each object its saved state through ``load_state_dict``; return the checkpoint itself."""
        for name, item in objects.items():
            if name not in self._values:
                raise CheckpointError(
                    f"the checkpoint of step {self.step} holds no `{name}`; it holds "
                    + ", ".join(key for key in self._values if key != RANDOM),
                    next="change the recipe back, or start the trial afresh with --rerun",
                )
            item.load_state_dict(self._values[name])
        return self

    def restore_random(self) -> None:
        """Continue the random generators from where they were when this was saved."""
        if RANDOM in self._values:
            restore_random_state(self._values[RANDOM])


def _state_of(item: Any) -> Any:
    state = getattr(item, "state_dict", None)
    return state() if callable(state) else item


def _array_kind(value: Any) -> str | None:
    torch, numpy = sys.modules.get("torch"), sys.modules.get("numpy")
    if torch is not None and isinstance(value, torch.Tensor):
        return "$tensor"
    if numpy is not None and isinstance(value, numpy.ndarray):
        return "$array"
    return None


def _pack(value: Any, path: str, arrays: dict[str, Any]) -> Any:
    if kind := _array_kind(value):
        key = f"{len(arrays):06d}"
        arrays[key] = value
        return {kind: key}
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else {"$float": str(value)}
    if isinstance(value, dict):
        # Pairs keep integer keys, which an optimizer's state has and a JSON object has not.
        return {
            "$map": [[key, _pack(item, f"{path}.{key}", arrays)] for key, item in value.items()]
        }
    if isinstance(value, list | tuple):
        packed = [_pack(item, f"{path}[{i}]", arrays) for i, item in enumerate(value)]
        return {"$tuple": packed} if isinstance(value, tuple) else packed
    item = getattr(value, "item", None)
    if callable(item):
        return _pack(item(), path, arrays)
    raise CheckpointError(
        f"`{path}` is a {type(value).__name__}; a checkpoint holds arrays, JSON values and"
        " objects with state_dict()",
        kept="earlier checkpoints",
        next="save its parts, or give the object a state_dict()",
    )


def _unpack(value: Any, arrays: dict[str, Any]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, inner), *rest = value.items()
    if rest:
        return {key: _unpack(item, arrays) for key, item in value.items()}
    if kind == "$tensor":
        return arrays[inner]
    if kind == "$array":
        found = arrays[inner]
        return found.numpy() if hasattr(found, "numpy") else found
    if kind == "$float":
        return float(inner)
    if kind == "$map":
        return {key: _unpack(item, arrays) for key, item in inner}
    if kind == "$tuple":
        return tuple(_unpack(item, arrays) for item in inner)
    return {kind: _unpack(inner, arrays)}


def _serialize(arrays: dict[str, Any]) -> bytes:
    torch = sys.modules.get("torch")
    if torch is None:
        from safetensors.numpy import save as save_numpy

        return bytes(save_numpy(arrays))
    from safetensors.torch import save as save_torch

    tensors = {
        key: item if isinstance(item, torch.Tensor) else torch.from_numpy(item)
        for key, item in arrays.items()
    }
    # Tied weights share memory and views have strides, both of which the format refuses: every entry
    # gets bytes of its own.
    plain = torch.contiguous_format
    return bytes(
        save_torch({k: t.detach().cpu().clone(memory_format=plain) for k, t in tensors.items()})
    )


def _deserialize(content: bytes) -> dict[str, Any]:
    if "torch" in sys.modules:
        from safetensors.torch import load as load_torch

        return dict(load_torch(content))
    from safetensors.numpy import load as load_numpy

    return dict(load_numpy(content))


def _write_synced(path: Path, content: bytes) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)


def _sync_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _damaged(folder: Path, why: str) -> CheckpointError:
    return CheckpointError(
        f"the checkpoint {folder} cannot be used: {why}",
        kept="earlier checkpoints",
        next="nothing; the trial goes on from the one before",
    )
