"""Embed VGG-16's convolutions in ``weights/vgg16``: ``python train/embed_vgg16.py FEATURES PHOTO_TAR [...]``.

FEATURES is a safetensors file with ``conv1_1.weight`` … ``conv5_3.bias`` of the original (Caffe) release,
input RGB 0..255 minus a mean. The photographs only serve to measure the mean activation of each filter and
the gain of max over average pooling.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from nst.backbone_weights import WEIGHTS, BackboneWeights
from nst.backbones import Backbone, measure_pool_gains
from nst.images import open_image, resize, to_tensor

SHARD_BYTES = 9_600_000  # a Space refuses plain files of 10 MB
MEAN = tuple(value / 255 for value in (123.68, 116.779, 103.939))
STD = (1 / 255, 1 / 255, 1 / 255)


def photos(tars: list[Path], count: int, side: int = 256) -> Iterator[Tensor]:
    """The first ``count`` photographs of the tar files, ``(1, 3, H, W)``, long side ``side``."""
    for tar in tars:
        with tarfile.open(tar) as archive:
            for member in archive:
                if member.isfile():
                    if count == 0:
                        return
                    count -= 1
                    data = archive.extractfile(member)
                    yield to_tensor(resize(open_image(data.read()), side))


def shards(tensors: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """Split ``tensors`` in order so that no part exceeds the limit."""
    parts: list[dict[str, Tensor]] = [{}]
    for key, tensor in tensors.items():
        size = sum(t.nbytes for t in parts[-1].values())
        if parts[-1] and size + tensor.nbytes > SHARD_BYTES:
            parts.append({})
        parts[-1][key] = tensor
    return parts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("features", type=Path)
    parser.add_argument("tars", type=Path, nargs="+")
    parser.add_argument("--photos", type=int, default=256)
    args = parser.parse_args()

    tensors = load_file(args.features)
    order = sorted(tensors)
    tensors = {f"conv{key.removeprefix('conv')}": tensors[key].half() for key in order}
    full = {key: tensor.float() for key, tensor in tensors.items()}
    gains = measure_pool_gains("vgg16", BackboneWeights(full, MEAN, STD), photos(args.tars, args.photos))
    statistics = {}
    for pooling in ("max", "average"):
        network = Backbone("vgg16", BackboneWeights(full, MEAN, STD, gains), pooling)
        for relu, mean in network.mean_activations(photos(args.tars, args.photos)).items():
            statistics[f"{pooling}.{relu}"] = mean.float()

    folder = WEIGHTS / "vgg16"
    folder.mkdir(parents=True, exist_ok=True)
    parts = shards(tensors)
    names = [f"features-{i:05d}-of-{len(parts):05d}.safetensors" for i in range(1, len(parts) + 1)]
    metadata = {"architecture": "vgg16", "origin": "Oxford VGG group", "licence": "CC BY 4.0"}
    for name, part in zip(names, parts, strict=True):
        save_file(part, folder / name, metadata)
    save_file(statistics, folder / "statistics.safetensors", metadata)
    config = {
        "architecture": "vgg16",
        "title": "VGG-16 features, ImageNet (Simonyan and Zisserman, 2015)",
        "origin": "https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
        "licence": "CC-BY-4.0",
        "changes": "the 13 convolutions only; channel order RGB; float16",
        "mean": MEAN,
        "std": STD,
        "pool_gains": {name: round(gain, 4) for name, gain in gains.items()},
        "statistics": "statistics.safetensors",
        "shards": names,
        "tensors": order,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    print(f"{len(parts)} shards, gains {config['pool_gains']}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
