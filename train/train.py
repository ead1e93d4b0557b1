"""Train a trunk and its styles: ``python train/train.py RECIPE.toml [--resume]``.

On several GPUs: ``accelerate launch train/train.py RECIPE.toml``; on several CPU processes:
``torchrun --nproc-per-node 2 train/train.py RECIPE.toml``. Checkpoints, a log of the losses and
previews go to ``runs/NAME``; killed at any moment, ``--resume`` goes on from the last checkpoint.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from accelerate import Accelerator  # noqa: E402
from accelerate.utils import DistributedDataParallelKwargs  # noqa: E402
from tqdm import tqdm  # noqa: E402

from nst.devices import pick_device  # noqa: E402
from nst.errors import NSTError  # noqa: E402
from nst.training.preview import draw_preview  # noqa: E402
from nst.training.recipe import Recipe, read_recipe  # noqa: E402
from nst.training.trainer import Trainer, TrainProgress  # noqa: E402

_PREVIEW_EVERY = 1000
_TRIAL_STEPS = 40
_COLUMNS = ["step", "content", "style", "stability", "total", "rate", "images_per_second"]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path, metavar="RECIPE.toml")
    parser.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    parser.add_argument("--runs", type=Path, default=ROOT / "runs", help="where the runs' folders are")
    parser.add_argument(
        "--minutes", type=float, metavar="M",
        help="all there is: the recipe's stages are shortened or lengthened by what this machine does in a trial",
    )  # fmt: skip
    parser.add_argument("--stop-after", type=int, metavar="N", help="stop at step N, to be resumed later")
    args = parser.parse_args(argv)
    try:
        _train(args)
    except NSTError as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("train: stopped; --resume goes on from the last checkpoint", file=sys.stderr)
        return 130
    return 0


def _train(args: argparse.Namespace) -> None:
    recipe = read_recipe(args.recipe)
    if args.minutes:
        recipe = _within(recipe, args.minutes)
    folder = args.runs / recipe.name
    folder.mkdir(parents=True, exist_ok=True)
    # The trunk runs twice a step where steadiness is trained; its only buffers are constants.
    settings = DistributedDataParallelKwargs(broadcast_buffers=False)
    # Asked for by name: else processes that have no GPU would not find each other.
    accelerator = Accelerator(cpu=pick_device().type == "cpu", kwargs_handlers=[settings])
    trainer = Trainer(recipe, folder, accelerator, resume=args.resume)
    main_process = accelerator.is_main_process
    log = _open_log(folder / "losses.csv", trainer.step) if main_process else None
    total = recipe.steps
    with tqdm(total=total, initial=trainer.step, unit="step", dynamic_ncols=True, disable=not main_process) as bar:
        for progress in trainer.run():
            if main_process:
                _report(progress, bar, log)
                if progress.saved and (progress.step % _PREVIEW_EVERY == 0 or progress.step == progress.steps):
                    draw_preview(trainer, folder / f"preview-{progress.step:06d}.jpg")
            if args.stop_after and progress.step >= args.stop_after:
                break


def _within(recipe: Recipe, minutes: float) -> Recipe:
    """The recipe with as many steps as ``minutes`` hold, by a trial of its last stage; the stages keep their shares."""
    trial = replace(recipe, stages=(replace(recipe.stages[-1], steps=_TRIAL_STEPS),), checkpoint_every=_TRIAL_STEPS + 1)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for progress in Trainer(trial, Path(folder), Accelerator(cpu=pick_device().type == "cpu")).run():
            if progress.step == _TRIAL_STEPS // 2:
                half = time.perf_counter()
            if progress.step == _TRIAL_STEPS - 1:  # the last one writes a checkpoint
                break
    per_step = (time.perf_counter() - half) / (_TRIAL_STEPS - 1 - _TRIAL_STEPS // 2)
    left = minutes * 60 - 2 * (half - started)  # what came before the first steps is there once more
    # A step of a stage costs what its pixels do.
    cost = [stage.size**2 * stage.batch for stage in recipe.stages]
    whole = sum(c * stage.steps for c, stage in zip(cost, recipe.stages, strict=True)) / cost[-1] * per_step
    stages = tuple(replace(stage, steps=max(1, int(stage.steps * left / whole))) for stage in recipe.stages)
    print(f"{per_step:.3f} s a step of the last stage: {sum(s.steps for s in stages)} steps in {minutes:g} minutes.")
    return replace(recipe, stages=stages)


def _report(progress: TrainProgress, bar: tqdm, log: csv.writer) -> None:
    log.writerow([f"{getattr(progress, name):.6g}" for name in _COLUMNS])
    bar.update()
    bar.set_postfix_str(
        f"content {progress.content:.3f} style {progress.style:.3f} {progress.images_per_second:.1f} images/s"
    )


def _open_log(path: Path, step: int) -> csv.writer:
    """The log with what was written after the checkpoint cut off, ready for more."""
    rows = []
    if step and path.is_file():
        with path.open(newline="") as file:
            rows = [row for row in list(csv.reader(file))[1:] if row and float(row[0]) <= step]
    file = path.open("w", newline="", buffering=1)
    writer = csv.writer(file)
    writer.writerows([_COLUMNS, *rows])
    return writer


if __name__ == "__main__":
    sys.exit(main())
