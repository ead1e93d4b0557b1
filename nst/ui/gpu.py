"""ZeroGPU's decorator where it exists, nothing elsewhere. Must be imported before anything touches CUDA."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    import spaces
except ImportError:  # off Spaces the package is not needed
    spaces = None


def on_gpu(duration: Callable[..., int]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Run the decorated function on a borrowed GPU for ``duration(*args)`` seconds, where GPUs are lent by the call."""
    if spaces is None:
        return lambda run: run
    return spaces.GPU(duration=duration)
