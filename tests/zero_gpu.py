"""The app with ZeroGPU's real machinery (forked workers, pickled arguments, scheduling), without the steps on CUDA.

Run as a program, it is ``app.py`` under such conditions. :func:`scheduler` lends what is not there.
"""

from __future__ import annotations

import json
import runpy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit


@contextmanager
def scheduler(folder: Path) -> Iterator[tuple[dict[str, str], list[dict]]]:
    """Yields the environment of a ZeroGPU Space, and the requests for a GPU as they come in."""
    asked: list[dict] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            answer: dict = {}
            if parts.path == "/schedule":
                asked.append({key: values[0] for key, values in parse_qs(parts.query).items()})
                answer = {"idle": True, "nvidiaIndex": 0, "nvidiaUUID": "GPU-0", "allowToken": f"t{len(asked)}"}
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    cgroup = folder / "cgroup"
    cgroup.write_text("0::/fake\n")
    try:
        yield (
            {
                "SPACES_ZERO_GPU": "true",
                "SPACES_ZERO_DEVICE_API_URL": f"http://127.0.0.1:{server.server_port}",
                "ZEROGPU_PROC_SELF_CGROUP_PATH": str(cgroup),
                "ZEROGPU_OFFLOAD_DIR": str(folder / "offload"),
            },
            asked,
        )
    finally:
        server.shutdown()
        server.server_close()


def _without_cuda() -> None:
    from spaces.zero import torch as zero_torch
    from spaces.zero.torch import patching

    def move(callback: object = None) -> None:
        for fake, original in list(patching.cuda_aliases.items()):
            if original is not None:
                fake.data = original.data

    zero_torch.pack = lambda *_, **__: 0
    zero_torch.init = lambda *_, **__: None
    zero_torch.move = move


if __name__ == "__main__":
    import sys

    root = Path(__file__).resolve().parent.parent
    sys.path.insert(0, str(root))
    import spaces  # noqa: F401  before anything asks for CUDA, as app.py does it

    _without_cuda()
    runpy.run_path(str(root / "app.py"), run_name="__main__")
