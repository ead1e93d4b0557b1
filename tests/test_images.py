"""Pictures in and out, with every file made here: what is shown, what is refused, what is written."""

import io
import json
import os
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from nst.errors import ConfigError, ImageError
from nst.images import (
    MAX_PIXELS,
    MIN_SIDE,
    cover,
    fitted_size,
    keep_color,
    match_color,
    open_image,
    output_format,
    resize,
    save_image,
    to_image,
    to_tensor,
)

LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def scene(height=40, width=56):
    """A smooth picture without any symmetry, so that every turn and flip of it is another picture."""
    y, x = np.mgrid[0:height, 0:width]
    red = 255 * x / (width - 1)
    green = 255 * y / (height - 1)
    blue = 127 + 120 * np.sin(0.1 * x + 0.02 * y * y / height)
    return np.stack([red, green, blue], -1).round().astype(np.uint8)


def noise(seed, low=0, high=256, shape=(40, 56, 3)):
    return np.random.default_rng(seed).integers(low, high, shape, dtype=np.uint8)


def encoded(image, kind, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(data):
    image = open_image(data)
    assert image.mode == "RGB"
    return np.asarray(image)


def furthest(a, b):
    assert a.shape == b.shape
    return np.abs(a.astype(int) - b.astype(int)).max()


def png(*chunks):
    """A PNG file from (name, data) pairs."""
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def png_header(width, height, depth=8, colour=2):
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def png16(values):
    """A PNG of 16 bits per channel: (H, W) is greyscale and (H, W, 3) RGB. Pillow writes no 16-bit RGB itself."""
    colour = 0 if values.ndim == 2 else 2
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    header = png_header(values.shape[1], values.shape[0], 16, colour)
    return png(header, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))


# Opening: what a viewer shows


# For each value, the stored rows and columns of an upright picture, from the EXIF standard's words:
# "the 0th row is the visual top, the 0th column the visual left-hand side" is 1, and so on.
STORED = {
    1: lambda up: up,  # top, left
    2: lambda up: up[:, ::-1],  # top, right
    3: lambda up: up[::-1, ::-1],  # bottom, right
    4: lambda up: up[::-1],  # bottom, left
    5: lambda up: up.swapaxes(0, 1),  # left, top
    6: lambda up: up[:, ::-1].swapaxes(0, 1),  # right, top
    7: lambda up: up[::-1, ::-1].swapaxes(0, 1),  # right, bottom
    8: lambda up: up[::-1].swapaxes(0, 1),  # left, bottom
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("kind", "options", "tolerance"),
    [("PNG", {}, 0), ("TIFF", {}, 0), ("WEBP", {"lossless": True}, 0), ("JPEG", {"quality": 98, "subsampling": 0}, 6)],
)
def test_a_picture_with_an_exif_orientation_opens_upright(orientation, kind, options, tolerance):
    upright = scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.ascontiguousarray(STORED[orientation](upright)), kind, exif=exif, **options)
    assert furthest(opened(data), upright) <= tolerance


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\xff\xff\xff\xff"])
def test_a_damaged_exif_block_does_not_cost_the_picture(exif):
    assert furthest(opened(encoded(scene(), "JPEG", quality=98, subsampling=0, exif=exif)), scene()) <= 6


def on_white(colours, alpha):
    share = alpha[..., None].astype(float) / 255
    return colours * share + 255 * (1 - share)


def test_transparent_colour_is_shown_on_white():
    alpha = np.tile(np.linspace(0, 255, 56).round().astype(np.uint8), (40, 1))
    got = opened(encoded(np.dstack([scene(), alpha]), "PNG"))
    assert furthest(got, on_white(scene(), alpha).round()) <= 1
    assert (got[:, 0] == 255).all()  # wholly transparent, whatever colour lies below
    assert (got[:, -1] == scene()[:, -1]).all()


def test_transparent_grey_is_shown_on_white():
    grey, alpha = scene()[..., 0], scene()[..., 1]
    got = opened(encoded(Image.merge("LA", [Image.fromarray(grey), Image.fromarray(alpha)]), "PNG"))
    assert furthest(got, on_white(np.dstack([grey] * 3), alpha).round()) <= 1


