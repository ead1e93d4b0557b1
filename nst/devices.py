"""Where to compute, and in which arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from nst.errors import ConfigError


def pick_device(name: str | None = None) -> torch.device:
    """The device called ``name``, or the best there is: CUDA, else Apple's MPS, else the CPU.

    Raises:
        ConfigError: there is no such device on this machine.
    """
    if name is None or name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind = name.split(":")[0]
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    try:
        if not here[kind]:
            raise KeyError(kind)
        return torch.device(name)
    except (KeyError, RuntimeError):
        names = ", ".join(k for k, v in here.items() if v)
        raise ConfigError(f"There is no device '{name[:40]}' on this machine: choose from {names}.") from None


def native_bfloat16(device: torch.device) -> bool:
    """Whether ``device`` multiplies bfloat16 in hardware; where it does not, float32 is faster."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type == "cpu":
        flags = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
        known = any(flags.get(flag) for flag in ("avx512_bf16", "amx_bf16"))
        older = getattr(torch.cpu, "_is_avx512_bf16_supported", None)  # torch before 2.10 has only this one
        return known or bool(older and older())
    return False


def autocast(device: torch.device) -> torch.autocast:
    """Training in bfloat16 where :func:`native_bfloat16` says that it is faster."""
    return torch.autocast(device.type, torch.bfloat16, enabled=native_bfloat16(device))


def free_memory(device: torch.device) -> int:
    """Bytes that are free on ``device``; on a CPU within what a container allows."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    free = 4 << 30  # where the system does not tell
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        free = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable"))
        limit = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
        used = int(Path("/sys/fs/cgroup/memory.current").read_text(encoding="ascii"))
        free = free if limit == "max" else min(free, int(limit) - used)
    except (OSError, ValueError, StopIteration):
        pass
    return free


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` says that there is not enough memory, on any device."""
    words = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in words or "can't allocate memory" in words


@contextmanager
def memory_errors(advice: str) -> Iterator[None]:
    """Turn "out of memory" on any device into a :class:`ConfigError` with ``advice``."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch's own is a RuntimeError, and on CPUs has no name
        if is_out_of_memory(error):
            raise ConfigError(f"This needs more memory than there is: {advice}.") from None
        raise
