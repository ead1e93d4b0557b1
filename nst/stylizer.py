"""Fast mode: load the trunk and the styles once, paint many pictures."""

from __future__ import annotations

import functools
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from nst.devices import autocast, memory_errors, pick_device
from nst.errors import ConfigError
from nst.images import MIN_SIDE, KeepColor, add_detail, fitted_size, keep_color, resize, to_image, to_tensor
from nst.styles import EMBEDDED, StyleLibrary
from nst.tiles import in_one_piece, paint_tiles, statistics_of
from nst.trunks import TRUNK, load_trunk, network_folder, paint

_PIXELS_FADE = 0.25  # below this strength the photo's own pixels are blended in


class Stylizer:
    """Paints pictures with a trunk and its styles; build it once and use it from any thread.

    Args:
        trunk: a trunk's file.
        styles: a folder of style files.
        device: ``cuda``, ``mps``, ``cpu``, or None for the best there is.

    Raises:
        WeightsError: a file is missing, damaged, or does not fit.
        ConfigError: there is no such device.
    """

    def __init__(self, trunk: Path = TRUNK, styles: Path = EMBEDDED, device: str | None = None) -> None:
        self.device = pick_device(device)
        self.trunk = load_trunk(trunk)
        self.library = StyleLibrary.load(self.trunk, styles)
        self._network = self.trunk.network.to(self.device)

    @classmethod
    def of(cls, network: str, device: str | None = None) -> Stylizer:
        """The installed network of that name, with its own styles.

        Raises:
            ConfigError: there is none, or no such device. WeightsError: its files do not fit.
        """
        folder = network_folder(network)
        return cls(folder / "trunk.safetensors", folder / "styles", device)

    def stylize(
        self,
        image: Image.Image,
        style: str | Tensor,
        *,
        strength: float = 1.0,
        keep: KeepColor = "off",
        max_side: int | None = None,
        strokes: int | None = None,
        fine: bool = False,
    ) -> Image.Image:
        """Paint one picture.

        Args:
            image: RGB, upright.
            style: ``ID[:W][,ID[:W]…]``, ids of the library with weights of the mix; or a code ``(code_size,)``.
            strength: 0 returns the photo, 1 is the full style.
            keep: keep the photo's colours, see :func:`nst.images.keep_color`.
            max_side: longer side of the result, if the photo is larger; None for the photo's own size.
            strokes, fine: see :class:`nst.stylize_config.StylizeConfig`.

        Raises:
            ConfigError: unknown style, a strength outside 0..1, a size that leaves too few pixels, or one for which
                there is not enough memory.
        """
        if max_side is not None and max_side < max(image.size):
            if min(fitted_size(*image.size, max_side)) < MIN_SIDE:
                raise ConfigError(f"At {max_side} pixels this photo has no room for a painting: choose a larger size.")
            image = resize(image, max_side)
        code = self.library.mix(style) if isinstance(style, str) else style
        if strokes and strokes < max(image.size):
            small = image
            if min(fitted_size(*image.size, strokes)) >= MIN_SIDE:
                small = resize(image, strokes)
            painted = self.stylize(small, code, strength=strength)
            painted, small = (x.resize(image.size, Image.Resampling.LANCZOS) for x in (painted, small))
            painted = add_detail(painted, image, small) if fine else painted
            return keep_color(painted, image, keep)
        with memory_errors("choose a smaller size"):
            if self._tiled(image):
                painted = self._paint_large(image, code, strength)
            else:
                painted = to_image(self.paint(to_tensor(image), code[None], strength))
            return keep_color(painted, image, keep)

    @torch.inference_mode()
    def paint(self, images: Tensor, codes: Tensor, strength: float = 1.0) -> Tensor:
        """Paint a batch.

        Args:
            images: ``(N, 3, H, W)`` in 0..1, on any device.
            codes: ``(N, code_size)``, or ``(1, code_size)`` for all.
            strength: 0 to 1.

        Returns:
            ``(N, 3, H, W)`` in 0..1, float32, on the stylizer's device.

        Raises:
            ConfigError: the strength is outside 0..1.
        """
        images = images.to(self.device, torch.float32)
        codes = self._at_strength(codes.to(self.device), strength).expand(len(images), -1)
        if strength == 0:
            return images
        with self._half():
            painted = paint(self._network, images, codes)
        return self._faded(images, painted, strength)

    def _half(self) -> torch.autocast:
        """Half precision where it is native: the sigmoid and the photo's logits stay in float32 inside the network."""
        if self.device.type == "cuda":
            return torch.autocast("cuda", torch.float16)
        return autocast(self.device)

    def _at_strength(self, codes: Tensor, strength: float) -> Tensor:
        """From the code that reproduces the photo to ``codes``."""
        if not 0 <= strength <= 1:
            raise ConfigError("The strength is a number from 0 (the photo) to 1 (the full style).")
        return torch.lerp(self.trunk.identity.to(codes).expand_as(codes), codes, strength) if strength < 1 else codes

    def _faded(self, images: Tensor, painted: Tensor, strength: float) -> Tensor:
        """At low strengths, pixels of the photo; a network of one style has no other way."""
        fade = _PIXELS_FADE if self.trunk.identity.numel() else 1.0
        return torch.lerp(images, painted, strength / fade) if strength < fade else painted

    def _tiled(self, image: Image.Image) -> bool:
        return hasattr(self._network, "reach") and not in_one_piece(*image.size, self.device)

    def _paint_large(self, image: Image.Image, code: Tensor, strength: float) -> Image.Image:
        codes = self._at_strength(code[None].to(self.device), strength)
        if strength == 0:
            return image.copy()
        canvas = Image.new("RGB", image.size)
        with self._half():
            statistics = statistics_of(self._network, image, codes)
            finish = functools.partial(self._faded, strength=strength)
            for corner, tile in paint_tiles(self._network, image, codes, statistics, finish):
                canvas.paste(tile, corner)
        return canvas
