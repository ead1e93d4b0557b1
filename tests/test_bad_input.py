"""Bad input through the live app: every answer is a sentence of ours or a result, soon, in little memory."""

import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.bad_input import Body, Case, Upload, bodies, cases, good_call, reference
from tests.live import running_process

SECONDS, GIBIBYTE = 10, 1 << 30
THREADS = 4
# What no visitor may read: paths of the server, Python's own words, Gradio's for its callers.
LEAKS = re.compile(
    r"(?<![\w.])/(etc|tmp|home|root|work|usr|var|proc|opt|dev|builds?)\b|Traceback|File \"|site-packages|\.py\b|"
    r"object at 0x|<class|\b[A-Z]\w*(Error|Exception)\b|pydantic|gradio\.|Blocks|None of"
)


@dataclass
class Answer:
    """What came back.

    Attributes:
        text: of the refusal; empty for a result.
    """

    case: Case | Body
    status: int
    text: str
    seconds: float

    def faults(self) -> list[str]:
        """What is wrong with it."""
        found = []
        words = self.case.words if isinstance(self.case, Case) else ""
        if self.seconds > SECONDS:
            found.append(f"took {self.seconds:.1f} s")
        if self.text == "" and words is not None:
            found.append("was taken")
        if self.text and words and not any(word in self.text for word in words.split("|")):
            found.append(f"says something else than {words}")
        if self.text and (len(self.text) > 700 or "\n" in self.text or not self.text.endswith(".")):
            found.append("is no sentence")
        if leak := LEAKS.search(self.text.replace("'../../etc/passwd'", "").replace("/opt/weights/multistyle", "")):
            found.append(f"tells {leak[0]!r}")
        return [f"{self.case.name}: {fault}: {self.text[:200]!r}" for fault in found]


class RefusedUpload(Exception):
    """The sentence with which a file is refused before any call."""


class Caller:
    """Calls endpoints as the simplest of clients does, with curl's two requests."""

    def __init__(self, url: str, style: str) -> None:
        self.url, self.style = url, style
        self.http = httpx.Client(base_url=url, timeout=60)

    def upload(self, file: Upload) -> dict:
        """Send a file; what stands for it in a call."""
        answer = self.http.post("gradio_api/upload", files={"files": (file.name, file.data)})
        if answer.status_code != 200:
            raise RefusedUpload(_sentence(answer.text))
        return reference(answer.json()[0], orig_name=file.name)

    def _ready(self, value):
        if isinstance(value, Upload):
            return self.upload(value)
        return [self._ready(item) for item in value] if isinstance(value, list) else value

    def call(self, case: Case) -> Answer:
        """Make a call."""
        arguments = {**good_call(case.api, self.style), **case.changes}
        started = time.monotonic()
        try:
            body = json.dumps({"data": [self._ready(value) for value in arguments.values()]})
        except RefusedUpload as refused:
            return Answer(case, 400, str(refused), time.monotonic() - started)
        started = time.monotonic()
        asked = self.http.post(
            f"gradio_api/call/{case.api}", content=body, headers={"Content-Type": "application/json"}
        )
        status, text = asked.status_code, asked.text
        if status == 200:
            stream = self.http.get(f"gradio_api/call/{case.api}/{asked.json()['event_id']}").text
            status, text = _last(stream)
        else:
            text = _sentence(text)
        return Answer(case, status, text, time.monotonic() - started)

    def post(self, body: Body) -> Answer:
        """Make a bare request, and wait for the answer to what it asked for."""
        started = time.monotonic()
        answer = self.http.post(body.path, content=body.content, headers=body.headers)
        text = "" if answer.status_code == 200 else _sentence(answer.text)
        if answer.status_code == 200 and "event_id" in answer.json():
            _, text = _last(self.http.get(f"gradio_api/call/x/{answer.json()['event_id']}").text)
        return Answer(body, answer.status_code, text, time.monotonic() - started)


def _last(stream: str) -> tuple[int, str]:
    """Whether it ended well, and the sentence if not."""
    events = re.findall(r"event: (\w+)\ndata: (.*)\n", stream)
    event, data = events[-1] if events else ("none", "null")
    if event == "complete":
        return 200, ""
    data = json.loads(data)
    return 500, (data.get("error") if isinstance(data, dict) else data) or f"[{event}: {data}]"


def _sentence(text: str) -> str:
    try:
        answer = json.loads(text)
    except ValueError:
        return text or "[nothing]"
    told = (answer.get("error") or answer.get("detail")) if isinstance(answer, dict) else None
    return told if isinstance(told, str) else text


def cpu_seconds(pid: int) -> float:
    """What a process has computed."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid: int, name: str) -> int:
    """Bytes of a process: VmRSS now, VmHWM at most."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) << 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def app(root, folder, ids):
    """(caller, id of the process) of an app in which every network has painted once."""
    with running_process(root, folder, NST_MAX_VIDEO_SECONDS="30") as (url, pid):
        caller = Caller(url, ids[0])
        for api in ("stylize", "stylize_video", "optimize"):
            assert caller.call(Case("a good call", api, {})).text == ""
        yield caller, pid


@pytest.fixture(scope="module")
def corpus(root, ids):
    style = root / "weights" / "multistyle" / "styles" / f"{ids[0]}.safetensors"
    return cases(ids[0], style.read_bytes())


def test_every_bad_input_earns_a_sentence_or_a_result_in_ten_seconds(app, corpus):
    caller, _ = app
    light = [case for case in corpus if not case.heavy]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(caller.call, light))
    assert len(answers) >= 200
    assert [fault for answer in answers for fault in answer.faults()] == []
    assert sum(not answer.text for answer in answers) < len(answers) / 2  # most are refused


def test_every_wrong_request_is_refused_with_a_sentence(app):
    caller, _ = app
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(caller.post, bodies(caller.style)))
    assert [fault for answer in answers for fault in answer.faults()] == []


def test_what_is_large_is_quick_and_needs_little_memory(app, corpus):
    caller, pid = app
    faults = []
    for case in (case for case in corpus if case.heavy):
        Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew
        before, computed = memory(pid, "VmRSS"), cpu_seconds(pid)
        answer = caller.call(case)
        answer.seconds = min(answer.seconds, cpu_seconds(pid) - computed)  # another process may keep it waiting
        faults += answer.faults()
        grown = memory(pid, "VmHWM") - before
        print(f"{case.name}: {answer.seconds:.1f} s, {grown / GIBIBYTE:.2f} GiB: {answer.text[:90]}")
        if grown > GIBIBYTE:
            faults.append(f"{case.name}: takes {grown / GIBIBYTE:.2f} GiB")
    assert faults == []
