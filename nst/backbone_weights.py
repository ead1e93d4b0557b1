"""Where the backbones' weights come from: embedded in the project, or torchvision's registry, cached.

Only safetensors and json are read from the project. Torchvision publishes its weights as ``.pth`` files; they are
loaded by torchvision itself with the hash checked and torch's restricted reader (tensors only).
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlparse

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from nst.errors import BackboneError

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = Path(os.environ.get("NST_WEIGHTS", ROOT / "weights"))
_CONNECT_SECONDS = 5.0
_CALIBRATION_SIDE = 320  # pixels; enough for the deepest layer to see whole objects

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)
_REGISTRY = {"vgg19": "VGG19_Weights.IMAGENET1K_V1", "alexnet": "AlexNet_Weights.IMAGENET1K_V1"}
# Torchvision numbers a network's modules, convolutions, ReLUs and poolings alike.
_REGISTRY_CONVS = {
    "vgg19": dict(
        zip(
            [f"{s}_{i}" for s, n in enumerate((2, 2, 4, 4, 4), 1) for i in range(1, n + 1)],
            (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34),
            strict=True,
        )
    ),
    "alexnet": {"1_1": 0, "2_1": 3, "3_1": 6, "3_2": 8, "3_3": 10},
}


@dataclass(frozen=True)
class BackboneWeights:
    """The convolutions of a backbone and what is known about them.

    ``tensors`` has ``convS_I.weight`` and ``convS_I.bias``; the network takes ``(picture − mean) / std`` with the
    picture in RGB 0..1. ``pool_gains`` (by pooling) and ``mean_activations`` (by kind of pooling, then by ReLU)
    are measured over photographs; they are empty where nobody has measured them.
    """

    tensors: dict[str, Tensor]
    mean: tuple[float, float, float] = _IMAGENET_MEAN
    std: tuple[float, float, float] = _IMAGENET_STD
    pool_gains: dict[str, float] = field(default_factory=dict)
    mean_activations: dict[str, dict[str, Tensor]] = field(default_factory=dict)


def read_weights(name: str) -> BackboneWeights:
    """The published weights of backbone ``name``.

    Raises:
        BackboneError: they are missing or damaged, or cannot be fetched.
    """
    folder = WEIGHTS / name
    return _embedded(folder, name) if name not in _REGISTRY else _from_torchvision(name)


def _embedded(folder: Path, name: str) -> BackboneWeights:
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        tensors: dict[str, Tensor] = {}
        for shard in config["shards"]:
            tensors |= load_file(folder / shard)
        activations: dict[str, dict[str, Tensor]] = {}
        for key, tensor in load_file(folder / config["statistics"]).items():
            pooling, relu = key.split(".")
            activations.setdefault(pooling, {})[relu] = tensor
        return BackboneWeights(
            tensors={key: tensors[key].float() for key in config["tensors"]},
            mean=tuple(config["mean"]),
            std=tuple(config["std"]),
            pool_gains=dict(config["pool_gains"]),
            mean_activations=activations,
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError):
        raise does_not_fit(name) from None


def _from_torchvision(name: str) -> BackboneWeights:
    from torchvision.models import get_weight  # slow to import, and only needed here

    entry = get_weight(_REGISTRY[name])
    url = urlparse(entry.url)
    cached = Path(torch.hub.get_dir()) / "checkpoints" / Path(url.path).name
    try:
        if not cached.is_file():
            # torchvision sets no time limit of its own: find out quickly whether anyone answers.
            socket.create_connection((url.hostname, url.port or 443), timeout=_CONNECT_SECONDS).close()
        state = entry.get_state_dict(progress=False, check_hash=True, weights_only=True, map_location="cpu")
        tensors = {}
        for conv, index in _REGISTRY_CONVS[name].items():
            tensors[f"conv{conv}.weight"] = state[f"features.{index}.weight"].float()
            tensors[f"conv{conv}.bias"] = state[f"features.{index}.bias"].float()
        return BackboneWeights(tensors)
    except Exception as error:  # a download or a damaged file fails in every way there is
        if not cached.is_file():
            raise BackboneError(
                f"The weights of {name} are not on this machine and cannot be fetched now: "
                "use vgg16, which is built in."
            ) from error
        raise does_not_fit(name) from error


def does_not_fit(name: str) -> BackboneError:
    """What to say of weights that are not those of backbone ``name``."""
    if name not in _REGISTRY:
        return BackboneError(
            f"The embedded weights of {name} are missing or damaged: fetch the project again "
            "(git checkout -- weights), with Git LFS if it was cloned from the Hub."
        )
    from torchvision.models import get_weight

    file = Path(urlparse(get_weight(_REGISTRY[name]).url).path).name
    return BackboneError(
        f"The cached weights of {name} are damaged ({file} in torch's cache): delete that file, "
        "or use vgg16, which is built in."
    )


def calibration_images() -> Iterator[Tensor]:
    """The project's example photographs as ``(1, 3, H, W)``, for measuring what nobody has measured yet."""
    from nst.images import open_image, resize, to_tensor

    paths = sorted((ROOT / "examples" / "content").glob("*.jpg"))
    if not paths:
        raise BackboneError(
            "The example photographs are missing, and this setting needs them: fetch the project again."
        )
    for path in paths:
        yield to_tensor(resize(open_image(path), _CALIBRATION_SIDE))
