"""The command line: ``python -m nst COMMAND ...``. See ``python -m nst --help``."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from nst.command_options import add_running
from nst.errors import ConfigError, NSTError
from nst.optimize_command import add_optimize
from nst.stylize_config import KEEP_COLOR, StylizeConfig
from nst.video_config import VideoConfig

if TYPE_CHECKING:
    from nst.styles import StyleLibrary
    from nst.stylizer import Stylizer


def main(argv: list[str] | None = None) -> int:
    """Run one command.

    Returns the exit code: 0, 1 if some of several pictures failed, or 2 for an error that the user can mend, such as
    a wrong argument. Errors are told on stderr.
    """
    parser = argparse.ArgumentParser(prog="python -m nst", description="Neural style transfer.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_stylize(commands)
    _add_video(commands)
    add_optimize(commands)
    _add_styles(commands)
    args = parser.parse_args(argv)
    try:
        return args.run(args)
    except NSTError as error:
        print(f"nst: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _add_stylize(commands: Any) -> None:
    parser = commands.add_parser(
        "stylize", help="fast mode: paint photos with one of the styles, or a mix of them",
        description="Paint every IN in a style of the library (see 'python -m nst styles'). A file that cannot be "
        "painted is told on stderr and skipped; the exit code is then 1.",
    )  # fmt: skip
    parser.add_argument("inputs", metavar="IN", nargs="+", type=Path, help="a photo, or a folder of photos")
    parser.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT",
        help="for one photo a file (.png, .jpg or .webp) or a folder; for several a folder, made if it is missing",
    )  # fmt: skip
    parser.add_argument(
        "--strokes", type=int, metavar="N",
        help="longer side in pixels at which the strokes are painted, if the result is larger: the smaller, the larger "
        "the strokes; default: the result's own",
    )  # fmt: skip
    parser.add_argument("--fine", action="store_true", help="with --strokes, keep the photo's fine detail")
    parser.add_argument(
        "--shard", metavar="I/N", help="of many photos, only every N-th from the I-th: for N programs side by side"
    )
    _add_painting(parser)
    parser.set_defaults(run=_stylize)


def _add_painting(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", required=True, metavar="ID[:W],...", help="a style, or several with weights")
    parser.add_argument(
        "--strength", type=float, default=StylizeConfig.strength, metavar="S",
        help="from 0 (nothing of the style) to 1 (all of it); default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--keep-color", choices=KEEP_COLOR, default=StylizeConfig.keep_color,
        help="keep the colours of what is painted; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--max-side", type=int, metavar="N", help="longer side of the result in pixels, if what is painted is larger"
    )
    _add_network(parser)
    add_running(parser)


def _add_network(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--network", default="multistyle", metavar="NAME",
        help="one of those in weights/, each with styles of its own; default: %(default)s",
    )  # fmt: skip


def _stylize(args: argparse.Namespace) -> int:
    config = StylizeConfig(
        args.style, args.strength, args.keep_color, args.max_side, strokes=args.strokes, fine=args.fine
    )

    from nst.batch import paint_all, plan, shard

    jobs = plan(args.inputs, args.output)
    folder = jobs[0].target.parent
    jobs = shard(jobs, args.shard) if args.shard else jobs
    stylizer = _stylizer(args.network, args.device)
    stylizer.library.mix(config.style)
    _make_folder(folder)
    failed = 0
    bar = tqdm(
        paint_all(jobs, stylizer, config), total=len(jobs), disable=args.quiet or len(jobs) == 1, unit="picture",
        dynamic_ncols=True,
    )  # fmt: skip
    for outcome in bar:
        if outcome.error:
            failed += 1
            bar.write(f"nst: {outcome.job.source}: {outcome.error}", file=sys.stderr)
    return 1 if failed else 0


def _stylizer(network: str, device: str) -> Stylizer:
    """The network with its styles; that of many with those, too, that were pulled from the Hub before."""
    from nst.style_sources import StyleSources
    from nst.stylizer import Stylizer
    from nst.trunks import MULTISTYLE

    stylizer = Stylizer.of(network, device)
    if network == MULTISTYLE:
        stylizer.library = StyleSources(stylizer.trunk).library()
    return stylizer


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise ConfigError(f"The folder '{folder}' cannot be made: choose another output.") from None


def _add_video(commands: Any) -> None:
    parser = commands.add_parser(
        "video", help="fast mode: paint a clip, with its sound",
        description="Paint the clip IN, and write it as an MP4 with the sound of IN. Ctrl-C keeps the part painted so "
        "far.",
    )  # fmt: skip
    parser.add_argument("input", metavar="IN", type=Path, help="a clip")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="OUT", help="result: .mp4")
    _add_painting(parser)
    parser.add_argument(
        "--temporal", choices=["on", "off"], default="on",
        help="on carries the painting along with the motion, so that it does not flicker; off paints every frame on "
        "its own; default: %(default)s",
    )  # fmt: skip
    parser.add_argument(
        "--morph", action="store_true", help="go from style to style over the clip instead of mixing them"
    )
    parser.add_argument(
        "--start", type=float, default=VideoConfig.start, metavar="S", help="seconds to leave out at the beginning"
    )
    parser.add_argument("--length", type=float, metavar="S", help="seconds to paint; default: to the end")
    parser.set_defaults(run=_video)


def _video(args: argparse.Namespace) -> int:
    config = VideoConfig(
        args.style, args.strength, args.keep_color, args.max_side,
        temporal=args.temporal == "on", morph=args.morph, start=args.start, length=args.length,
    )  # fmt: skip

    from nst.video import stylize_video

    progress = None
    steps = stylize_video(args.input, args.output, _stylizer(args.network, args.device), config)
    with tqdm(disable=args.quiet, unit="frame", dynamic_ncols=True) as bar, contextlib.closing(steps):
        try:
            for progress in steps:
                bar.total = progress.frames
                bar.update(progress.frame - bar.n)
                if progress.note:
                    bar.write(f"nst: {progress.note}", file=sys.stderr)
        except KeyboardInterrupt:
            if progress is None:
                raise
            bar.write(f"stopped at frame {progress.frame}: the part painted so far is kept", file=sys.stderr)
    return 0


def _library(args: argparse.Namespace) -> StyleLibrary:
    from nst.style_sources import StyleSources
    from nst.styles import StyleLibrary
    from nst.trunks import MULTISTYLE, load_trunk

    if args.network != MULTISTYLE:
        return StyleLibrary.of(args.network)
    sources = StyleSources(load_trunk())
    if args.refresh:
        sources.start()
        sources.wait(60)
    for text in sources.status().notes:
        print(f"nst: {text}", file=sys.stderr)
    return sources.library()


def _add_styles(commands: Any) -> None:
    parser = commands.add_parser(
        "styles", help="list the styles of fast mode",
        description="List the embedded styles, and those of the repos on the Hub that NST_HUB_REPOS names "
        "(USER/NAME[@REVISION],...) as they were pulled last.",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="everything that is known of them, as JSON")
    parser.add_argument("--refresh", action="store_true", help="ask the Hub first")
    _add_network(parser)
    parser.set_defaults(run=_styles)


def _styles(args: argparse.Namespace) -> int:
    listing = _library(args).listing()
    if args.json:
        print(json.dumps(listing, indent=2))
        return 0
    columns = ("id", "title", "artist", "year", "origin")
    rows = [dict(zip(columns, columns, strict=True)), *listing]
    widths = [max(len(row[name]) for row in rows) for name in columns]
    for row in rows:
        print("  ".join(row[name].ljust(width) for name, width in zip(columns, widths, strict=True)).rstrip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
