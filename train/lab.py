"""What the experiments share: pictures, runs of slow mode, a short training, and figures for light and dark pages."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from accelerate import Accelerator  # noqa: E402

from nst.descent import StepLosses  # noqa: E402
from nst.gatys import optimize  # noqa: E402
from nst.gatys_config import GatysConfig  # noqa: E402
from nst.images import open_image, to_image, to_tensor  # noqa: E402
from nst.training.recipe import Recipe, make_recipe  # noqa: E402
from nst.training.trainer import Trainer, TrainProgress  # noqa: E402
from nst.trunks import paint  # noqa: E402

PHOTO, PAINTING = "bridge", "swirl"
_THEMES = {
    "": {"figure.facecolor": "white", "savefig.facecolor": "white"},
    "-dark": {
        "figure.facecolor": "#0d1117", "savefig.facecolor": "#0d1117", "axes.facecolor": "#0d1117",
        "text.color": "#e6edf3", "axes.labelcolor": "#e6edf3", "axes.edgecolor": "#8b949e", "xtick.color": "#e6edf3",
        "ytick.color": "#e6edf3", "legend.facecolor": "#161b22", "legend.edgecolor": "#8b949e", "grid.color": "#30363d",
    },
}  # fmt: skip
_LOOKS = {"font.size": 10, "axes.grid": True, "grid.alpha": 0.4, "figure.dpi": 110, "axes.axisbelow": True}


@dataclass(frozen=True)
class SlowRun:
    """One run of slow mode.

    Attributes:
        trace: the weighted losses of every step.
        image: the result.
    """

    config: GatysConfig
    trace: tuple[StepLosses, ...]
    seconds: float
    image: Image.Image

    def steps_to_converge(self, within: float = 0.05) -> int:
        """The first step from which on the total stays within a share of its lowest value (of the whole fall)."""
        totals = [losses.total for losses in self.trace]
        bound = min(totals) + within * (totals[0] - min(totals))
        last_above = max((i for i, total in enumerate(totals) if total > bound), default=-1)
        return last_above + 2


@dataclass
class Lab:
    """Where an experiment works.

    Attributes:
        folder: where files go.
        quick: small pictures and few steps: what it shows is how the experiment goes, not what it finds.
        paintings: folder of the paintings that the shipped networks were trained on, which may not be there.
    """

    folder: Path
    quick: bool
    paintings: Path
    findings: dict[str, str] = field(default_factory=dict)

    def photo(self, name: str = PHOTO) -> Image.Image:
        return open_image(ROOT / "examples" / "content" / f"{name}.jpg")

    def painting(self, name: str = PAINTING) -> Image.Image:
        return open_image(ROOT / "examples" / "styles" / f"{name}.jpg")

    def pick(self, quick: Any, full: Any) -> Any:
        """The one that is in force."""
        return quick if self.quick else full

    def slow(self, config: GatysConfig) -> SlowRun:
        """Run slow mode to its end."""
        started, trace, image = time.perf_counter(), [], None
        for progress in optimize(self.photo(), [self.painting()], config, frame_seconds=3600):
            trace += [losses for _, losses in progress.trace]
            image = progress.image
        return SlowRun(config, tuple(trace), time.perf_counter() - started, image)

    def train(self, network: str, settings: Mapping[str, Any], steps: int, size: int, batch: int) -> Training:
        """A training run of this network on the project's own pictures."""
        many = network == "multistyle"
        recipe = make_recipe(
            {
                "name": "experiment", "network": network, "network_settings": dict(settings), "seed": 1,
                "checkpoint_every": 10**9,
                "data": {"folder": str(ROOT / "examples" / "content"), "identity_share": 0.04 if many else 0.0},
                "loss": {"style_weight": 3.0, "stability": 0.0},
                "stages": [{"steps": steps, "size": size, "batch": batch}],
                "paintings": [
                    {
                        "id": PAINTING, "file": str(ROOT / "examples" / "styles" / f"{PAINTING}.jpg"),
                        "title": PAINTING, "artist": "", "year": "",
                    }
                ],
            }
        )  # fmt: skip
        return Training(recipe, Trainer(recipe, self.folder, Accelerator(cpu=not torch.cuda.is_available())))

    def table(self, name: str, rows: Sequence[Mapping[str, Any]], **more: Any) -> None:
        """Write ``name.csv`` and ``name.json``, and print the table."""
        with (self.folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        told = {"quick": self.quick, "threads": torch.get_num_threads(), "torch": torch.__version__, **more}
        (self.folder / f"{name}.json").write_text(json.dumps({**told, "rows": list(rows)}, indent=2) + "\n")
        print("| " + " | ".join(rows[0]) + " |\n" + "|---" * len(rows[0]) + "|")
        for row in rows:
            print("| " + " | ".join(f"{v:.4g}" if isinstance(v, float) else str(v) for v in row.values()) + " |")

    def say(self, name: str, sentence: str) -> None:
        """The finding of an experiment."""
        self.findings[name] = sentence
        print(f"\n{name}: {sentence}\n", flush=True)

    def chart(
        self, name: str, title: str, series: Mapping[str, Sequence[tuple[float, float]]], x: str, y: str,
        *, log: bool = True, points: bool = False,
    ) -> None:  # fmt: skip
        """Lines (or points) in one chart, as ``name.png`` and ``name-dark.png``."""

        def draw() -> None:
            figure, axes = plt.subplots(figsize=(7, 4.2))
            for label, values in series.items():
                xs, ys = zip(*values, strict=True)
                axes.plot(xs, ys, "o" if points else "-", label=label, linewidth=1.6, markersize=7)
            axes.set(title=title, xlabel=x, ylabel=y)
            if log:
                axes.set_yscale("log")
            axes.legend()
            figure.tight_layout()

        self._both(name, draw)

    def bars(
        self, name: str, title: str, values: Mapping[str, Mapping[str, float]], y: str, *, log: bool = False
    ) -> None:
        """Groups of bars: for each label, a value of each kind."""

        def draw() -> None:
            figure, axes = plt.subplots(figsize=(7, 4.2))
            kinds = list(next(iter(values.values())))
            width = 0.8 / len(kinds)
            for n, kind in enumerate(kinds):
                places = [i + (n - (len(kinds) - 1) / 2) * width for i in range(len(values))]
                axes.bar(places, [row[kind] for row in values.values()], width, label=kind)
            axes.set_xticks(range(len(values)), list(values), rotation=20, ha="right")
            axes.set(title=title, ylabel=y)
            if log:
                axes.set_yscale("log")
            axes.legend()
            figure.tight_layout()

        self._both(name, draw)

    def pictures(self, name: str, title: str, rows: Mapping[str, Mapping[str, Image.Image]]) -> None:
        """A grid of labelled pictures: rows of columns."""

        def draw() -> None:
            columns = max(len(row) for row in rows.values())
            figure, grid = plt.subplots(
                len(rows), columns, figsize=(2.3 * columns + 0.6, 2.0 * len(rows) + 0.6), squeeze=False
            )
            for axes in grid.flat:
                axes.axis("off")
            for line, (row_label, row) in zip(grid, rows.items(), strict=True):
                for axes, (label, image) in zip(line, row.items(), strict=False):
                    axes.imshow(image)
                    axes.set_title(label, fontsize=9)
                line[0].text(
                    -0.06, 0.5, row_label, rotation=90, va="center", ha="right", transform=line[0].transAxes, fontsize=9
                )
            figure.suptitle(title)
            figure.tight_layout()

        self._both(name, draw)

    def _both(self, name: str, draw: Callable[[], None]) -> None:
        for suffix, theme in _THEMES.items():
            with plt.rc_context({**_LOOKS, **theme}):
                draw()
                plt.savefig(self.folder / f"{name}{suffix}.png", bbox_inches="tight")
                plt.close("all")


@dataclass
class Training:
    """A run that is stepped by an experiment."""

    recipe: Recipe
    trainer: Trainer

    def run(self) -> Sequence[TrainProgress]:
        return list(self.trainer.run())

    @torch.no_grad()
    def painted(self, photo: Image.Image) -> Image.Image:
        """What the average of the weights makes of a photo now."""
        model = self.trainer.ema
        return to_image(paint(model.network, to_tensor(photo), model.codes[:1]))
