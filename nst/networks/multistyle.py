"""One trunk, many styles: Johnson et al. 2016's network with conditional instance normalisation (Dumoulin et al. 2017).

A style is a *code*: one scale and one shift for every normalised channel, and for the output. All else is shared.
Pictures go in and come out as RGB in 0..1.

Differences from the published network, each for a reason:

- The picture is folded (space to depth) before the first convolution, so that none works at full size: the 9×9
  convolutions at full size are most of the published network's time on a CPU.
- Upsampling is nearest-neighbour followed by a convolution, which cannot make a checkerboard (Odena et al. 2016), but
  computed at the low resolution: see :class:`UpConv`.
- Padding is by reflection everywhere. The output is bounded by a sigmoid.
- The photo joins the output through a gain that belongs to the code, so that one code reproduces the photo.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from nst.errors import ConfigError
from nst.networks.reflect import ReflectConv2d, reflect

_EPS = 1e-3  # of the variance; larger than usual, so that the noise of a flat sky is not blown up
_EDGE = 1 / 512  # half a grey level: how close to black and white the photo's own logit goes


@dataclass(frozen=True)
class MultistyleConfig:
    """The shape of the network.

    Attributes:
        width: channels at half size; twice as many at quarter size.
        blocks: residual blocks at quarter size.
        fold: 1 starts at full size with a 9×9 convolution, as published; 2 and 4 fold that many pixels
            each way into channels first.
    """

    width: int = 48
    blocks: int = 5
    fold: int = 2

    def __post_init__(self) -> None:
        if self.fold not in (1, 2, 4):
            raise ConfigError("The fold of the network is 1, 2 or 4.")
        if not (1 <= self.width <= 256 and 1 <= self.blocks <= 32):
            raise ConfigError("The network needs a width of 1 to 256 and 1 to 32 blocks.")


def _normalise(x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Instance normalisation of ``(N, C, H, W)``, with means and inverse deviations ``(N, C)``.

    ``scale`` and ``shift`` ``(C,)`` in float32 are applied in the same pass over memory.
    """
    n, c, h, w = x.shape
    if scale is not None and x.device.type != "cpu":  # only there may the dtypes differ
        scale, shift = scale.to(x.dtype), shift.to(x.dtype)
    # A group per channel is instance normalisation; of the kernels on CPUs this one is the fastest by far.
    return torch.native_group_norm(x, scale, shift, n, c, h * w, c, _EPS)


class _Normalise(torch.autograd.Function):
    """:func:`_normalise` with a gradient that on CPUs takes a fifth of the time of PyTorch's for channels-last maps."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # noqa: ANN001
        y, _, inverse = _normalise(x)
        ctx.save_for_backward(y, inverse)
        return y

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        y, inverse = ctx.saved_tensors
        mean = grad.mean((2, 3), keepdim=True)
        along = (grad * y).mean((2, 3), keepdim=True)
        return torch.addcmul(grad - mean, y, along, value=-1).mul_(inverse[:, :, None, None].to(grad.dtype))


class Statistics:
    """Means and inverse deviations ``(1, C, 1, 1)`` of all normalisations of one pass, to be used in other passes.

    A tile of a picture has other statistics than the whole, and so would get other colours; with those of the whole,
    tiles fit each other (thumbnail instance normalisation, Chen et al. 2022). A batch is taken as parts of one picture.
    """

    def __init__(self) -> None:
        self._found: list[tuple[Tensor, Tensor]] = []
        self._next = 0
        self._complete = False

    def begin(self) -> Statistics:
        """For the next pass, by whichever thread."""
        again = Statistics()
        again._found, again._complete = self._found, True
        return again

    def normalise(self, x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
        """Normalise, scale and shift ``x``: the first time by its own statistics, which are kept.

        ``scale`` and ``shift`` are ``(C,)``.
        """
        if not self._complete:
            tall = x.movedim(1, -1).flatten(0, 1)[None].movedim(-1, 1)  # the batch as one picture, in the same memory
            tall = tall if x.device.type == "cpu" else tall.float()  # which on CPUs gives statistics in float32 anyway
            y, mean, inverse = _normalise(tall, 1 + scale.float(), shift.float())
            self._found.append((mean.view(1, -1, 1, 1), inverse.view(1, -1, 1, 1)))
            return y.to(x.dtype).movedim(1, -1).view(len(x), *x.shape[2:], -1).movedim(-1, 1)
        mean, inverse = self._found[self._next]
        self._next += 1
        gain = inverse * (1 + scale.float()[:, None, None])
        return torch.addcmul((shift.float()[:, None, None] - mean * gain).to(x.dtype), x, gain.to(x.dtype))


class ConditionalNorm(nn.Module):
    """Instance normalisation; scale and shift come with the code, one pair for each picture of the batch."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels

    def forward(self, x: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """``x`` is ``(N, C, H, W)``, ``code`` ``(N, 2 C)``: deviations of the scales from one, then the shifts."""
        if statistics is not None:
            return statistics.normalise(x, *code[0].chunk(2))
        if torch.is_grad_enabled():
            scale, shift = code.to(x.dtype)[:, :, None, None].chunk(2, 1)
            return torch.addcmul(shift, _Normalise.apply(x), 1 + scale)
        if len(code) == 1 or code.stride(0) == 0:  # one code, perhaps for many pictures
            scale, shift = code[0].float().chunk(2)
            return _normalise(x, 1 + scale, shift)[0]
        return torch.cat([self(*each) for each in zip(x.split(1), code.split(1), strict=True)])


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1) -> ReflectConv2d:
    """Without a bias: a normalisation follows, which would remove it."""
    return ReflectConv2d(inputs, outputs, kernel, stride, bias=False)


