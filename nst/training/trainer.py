"""The training loop of a trunk with its styles: one process or many, on CPUs or GPUs, through ``accelerate``."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from nst.devices import autocast
from nst.errors import RecipeError, WeightsError
from nst.gatys import prepare_backbone
from nst.images import to_tensor
from nst.networks import build_network
from nst.networks.multistyle import MultistyleConfig
from nst.styles import StyleLibrary
from nst.training.augment import motion, noise, places, warp
from nst.training.checkpoint import adam_state, load_adam_state, load_checkpoint
from nst.training.paintings import open_painting
from nst.training.perceptual import PerceptualLoss, StyleBalance
from nst.training.photos import Crops, open_source
from nst.training.recipe import Recipe
from nst.trunks import MULTISTYLE, load_trunk
from nst.weight_files import write_tensors

if TYPE_CHECKING:
    from accelerate import Accelerator

CHECKPOINT = "checkpoint.safetensors"


class StyledNetwork(nn.Module):
    """A trunk with a table of codes: one row for each painting, and the last for reproducing the photo."""

    def __init__(self, network: nn.Module, styles: int) -> None:
        super().__init__()
        self.network = network
        codes = torch.cat([network.new_codes(styles), network.new_identity()[None]])
        self.codes = nn.Parameter(codes, requires_grad=codes.numel() > 0)
        learnt = torch.cat([network.learnt().expand(styles, -1), torch.ones_like(codes[-1:])])
        self.register_buffer("learnt", learnt, persistent=False)

    def forward(
        self,
        image: Tensor,
        styles: Tensor,
        strengths: Tensor | None = None,
        origins: list[tuple[int, int]] | None = None,
    ) -> Tensor:
        """``strengths`` ``(N,)`` are how far from the photo's code to the style's, ``origins`` the pictures' places in
        the noise, for a network that has it."""
        codes = (self.codes * self.learnt)[styles]
        if strengths is not None:
            codes = torch.lerp(self.codes[-1:].expand_as(codes), codes, strengths[:, None])
        return self.network(image, codes, origins=origins) if origins else self.network(image, codes)


def _has_all_of(larger: MultistyleConfig, smaller: MultistyleConfig) -> bool:
    """Whether a trunk can grow from the smaller one: of the same width and fold, with nothing less."""
    same = (larger.width, larger.fold) == (smaller.width, smaller.fold)
    return same and larger.blocks >= smaller.blocks and larger.noise >= smaller.noise


def _check_network(recipe: Recipe) -> None:
    with torch.device("meta"):
        network = build_network(recipe.network, recipe.network_settings)
    if any(stage.size % network.multiple for stage in recipe.stages):
        raise RecipeError(f"The recipe's network needs stages whose size is a multiple of {network.multiple}.")
    single = network.code_size == 0
    if single and (len(recipe.paintings) > 1 or recipe.data.identity_share > 0):
        raise RecipeError(
            f"The network {recipe.network} has one style: its recipe has one painting, and data.identity_share is 0."
        )


@dataclass(frozen=True)
class TrainProgress:
    """One step: its number (from 1) of so many, its losses, the speed in photographs a second, seconds to go.

    ``content`` and ``style`` are unweighted means over the batch; ``saved`` says that a checkpoint was written.
    """

    step: int
    steps: int
    content: float
    style: float
    stability: float
    total: float
    rate: float
    images_per_second: float
    eta: float
    saved: bool


class Trainer:
    """One training run in a folder of its own. Iterate over :meth:`run`; stop whenever you like.

    Args:
        recipe: what to train.
        folder: where checkpoints go.
        accelerator: the processes and devices to use.
        resume: go on from the folder's checkpoint.

    Raises:
        RecipeError: photographs, paintings or checkpoint are missing or do not fit the recipe.
    """

    def __init__(self, recipe: Recipe, folder: Path, accelerator: Accelerator, *, resume: bool = False) -> None:
        self.recipe, self.folder, self.accelerator = recipe, folder, accelerator
        self.step = 0
        _check_network(recipe)
        torch.manual_seed(recipe.seed)
        self.balance = StyleBalance(len(recipe.paintings), recipe.loss.style_weight)
        model = StyledNetwork(build_network(recipe.network, recipe.network_settings), len(recipe.paintings))
        if recipe.start and not resume:
            self._start_from(Path(recipe.start), model)
        shared = [p for name, p in model.named_parameters() if p.requires_grad and name != "codes"]
        groups = [{"params": shared, "times": 1.0}]
        if model.codes.requires_grad:
            groups.append({"params": [model.codes], "times": recipe.optimizer.code_rate})
        optimizer = torch.optim.Adam(groups, lr=recipe.optimizer.rate)
        self.model, self.optimizer = accelerator.prepare(model, optimizer)
        self.plain: StyledNetwork = accelerator.unwrap_model(self.model)
        self.ema = copy.deepcopy(self.plain).requires_grad_(False).eval()
        if resume:
            self._resume()
        self.source = open_source(recipe.data, recipe.seed)
        self.loss = PerceptualLoss(
            prepare_backbone(recipe.loss.objective(), accelerator.device), self._paintings(), recipe.loss
        )

    def run(self) -> Iterator[TrainProgress]:
        """Train to the recipe's end.

        Raises:
            RecipeError: the loss is not a number.
        """
        recipe, accelerator = self.recipe, self.accelerator
        crops = Crops(recipe, self.source, self.step, accelerator.process_index, accelerator.num_processes)
        loader = DataLoader(crops, batch_size=None, num_workers=recipe.data.workers)
        recent: list[tuple[float, int]] = []
        for photo, styles, strengths in loader:
            started = time.perf_counter()
            content, style, stability, total = self._train_step(photo.to(accelerator.device), styles, strengths)
            self.step += 1
            save = self.step % recipe.checkpoint_every == 0 or self.step == recipe.steps
            if save and accelerator.is_main_process:
                self.save()
            recent = [*recent[-49:], (time.perf_counter() - started, len(photo) * accelerator.num_processes)]
            seconds = sum(s for s, _ in recent)
            per_step = seconds / len(recent)
            yield TrainProgress(
                step=self.step,
                steps=recipe.steps,
                content=content,
                style=style,
                stability=stability,
                total=total,
                rate=self._rate(self.step - 1),
                images_per_second=sum(n for _, n in recent) / seconds,
                eta=per_step * (recipe.steps - self.step),
                saved=save,
            )

    def save(self) -> None:
        """Write the checkpoint."""
        tensors = {f"model.{k}": v for k, v in self.plain.state_dict().items()}
        tensors |= {f"ema.{k}": v for k, v in self.ema.state_dict().items()}
        tensors |= adam_state(self.optimizer, self.plain)
        tensors["balance"] = self.balance.state
        about = {
            "step": self.step,
            "recipe": self.recipe.as_dict(),
            "processes": self.accelerator.num_processes,
        }
        write_tensors(self.folder / CHECKPOINT, tensors, about)

    def _train_step(self, photo: Tensor, styles: Tensor, strengths: Tensor) -> tuple[float, float, float, float]:
        recipe, accelerator, step = self.recipe, self.accelerator, self.step
        for group in self.optimizer.param_groups:
            group["lr"] = self._rate(step) * group["times"]
        rng = np.random.default_rng([recipe.seed, step, accelerator.process_index, 1 << 21])
        origins = places(self.plain.network, len(photo), rng)
        parts = strengths.to(photo.device) if bool((strengths < 1).any()) else None
        with autocast(accelerator.device):
            painted = self.model(photo, styles, parts, origins)
        weights = self.balance.weights()
        losses = self.loss(painted, photo, styles.tolist(), weights, parts)
        total, stability = losses.total, 0.0
        if recipe.loss.stability and step >= recipe.steps * (1 - recipe.loss.stability_share):
            rng = np.random.default_rng([recipe.seed, step, accelerator.process_index, 1 << 20])
            grid = motion(photo.shape[-1], len(photo), rng).to(photo.device)
            with autocast(accelerator.device):
                moved = self.model(noise(warp(photo, grid), rng), styles, parts, origins)
            difference = (moved - warp(painted, grid)).square().mean()
            total, stability = total + recipe.loss.stability * difference, float(difference.detach())
        value = float(total.detach())
        if not math.isfinite(value):
            raise RecipeError(
                f"The loss is not a number at step {step + 1}: lower optimizer.rate or loss.style_weight. "
                "The last checkpoint is sound: change the recipe and go on with --resume."
            )
        self.optimizer.zero_grad(set_to_none=True)
        accelerator.backward(total)
        accelerator.clip_grad_norm_(self.model.parameters(), recipe.optimizer.clip)
        self.optimizer.step()
        self._average()
        full = strengths == 1
        self._balance(styles[full], losses.moved[full.to(losses.moved.device)])
        return float(losses.content.mean()), float(losses.style.mean()), stability, value

    def _rate(self, step: int) -> float:
        settings, steps = self.recipe.optimizer, self.recipe.steps
        rise = (step + 1) / max(1, settings.warmup)
        fall = (steps - step) / max(1.0, settings.decay_share * steps)
        return settings.rate * min(1.0, rise, fall)

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.optimizer.ema, (1 + self.step) / (10 + self.step))
        for mean, value in zip(self.ema.parameters(), self.plain.parameters(), strict=True):
            mean.lerp_(value, 1 - decay)
        for kept, value in zip(self.ema.buffers(), self.plain.buffers(), strict=True):
            kept.copy_(value)

    def _balance(self, styles: Tensor, losses: Tensor) -> None:
        """Same sums in every process, so that all keep the same weights; frozen for the last half of the run."""
        if self.step >= self.recipe.steps // 2:
            return
        count = len(self.recipe.paintings)
        sums = torch.zeros(2, count + 1)
        sums[0].index_add_(0, styles, losses.cpu().float())
        sums[1].index_add_(0, styles, torch.ones(len(styles)))
        sums = self.accelerator.reduce(sums.to(self.accelerator.device), "sum").cpu()
        self.balance.update(sums[0, :count], sums[1, :count])

    def _paintings(self) -> list[list[Tensor]]:
        pictures = (open_painting(p) for p in self.recipe.paintings)
        return [[to_tensor(picture).to(self.accelerator.device)] for picture in pictures]

    def _start_from(self, folder: Path, model: StyledNetwork) -> None:
        try:
            trunk = load_trunk(folder / "trunk.safetensors")
            library = StyleLibrary.load(trunk, folder / "styles")
        except WeightsError as error:
            raise RecipeError(f"The weights that the recipe starts from cannot be used. {error}") from None
        about, recipe = trunk.about, self.recipe
        old, new = dict(about["settings"]), dict(recipe.network_settings)
        grown = recipe.network == MULTISTYLE and old != new and _has_all_of(model.network.config, trunk.network.config)
        if about["architecture"] != recipe.network or not (grown or old == new):
            raise RecipeError("The weights to start from are of another network than the recipe's.")
        known = {style.info.id: style for style in library}
        rows = [i for i, painting in enumerate(recipe.paintings) if painting.id in known]
        styles = [known[recipe.paintings[i].id] for i in rows]
        codes = torch.stack([*(style.code for style in styles), trunk.identity])
        if grown:
            codes = model.network.grow_from(trunk.network, codes)
        else:
            model.network.load_state_dict(trunk.network.state_dict())
        with torch.no_grad():
            model.codes[[*rows, -1]] = codes
            model.codes *= model.learnt
        for i, style in zip(rows, styles, strict=True):
            self.balance.start(i, style.info.style_weight, about["content_loss"])

    def _resume(self) -> None:
        tensors, about = load_checkpoint(self.folder / CHECKPOINT)
        then, now = about["recipe"], self.recipe.as_dict()
        same = all(then[k] == now[k] for k in ("network", "network_settings", "seed"))
        if not same or [p["id"] for p in then["paintings"]] != [p.id for p in self.recipe.paintings]:
            raise RecipeError(
                "The checkpoint is of another network, seed or list of paintings than the recipe: give the run "
                "another name, or start without --resume."
            )
        for part, model in (("model.", self.plain), ("ema.", self.ema)):
            model.load_state_dict({k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)})
        load_adam_state(self.optimizer, self.plain, tensors)
        self.balance.state = tensors["balance"]
        self.step = about["step"]
