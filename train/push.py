"""Publish styles, or the app itself, on the Hugging Face Hub: ``python train/push.py --repo USER/NAME``.

Sends the trunk, the styles, their thumbnails and a page that describes them, as one commit; what the repo has already
is not sent again. ``--space USER/NAME`` sends the files of the app that git tracks. The token is the one that ``hf auth
login`` or HF_TOKEN provides.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.errors import ConfigError, NSTError  # noqa: E402
from nst.hub_publish import publish_styles  # noqa: E402
from nst.hub_push import Pushed, logged_in_as, push_files  # noqa: E402
from nst.hub_repos import check_name, own_repo, repo_of  # noqa: E402
from nst.model_card import read_evaluation, was_evaluated  # noqa: E402
from nst.styles import Style, check_id, load_style  # noqa: E402
from nst.trunks import TRUNK, Trunk, load_trunk  # noqa: E402


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    target = parser.add_mutually_exclusive_group()
    target.add_argument("--repo", metavar="USER/NAME", help="for styles; default: nst-styles of who is logged in")
    target.add_argument("--space", metavar="USER/NAME", help="send the app itself to this Space")
    parser.add_argument("--private", action="store_true", help="if the repo is made, nobody else can see it")
    parser.add_argument("--styles", nargs="+", default=[], metavar="ID", help="only these; default: all")
    parser.add_argument(
        "--weights", type=Path, default=TRUNK.parent, metavar="FOLDER",
        help="with styles/, and trunk.safetensors if that is to be sent, too; default: the app's own",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="send styles that have not been evaluated, too")
    parser.add_argument("--prune", action="store_true", help="delete what the Space has and the app has not")
    args = parser.parse_args(argv)
    try:
        if args.space:
            _push_space(args)
        else:
            _push_styles(args)
    except NSTError as error:
        print(f"push: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("push: stopped; what was sent is not part of the repo unless its commit was made", file=sys.stderr)
        return 130
    return 0


def _push_styles(args: argparse.Namespace) -> None:
    trunk_file = args.weights / "trunk.safetensors"
    with_trunk = trunk_file.is_file()
    trunk = load_trunk(trunk_file if with_trunk else TRUNK)
    styles = _chosen(args.weights / "styles", trunk, args.styles)
    evaluation_file = args.weights / "evaluation.json"
    evaluation = read_evaluation(evaluation_file, trunk)
    unseen = [style.info.id for style in styles if not was_evaluated(evaluation, style.info.id)]
    if unseen and not args.force:
        raise ConfigError(
            f"Evaluation has not seen {', '.join(unseen)} with this trunk: run 'python train/evaluate.py --json "
            f"{evaluation_file}' first, or send them as they are with --force."
        )
    name = check_name(args.repo or own_repo() or repo_of(logged_in_as()))
    pushed = publish_styles(
        name, args.weights / "styles", styles, trunk,
        trunk_file=trunk_file if with_trunk else None, evaluation=evaluation, private=args.private,
    )  # fmt: skip
    _tell(pushed)


def _chosen(folder: Path, trunk: Trunk, ids: list[str]) -> list[Style]:
    """The styles to send; all of them must be good."""
    names = [check_id(name) for name in ids] or sorted(path.stem for path in folder.glob("*.safetensors"))
    if not names:
        raise ConfigError(f"There is no style in '{folder}': learn one with train/add_style.py.")
    styles = [load_style(folder / f"{name}.safetensors", trunk) for name in dict.fromkeys(names)]
    for name, style in zip(dict.fromkeys(names), styles, strict=True):
        if style.info.id != name:
            raise ConfigError(f"The style in '{name}.safetensors' calls itself '{style.info.id}': both must agree.")
    return styles


def _push_space(args: argparse.Namespace) -> None:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        raise ConfigError("The app is sent from a git checkout, as git knows what belongs to it.") from None
    names = listed.stdout.decode().split("\0")
    files: dict[str, Path | bytes] = {name: ROOT / name for name in names if name and (ROOT / name).is_file()}
    pushed = push_files(args.space, files, "The app", kind="space", private=args.private, prune=args.prune)
    _tell(pushed)
    if pushed.others:
        some = ", ".join(pushed.others[:5]) + (" …" if len(pushed.others) > 5 else "")
        print(f"The Space also has what the app has not: {some}. --prune deletes it.")


def _tell(pushed: Pushed) -> None:
    if not (pushed.changed or pushed.removed):
        print(f"Nothing has changed: {pushed.url}")
        return
    parts = [f"{len(paths)} {word}" for paths, word in ((pushed.changed, "sent"), (pushed.removed, "deleted")) if paths]
    print(f"Files: {', '.join(parts)}, as commit {pushed.commit[:12]}: {pushed.url}")


if __name__ == "__main__":
    sys.exit(main())
