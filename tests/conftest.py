"""What the tests share: the project's root, the data beside it, and one loaded backbone."""

from pathlib import Path

import pytest
import torch

import nst

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
