"""``python -m nst optimize``: slow mode on the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from nst.command_options import add_running
from nst.errors import ConfigError
from nst.gatys_config import PRESETS, GatysConfig, preset
from nst.images import open_image, output_format, save_image
from nst.report_presets import REPORT_PRESETS
from nst.weighted import parse_numbers, parse_weighted

_LAYER_FIELDS = ("content_layers", "style_layers")


def add_optimize(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "optimize", help="slow mode: paint one photo by optimising its pixels",
        description="Paint CONTENT in the manner of one or more STYLE pictures (Gatys et al. 2016). Ctrl-C keeps "
        "the picture reached so far.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )  # fmt: skip
    parser.add_argument("content", metavar="CONTENT", help="the photo")
    parser.add_argument("styles", metavar="STYLE", nargs="*", help="one or more paintings")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="result: .png, .jpg or .webp")
    parser.add_argument(
        "--preset", default="balanced", choices=[*PRESETS, *REPORT_PRESETS], help="settings to start from"
    )
    parser.add_argument("--weights", default="", metavar="W,W,...", help="one weight per style picture")
    parser.add_argument("--timelapse", type=Path, metavar="MP4", help="also write a clip of the optimisation")
    add_running(parser)
    group = parser.add_argument_group("settings", "each overrides the preset")
    for f in GatysConfig.__dataclass_fields__.values():
        _add_setting(group, f)
    parser.set_defaults(run=_optimize)


def _add_setting(group: Any, f: Any) -> None:
    flag = f"--{f.name.replace('_', '-')}"
    text = f.metadata["help"]
    if choices := f.metadata.get("choices"):
        group.add_argument(flag, choices=choices, default=argparse.SUPPRESS, help=text)
    elif f.name in _LAYER_FIELDS:
        group.add_argument(flag, metavar="LAYER[:W],...", default=argparse.SUPPRESS, help=text)
    elif f.default is False:
        group.add_argument(flag, action=argparse.BooleanOptionalAction, default=argparse.SUPPRESS, help=text)
    else:
        kind = int if isinstance(f.default, int) else float
        group.add_argument(flag, type=kind, metavar="N", default=argparse.SUPPRESS, help=text)


def _optimize(args: argparse.Namespace) -> int:
    from nst.gatys import describe, optimize
    from nst.timelapse import TimeLapse

    output_format(args.output)
    if args.timelapse and args.timelapse.suffix.lower() != ".mp4":
        raise ConfigError("The time-lapse's name must end in .mp4.")
    for path in filter(None, (args.output, args.timelapse)):
        if not path.absolute().parent.is_dir():
            raise ConfigError("The output's folder does not exist: create it first.")
    given = {name: getattr(args, name) for name in GatysConfig.__dataclass_fields__ if hasattr(args, name)}
    for name in _LAYER_FIELDS:
        if name in given:
            given[name] = parse_weighted(given[name], name.replace("_", " ").removesuffix("s"))
    config = preset(args.preset, **given)
    content = open_image(args.content)
    styles = list(
        zip(map(open_image, args.styles), parse_numbers(args.weights, len(args.styles), "style picture"), strict=True)
    )
    lapse = TimeLapse() if args.timelapse else None
    progress = None
    with tqdm(total=config.iterations, disable=args.quiet, unit="step", dynamic_ncols=True) as bar:
        try:
            for progress in optimize(content, styles, config, device=args.device):
                bar.update(progress.step - bar.n)
                width, height = progress.size
                bar.set_postfix_str(f"{width}×{height} loss {progress.losses.total:.4g}")
                if progress.note:
                    bar.write(progress.note, file=sys.stderr)
                if lapse:
                    lapse.add(progress.image)
        except KeyboardInterrupt:
            if progress is None:
                raise
            bar.write(f"stopped at step {progress.step}: the picture so far is kept", file=sys.stderr)
    save_image(progress.image, args.output, describe(config, styles, progress))
    if lapse:
        lapse.write(args.timelapse, progress.image)
    return 0