def test_transparent_palette_entries_are_shown_on_white():
    palette = [200, 0, 0, 0, 150, 0, 0, 0, 100, 30, 30, 30]
    indices = np.arange(40 * 56, dtype=np.uint8).reshape(40, 56) % 4
    image = Image.fromarray(indices)
    image.putpalette(palette)  # the mode becomes P
    data = encoded(image, "PNG", transparency=bytes([0, 255, 128, 255]))  # one alpha for each entry
    colours, alpha = np.reshape(palette, (4, 3))[indices], np.array([0, 255, 128, 255])[indices]
    assert furthest(opened(data), on_white(colours, alpha).round()) <= 1


def test_a_transparent_colour_of_an_rgb_png_is_shown_on_white():
    image = np.full((40, 56, 3), (10, 20, 30), np.uint8)
    image[:20] = (40, 50, 60)
    got = opened(encoded(image, "PNG", transparency=(10, 20, 30)))
    assert (got[20:] == 255).all()
    assert (got[:20] == (40, 50, 60)).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "GIF"])
def test_one_bit_is_black_and_white(kind):
    bits = noise(1, 0, 2, (40, 56)) * 255
    got = opened(encoded(Image.fromarray(bits).convert("1"), kind))
    assert (got == bits[..., None]).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM"])
def test_greyscale_has_three_equal_channels(kind):
    grey = scene()[..., 0]
    assert (opened(encoded(grey, kind)) == grey[..., None]).all()


@pytest.mark.parametrize("top", [65535, 20000, 255])
def test_sixteen_bit_greyscale_png_is_scaled_and_not_clipped(top):
    # A ramp that ends below white stays dark: the scale is that of the format, not of the picture.
    ramp = np.linspace(0, top, 40 * 256).round().astype(np.uint16).reshape(40, 256)
    assert np.abs(opened(png16(ramp)) - (ramp / 257)[..., None]).max() <= 1


def test_sixteen_bit_greyscale_tiff_is_scaled_and_not_clipped():
    ramp = np.linspace(0, 65535, 40 * 256).round().astype(np.uint16).reshape(40, 256)
    assert np.abs(opened(encoded(ramp, "TIFF")) - (ramp / 257)[..., None]).max() <= 1


def test_floating_point_tiff_counts_from_zero_to_one():
    ramp = np.linspace(0, 1, 40 * 256, dtype=np.float32).reshape(40, 256)
    assert np.abs(opened(encoded(ramp, "TIFF")) - (ramp * 255)[..., None]).max() <= 1


def test_sixteen_bit_colour_png_is_scaled_and_not_clipped():
    ramp = np.linspace(0, 65535, 40 * 256).round().astype(np.uint16).reshape(40, 256)
    colour = np.dstack([ramp, ramp[::-1], ramp[:, ::-1]])
    assert np.abs(opened(png16(colour)) - colour / 257).max() <= 1


def test_a_cmyk_jpeg_has_the_colours_of_its_inks():
    # Without a profile each ink takes its share of the light: R = (1 − C)(1 − K), and so on.
    inks = {(0, 0, 0, 0): (255, 255, 255), (255, 0, 0, 0): (0, 255, 255), (0, 255, 255, 0): (255, 0, 0)}
    inks |= {(0, 0, 0, 255): (0, 0, 0), (0, 0, 0, 128): (127, 127, 127), (100, 0, 200, 0): (155, 255, 55)}
    for ink, colour in inks.items():
        got = opened(encoded(Image.new("CMYK", (48, 40), ink), "JPEG", quality=98))
        assert furthest(got, np.full_like(got, colour)) <= 4, ink


def turned_profile():
    """An RGB profile whose channels mean green, blue and red: sRGB's own, with the names in its table passed on.

    Turned and not swapped, because a swap undoes itself and would hide a conversion in the wrong direction.
    """
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    names = [b"rXYZ", b"gXYZ", b"bXYZ"]
    places = [profile.index(name) for name in names]
    assert all(profile.count(name) == 1 for name in names)
    for place, name in zip(places, [b"gXYZ", b"bXYZ", b"rXYZ"], strict=True):
        profile = profile[:place] + name + profile[place + 4 :]
    return profile


