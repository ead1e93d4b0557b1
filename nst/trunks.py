"""A trunk on disk: the shared network's weights in float16, with the code that reproduces the photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.backbone_weights import WEIGHTS
from nst.errors import ConfigError, WeightsError
from nst.networks import build_network
from nst.weight_files import fingerprint, read_tensors, write_tensors

MULTISTYLE = "multistyle"
"""The name of the network with many styles, which all that is not told otherwise paints with."""

TRUNK = WEIGHTS / MULTISTYLE / "trunk.safetensors"
"""The trunk that the project ships."""

_IDENTITY = "identity_code"
MARGIN = 16
"""Pixels of the mirrored margin that :func:`paint` adds and cuts off."""


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


def installed_networks(weights: Path = WEIGHTS) -> dict[str, Path]:
    """Folders with a trained network (``trunk.safetensors``, ``styles/``) by name; that with many styles first."""
    found = sorted(path.parent for path in weights.glob("*/trunk.safetensors"))
    return {folder.name: folder for folder in sorted(found, key=lambda folder: folder.name != MULTISTYLE)}


def network_folder(name: str) -> Path:
    """The folder of an installed network.

    Raises:
        ConfigError: there is none of that name.
    """
    networks = installed_networks()
    if name not in networks:
        raise ConfigError(f"There is no network '{str(name)[:40]}' here: choose from {', '.join(networks)}.")
    return networks[name]


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
        identity = tensors.pop(_IDENTITY)
        with torch.device("meta"):  # without memory: a small file may name a huge network
            shapes = build_network(about["architecture"], about["settings"]).state_dict()
        if {name: tensor.shape for name, tensor in shapes.items()} != {name: t.shape for name, t in tensors.items()}:
            raise KeyError
        network = build_network(about["architecture"], about["settings"])
        network.load_state_dict(tensors)
        if identity.shape != (network.code_size,):
            raise KeyError
    except (KeyError, TypeError, AttributeError, RuntimeError, ConfigError):
        raise WeightsError(
            f"The weights in '{path.name}' do not fit the network that it names: fetch it again, or use the trunk "
            "that came with the app."
        ) from None
    network.eval().requires_grad_(False).to(memory_format=torch.channels_last)
    return Trunk(network, identity.float(), fingerprint(tensors), about)


def paint(network: nn.Module, images: Tensor, codes: Tensor) -> Tensor:
    """Paint ``images`` ``(N, 3, H, W)`` in 0..1 of any size from 32 pixels, with ``codes`` ``(N, code_size)``.

    The loss network sees a grey border around a picture, so that trunks learn to paint a faint frame against it: it
    falls into a mirrored margin that is cut off, with what makes the sides multiples of the network's.
    """
    height, width = images.shape[-2:]
    right, bottom = (MARGIN + -side % network.multiple for side in (width, height))
    padded = F.pad(images, (MARGIN, right, MARGIN, bottom), mode="reflect")
    return network(padded, codes)[..., MARGIN : MARGIN + height, MARGIN : MARGIN + width]
