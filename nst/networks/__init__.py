"""Feed-forward networks, behind one registry: a weight file names its architecture, this builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from nst.errors import ConfigError
from nst.networks.johnson import Johnson, JohnsonConfig
from nst.networks.multistyle import Multistyle, MultistyleConfig

NETWORKS: dict[str, tuple[type[nn.Module], type]] = {
    "multistyle": (Multistyle, MultistyleConfig),
    "johnson": (Johnson, JohnsonConfig),
}
"""Name → (network, its frozen settings)."""


def build_network(name: str, settings: Mapping[str, Any]) -> nn.Module:
    """Build network ``name``, untrained.

    Raises:
        ConfigError: there is no such network, or it has no such setting or value.
    """
    if name not in NETWORKS:
        raise ConfigError(f"There is no network '{str(name)[:40]}': choose one of {', '.join(NETWORKS)}.")
    network, config = NETWORKS[name]
    try:
        return network(config(**settings))
    except TypeError:
        known = ", ".join(config.__dataclass_fields__)
        raise ConfigError(f"The settings of network {name} do not fit: it has {known}, all whole numbers.") from None