TURNED = [1, 2, 0]  # the red that is seen is the second channel, and so on


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "JPEG"])
def test_colours_are_converted_from_the_pictures_profile(kind):
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 98, "subsampling": 0}}.get(kind, {})
    got = opened(encoded(scene(), kind, icc_profile=turned_profile(), **options))
    assert furthest(got, scene()[..., TURNED]) <= (6 if kind == "JPEG" else 2)


def test_colours_of_a_transparent_picture_are_converted_but_white_stays_white():
    alpha = np.tile(np.linspace(0, 255, 56).round().astype(np.uint8), (40, 1))
    got = opened(encoded(np.dstack([scene(), alpha]), "PNG", icc_profile=turned_profile()))
    assert furthest(got, on_white(scene()[..., TURNED], alpha).round()) <= 3


@pytest.mark.parametrize("profile", [b"not a profile", turned_profile()[:300], b"\0" * 600])
def test_a_damaged_profile_is_ignored(profile):
    assert (opened(encoded(scene(), "PNG", icc_profile=profile)) == scene()).all()


def test_a_profile_for_another_kind_of_picture_is_ignored():
    grey = scene()[..., 0]
    assert (opened(encoded(grey, "PNG", icc_profile=turned_profile())) == grey[..., None]).all()


@pytest.mark.parametrize(("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})])
def test_an_animation_gives_its_first_frame(kind, options):
    colours = [(200, 30, 40), (20, 180, 60), (0, 0, 250)]
    first, *rest = [Image.new("RGB", (56, 40), colour) for colour in colours]
    if kind != "TIFF":
        options = {**options, "duration": 100}
    got = opened(encoded(first, kind, save_all=True, append_images=rest, **options))
    assert (got == colours[0]).all()


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_heic_opens_upright(orientation):
    pytest.importorskip("pillow_heif", reason="needs pillow-heif")
    import pillow_heif

    upright = scene(96, 128)
    picture = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    pillow_heif.from_pillow(picture).save(file, quality=100, chroma=444, exif=exif.tobytes())
    assert furthest(opened(file.getvalue()), upright) <= 8


def test_a_path_a_string_bytes_and_a_file_object_give_the_same(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(encoded(scene(), "PNG"))
    with path.open("rb") as file:
        pictures = [opened(source) for source in (path, str(path), path.read_bytes(), file)]
        assert not file.closed  # it is the caller's
    assert all((picture == scene()).all() for picture in pictures)


def test_the_name_of_a_file_says_nothing_about_its_format(tmp_path):
    path = tmp_path / "photo.jpg"
    path.write_bytes(encoded(scene(), "PNG"))
    assert (opened(path) == scene()).all()


def test_the_smallest_allowed_picture_opens():
    assert open_image(encoded(scene(MIN_SIDE, MIN_SIDE), "PNG")).size == (MIN_SIDE, MIN_SIDE)


# Refusals

SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="99" height="99"><rect/></svg>"""
GOOD = encoded(scene(), "JPEG", quality=95)
BOMB = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(80_000_000), 9))


def picture_with(*chunks, before=True):
    pixels = (b"IDAT", zlib.compress(b"\0" * (40 * (56 * 3 + 1))))
    middle = [*chunks, pixels] if before else [pixels, *chunks]
    return png(png_header(56, 40), *middle, (b"IEND", b""))


REFUSED = {
    "text": (b"this is no picture\n" * 50, "not a picture"),
    "svg": (SVG, "not a picture"),
    "random bytes": (noise(2).tobytes(), "not a picture"),
    "half a jpeg": (GOOD[: len(GOOD) // 2], "damaged"),
    "a jpeg's first bytes": (GOOD[:3], "picture"),
    "half a png": (encoded(noise(3), "PNG")[:3000], "damaged"),
    "zero bytes": (b"", "empty"),
    "a line": (encoded(Image.new("RGB", (1, 5000)), "PNG"), "too small (1×5000 pixels)"),
    "one pixel too few": (encoded(scene(MIN_SIDE - 1, 80), "PNG"), "too small (80×31 pixels)"),
    "a text bomb before the pixels": (picture_with(BOMB), "damaged"),
    "a text bomb after the pixels": (picture_with(BOMB, before=False), "damaged"),
}


def check_sentence(error, part):
    sentence = str(error)
    assert part in sentence
    assert "/" not in sentence  # no path of the server
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize("as_path", [True, False], ids=["path", "bytes"])
def test_what_is_no_usable_picture_is_refused_in_one_sentence(what, as_path, tmp_path):
    data, part = REFUSED[what]
    path = tmp_path / "photo.jpg"
    path.write_bytes(data)
    with pytest.raises(ImageError) as refusal:
        open_image(path if as_path else data)
    check_sentence(refusal.value, part)
    assert "photo" not in str(refusal.value)


def test_a_picture_with_a_small_compressed_text_is_fine():
    # The bombs above are refused for their size, not for being text.
    assert opened(picture_with((b"zTXt", b"Comment\0\0" + zlib.compress(b"hello" * 100)))).shape == (40, 56, 3)


# Over MAX_PIXELS in each way: far over Pillow's own limit, and between ours and Pillow's.
@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (11_000, 10_000), (10_000, 10_001), (3_200_000, 32)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_picture_is_refused_from_its_header_at_once(width, height):
    assert width * height > MAX_PIXELS
    data = png(png_header(width, height), (b"IDAT", zlib.compress(b"\0")), (b"IEND", b""))
    start = time.perf_counter()
    with pytest.raises(ImageError) as refusal:
        open_image(data)
    assert time.perf_counter() - start < 2
    check_sentence(refusal.value, "more than 100 megapixels")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_jpeg_is_refused_like_a_huge_png():
    # The frame header of a good file, with the size overwritten.
    at = GOOD.index(b"\xff\xc0") + 5
    data = GOOD[:at] + struct.pack(">HH", 60_000, 60_000) + GOOD[at + 4 :]
    with pytest.raises(ImageError) as refusal:
        open_image(data)
    check_sentence(refusal.value, "more than 100 megapixels")


@pytest.mark.parametrize("name", ["missing.jpg", "", "no_folder/photo.jpg", "photo.png/photo.png", "x" * 300 + ".png"])
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_missing_file_and_a_folder_are_refused_as_such(name, kind, tmp_path):
    (tmp_path / "photo.png").write_bytes(encoded(scene(), "PNG"))
    with pytest.raises(ImageError) as refusal:
        open_image(kind(tmp_path / name))
    check_sentence(refusal.value, "no picture file of that name")
    assert tmp_path.name not in str(refusal.value)


def test_an_empty_file_object_is_refused():
    with pytest.raises(ImageError) as refusal:
        open_image(io.BytesIO())
    check_sentence(refusal.value, "picture")


@given(st.binary(max_size=300), st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP"]), st.randoms())
@settings(max_examples=150, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_any_damage_to_a_file_gives_a_picture_or_an_image_error(damage, kind, random):
    data = bytearray(encoded(scene(), kind))
    at = random.randrange(len(data))
    data[at : at + len(damage)] = damage
    try:
        assert open_image(bytes(data)).mode == "RGB"
    except ImageError as error:
        check_sentence(error, "")


# Sizes

SIDES = st.integers(min_value=1, max_value=6000)


@given(SIDES, SIDES, SIDES)
def test_fitted_size_keeps_the_aspect_to_half_a_pixel(width, height, long_side):
    w, h = fitted_size(width, height, long_side)
    assert max(w, h) == long_side
    assert min(w, h) >= 1
    scale = long_side / max(width, height)
    for got, side in ((w, width), (h, height)):
        # One pixel is the least there is, even where less would be right.
        assert abs(got - side * scale) <= 0.5 + 1e-6 or (got == 1 and side * scale < 0.5)


@given(
    st.integers(min_value=1, max_value=90),
    st.integers(min_value=1, max_value=90),
    st.integers(min_value=1, max_value=90),
)
@settings(max_examples=50, deadline=None)
def test_resize_gives_the_fitted_size(width, height, long_side):
    assert resize(Image.new("RGB", (width, height)), long_side).size == fitted_size(width, height, long_side)


def test_resize_to_the_same_size_changes_no_pixel():
    image = Image.fromarray(noise(4))
    assert (np.asarray(resize(image, 56)) == np.asarray(image)).all()


def circle(width, height, radius):
    y, x = np.mgrid[0:height, 0:width]
    inside = (x - (width - 1) / 2) ** 2 + (y - (height - 1) / 2) ** 2 < radius**2
    return Image.fromarray((np.dstack([inside] * 3) * 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(60, 60), (120, 60), (60, 120), (300, 200), (77, 200)])
def test_cover_fills_exactly_the_size_and_keeps_circles_round(size):
    # A circle in the middle shows both whether the aspect is kept and whether the crop is central.
    got = np.asarray(cover(circle(150, 120, 20), size))[..., 0] > 127
    assert got.shape == size[::-1]
    scale = max(size[0] / 150, size[1] / 120)  # the smallest that leaves no border
    rows, columns = np.flatnonzero(got.any(1)), np.flatnonzero(got.any(0))
    for lines, middle in ((rows, (size[1] - 1) / 2), (columns, (size[0] - 1) / 2)):
        assert abs(len(lines) - 40 * scale) <= 2
        assert abs(lines.mean() - middle) <= 1


# Tensors


@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3))))
def test_a_picture_survives_the_way_through_a_tensor_exactly(pixels):
    tensor = to_tensor(Image.fromarray(pixels))
    assert tensor.shape == (1, 3, *pixels.shape[:2])
    assert (np.asarray(to_image(tensor)) == pixels).all()
    assert (np.asarray(to_image(tensor[0])) == pixels).all()


def test_every_level_survives_the_way_through_a_tensor_exactly():
    pixels = np.arange(256 * 3, dtype=np.int64).reshape(16, 16, 3).astype(np.uint8)
    assert (np.asarray(to_image(to_tensor(Image.fromarray(pixels)))) == pixels).all()


def test_tensors_are_channels_first_from_zero_to_one():
    pixels = np.zeros((2, 3, 3), np.uint8)
    pixels[1, 2] = (255, 51, 102)
    tensor = to_tensor(Image.fromarray(pixels))
    assert tensor[0, :, 1, 2].tolist() == pytest.approx([1, 0.2, 0.4])
    assert tensor.sum().item() == pytest.approx(1.6)


def test_values_outside_are_clamped_and_values_between_rounded():
    tensor = to_tensor(Image.new("RGB", (4, 1)))
    tensor[0, :, 0] = tensor.new_tensor([-1.0, 2.0, 100.4 / 255, 100.6 / 255])
    assert np.asarray(to_image(tensor.requires_grad_()))[0, :, 0].tolist() == [0, 255, 100, 101]


# Colours of the photo


def pastel(seed, mean, shape=(40, 56)):
    """Random colours of low contrast around ``mean``, with correlated channels: no map between two of them clips."""
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(3, 3)))[0] * rng.permutation([[12.0], [8.0], [5.0]])
    colours = rng.normal(size=(*shape, 3)).clip(-2.5, 2.5) @ axes + mean
    return Image.fromarray(colours.round().astype(np.uint8))


def chroma(pixels):
    return pixels - (pixels @ LUMA)[..., None]


def test_keeping_luminance_takes_brightness_from_the_result_and_chroma_from_the_photo():
    result, photo = pastel(1, (140, 120, 110)), pastel(2, (100, 130, 150))
    ours, theirs, got = (
        np.asarray(picture).astype(float) for picture in (result, photo, keep_color(result, photo, "luminance"))
    )
    assert got.min() > 0  # nothing was clipped, so that the equations hold
    assert got.max() < 255
    assert np.abs(got @ LUMA - ours @ LUMA).max() <= 0.51  # half a level of rounding per channel
    assert np.abs(chroma(got) - chroma(theirs)).max() <= 1.01


def test_keeping_luminance_of_the_same_picture_gives_it_back():
    picture = Image.fromarray(noise(5))
    assert (np.asarray(keep_color(picture, picture, "luminance")) == np.asarray(picture)).all()


def test_keeping_luminance_scales_the_photo_to_the_result():
    result = pastel(3, (120, 120, 120))
    got = keep_color(result, Image.new("RGB", (112, 80), (150, 100, 90)), "luminance")
    assert got.size == result.size
    expected = chroma(np.array([150.0, 100.0, 90.0]))
    assert np.abs(chroma(np.asarray(got).astype(float)) - expected).max() <= 1.01


def test_keep_color_off_gives_the_result_itself():
    result = pastel(4, (120, 120, 120))
    assert keep_color(result, pastel(5, (90, 90, 90)), "off") is result


@pytest.mark.parametrize("size", [(40, 56), (31, 77)])
@pytest.mark.parametrize("door", [match_color, lambda a, b: keep_color(a, b, "linear")], ids=["match", "keep"])
def test_linear_matching_gives_mean_and_covariance_of_the_reference(size, door):
    picture, reference = pastel(6, (140, 120, 110)), pastel(7, (100, 130, 150), size)
    got, goal = (np.asarray(x).reshape(-1, 3).astype(float) for x in (door(picture, reference), reference))
    assert len(got) == 40 * 56
    assert np.abs(got.mean(0) - goal.mean(0)).max() <= 0.1
    # Rounding adds a variance of 1/12 to each channel; what keeps the map defined shifts it by about as much.
    assert np.abs(np.cov(got.T, bias=True) - np.cov(goal.T, bias=True)).max() <= 0.01 * np.cov(goal.T).max() + 0.4


def test_linear_matching_to_itself_changes_at_most_a_level():
    picture = pastel(8, (120, 120, 120))
    assert furthest(np.asarray(match_color(picture, picture)), np.asarray(picture)) <= 1


@pytest.mark.parametrize("mode", ["off", "luminance", "linear"])
def test_pictures_of_one_colour_do_not_break_the_colour_modes(mode):
    flat, other, busy = Image.new("RGB", (56, 40), (200, 10, 30)), Image.new("RGB", (56, 40), (90, 90, 90)), scene()
    for result, photo in ((flat, other), (other, flat), (flat, Image.fromarray(busy)), (Image.fromarray(busy), flat)):
        got = keep_color(result, photo, mode)
        assert got.size == (56, 40)
        assert got.mode == "RGB"
    if mode == "linear":
        assert furthest(np.asarray(keep_color(flat, other, mode)), np.asarray(other)) <= 1


def test_linear_matching_to_a_grey_photo_leaves_almost_no_colour():
    grey = Image.fromarray(np.dstack([scene()[..., 0]] * 3))
    got = np.asarray(keep_color(pastel(9, (140, 110, 120)), grey, "linear")).astype(int)
    assert (got.max(-1) - got.min(-1)).max() <= 6


@pytest.mark.parametrize("mode", ["", "Luminance", "hue", "x" * 500])
def test_an_unknown_colour_mode_is_refused_with_those_there_are(mode):
    picture = pastel(10, (120, 120, 120))
    with pytest.raises(ConfigError, match="choose off, luminance or linear") as refusal:
        keep_color(picture, picture, mode)
    assert len(str(refusal.value)) < 150


# Saving

SETTINGS = {
    "preset": "balanced",
    "size": 512,
    "style_weight": 0.1,
    "name": "Été/“naïve” 🎨",
    "nested": {"a": [1, None]},
}


def written_settings(path):
    """The embedded text as another program would find it."""
    with Image.open(path) as image:
        image.load()
        if path.suffix == ".png":
            return image.text["nst"]
        if path.suffix == ".webp":
            comment = image.getexif().get_ifd(0x8769)[0x9286]  # Exif.UserComment, with its 8-byte character code
            assert comment[:8] == b"ASCII\0\0\0"
            return comment[8:].decode("ascii")
        return image.info["comment"].decode("ascii")


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.jpeg", "a.webp"])
def test_settings_come_back_from_the_saved_file(name, tmp_path):
    save_image(Image.fromarray(scene()), tmp_path / name, SETTINGS)
    assert json.loads(written_settings(tmp_path / name)) == SETTINGS
    assert furthest(opened(tmp_path / name), scene()) <= (0 if name.endswith("png") else 25)


@pytest.mark.parametrize("settings", [None, {}])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_without_settings_nothing_is_embedded(name, settings, tmp_path):
    save_image(Image.fromarray(scene()), tmp_path / name, settings)
    with Image.open(tmp_path / name) as image:
        image.load()
        assert not getattr(image, "text", {})
        assert not image.info.get("comment")
        assert not image.getexif().get_ifd(0x8769)


def test_a_saved_jpeg_keeps_full_colour_resolution(tmp_path):
    # A chequerboard of red and blue pixels would become even purple with the usual halved chroma.
    pixels = np.zeros((40, 56, 3), np.uint8)
    pixels[::2, ::2] = pixels[1::2, 1::2] = (220, 0, 0)
    pixels[1::2, ::2] = pixels[::2, 1::2] = (0, 0, 220)
    save_image(Image.fromarray(pixels), tmp_path / "a.jpg")
    assert furthest(opened(tmp_path / "a.jpg"), pixels) <= 40


@pytest.mark.parametrize("suffix", [".PNG", ".JpG", ".WebP"])
def test_the_case_of_the_ending_does_not_matter(suffix, tmp_path):
    save_image(Image.fromarray(scene()), tmp_path / f"a{suffix}")
    with Image.open(tmp_path / f"a{suffix}") as image:
        assert image.format == output_format(tmp_path / f"b{suffix.lower()}")


@pytest.mark.parametrize("name", ["a", "a.gif", "a.png.txt", ".png", "a.tiff", "png"])
def test_an_unknown_ending_is_refused_and_nothing_is_written(name, tmp_path):
    with pytest.raises(ConfigError, match=r"\.png, \.jpg or \.webp"):
        save_image(Image.fromarray(scene()), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_refused_and_not_made(tmp_path):
    with pytest.raises(ConfigError, match=r"'a\.png' cannot be written") as refusal:
        save_image(Image.fromarray(scene()), tmp_path / "missing" / "a.png")
    assert str(tmp_path) not in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_the_same_name_is_refused_and_left(tmp_path):
    (tmp_path / "a.png").mkdir()
    with pytest.raises(ConfigError, match=r"'a\.png' cannot be written"):
        save_image(Image.fromarray(scene()), tmp_path / "a.png")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_an_existing_file_is_replaced(tmp_path):
    path = tmp_path / "a.png"
    save_image(Image.fromarray(noise(6)), path, {"step": 1})
    save_image(Image.fromarray(scene()), path)
    assert (opened(path) == scene()).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


def test_a_saved_file_has_the_permissions_of_any_new_file(tmp_path):
    # Temporary files are the owner's alone; the result must be readable to others as usual.
    save_image(Image.fromarray(scene()), tmp_path / "a.png")
    (tmp_path / "plain").write_bytes(b"")
    assert (tmp_path / "a.png").stat().st_mode == (tmp_path / "plain").stat().st_mode


class Broken(Image.Image):
    """A picture whose saving fails halfway, as it does on a full disk or when the program is stopped."""

    error: BaseException

    def save(self, fp, format=None, **params):
        fp.write(b"half a picture")
        raise self.error


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(28, "No space left on device"), ConfigError),
        (ValueError("an encoder's limit"), Exception),
        (MemoryError(), BaseException),
        (KeyboardInterrupt(), BaseException),
    ],
    ids=["full disk", "encoder", "memory", "stopped"],
)
def test_a_failure_while_saving_leaves_the_old_file_and_nothing_else(error, shown, tmp_path):
    path = tmp_path / "a.png"
    save_image(Image.fromarray(scene()), path)
    broken = Broken()
    broken.error = error
    with pytest.raises(shown):
        save_image(broken, path)
    assert (opened(path) == scene()).all()
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize(("name", "size"), [("a.webp", (16_384, 32)), ("a.jpg", (65_536, 32))])
def test_a_picture_too_large_for_its_format_is_refused_and_leaves_no_file(name, size, tmp_path):
    with pytest.raises(ConfigError):
        save_image(Image.new("RGB", size), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_settings_too_long_for_a_jpeg_comment_do_not_leave_half_a_file(tmp_path):
    # A comment holds 65,533 bytes; whichever way it goes, there is a whole file or none.
    try:
        save_image(Image.fromarray(scene()), tmp_path / "a.jpg", {"text": "x" * 70_000})
    except ConfigError:
        assert list(tmp_path.iterdir()) == []
    else:
        assert opened(tmp_path / "a.jpg").shape == (40, 56, 3)


def test_a_png_with_settings_is_still_a_picture_to_open(tmp_path):
    # The text chunk goes through the same limits that refuse the bombs above.
    info = PngInfo()
    info.add_text("nst", json.dumps(SETTINGS), zip=True)
    Image.fromarray(scene()).save(tmp_path / "a.png", pnginfo=info)
    assert (opened(tmp_path / "a.png") == scene()).all()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write and read anywhere")
def test_a_folder_without_permission_is_refused(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(ConfigError, match=r"'a\.png' cannot be written"):
        save_image(Image.fromarray(scene()), tmp_path / "closed" / "a.png")
