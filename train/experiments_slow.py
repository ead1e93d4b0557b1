"""Experiments on slow mode: what each choice of Gatys et al.'s algorithm does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lab import Lab, SlowRun

from nst.errors import BackboneError
from nst.gatys_config import GatysConfig, Layers

_CONTENT_STAGES = ("relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2")


def _base(lab: Lab, **changes: Any) -> GatysConfig:
    settings = {"size": lab.pick(128, 384), "iterations": lab.pick(40, 300), "tv_weight": 0.0}
    return GatysConfig(**{**settings, **changes})


def _compare(lab: Lab, name: str, title: str, variants: Mapping[str, GatysConfig]) -> dict[str, SlowRun]:
    """Run all, write table, chart and pictures; those whose backbone's weights are missing are left out."""
    runs: dict[str, SlowRun] = {}
    for label, config in variants.items():
        try:
            lab.slow(replace(config, iterations=2))  # what is done once is no part of the times
            runs[label] = lab.slow(config)
        except BackboneError as error:
            print(f"{label} is left out: {error}")
    rows = [
        {
            "variant": label, "seconds": run.seconds, "steps": len(run.trace),
            "ms_per_step": 1000 * run.seconds / len(run.trace), "final_over_first": _share(run),
            "steps_to_converge": run.steps_to_converge(), "content": run.trace[-1].content,
            "style": run.trace[-1].style,
        }
        for label, run in runs.items()
    ]  # fmt: skip
    lab.table(name, rows)
    series = {
        label: [(i, losses.total / run.trace[0].total) for i, losses in enumerate(run.trace, 1)]
        for label, run in runs.items()
    }
    lab.chart(name, title, series, "step", "objective / objective at the start")
    lab.pictures(f"{name}-pictures", title, {"": {label: run.image for label, run in runs.items()}})
    return runs


def _share(run: SlowRun) -> float:
    return run.trace[-1].total / run.trace[0].total


def backbones(lab: Lab) -> None:
    """VGG-19, VGG-16 and AlexNet, one loss each."""
    alexnet = {
        "backbone": "alexnet", "content_layers": (("relu3_2", 1.0),),
        "style_layers": tuple((name, 1.0) for name in ("relu1_1", "relu2_1", "relu3_1", "relu3_2", "relu3_3")),
    }  # fmt: skip
    runs = _compare(
        lab, "backbones", "Feature networks", {
            "VGG-19": _base(lab, backbone="vgg19"), "VGG-16": _base(lab), "AlexNet": _base(lab, **alexnet),
        },
    )  # fmt: skip
    each = ", ".join(f"{label} {1000 * run.seconds / len(run.trace):.0f} ms a step" for label, run in runs.items())
    lab.say("backbones", f"{each}; the objectives fall to {_shares(runs)} of where they begin.")


def criteria(lab: Lab) -> None:
    """Squares, absolute values, smooth L1, Huber."""
    names = ("mse", "l1", "smooth_l1", "huber")
    runs = _compare(lab, "criteria", "Penalties of a difference", {name: _base(lab, criterion=name) for name in names})
    seconds = sorted(run.seconds for run in runs.values())
    ratio = seconds[-1] / seconds[0]
    lab.say(
        "criteria",
        f"They fall to {_shares(runs)} of their start; the slowest takes {ratio:.2f} times as long as the fastest.",
    )


def optimizers(lab: Lab) -> None:
    """L-BFGS, Adam, SGD."""
    runs = _compare(
        lab, "optimizers", "Optimizers", {
            "L-BFGS": _base(lab), "Adam": _base(lab, optimizer="adam"), "SGD": _base(lab, optimizer="sgd"),
        },
    )  # fmt: skip
    best = min(runs, key=lambda label: runs[label].trace[-1].total)
    lab.say("optimizers", f"After as many steps {best} is lowest; {_shares(runs)} of the start.")


def pooling(lab: Lab) -> None:
    """Average against max, steps until the objective has nearly reached its lowest value."""
    runs = _compare(
        lab, "pooling", "Pooling of the feature network",
        {"max": _base(lab), "average": _base(lab, pooling="average")},
    )  # fmt: skip
    each = ", ".join(f"{label} {run.steps_to_converge()}" for label, run in runs.items())
    lab.say("pooling", f"Steps until the last five per cent of the fall: {each}.")


