"""One optimisation at one scale: pixels, an optimizer, and a guard that keeps it from blowing up."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from nst.errors import ConfigError
from nst.gatys_config import GatysConfig
from nst.objective import Objective

_HISTORY = 50  # pairs that L-BFGS remembers, where …
_HISTORY_BYTES = 5e8  # … they take no more memory than this; ten it remembers in any case
_JUMP = 3.0  # a loss this many times the best one is a blow-up, not a bad step
_FLOOR = 0.02  # … where best counts at least this share of the first loss: starting at the optimum is no trap
_SHRINK = 0.5
_SMALLEST = 2.0**-12


class StepLosses(NamedTuple):
    """Weighted losses of one step as plain numbers; they belong to the picture before the step."""

    content: float
    style: float
    tv: float
    total: float


class _Clamp(torch.autograd.Function):
    """Clamp to 0..1. The gradient passes where it leads back inside, so that no pixel is stuck outside, and is zero
    where it would lead further out: L-BFGS sees a bound as flat, not as a wall that it hits at every step."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:  # noqa: ANN001
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx, grad: Tensor) -> Tensor:  # noqa: ANN001
        (x,) = ctx.saved_tensors
        return grad * (((x >= 0) | (grad < 0)) & ((x <= 1) | (grad > 0)))


class Descent:
    """Minimise an objective over the pixels of one picture.

    Args:
        start: ``(1, 3, H, W)`` in 0..1; not modified.
        objective: what to minimise.
        config: optimizer and its step size.
        steps: how many steps are planned; sets how far back the average of the iterates reaches.
        moments: Adam's moments from a coarser scale, see :meth:`carry`.
    """

    def __init__(
        self, start: Tensor, objective: Objective, config: GatysConfig, steps: int, moments: list[Tensor] | None = None
    ) -> None:
        self.objective = objective
        self.config = config
        self.rate = config.step_size
        self._first: float | None = None
        self._best: tuple[float, Tensor] = (math.inf, start.clone())
        # SGD's and Adam's iterates jitter around their path; their average is the better picture.
        self._averages = config.optimizer != "lbfgs"
        self._decay = min(0.99, 1 - 5 / max(steps, 10))
        self._average = torch.zeros_like(start)
        self._average_mass = 0.0
        self._start_from(start)
        if moments is not None and config.optimizer == "adam":
            self._resume_adam(moments)

    def step(self) -> tuple[StepLosses, str]:
        """Take one step. Returns the losses before it and a note, empty unless something had to be mended.

        Raises:
            ConfigError: the loss is not a number from the very start.
        """
        losses: list[StepLosses] = []
        seen: list[Tensor] = []

        def closure() -> Tensor:
            self.optimizer.zero_grad(set_to_none=True)
            image = _Clamp.apply(self._image())
            seen.append(image.detach())
            result = self.objective(image)
            result.total.backward()
            losses.append(StepLosses(*(float(part.detach()) for part in result)))
            if self.config.optimizer == "sgd":
                for p in self._params:
                    p.grad /= p.grad.square().mean().sqrt().clamp_min(1e-20)
            return result.total

        self.optimizer.step(closure)
        now = losses[-1]
        if self._first is None:
            if not math.isfinite(now.total):
                raise ConfigError("With these weights the loss is not a number from the start: use smaller ones.")
            self._first = now.total
        if self._blew_up(now.total):
            return now, self._go_back()
        if now.total < self._best[0]:
            self._best = (now.total, seen[-1])
        if self._averages:
            self._average.lerp_(seen[-1], 1 - self._decay)
            self._average_mass += (1 - self._decay) * (1 - self._average_mass)
        return now, ""

    def picture(self) -> Tensor:
        """What to show now, ``(1, 3, H, W)`` in 0..1: the best iterate, or the average where steps are noisy."""
        if self._averages and self._average_mass > 0:
            return (self._average / self._average_mass).clamp(0, 1)
        return self._best[1]

    def carry(self) -> list[Tensor] | None:
        """Adam's two moments for the next scale; None for the others, whose memory does not survive a resize."""
        state = self.optimizer.state.get(self._params[0], {})
        return [state["exp_avg"], state["exp_avg_sq"], state["step"]] if "exp_avg" in state else None

    def _image(self) -> Tensor:
        size = self._base.shape[-2:]
        image = self._base + self._params[0]
        for coarse in self._params[1:]:
            image = image + F.interpolate(coarse, size, mode="bilinear", align_corners=False)
        return image

    def _start_from(self, image: Tensor) -> None:
        """Begin afresh at ``image``, with an optimizer that remembers nothing."""
        self._base = image.detach().clone()
        height, width = image.shape[-2:]
        sizes = [(height, width)]
        if self.config.optimizer == "lbfgs":
            # What is optimised is a change of the picture, written as a fine layer plus a layer of half the size:
            # the same space, but steps reach low frequencies sooner (10 to 15 % fewer to the same loss early on).
            sizes.append((-(-height // 2), -(-width // 2)))
        self._params = [torch.zeros(*image.shape[:2], *size, device=image.device, requires_grad=True) for size in sizes]
        self._new_optimizer()

    def _blew_up(self, total: float) -> bool:
        if not math.isfinite(total):
            return True
        return total > _JUMP * max(self._best[0], _FLOOR * self._first) and self._best[0] < math.inf

    def _go_back(self) -> str:
        self.rate = max(self.rate * _SHRINK, self.config.step_size * _SMALLEST)
        self._start_from(self._best[1])
        return "the loss blew up: went back to the best picture and halved the step"

    def _new_optimizer(self) -> None:
        if self.config.optimizer == "lbfgs":
            pair = 2 * sum(p.nbytes for p in self._params)
            history = max(10, min(_HISTORY, int(_HISTORY_BYTES / pair)))
            self.optimizer = torch.optim.LBFGS(
                self._params, lr=self.rate, max_iter=1, history_size=history, tolerance_grad=0, tolerance_change=0
            )
        elif self.config.optimizer == "adam":
            self.optimizer = torch.optim.Adam(self._params, lr=self.rate, betas=(0.9, 0.99))
        else:
            self.optimizer = torch.optim.SGD(self._params, lr=self.rate, momentum=0.9, dampening=0.9)

    def _resume_adam(self, moments: list[Tensor]) -> None:
        size = self._base.shape[-2:]
        first, second = (F.interpolate(m, size, mode="bilinear", align_corners=False) for m in moments[:2])
        # The losses are means: with more pixels each of them has a smaller share of the gradient.
        share = moments[0][0, 0].numel() / first[0, 0].numel()
        first, second = first * share, second * share**2
        self.optimizer.state[self._params[0]] = {"step": moments[2], "exp_avg": first, "exp_avg_sq": second}