class UpConv(nn.Module):
    """Nearest-neighbour upsampling by ``factor``, then a convolution, computed at the low resolution.

    Each of the factor² pixels that grow out of one sees a few low-resolution neighbours only, through sums of the
    kernel's weights. Those sums make an ordinary convolution with factor² times the outputs, whose result is
    unfolded (depth to space). The picture is the same, apart from its border; the large map is never made.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, factor: int) -> None:
        super().__init__()
        conv = nn.Conv2d(inputs, outputs, kernel, bias=False)
        self.weight = conv.weight
        self.factor = factor
        reach = kernel // 2
        self.pad = -(-reach // factor)
        # taps[phase, low-resolution neighbour, tap of the kernel]
        taps = torch.zeros(factor, 2 * self.pad + 1, kernel)
        for phase in range(factor):
            for tap in range(kernel):
                taps[phase, (phase + tap - reach) // factor + self.pad, tap] = 1
        self.register_buffer("taps", taps, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        if self.factor == 1:
            return F.conv2d(reflect(x, self.pad), self.weight)
        f, low = self.factor, 2 * self.pad + 1
        outputs, inputs = self.weight.shape[:2]
        weight = torch.einsum("ayi,bxj,ocij->oabcyx", self.taps, self.taps, self.weight)
        weight = weight.reshape(outputs * f * f, inputs, low, low)
        return F.pixel_shuffle(F.conv2d(reflect(x, self.pad), weight), f)


class Residual(nn.Module):
    """Two convolutions, each normalised, around an identity."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = _conv(channels, channels, 3)
        self.norm1 = ConditionalNorm(channels)
        self.conv2 = _conv(channels, channels, 3)
        self.norm2 = ConditionalNorm(channels)

    def forward(self, x: Tensor, codes: list[Tensor], statistics: Statistics | None = None) -> Tensor:
        y = F.relu_(self.norm1(self.conv1(x), codes[0], statistics))
        return self.norm2(self.conv2(y), codes[1], statistics).add_(x)


