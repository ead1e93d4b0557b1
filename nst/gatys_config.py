"""Every choice of slow mode in one frozen dataclass, and named presets.

The command line, the app and the benchmark read their defaults and choices from here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

from nst.backbones import ARCHITECTURES, Pooling, check_layers
from nst.errors import ConfigError
from nst.images import KeepColor
from nst.losses import Balance, Criterion
from nst.weighted import check_weights

Optimizer = Literal["lbfgs", "adam", "sgd"]
Init = Literal["content", "style", "noise"]
Statistic = Literal["gram", "wasserstein"]
Precision = Literal["auto", "float32", "bfloat16"]
Layers = tuple[tuple[str, float], ...]

MIN_SIZE, MAX_SIZE = 64, 4096
MAX_ITERATIONS = 10_000

STYLE_LAYERS: Layers = tuple((f"relu{stage}_1", 1.0) for stage in range(1, 6))

DEFAULT_LEARNING_RATES: dict[str, float] = {"lbfgs": 1.0, "adam": 0.02, "sgd": 0.02}
"""Step sizes that suit pixels in 0..1. ``sgd`` steps along the gradient divided by its root mean square, so that its
step, too, is a distance in pixels."""


def _choice(kind: Any, text: str) -> Any:
    return field(default=get_args(kind)[0], metadata={"choices": get_args(kind), "help": text})


def _number(default: float | None, low: float, high: float, text: str) -> Any:
    return field(default=default, metadata={"range": (low, high), "help": text})


@dataclass(frozen=True)
class GatysConfig:
    """How to turn a photo into a painting by optimising its pixels (Gatys et al. 2016).

    With ``balance="relative"`` every loss is a fraction of what the photo or the painting has (see
    :mod:`nst.losses`), so that the same weights hold for every size, backbone, layer and initialisation. The
    published balances are there to repeat published settings.

    Raises:
        ConfigError: a value that does not exist or cannot work; the sentence names the field.
    """

    size: int = _number(512, MIN_SIZE, MAX_SIZE, "longer side of the result in pixels")
    iterations: int = _number(200, 1, MAX_ITERATIONS, "number of optimisation steps, over all scales")
    scales: int = _number(1, 1, 6, "coarse-to-fine: number of sizes, each half of the next")
    backbone: str = field(default="vgg16", metadata={"choices": tuple(ARCHITECTURES), "help": "feature network"})
    optimizer: Optimizer = _choice(Optimizer, "how to descend")
    learning_rate: float | None = _number(None, 1e-6, 100, "step size (default: what suits the optimizer)")
    criterion: Criterion = _choice(Criterion, "penalty of a difference")
    init: Init = _choice(Init, "picture to start from")
    pooling: Pooling = _choice(Pooling, "pooling of the backbone")
    normalized: bool = field(default=False, metadata={"help": "scale the backbone's filters to a mean of one"})
    statistic: Statistic = _choice(Statistic, "what describes a style (wasserstein has its own criterion and balance)")
    balance: Balance = _choice(Balance, "normalisation of the losses")
    content_layers: Layers = field(default=(("relu4_2", 1.0),), metadata={"help": "content layers with weights"})
    pyramid: int = _number(1, 1, 4, "sizes, each half of the next, at which the style is compared")
    style_layers: Layers = field(default=STYLE_LAYERS, metadata={"help": "style layers with weights"})
    content_weight: float = _number(1.0, 0, 1e12, "weight of the content loss")
    style_weight: float = _number(10.0, 0, 1e12, "weight of the style loss")
    tv_weight: float = _number(0.002, 0, 1e12, "weight of the total variation: smooths noise away")
    light_weight: float = _number(0.0, 0, 1e12, "weight of light and dark lying where they do in the photo")
    palette_weight: float = _number(0.0, 0, 1e12, "weight of having the painting's colours, and how much of each")
    style_scale: float = _number(1.0, 0.1, 4.0, "brush size: scale of the painting beside the photo")
    keep_color: KeepColor = _choice(KeepColor, "keep the colours of the photo")
    precision: Precision = _choice(Precision, "arithmetic of the backbone (auto: bfloat16 where it is native)")
    seed: int = _number(0, 0, 2**31 - 1, "seed of the noise")

    def __post_init__(self) -> None:
        for f in fields(self):
            value = getattr(self, f.name)
            choices, bounds = f.metadata.get("choices"), f.metadata.get("range")
            label = f.name.replace("_", " ")
            if choices and value not in choices:
                raise ConfigError(f"There is no {label} '{str(value)[:40]}': choose one of {', '.join(choices)}.")
            if bounds and not (value is None and f.default is None):
                self._check_number(f.name, label, value, bounds)
        if not isinstance(self.normalized, bool):
            raise ConfigError("The setting normalized is either true or false.")
        check_layers(self.backbone, [name for name, _ in self.content_layers])
        check_layers(self.backbone, [name for name, _ in self.style_layers])
        check_weights([weight for _, weight in self.content_layers], "content layer")
        check_weights([weight for _, weight in self.style_layers], "style layer")
        if self.content_weight == self.style_weight == 0:
            raise ConfigError("The content weight and the style weight are both zero: raise at least one of them.")

    def _check_number(self, name: str, label: str, value: Any, bounds: tuple[float, float]) -> None:
        whole = isinstance(getattr(type(self), name, None), int)
        low, high = bounds
        try:
            good = math.isfinite(value) and low <= value <= high and (not whole or int(value) == value)
        except (TypeError, ValueError, OverflowError):
            good = False
        if not good:
            kind = "a whole number" if whole else "a number"
            raise ConfigError(f"The {label} must be {kind} from {low:g} to {high:g}.")
        if whole:
            object.__setattr__(self, name, int(value))

    @property
    def step_size(self) -> float:
        """The learning rate in force."""
        return DEFAULT_LEARNING_RATES[self.optimizer] if self.learning_rate is None else self.learning_rate

    def sizes(self) -> list[int]:
        """The longer side at every scale, coarse to fine; none under :data:`MIN_SIZE`."""
        sizes = [self.size]
        while len(sizes) < self.scales and sizes[0] // 2 >= MIN_SIZE:
            sizes.insert(0, sizes[0] // 2)
        return sizes


def _layers(*names: str) -> Layers:
    return tuple((name, 1.0) for name in names)


PRESETS: dict[str, GatysConfig] = {
    "quick": GatysConfig(size=320, iterations=80),
    "balanced": GatysConfig(size=512, iterations=200, scales=2),
    "best": GatysConfig(size=1024, iterations=450, scales=3),
}
"""What a visitor chooses from."""


def preset(name: str, **changes: Any) -> GatysConfig:
    """The preset called ``name``, from :data:`PRESETS` or ``nst.report_presets``, with some fields changed.

    Raises:
        ConfigError: there is no preset or field of that name.
    """
    from nst.report_presets import REPORT_PRESETS

    known = {**PRESETS, **REPORT_PRESETS}
    if name not in known:
        raise ConfigError(f"There is no preset '{str(name)[:40]}': choose one of {', '.join(known)}.")
    try:
        return replace(known[name], **changes)
    except TypeError:
        raise ConfigError(f"There is no such setting among {', '.join(changes)}.") from None
