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

_HISTORY = 20  # pairs that L-BFGS remembers; 100 gain nothing measurable and cost 5 times the memory
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
        self.pixels = start.clone().requires_grad_()
        self.rate = config.step_size
        self.blow_ups = 0
        self._first: float | None = None
        self._best: tuple[float, Tensor] = (math.inf, start.clone())
        # SGD's and Adam's iterates jitter around their path; their average is the better picture.
        self._averages = config.optimizer != "lbfgs"
        self._decay = min(0.99, 1 - 5 / max(steps, 10))
        self._average = torch.zeros_like(start)
        self._average_mass = 0.0
        self._new_optimizer()
        if moments is not None and config.optimizer == "adam":
            self._resume_adam(moments)

    def step(self) -> tuple[StepLosses, str]:
        """Take one step. Returns the losses before it and a note, empty unless something had to be mended.

        Raises:
            ConfigError: the loss is not a number from the very start.
        """
        losses: list[StepLosses] = []

        def closure() -> Tensor:
            self.optimizer.zero_grad(set_to_none=True)
            with torch.no_grad():
                self.pixels.clamp_(0, 1)
            result = self.objective(self.pixels)
            result.total.backward()
            losses.append(StepLosses(*(float(part.detach()) for part in result)))
            if self.config.optimizer == "sgd":
                self.pixels.grad /= self.pixels.grad.square().mean().sqrt().clamp_min(1e-20)
            return result.total

        before = self._iterate()
        self.optimizer.step(closure)
        now = losses[-1]
        if self._first is None:
            if not math.isfinite(now.total):
                raise ConfigError("With these weights the loss is not a number from the start: use smaller ones.")
            self._first = now.total
        if self._blew_up(now.total):
            return now, self._go_back()
        if now.total < self._best[0]:
            self._best = (now.total, before)
        if self._averages:
            self._average.lerp_(self._iterate(), 1 - self._decay)
            self._average_mass += (1 - self._decay) * (1 - self._average_mass)
        return now, ""

    def picture(self) -> Tensor:
        """What to show now, ``(1, 3, H, W)`` in 0..1: the best iterate, or the average where steps are noisy."""
        if self._averages and self._average_mass > 0:
            return (self._average / self._average_mass).clamp(0, 1)
        return self._best[1].clamp(0, 1)

    def carry(self) -> list[Tensor] | None:
        """Adam's two moments for the next scale; None for the others, whose memory does not survive a resize."""
        state = self.optimizer.state.get(self.pixels, {})
        return [state["exp_avg"], state["exp_avg_sq"], state["step"]] if "exp_avg" in state else None

    def _iterate(self) -> Tensor:
        return self.pixels.detach().clamp(0, 1)

    def _blew_up(self, total: float) -> bool:
        if not math.isfinite(total):
            return True
        return total > _JUMP * max(self._best[0], _FLOOR * self._first) and self._best[0] < math.inf

    def _go_back(self) -> str:
        self.blow_ups += 1
        self.rate = max(self.rate * _SHRINK, self.config.step_size * _SMALLEST)
        with torch.no_grad():
            self.pixels.copy_(self._best[1])
        self._new_optimizer()
        return "the loss blew up: went back to the best picture and halved the step"

    def _new_optimizer(self) -> None:
        # A restart forgets the curvature that led astray.
        if self.config.optimizer == "lbfgs":
            self.optimizer = torch.optim.LBFGS(
                [self.pixels], lr=self.rate, max_iter=1, history_size=_HISTORY, tolerance_grad=0, tolerance_change=0
            )
        elif self.config.optimizer == "adam":
            self.optimizer = torch.optim.Adam([self.pixels], lr=self.rate, betas=(0.9, 0.99))
        else:
            self.optimizer = torch.optim.SGD([self.pixels], lr=self.rate, momentum=0.9, dampening=0.9)

    def _resume_adam(self, moments: list[Tensor]) -> None:
        size = self.pixels.shape[-2:]
        first, second = (F.interpolate(m, size, mode="bilinear", align_corners=False) for m in moments[:2])
        self.optimizer.state[self.pixels] = {"step": moments[2], "exp_avg": first, "exp_avg_sq": second}
