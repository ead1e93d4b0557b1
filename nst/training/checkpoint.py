"""Checkpoints of a training run: one safetensors file with the state in its tensors and the rest in its header.

Nothing is ever unpickled, and a file is written whole or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from nst.errors import RecipeError


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint, written by :func:`nst.weight_files.write_tensors`: its tensors and its header.

    Raises:
        RecipeError: there is no checkpoint, or it is damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {k: file.get_tensor(k) for k in file.keys()}, json.loads(file.metadata()["nst"])  # noqa: SIM118
    except FileNotFoundError:
        raise RecipeError(f"There is no checkpoint '{path.name}' there: start afresh, or check the path.") from None
    except (OSError, SafetensorError, KeyError, TypeError, ValueError):
        raise RecipeError(f"The checkpoint '{path.name}' is damaged: start afresh, or take another.") from None


def adam_state(optimizer: torch.optim.Adam, model: nn.Module) -> dict[str, Tensor]:
    """Adam's two moments and step count of every parameter, by the parameter's name."""
    found = {}
    for name, parameter in model.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            found[f"adam.{key}.{name}"] = value
    return found


def load_adam_state(optimizer: torch.optim.Adam, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of :func:`adam_state`."""
    for name, parameter in model.named_parameters():
        if f"adam.step.{name}" in tensors:
            moments = {k: tensors[f"adam.{k}.{name}"].to(parameter.device) for k in ("exp_avg", "exp_avg_sq")}
            optimizer.state[parameter] = {"step": tensors[f"adam.step.{name}"], **moments}