class Multistyle(nn.Module):
    """The shared trunk. See the module's docstring."""

    multiple = 4  # sides must be multiples of this
    reach = 64  # pixels further away than this change nothing, but through the statistics

    def __init__(self, config: MultistyleConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or MultistyleConfig()
        deep = 2 * config.width
        stem = {1: config.width // 2, 2: config.width, 4: deep}[config.fold]
        down, up = [], []
        for inputs in range({1: 2, 2: 1, 4: 0}[config.fold]):
            inputs = stem << inputs
            down += [_conv(inputs, 2 * inputs, 3, stride=2), ConditionalNorm(2 * inputs)]
            up = [UpConv(2 * inputs, inputs, 3, factor=2), ConditionalNorm(inputs), *up]
        self.stem = _conv(3 * config.fold**2, stem, {1: 9, 2: 5, 4: 3}[config.fold])
        self.stem_norm = ConditionalNorm(stem)
        self.down = nn.ModuleList(down)
        self.blocks = nn.ModuleList(Residual(deep) for _ in range(config.blocks))
        self.up = nn.ModuleList(up)
        self.out = UpConv(stem, 3, {1: 9, 2: 5, 4: 7}[config.fold], factor=config.fold)
        self.parts = [2 * m.channels for m in self.modules() if isinstance(m, ConditionalNorm)]
        # Output: three scales of the network's logits, three shifts, three gains of the photo's own logits.
        self.code_size = sum(self.parts) + 9

    def new_codes(self, count: int) -> Tensor:
        """Codes of styles to begin training with, ``(count, code_size)``: plain normalisation, nothing of the photo.

        With some of the photo to begin with, styles stay weak: half of it made the objective a quarter worse after
        400 steps.
        """
        return torch.zeros(count, self.code_size)

    def learnt(self) -> Tensor:
        """Which entries of a style's code are learnt, ``(code_size,)`` of ones and zeros.

        All but the gain of the photo: with it, training lays the photo over the painting, which lowers the content loss
        and looks like a double exposure.
        """
        learnt = torch.ones(self.code_size)
        learnt[-3:] = 0
        return learnt

    def new_identity(self) -> Tensor:
        """The code ``(code_size,)`` from which reproducing the photo is learnt: all of the photo."""
        code = torch.zeros(self.code_size)
        code[-3:] = 1
        return code

    @torch.no_grad()
    def deepen(self, smaller: Multistyle, codes: Tensor) -> Tensor:
        """Take over a network of fewer blocks, and give its ``codes`` ``(N, smaller.code_size)`` for this one.

        The blocks that this network has more come after those of the other. They add nothing yet, so that the
        pictures are the same, and are there for training to use.
        """
        self.load_state_dict(self.state_dict() | smaller.state_dict())
        pair = self.blocks[0].norm1.channels * 2
        more = torch.zeros(len(codes), (len(self.blocks) - len(smaller.blocks)) * 2, pair)
        more[:, 1::2, : pair // 2] = -1  # the scale of a block's second normalisation
        after = sum(smaller.up[i].channels * 2 for i in range(1, len(smaller.up), 2)) + 9
        return torch.cat([codes[:, :-after], more.flatten(1), codes[:, -after:]], 1)

    def forward(self, image: Tensor, code: Tensor, statistics: Statistics | None = None) -> Tensor:
        """Paint ``image`` ``(N, 3, H, W)`` in 0..1, sides multiples of 4, with ``code`` ``(N, code_size)``.

        With ``statistics`` the pictures of the batch are parts of one picture, of which those are.
        """
        *codes, out = code.split([*self.parts, 9], 1)
        codes = iter(codes)
        x = F.pixel_unshuffle(image * 2 - 1, self.config.fold)
        x = x.contiguous(memory_format=torch.channels_last)  # twice as fast on CPUs, and cuDNN's own order
        x = F.relu_(self.stem_norm(self.stem(x), next(codes), statistics))
        for conv, norm in zip(self.down[::2], self.down[1::2], strict=True):
            x = F.relu_(norm(conv(x), next(codes), statistics))
        for block in self.blocks:
            x = block(x, [next(codes), next(codes)], statistics)
        for conv, norm in zip(self.up[::2], self.up[1::2], strict=True):
            x = F.relu_(norm(conv(x), next(codes), statistics))
        logits = self.out(x).float()
        scale, shift, gain = out.float()[:, :, None, None].chunk(3, 1)
        photo = torch.logit(image.float(), eps=_EDGE)
        return torch.sigmoid(logits * (1 + scale) + shift + gain * photo)
