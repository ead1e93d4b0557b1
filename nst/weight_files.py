"""Reading and writing weight files: safetensors, with what is known about them as JSON in the header.

Nothing is ever unpickled. Every file is checked before anything is built from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from nst.errors import WeightsError

_MOST_BYTES = 64 << 20  # no trunk and no style is larger


def write_tensors(path: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write ``tensors`` with ``about`` in the header, whole or not at all."""
    text = json.dumps(about, ensure_ascii=False, sort_keys=True)
    data = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, {"nst": text})
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(data)
    temporary.replace(path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and header of a weight file.

    Raises:
        WeightsError: it is missing, too large, no safetensors file (whatever its name says), damaged, without
            our header, or holds values that are not finite.
    """
    name = path.name
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise WeightsError(f"'{name}' is too large to be a style or a trunk of this app.")
        with safe_open(path, framework="pt") as file:
            about = (file.metadata() or {}).get("nst")
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a dict
    except OSError:
        raise WeightsError(f"The weight file '{name}' is missing or cannot be read.") from None
    except (SafetensorError, ValueError, RuntimeError):
        raise WeightsError(
            f"'{name}' is not a safetensors file, or it is damaged: only safetensors are read, nothing else."
        ) from None
    try:
        about = json.loads(about)
        if not isinstance(about, dict):
            raise TypeError
    except (TypeError, ValueError, RecursionError):
        raise WeightsError(f"'{name}' does not say what it is: it was not written by this app.") from None
    for tensor in tensors.values():
        if not tensor.is_floating_point() or not bool(torch.isfinite(tensor).all()):
            raise WeightsError(f"'{name}' holds values that are not finite numbers: its training went wrong.")
    return tensors, about


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """A short hash of names, shapes and values: which trunk a style belongs to."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