def init(lab: Lab) -> None:
    """From the photo, the painting, noise."""
    runs = _compare(
        lab, "init", "Pictures to start from", {name: _base(lab, init=name) for name in ("content", "style", "noise")}
    )
    each = ", ".join(f"{label} {run.trace[-1].total:.3f}" for label, run in runs.items())
    lab.say("init", f"Objectives in the end: {each}.")


def layers(lab: Lab) -> None:
    """The reports' choices of content and style layers."""
    styles = {
        "style 1_1 … 2_2": _of("relu1_1", "relu1_2", "relu2_1", "relu2_2"),
        "style 1_1 … 3_2": _of("relu1_1", "relu1_2", "relu2_1", "relu2_2", "relu3_1", "relu3_2"),
        "style 1_1 … 5_1": _of("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"),
    }
    contents = ("relu2_1", "relu2_2", "relu4_1", "relu4_2")
    grid, rows = {}, []
    for content in contents:
        grid[f"content {content[4:]}"] = line = {}
        for label, chosen in styles.items():
            run = lab.slow(_base(lab, content_layers=((content, 1.0),), style_layers=chosen))
            line[label] = run.image
            rows.append({"content": content, "style": label, "seconds": run.seconds, "final_over_first": _share(run)})
    lab.table("layers", rows)
    lab.pictures("layers", "Content and style layers", grid)
    lab.say(
        "layers",
        "The deeper the content layer, the freer the painting; without the deep style layers only colours and fine "
        "texture are taken over.",
    )


def weights(lab: Lab) -> None:
    """Style over content, as in figure 4 of Gatys et al., and report D's 1000 to 10,000."""
    ratios = lab.pick((1.0, 10.0, 100.0), (0.3, 1.0, 3.0, 10.0, 30.0, 100.0))
    report = (1000.0, 2000.0, 5000.0, 10_000.0)
    rows, ours, theirs = [], {}, {}
    for ratio in ratios:
        run = lab.slow(_base(lab, style_weight=ratio))
        ours[f"β/α = {ratio:g}"] = run.image
        rows.append(_weight_row("relative", ratio, run))
    for ratio in report:
        config = _base(lab, style_weight=ratio, balance="johnson", content_layers=(("conv4_2", 1.0),))
        config = replace(config, style_layers=_of("conv1_1", "conv1_2", "conv2_1", "conv2_2"))
        run = lab.slow(config)
        theirs[f"{ratio:g}"] = run.image
        rows.append(_weight_row("report D", ratio, run))
    lab.table("weights", rows)
    lab.pictures("weights", "Style weight over content weight", {"relative losses": ours, "report D": theirs})
    lab.say("weights", "From hardly any style to a textured picture of the style as the ratio grows.")


def _weight_row(losses: str, ratio: float, run: SlowRun) -> dict[str, Any]:
    last = run.trace[-1]
    return {
        "losses": losses, "ratio": ratio, "content": last.content, "style": last.style / ratio, "seconds": run.seconds
    }  # fmt: skip


def reconstruct(lab: Lab) -> None:
    """Figure 1 of Gatys et al.: the photo from one layer, the painting from more and more."""
    contents, styles, rows = {}, {}, []
    for layer in _CONTENT_STAGES:
        config = _base(lab, init="noise", style_weight=0.0, content_layers=((layer, 1.0),))
        run = lab.slow(config)
        contents[f"from {layer[4:]}"] = run.image
        rows.append({"what": "content", "layers": layer, "final_over_first": _share(run), "seconds": run.seconds})
    for stages in range(1, 6):
        chosen = _of(*(f"relu{stage}_1" for stage in range(1, stages + 1)))
        run = lab.slow(_base(lab, init="noise", content_weight=0.0, style_layers=chosen))
        styles["1_1" if stages == 1 else f"1_1 … {stages}_1"] = run.image
        rows.append({"what": "style", "layers": stages, "final_over_first": _share(run), "seconds": run.seconds})
    lab.table("reconstruct", rows)
    lab.pictures("reconstruct", "What the layers keep", {"content": contents, "style": styles})
    lab.say(
        "reconstruct",
        "Shallow layers keep the photo nearly to the pixel, deep ones its layout; the painting's texture grows coarser "
        "with every stage.",
    )


def _of(*names: str) -> Layers:
    return tuple((name, 1.0) for name in names)


def _shares(runs: Mapping[str, SlowRun]) -> str:
    return ", ".join(f"{_share(run):.3f} ({label})" for label, run in runs.items())
