"""A trunk on disk: the shared network's weights in float16, with the code that reproduces the photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from nst.backbone_weights import WEIGHTS
from nst.errors import ConfigError, WeightsError
from nst.networks import build_network
from nst.weight_files import fingerprint, read_tensors, write_tensors

TRUNK = WEIGHTS / "multistyle" / "trunk.safetensors"
"""The trunk that the project ships."""

_IDENTITY = "identity_code"


@dataclass(frozen=True)
class Trunk:
    """A trained network, in float32 on the CPU, and what is known about it.

    Attributes:
        network: called as ``network(image, code)``.
        identity: the code ``(code_size,)`` that reproduces the photo.
        fingerprint: hash of its weights; styles name it.
        about: architecture, settings, recipe, commit, seed, metrics.
    """

    network: nn.Module
    identity: Tensor
    fingerprint: str
    about: dict[str, Any]


def save_trunk(path: Path, network: nn.Module, identity: Tensor, about: Mapping[str, Any]) -> str:
    """Write a trunk in float16; ``about`` must name ``architecture`` and ``settings``. Returns its fingerprint."""
    weights = {name: tensor.half() for name, tensor in network.state_dict().items()}
    write_tensors(path, {**weights, _IDENTITY: identity.float()}, about)
    return fingerprint(weights)


def load_trunk(path: Path = TRUNK) -> Trunk:
    """Read a trunk.

    Raises:
        WeightsError: it is missing, damaged, or its weights do not fit the architecture that it names.
    """
    tensors, about = read_tensors(path)
    try:
        network = build_network(about["architecture"], about["settings"])
        identity = tensors.pop(_IDENTITY)
        network.load_state_dict(tensors)
        if identity.shape != (network.code_size,):
            raise KeyError
    except (KeyError, TypeError, RuntimeError, ConfigError):
        raise WeightsError(
            f"The weights in '{path.name}' do not fit the network that it names: fetch it again, or use the trunk "
            "that came with the app."
        ) from None
    network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return Trunk(network, identity.float(), fingerprint(tensors), about)
