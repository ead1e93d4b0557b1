"""The settings of the student reports and papers that this project reproduces, as presets of slow mode.

Where a source gives no number, the field keeps the project's default. Weights under the published balances
were tuned for torchvision's VGG, whose activations are of the order of one; ``normalized`` brings the embedded VGG-16
(activations in the tens and hundreds) to that scale.
"""

from __future__ import annotations

from nst.gatys_config import GatysConfig, Layers, _layers

_CHANNELS = {1: 64, 2: 128, 3: 256, 4: 512, 5: 512}


def _per_channel_squared(scale: float) -> Layers:
    return tuple((f"relu{stage}_1", scale / channels**2) for stage, channels in _CHANNELS.items())


def _mean_squares(*names: str) -> Layers:
    """Layers whose Gram loss is a mean over the matrix, not a sum as in Johnson's normalisation."""
    return tuple((name, 1 / _CHANNELS[int(name[4])] ** 2) for name in names)


REPORT_PRESETS: dict[str, GatysConfig] = {
    # Gatys et al. 2016: relu4_2 against five style layers of weight 1/5, content to style 1 to 1000.
    "gatys-2016": GatysConfig(
        size=512,
        iterations=500,
        backbone="vgg19",
        init="noise",
        pooling="average",
        normalized=True,
        balance="gatys",
        style_layers=tuple((f"relu{stage}_1", 0.2) for stage in range(1, 6)),
        content_weight=1.0,
        style_weight=1000.0,
        tv_weight=0.0,
    ),
    # Report A: VGG-19, filters normalised, average pooling, content from stage 4, style from stages 1 to 5.
    "report-a": GatysConfig(
        size=512,
        iterations=500,
        backbone="vgg19",
        pooling="average",
        normalized=True,
        balance="gatys",
        style_weight=1000.0,
        tv_weight=0.0,
    ),
    # Report A on its CPU: 128 pixels, the same otherwise.
    "report-a-cpu": GatysConfig(
        size=128,
        iterations=500,
        backbone="vgg19",
        pooling="average",
        normalized=True,
        balance="gatys",
        style_weight=1000.0,
        tv_weight=0.0,
    ),
    # Report B: VGG-16, content 100, style 1e7/n² with Gram matrices divided by N·M·C, 800 iterations.
    "report-b": GatysConfig(
        size=512,
        iterations=800,
        backbone="vgg16",
        normalized=True,
        balance="johnson",
        style_layers=_per_channel_squared(1e7),
        content_weight=100.0,
        style_weight=1.0,
        tv_weight=0.0,
    ),
    # Slides C: the PyTorch tutorial, whose layers are the first five convolutions.
    "report-c": GatysConfig(
        size=512,
        iterations=300,
        backbone="vgg19",
        balance="johnson",
        content_layers=_layers("conv2_2"),
        style_layers=_mean_squares("conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1"),
        style_weight=1e6,
        tv_weight=0.0,
    ),
    # Report D: VGG-19, content conv4_2, style from the first four convolutions, 15 steps of 20 evaluations.
    "report-d": GatysConfig(
        size=512,
        iterations=300,
        backbone="vgg19",
        balance="johnson",
        content_layers=_layers("conv4_2"),
        style_layers=_layers("conv1_1", "conv1_2", "conv2_1", "conv2_2"),
        style_weight=1000.0,
        tv_weight=0.0,
    ),
    # Report D's comparison with style from all five stages.
    "report-d-deep": GatysConfig(
        size=512,
        iterations=300,
        backbone="vgg19",
        balance="johnson",
        content_layers=_layers("conv4_2"),
        style_layers=_layers("conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"),
        style_weight=1000.0,
        tv_weight=0.0,
    ),
}
