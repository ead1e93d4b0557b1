"""Neural style transfer: fast (one network, many styles) and slow (Gatys et al. 2016), usable without the app.

The public names are re-exported lazily, so that ``import nst`` costs nothing until something is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nst.backbones import Backbone, load_backbone
    from nst.errors import BackboneError, ConfigError, ImageError, NSTError, VideoError, WeightsError
    from nst.gatys import Progress, optimize
    from nst.gatys_config import PRESETS, GatysConfig
    from nst.images import open_image
    from nst.styles import StyleLibrary
    from nst.stylize_config import StylizeConfig
    from nst.stylizer import Stylizer
    from nst.video import stylize_video
    from nst.video_config import VideoConfig, VideoProgress

__version__ = "0.1.0"

_HOMES = {
    "Backbone": "nst.backbones",
    "load_backbone": "nst.backbones",
    "BackboneError": "nst.errors",
    "ConfigError": "nst.errors",
    "ImageError": "nst.errors",
    "NSTError": "nst.errors",
    "VideoError": "nst.errors",
    "WeightsError": "nst.errors",
    "Progress": "nst.gatys",
    "optimize": "nst.gatys",
    "GatysConfig": "nst.gatys_config",
    "PRESETS": "nst.gatys_config",
    "open_image": "nst.images",
    "StyleLibrary": "nst.styles",
    "StylizeConfig": "nst.stylize_config",
    "Stylizer": "nst.stylizer",
    "stylize_video": "nst.video",
    "VideoConfig": "nst.video_config",
    "VideoProgress": "nst.video_config",
}

__all__ = [
    "PRESETS",
    "Backbone",
    "BackboneError",
    "ConfigError",
    "GatysConfig",
    "ImageError",
    "NSTError",
    "Progress",
    "StyleLibrary",
    "StylizeConfig",
    "Stylizer",
    "VideoConfig",
    "VideoError",
    "VideoProgress",
    "WeightsError",
    "__version__",
    "load_backbone",
    "open_image",
    "optimize",
    "stylize_video",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'nst' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
