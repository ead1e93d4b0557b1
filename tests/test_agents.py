"""The app as a server of tools for agents: which there are, what they return, and that nothing is kept for the next."""

import asyncio
import base64
import io

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from PIL import Image

from tests.live import running_app
from tests.pictures import good_jpeg


@pytest.fixture(scope="module")
def url(root, tmp_path_factory):
    with running_app(root, tmp_path_factory.mktemp("agents")) as address:
        yield address


def ask(url, *calls, tools=""):
    """The server's tools, then the answer to every ``(tool, arguments)``."""

    async def conversation():
        address = f"{url}gradio_api/mcp/{tools}"
        async with streamable_http_client(address) as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            found = (await session.list_tools()).tools
            return found, [await session.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(conversation())


def as_url(data: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def picture(answer) -> Image.Image:
    assert not answer.isError, answer.content
    image = next(part for part in answer.content if part.type == "image")
    return Image.open(io.BytesIO(base64.b64decode(image.data)))


def test_tools_say_what_they_are_for(url):
    tools, _ = ask(url)
    names = {tool.name: tool for tool in tools}
    assert set(names) == {"styles", "stylize", "stylize_with", "networks", "stylize_video", "paint_like"}
    for tool in tools:
        assert len(tool.description) > 20
        for name, about in tool.inputSchema["properties"].items():
            assert about.get("description"), f"{tool.name}: {name}"
    assert set(names["stylize"].inputSchema["required"]) == {"image", "style"}


def test_pictures_come_back_as_pictures(url):
    photo = as_url(good_jpeg())
    _, (listed, painted, one_off) = ask(
        url,
        ("styles", {}),
        ("stylize", {"image": photo, "style": "udnie:2,the_scream", "strength": 0.5}),
        ("paint_like", {"photo": photo, "painting": photo}),
    )
    assert "udnie" in listed.content[0].text
    assert picture(painted).size == (96, 64)
    width, height = picture(one_off).size  # slow mode makes small photos larger
    assert width >= 96 and abs(width / height - 1.5) < 0.02


def test_a_bad_request_gets_the_sentence_that_everyone_gets(url, names_a_folder):
    photo = as_url(good_jpeg())
    _, answers = ask(
        url,
        ("stylize", {"image": photo, "style": "nobody"}),
        ("stylize", {"image": as_url(b"no picture"), "style": "udnie"}),
        ("paint_like", {"photo": photo, "painting": photo, "preset_name": "x"}),
    )
    for answer, words in zip(answers, ("no style 'nobody'", "not a picture", "balanced"), strict=True):
        text = answer.content[0].text
        assert answer.isError and words in text and "Traceback" not in text and not names_a_folder(text)


def test_what_belongs_to_a_session_is_no_tool_however_it_is_asked_for(url):
    tools, (refused,) = ask(url, ("learn_style", {"painting": as_url(good_jpeg())}), tools="?tools=learn_style,styles")
    assert [tool.name for tool in tools] == ["styles"]
    assert refused.isError and "learn_style" in refused.content[0].text
