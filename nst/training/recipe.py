"""A training run as a TOML file, read into a frozen dataclass: everything that decides the result is in it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from nst.errors import ConfigError, RecipeError
from nst.gatys_config import GatysConfig
from nst.networks import build_network
from nst.weighted import parse_weighted

_CROP = "A painting's crop is left, top, right and bottom, as shares of its sides: [0, 0, 1, 1] is all of it."


@dataclass(frozen=True)
class Painting:
    """A style to learn: where its picture is, what to call it, and at how many pixels (longer side) to look at it.

    ``crop`` is the part to look at, ``(left, top, right, bottom)`` as shares of the sides: frames, titles and
    signatures would be painted, too.
    """

    id: str
    file: str
    title: str
    artist: str
    year: str
    size: int = 384
    licence: str = "public domain"
    crop: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)

    def __post_init__(self) -> None:
        try:
            left, top, right, bottom = (float(x) for x in self.crop)
        except (TypeError, ValueError):
            raise RecipeError(_CROP) from None
        if not (0 <= left < right <= 1 and 0 <= top < bottom <= 1):
            raise RecipeError(_CROP)
        object.__setattr__(self, "crop", (left, top, right, bottom))


@dataclass(frozen=True)
class Stage:
    """So many steps at one crop size. ``batch`` is per process."""

    steps: int
    size: int = 256
    batch: int = 4


@dataclass(frozen=True)
class Loss:
    """What is minimised. Layers are ``NAME[:WEIGHT],…``; for ``balance`` see :mod:`nst.losses`.

    ``style_weight`` is the mean over the paintings; each gets its own, so that all end equally strong. The style loss
    is the mean over ``pyramid`` sizes, each half of the one before.
    ``stability`` weighs the squared difference between the painting of a slightly moved, slightly noisy photo and
    the painting moved likewise; it counts in the last ``stability_share`` of the steps.
    """

    content_layers: str = "relu3_3"
    style_layers: str = "relu1_2,relu2_2,relu3_3,relu4_3"
    content_weight: float = 1.0
    style_weight: float = 6.0
    balance: str = "relative"
    pyramid: int = 1
    tv_weight: float = 0.0
    light_weight: float = 0.0
    palette_weight: float = 0.0
    stability: float = 20.0
    stability_share: float = 0.25

    def objective(self, style_weight: float | None = None) -> GatysConfig:
        """The same loss for slow mode, as it comes from noise or the photo."""
        return GatysConfig(
            content_layers=parse_weighted(self.content_layers, "content layer"),
            style_layers=parse_weighted(self.style_layers, "style layer"),
            content_weight=self.content_weight,
            style_weight=self.style_weight if style_weight is None else style_weight,
            balance=self.balance,
            pyramid=self.pyramid,
            light_weight=self.light_weight,
            palette_weight=self.palette_weight * (1 if style_weight is None else style_weight / self.style_weight),
            tv_weight=self.tv_weight,
        )


@dataclass(frozen=True)
class Data:
    """Where photographs come from: exactly one of a folder, tar files (a pattern), or a data set on the Hub.

    ``flat_share`` of the crops get a flat or gently shaded area, ``identity_share`` are to be reproduced as they are,
    ``gentle_share`` are painted at a part of the strength, by a code on the way from the photo's to the style's.
    """

    folder: str = ""
    tars: str = ""
    hub: str = ""
    hub_config: str = ""
    hub_split: str = "train"
    hub_column: str = "image"
    flat_share: float = 0.08
    identity_share: float = 0.04
    gentle_share: float = 0.0
    workers: int = 0


@dataclass(frozen=True)
class Optimizer:
    """Adam. The rate rises over ``warmup`` steps and falls to zero, linearly, over the last ``decay_share``.

    Codes have ``code_rate`` times that rate: each is learnt from its own crops only, the trunk from all.
    """

    rate: float = 1e-3
    code_rate: float = 1.0
    warmup: int = 200
    decay_share: float = 0.3
    ema: float = 0.999
    clip: float = 10.0


@dataclass(frozen=True)
class Recipe:
    """One training run. See ``train/recipes``.

    ``start`` is a folder with the exported weights of the same network to begin with, instead of at random: the trunk,
    and the codes of those paintings that it has by the same id.
    """

    name: str
    paintings: tuple[Painting, ...]
    stages: tuple[Stage, ...]
    data: Data
    network: str = "multistyle"
    network_settings: Mapping[str, int | str] = field(default_factory=dict)
    loss: Loss = Loss()
    optimizer: Optimizer = Optimizer()
    seed: int = 0
    checkpoint_every: int = 500
    start: str = ""

    def __post_init__(self) -> None:
        ids = [painting.id for painting in self.paintings]
        if not ids or not self.stages:
            raise RecipeError("A recipe needs at least one painting and one stage.")
        if len(set(ids)) < len(ids) or "identity" in ids:
            raise RecipeError("Every painting needs an id of its own, and 'identity' is taken.")
        if sum(map(bool, (self.data.folder, self.data.tars, self.data.hub))) != 1:
            raise RecipeError("A recipe takes its photographs from exactly one of data.folder, data.tars and data.hub.")
        if any(min(stage.steps, stage.batch) < 1 or stage.size < 32 or stage.size % 4 for stage in self.stages):
            raise RecipeError("A stage needs steps, a batch of 1 or more, and a size from 32 that is a multiple of 4.")
        if not 1 <= self.loss.pyramid <= 4 or any(stage.size < 16 << self.loss.pyramid for stage in self.stages):
            raise RecipeError(
                "loss.pyramid is from 1 to 4, and with it every stage needs a size of at least 16 times 2 to its power."
            )
        if self.checkpoint_every < 1:
            raise RecipeError("checkpoint_every is a number of steps, at least 1.")
        data = self.data
        for share in (data.flat_share, data.identity_share, data.gentle_share, self.loss.stability_share):
            if not 0 <= share <= 1:
                raise RecipeError("The shares in a recipe are numbers from 0 to 1.")

    @property
    def steps(self) -> int:
        """Steps of all stages."""
        return sum(stage.steps for stage in self.stages)

    def stage_at(self, step: int) -> Stage:
        """The stage of step ``step``, counted from 0."""
        for stage in self.stages:
            if step < stage.steps:
                return stage
            step -= stage.steps
        return self.stages[-1]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, as they travel in the weights."""
        return asdict(self)


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Paths in it are relative to the current folder. ``extends`` names another recipe, from its own folder, of which it
    tells only what is different (and which may extend a third): entries replace entries, table by table; lists
    (stages, paintings) replace lists.

    Raises:
        RecipeError: no such file, no TOML, an unknown or missing entry, a value that cannot work.
    """
    return make_recipe(_read_whole(path.resolve(), ()))


def _read_whole(path: Path, above: tuple[Path, ...]) -> dict[str, Any]:
    """The table of a recipe with what it extends, which may extend another."""
    if path in above:
        raise RecipeError(f"The recipe {path.name} extends itself.")
    table = _read_table(path)
    if "extends" in table:
        base = _read_whole((path.parent / str(table.pop("extends"))).resolve(), (*above, path))
        both = {k for k in table if isinstance(table[k], dict) and isinstance(base.get(k), dict)}
        table = {**base, **table, **{k: {**base[k], **table[k]} for k in both}}
    return table


def _read_table(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # in requirements-dev.txt: only training reads TOML
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise RecipeError(f"There is no recipe '{path.name}' that can be read: check the path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"'{path.name}' is not valid TOML: {error}.") from None


def make_recipe(table: Mapping[str, Any]) -> Recipe:
    """A recipe from the tables of its file (or of a weight file, which carries it)."""
    table = dict(table)
    try:
        parts: dict[str, Any] = {
            "paintings": tuple(_part(Painting, "paintings", p) for p in table.pop("paintings", ())),
            "stages": tuple(_part(Stage, "stages", s) for s in table.pop("stages", ())),
            "data": _part(Data, "data", table.pop("data", {})),
            "loss": _part(Loss, "loss", table.pop("loss", {})),
            "optimizer": _part(Optimizer, "optimizer", table.pop("optimizer", {})),
            "network_settings": dict(table.pop("network_settings", {})),
        }
        recipe = _part(Recipe, "recipe", {**table, **parts})
        recipe.loss.objective()
        build_network(recipe.network, recipe.network_settings)
    except ConfigError as error:
        raise RecipeError(str(error)) from None
    return recipe


def _part(kind: type, what: str, table: Mapping[str, Any]) -> Any:
    if not isinstance(table, Mapping):
        raise RecipeError(f"In the recipe, '{what}' must be a table.")
    known = {f.name: f for f in fields(kind)}
    for name, value in table.items():
        if name not in known:
            raise RecipeError(f"The recipe's '{what}' has no entry '{name[:40]}': it has {', '.join(known)}.")
        wanted = {"int": int, "float": (int, float), "str": str}.get(known[name].type)
        if wanted and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise RecipeError(f"The recipe's '{what}.{name}' must be of type {known[name].type}.")
    try:
        return kind(**table)
    except TypeError as error:
        missing = str(error).partition(": ")[2] or str(error)
        raise RecipeError(f"The recipe's '{what}' lacks {missing}.") from None
