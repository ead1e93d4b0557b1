"""What the tests share: the project's root, the data beside it, and one loaded backbone."""

import re
import socket
from pathlib import Path

import pytest
import torch

import nst
from nst.trunks import load_trunk
from tests.browsing import ARGUMENTS, CHROMIUM, open_page
from tests.hub_child import make_weights
from tests.hub_stand_in import stand_in
from tests.live import running_app

ROOT = Path(__file__).resolve().parent.parent

torch.set_num_threads(min(2, torch.get_num_threads()))  # fewer where OMP_NUM_THREADS says so


@pytest.fixture(scope="session")
def shared():
    """Photographs, paintings and weights that are not part of the project; without them the test is skipped."""
    folder = Path(ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip("needs ../shared/data")
    return folder


@pytest.fixture(scope="session")
def vgg16():
    """The built-in backbone, loaded once; it is frozen, and no test may change it."""
    return nst.load_backbone("vgg16")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return ROOT


@pytest.fixture(scope="session")
def ids(root) -> list[str]:
    """The ids of the styles that the project ships."""
    return sorted(path.stem for path in (root / "weights" / "multistyle" / "styles").glob("*.safetensors"))


@pytest.fixture(scope="module")
def browser():
    """Chromium; where there is none the test is skipped."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as p:
        chromium = p.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def app_folder(tmp_path_factory):
    """Where the browser's app keeps uploads and results."""
    return tmp_path_factory.mktemp("browser")


@pytest.fixture(scope="module")
def url(root, app_folder, browser):
    """The live app for the browser."""
    with running_app(root, app_folder) as address:
        yield address


@pytest.fixture(params=[1280, 390], ids=["desktop", "phone"])
def page(request, browser, url):
    """The live app's page, once on a wide screen and once on a phone's."""
    with open_page(browser, url, request.param) as opened:
        yield opened


@pytest.fixture
def desktop(browser, url):
    """The live app's page on a wide screen."""
    with open_page(browser, url, 1280) as opened:
        yield opened


@pytest.fixture
def shots(root, request) -> Path:
    """Where this test's screenshots go, without their ending."""
    folder = root / "artifacts" / "browser"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / re.sub(r"\W+", "-", request.node.name).strip("-")


@pytest.fixture
def names_a_folder():
    """Whether a text names a folder of the server."""
    return lambda text: re.search(r"/(tmp|home|root|work|usr)/", text)


@pytest.fixture(scope="module")
def hub():
    """A stand-in for the Hugging Face Hub, without any repo."""
    with stand_in() as state:
        yield state


@pytest.fixture
def home(tmp_path) -> Path:
    """Where huggingface_hub finds neither a cache nor a token."""
    return tmp_path / "home"


@pytest.fixture(scope="session")
def refused() -> str:
    """An address where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(scope="session")
def small_weights(tmp_path_factory) -> Path:
    """A folder with a small trunk and the styles cry, night and wave."""
    folder = tmp_path_factory.mktemp("weights") / "small"
    make_weights(folder, ["cry", "night", "wave"])
    return folder


@pytest.fixture(scope="session")
def small_trunk(small_weights):
    """The trunk of the small weights."""
    return load_trunk(small_weights / "trunk.safetensors")
