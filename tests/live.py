"""The app as a process of its own, on a free port, ended with everything that it started."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

START_SECONDS = 120


def heeding_ctrl_c() -> None:
    """For ``preexec_fn``: a process started in the background of a shell ignores Ctrl-C, and so do its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running_app(root: Path, folder: Path, *, script: str = "app.py", **environment: str) -> Iterator[str]:
    """``python app.py``, or what else starts it; yields its URL. Its uploads and results lie under ``folder``."""
    with running_process(root, folder, script=script, **environment) as (url, _):
        yield url


@contextmanager
def running_process(
    root: Path, folder: Path, *, script: str = "app.py", **environment: str
) -> Iterator[tuple[str, int]]:
    """The same; yields its URL and the id of its process."""
    port = _free_port()
    env = {
        **os.environ,
        "GRADIO_SERVER_PORT": str(port),
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_ANALYTICS_ENABLED": "False",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_OFFLINE": "1",
        "GRADIO_TEMP_DIR": str(folder / "gradio"),
        "TMPDIR": str(folder),
        **environment,
    }
    url = f"http://127.0.0.1:{port}/"
    with (folder / "app.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, script], cwd=root, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            _wait(url, process, folder / "app.log")
            yield url, process.pid
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the app ended with {process.returncode}:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"the app did not answer within {START_SECONDS} s:\n{log.read_text()}")
