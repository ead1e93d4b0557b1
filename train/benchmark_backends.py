"""Other ways to run the network of fast mode on a CPU: the part ``backends`` of ``train/benchmark.py``.

Exported with the style's code as a second input, so that one graph paints in every style. What is not installed is left
out: ``pip install onnx onnxscript onnxruntime openvino nncf`` has it all; ``torch.compile`` needs a C++ compiler.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nst.devices import native_bfloat16  # noqa: E402
from nst.images import cover, open_image, to_tensor  # noqa: E402
from nst.stylizer import Stylizer  # noqa: E402
from nst.trunks import paint  # noqa: E402

_STYLE = "udnie"
_WARM_UP = 2
_CONTENT = sorted((ROOT / "examples" / "content").glob("*.jpg"))

Run = Callable[[], Tensor]


class _Painter(nn.Module):
    """The network with its mirrored margin, as one module."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, photo: Tensor, code: Tensor) -> Tensor:
        return paint(self.network, photo, code)


class _Bench:
    """One size: the same photo and code for every backend."""

    def __init__(self, stylizer: Stylizer, size: int, threads: int, folder: Path) -> None:
        self.stylizer, self.size, self.threads = stylizer, size, threads
        self.painter = _Painter(stylizer.trunk.network).eval()
        self.photo = _photo(_CONTENT[0], size)
        self.code = stylizer.library[_STYLE].code[None]
        self.feeds = {"photo": self.photo.numpy(), "code": self.code.numpy()}
        self.half = native_bfloat16(stylizer.device)
        self.onnx, self._int8 = folder / f"{size}.onnx", folder / f"{size}-int8.onnx"

    def eager(self, half: bool) -> Run:
        """As the product does it."""
        return self._torch(self.painter, half)

    def compiled(self, half: bool, freeze: bool) -> Run:
        """``torch.compile``; with ``freeze`` the weights are constants, in the layout that the convolution likes."""
        import torch._inductor.config as inductor

        torch._dynamo.reset()
        with inductor.patch(freezing=freeze):
            run = self._torch(torch.compile(_Painter(self.stylizer.trunk.network).eval()), half)
            run()
        return run

    def onnxruntime(self, int8: bool) -> Run:
        """ONNX Runtime in float32, or with convolutions in int8 (static, a scale per output channel)."""
        import onnxruntime

        path = self._export()
        if int8:
            path = self._quantized()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        return lambda: torch.from_numpy(session.run(None, self.feeds)[0])

    def openvino(self, precision: str, int8: bool = False) -> Run:
        """OpenVINO in ``f32`` or ``bf16``; with ``int8`` what NNCF quantises is in int8."""
        import openvino

        core = openvino.Core()
        model = core.read_model(str(self._export()))
        if int8:
            import nncf

            calibration = list(self._calibration())
            model = nncf.quantize(model, nncf.Dataset(calibration), subset_size=len(calibration))
        hints = {"INFERENCE_NUM_THREADS": self.threads, "INFERENCE_PRECISION_HINT": precision}
        request = core.compile_model(model, "CPU", {**hints, "PERFORMANCE_HINT": "LATENCY"}).create_infer_request()
        return lambda: torch.from_numpy(next(iter(request.infer(self.feeds).values())))

    def _torch(self, painter: Callable[[Tensor, Tensor], Tensor], half: bool) -> Run:
        def run() -> Tensor:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=half):
                return painter(self.photo, self.code)

        return run

    def _export(self) -> Path:
        if not self.onnx.exists():
            torch.onnx.export(
                self.painter, (self.photo, self.code), str(self.onnx), input_names=["photo", "code"],
                output_names=["painting"], opset_version=18, dynamo=True, external_data=False, verbose=False,
            )  # fmt: skip
        return self.onnx

    def _quantized(self) -> Path:
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process

        class Reader(CalibrationDataReader):
            def __init__(self, feeds: Iterator[dict[str, np.ndarray]]) -> None:
                self.feeds = feeds

            def get_next(self) -> dict[str, np.ndarray] | None:
                return next(self.feeds, None)

        if not self._int8.exists():
            prepared = self._int8.with_suffix(".prepared.onnx")
            quant_pre_process(str(self.onnx), str(prepared), skip_symbolic_shape=True)
            quantize_static(
                str(prepared), str(self._int8), Reader(self._calibration()), quant_format=QuantFormat.QDQ,
                activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=True,
                op_types_to_quantize=["Conv"],
            )  # fmt: skip
        return self._int8

    def _calibration(self) -> Iterator[dict[str, np.ndarray]]:
        for path in _CONTENT[:3]:
            for style in list(self.stylizer.library)[:4]:
                yield {"photo": _photo(path, self.size).numpy(), "code": style.code[None].numpy()}

    def candidates(self) -> dict[str, Callable[[], Run]]:
        """By name; the first is what the product does, the second what differences are measured against."""
        found: dict[str, Callable[[], Run]] = {
            "PyTorch, as it is": lambda: self.eager(self.half),
            "PyTorch, float32": lambda: self.eager(False),
            "torch.compile, float32": lambda: self.compiled(False, freeze=False),
            "ONNX Runtime, float32": lambda: self.onnxruntime(int8=False),
            "ONNX Runtime, int8": lambda: self.onnxruntime(int8=True),
            "OpenVINO, float32": lambda: self.openvino("f32"),
        }
        if self.half:
            found |= {
                "torch.compile, bfloat16": lambda: self.compiled(True, freeze=False),
                "torch.compile, frozen, bfloat16": lambda: self.compiled(True, freeze=True),
                "OpenVINO, bfloat16": lambda: self.openvino("bf16"),
                "OpenVINO, int8, rest in bfloat16": lambda: self.openvino("bf16", int8=True),
            }
        return found


def backends(args: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds from tensor to tensor, in turns, and how far each picture is from that in float32."""
    torch.set_num_threads(args.threads)
    stylizer = Stylizer(device="cpu")
    rows = []
    head = ("pixels", "backend", "ms", "speed over the first", "mean difference, of 255", "largest")
    print(f"| {' | '.join(head)} |\n{'|---' * len(head)}|")
    with tempfile.TemporaryDirectory() as folder:
        for size in args.sizes:
            rows += _compare(_Bench(stylizer, size, args.threads, Path(folder)), args.repeats)
    return {"rows": rows}


def _compare(bench: _Bench, repeats: int) -> list[dict[str, Any]]:
    runs: dict[str, Run] = {}
    for name, build in bench.candidates().items():
        try:
            runs[name] = build()
        except ImportError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
    reference = runs["PyTorch, float32"]()
    pictures = {name: run() for name, run in runs.items()}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(_WARM_UP + repeats):
        for name, run in runs.items():
            started = time.perf_counter()
            run()
            if turn >= _WARM_UP:
                times[name].append(1000 * (time.perf_counter() - started))
    rows = []
    first = statistics.median(next(iter(times.values())))
    for name, picture in pictures.items():
        difference = 255 * (picture.float() - reference).abs()
        row = {
            "size": bench.size, "backend": name, "ms": statistics.median(times[name]),
            "speed": first / statistics.median(times[name]),
            "mean_difference": difference.mean().item(), "largest_difference": difference.max().item(),
        }  # fmt: skip
        rows.append(row)
        print(
            f"| {bench.size} | {name} | {row['ms']:.1f} | {row['speed']:.2f}× | {row['mean_difference']:.2f} | "
            f"{row['largest_difference']:.1f} |",
            flush=True,
        )
    return rows


def _photo(path: Path, size: int) -> Tensor:
    return to_tensor(cover(open_image(path), (size, size)))
