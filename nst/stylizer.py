"""Fast mode: load the trunk and the styles once, paint many pictures."""

from __future__ import annotations

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from nst.devices import memory_errors, pick_device
from nst.errors import ConfigError
from nst.images import MIN_SIDE, KeepColor, fitted_size, keep_color, resize, to_image, to_tensor
from nst.styles import EMBEDDED, StyleLibrary
from nst.trunks import TRUNK, load_trunk, paint

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

    def stylize(
        self,
        image: Image.Image,
        style: str | Tensor,
        *,
        strength: float = 1.0,
        keep: KeepColor = "off",
        max_side: int | None = None,
    ) -> Image.Image:
        """Paint one picture.

        Args:
            image: RGB, upright.
            style: ``ID[:W][,ID[:W]…]``, ids of the library with weights of the mix; or a code ``(code_size,)``.
            strength: 0 returns the photo, 1 is the full style.
            keep: keep the photo's colours, see :func:`nst.images.keep_color`.
            max_side: longer side of the result, if the photo is larger; None for the photo's own size.

        Raises:
            ConfigError: unknown style, a strength outside 0..1, a size that leaves too few pixels, or one for which
                there is not enough memory.
        """
        if max_side is not None and max_side < max(image.size):
            if min(fitted_size(*image.size, max_side)) < MIN_SIDE:
                raise ConfigError(f"At {max_side} pixels this photo has no room for a painting: choose a larger size.")
            image = resize(image, max_side)
        code = self.library.mix(style) if isinstance(style, str) else style
        with memory_errors("choose a smaller size"):
            painted = self.paint(to_tensor(image), code[None], strength)
            return keep_color(to_image(painted), image, keep)

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
        if not 0 <= strength <= 1:
            raise ConfigError("The strength is a number from 0 (the photo) to 1 (the full style).")
        images = images.to(self.device, torch.float32)
        if strength == 0:
            return images
        codes = codes.to(self.device).expand(len(images), -1)
        fade = _PIXELS_FADE if codes.shape[-1] else 1.0  # a network of one style has no other way
        if strength < 1:
            codes = torch.lerp(self.trunk.identity.to(self.device).expand_as(codes), codes, strength)
        # Half precision on CUDA; the sigmoid and the photo's logits stay in float32 inside the network.
        with torch.autocast(self.device.type, torch.float16, enabled=self.device.type == "cuda"):
            painted = paint(self._network, images, codes)
        return torch.lerp(images, painted, strength / fade) if strength < fade else painted
