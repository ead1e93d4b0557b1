"""Feed-forward networks, behind one registry: a weight file names its architecture, this builds it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import nn

from nst.errors import ConfigError
from nst.networks.aonet import AONet, AONetConfig
from nst.networks.johnson import Johnson, JohnsonConfig
from nst.networks.multistyle import Multistyle, MultistyleConfig
from nst.networks.pytorch_examples import PytorchExamples, PytorchExamplesConfig
from nst.networks.vgg16_decoder import Vgg16Decoder, Vgg16DecoderConfig

NETWORKS: dict[str, tuple[type[nn.Module], type]] = {
    "multistyle": (Multistyle, MultistyleConfig),
    "johnson": (Johnson, JohnsonConfig),
    "aonet": (AONet, AONetConfig),
    "vgg16_decoder": (Vgg16Decoder, Vgg16DecoderConfig),
    "pytorch_examples": (PytorchExamples, PytorchExamplesConfig),
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
        raise ConfigError(f"The settings of network {name} do not fit: it has {known}.") from None
