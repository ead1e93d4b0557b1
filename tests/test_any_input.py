"""Whatever is handed to what reads names, settings and files: a result, or one sentence of ours."""

import json
import re
import struct

import gradio as gr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nst.clip_reader import ClipReader
from nst.errors import ConfigError, HubError, ImageError, NSTError, VideoError, WeightsError
from nst.gatys_config import GatysConfig
from nst.hub_repos import parse_repo
from nst.images import open_image
from nst.styles import StyleLibrary, check_id, load_style
from nst.stylize_config import StylizeConfig
from nst.trunks import load_trunk, network_folder
from nst.ui.slow_api import optimize
from nst.ui.uploads import UnopenedImage
from nst.video_config import VideoConfig
from tests.bad_pictures import picture
from tests.clips import make_clip

MAGIC = [
    b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xc2\0\x0b\x08", b"GIF89a", b"BM",
    b"RIFF\xff\0\0\0WEBPVP8X", b"RIFF\xff\0\0\0WEBPVP8 ", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08", b"P6 40 40 255\n",
    b"\0\0\0\x0cjP  \r\n\x87\n", b"\0\0\0\x20ftypavif", b"\0\0\0\x20ftypheic",
]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.text(max_size=80) | st.from_regex(r"[a-z0-9_/.@:~\\-]{0,40}", fullmatch=True)
quick = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def check(error: Exception) -> None:
    """One sentence, without a folder of this machine or Python's words."""
    text = str(error)
    assert text.endswith(".") and "\n" not in text and len(text) < 800, text
    assert not re.search(r"Traceback|object at 0x|site-packages|Something went wrong", text), text


@pytest.fixture(scope="module")
def trunk():
    return load_trunk()


@pytest.fixture(scope="module")
def library(trunk):
    return StyleLibrary.load(trunk)


@pytest.fixture(scope="module")
def style_file(root, ids) -> bytes:
    return (root / "weights" / "multistyle" / "styles" / f"{ids[0]}.safetensors").read_bytes()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> bytes:
    path = make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=3, size=(64, 48), sound="aac")
    return path.read_bytes()


@given(st.sampled_from(MAGIC), st.binary(max_size=400))
@settings(max_examples=250, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_any_bytes_are_a_picture_or_a_sentence(magic, rest):
    try:
        assert open_image(magic + rest).mode == "RGB"
    except ImageError as error:
        check(error)


@given(st.binary(min_size=1, max_size=40), st.floats(0, 1))
@quick
@pytest.mark.filterwarnings("ignore")
def test_a_jpeg_with_any_markers_is_a_picture_or_a_sentence(markers, place):
    data = picture("JPEG")
    at = int(place * len(data))
    inserted = b"".join(b"\xff" + bytes([marker]) for marker in markers)
    try:
        assert open_image(data[:at] + inserted + data[at:]).mode == "RGB"
    except ImageError as error:
        check(error)


@given(NAMES)
@quick
def test_any_name_is_one_that_there_is_or_a_sentence(library, name):
    for read, kind in (
        (check_id, ConfigError), (network_folder, ConfigError), (library.__getitem__, ConfigError),
        (library.mix, ConfigError), (parse_repo, HubError),
    ):  # fmt: skip
        try:
            read(name)
        except NSTError as error:
            assert isinstance(error, kind | ConfigError), error
            check(error)


@given(JSON, JSON, JSON, JSON)
@quick
def test_any_values_are_settings_or_a_sentence(one, two, three, four):
    for make in (
        lambda: StylizeConfig("udnie", one, two, three), lambda: StylizeConfig(one, strokes=two, fine=three),
        lambda: VideoConfig("a,b", 1.0, "off", None, one, two, three, four),
    ):  # fmt: skip
        try:
            config = make()
        except ConfigError as error:
            check(error)
        else:
            json.dumps(config.describe("0" * 16), allow_nan=False)


FIELDS = sorted(GatysConfig.__dataclass_fields__)


@given(st.text(max_size=60) | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=9), JSON).map(json.dumps))
@quick
def test_any_text_is_settings_of_slow_mode_or_a_sentence(text):
    """There is no photo: with good settings that is what is told."""
    with pytest.raises(gr.Error) as refusal:
        next(optimize("none.jpg", ["none.jpg"], "", "quick", text))
    check(refusal.value.message)


@given(st.binary(max_size=60), st.floats(0, 1), st.booleans())
@quick
def test_a_damaged_style_file_is_a_style_or_a_sentence(tmp_path_factory, trunk, style_file, damage, place, in_header):
    (length,) = struct.unpack("<Q", style_file[:8])
    at = int(place * (8 + length if in_header else len(style_file)))
    read_style(tmp_path_factory, trunk, style_file[:at] + damage + style_file[at + len(damage) :])


@given(st.dictionaries(st.sampled_from(["kind", "id", "title", "size", "made", "trunk", "year", "more"]), JSON))
@quick
def test_any_facts_of_a_style_are_a_style_or_a_sentence(tmp_path_factory, trunk, style_file, facts):
    (length,) = struct.unpack("<Q", style_file[:8])
    header = json.loads(style_file[8 : 8 + length])
    about = {**json.loads(header["__metadata__"]["nst"]), **facts}
    text = json.dumps({**header, "__metadata__": {"nst": json.dumps(about)}}).encode()
    read_style(tmp_path_factory, trunk, struct.pack("<Q", len(text)) + text + style_file[8 + length :])


def read_style(tmp_path_factory, trunk, data):
    path = tmp_path_factory.getbasetemp() / "any.safetensors"
    path.write_bytes(data)
    try:
        style = load_style(path, trunk)
    except WeightsError as error:
        check(error)
    else:
        assert style.code.shape == trunk.identity.shape and check_id(style.info.id) and style.info.title.isprintable()


@given(st.binary(max_size=60), st.floats(0, 1))
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_damaged_clip_is_a_clip_or_a_sentence(tmp_path_factory, clip, damage, place):
    at = int(place * len(clip))
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    path.write_bytes(clip[:at] + damage + clip[at + len(damage) :])
    try:
        for frame in ClipReader(path).frames():
            assert frame.image.shape[2] == 3 and frame.duration > 0
    except VideoError as error:
        check(error)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: "data:image/png;base64," + data.hex()))
@quick
def test_any_data_url_is_bytes_or_a_sentence(url):
    component = UnopenedImage()
    try:
        source = component.preprocess(component.data_model.model_validate({"path": None, "url": url}))
    except gr.Error as error:
        check(error.message)
    else:
        assert source is None or isinstance(source, bytes)
