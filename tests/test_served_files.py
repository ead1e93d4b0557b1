"""What the server hands out, and what it asks for: nobody's files but one's own, and nothing on a visitor's behalf."""

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest
from gradio_client import Client, handle_file

from tests.bad_input import reference
from tests.clips import make_clip
from tests.live import running_app
from tests.pictures import good_jpeg, written


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("app")


@pytest.fixture(scope="module")
def url(root, folder):
    with running_app(root, folder) as address:
        yield address


@pytest.fixture(scope="module")
def http(url):
    with httpx.Client(base_url=url, timeout=30) as client:
        yield client


@pytest.fixture
def photo(tmp_path):
    return written(tmp_path, "photo.jpg", good_jpeg())


@contextmanager
def listener() -> Iterator[tuple[int, list]]:
    """A server of this machine that must not be asked; yields its port and who has asked."""
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def listen() -> None:
            while True:
                try:
                    connection, peer = server.accept()
                except OSError:
                    return
                asked.append(peer)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nContent-Type: image/png\r\n\r\nsecret")
                connection.close()

        threading.Thread(target=listen, daemon=True).start()
        yield server.getsockname()[1], asked
        server.shutdown(socket.SHUT_RDWR)


def answer_of(http, api, data) -> str:
    """All that comes back from a call."""
    event = http.post(f"gradio_api/call/{api}", json={"data": data}).json()
    return http.get(f"gradio_api/call/{api}/{event['event_id']}").text


def error_of(http, api, data) -> str:
    """The sentence with which a call is refused."""
    return json.loads(answer_of(http, api, data).rpartition("event: error\ndata: ")[2])["error"]


def test_no_file_is_served_but_what_was_sent_and_made(http, root, folder, photo):
    (mine,) = http.post("gradio_api/upload", files={"files": photo.open("rb")}).json()
    assert http.get(f"gradio_api/file={mine}").content == good_jpeg()
    link = folder / "gradio" / "link.txt"
    link.symlink_to(root / "LICENSE")
    trunk = root / "weights" / "multistyle" / "trunk.safetensors"
    cache = folder / "gradio"
    paths = [
        "/etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        f"{root}/app.py",
        f"{root}/nst/ui/app.py",
        str(trunk),
        "app.py",
        "./app.py",
        "weights/multistyle/trunk.safetensors",
        "nst/../app.py",
        f"{folder}/app.log",
        str(cache),
        f"{cache}/",
        f"{cache}/../app.log",
        f"{cache}/%2e%2e/app.log",
        f"{cache}/..%2fapp.log",
        f"{cache}/%252e%252e/app.log",
        f"{cache}/....//app.log",
        f"{cache}/..\\app.log",
        f"{cache}%00/../app.log",
        f"{mine}/../../../app.log",
        f"{mine}%00.txt",
        str(link),
        "~/.bashrc",
        "",
        "%00",
        "//etc/passwd",
        "/etc/passwd%00.jpg",
        "\\\\127.0.0.1\\share",
        f"{cache.parent}/nst-x/a.png",
    ]
    for path in paths:
        for door in ("gradio_api/file=", "gradio_api/file/", "file=", "static/", "assets/", "svelte/", "theme/"):
            answer = http.get(f"{door}{path}")
            assert answer.status_code in (400, 403, 404), (door, path, answer.status_code)
            assert "root:" not in answer.text and str(root) not in answer.text, (door, path)
            assert len(answer.content) < 300, (door, path)


def test_what_was_sent_is_never_shown_as_a_page(http, tmp_path):
    script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(document.domain)</script></svg>"
    for name in ("evil.html", "evil.svg", "evil.xml", "evil.js", "evil.xhtml", "evil.pdf", "evil"):
        (path,) = http.post("gradio_api/upload", files={"files": (name, script)}).json()
        answer = http.get(f"gradio_api/file={path}")
        assert answer.headers["content-disposition"].startswith("attachment"), name
        assert answer.headers["content-type"] == "application/octet-stream", name


def test_a_file_is_kept_where_only_who_has_it_can_tell(http, url, photo, folder, ids):
    """Its folder is named after the hash of what is in it, and folders are not listed."""
    (one,) = http.post("gradio_api/upload", files={"files": photo.open("rb")}).json()
    (other,) = http.post("gradio_api/upload", files={"files": ("photo.jpg", good_jpeg() + b"x")}).json()
    assert len({one.split("/")[-2], other.split("/")[-2]}) == 2 and len(one.split("/")[-2]) == 64
    painting = Client(url, verbose=False, download_files=False).predict(
        handle_file(str(photo)), ids[0], api_name="/stylize"
    )
    assert http.get(f"gradio_api/file={painting['path']}").status_code == 200
    name = painting["path"].rpartition("/")[2]
    for guess in (f"{folder}/gradio/{name}", f"{folder}/{name}", f"{folder}/gradio/{'0' * 64}/{name}", name):
        assert http.get(f"gradio_api/file={guess}").status_code in (403, 404)


def test_a_style_of_ones_own_is_nobody_elses(url, root, ids, tmp_path):
    mine, other = (Client(url, verbose=False) for _ in range(2))
    style = root / "weights" / "multistyle" / "styles" / f"{ids[0]}.safetensors"
    assert mine.predict(handle_file(str(style)), api_name="/add_style") == ids[0]
    origins = [{s["id"]: s["origin"] for s in client.predict(api_name="/styles")}[ids[0]] for client in (mine, other)]
    assert origins == ["yours", "built in"]


@pytest.mark.parametrize(
    "name", ["../../evil.txt", "..\\..\\evil.txt", "/etc/evil.txt", "a/../../evil.txt", "evil.txt\0.png"]
)
def test_an_upload_stays_in_its_folder(http, folder, name):
    (path,) = http.post("gradio_api/upload", files={"files": (name, b"evil")}).json()
    assert ".." not in path.split("/") and path.startswith(f"{folder}/gradio/")
    assert not (folder / "evil.txt").exists() and not (folder.parent / "evil.txt").exists()


def test_no_address_is_opened_for_a_visitor(http, tmp_path, ids):
    with listener() as (port, asked):
        own = f"http://127.0.0.1:{port}/x.png"
        addresses = [
            own, own.upper(), f"http://localhost:{port}/", f"http://[::ffff:127.0.0.1]:{port}/", f"http://2130706433:{port}/",
            f"http://0x7f.1:{port}/", f" {own}", "http://169.254.169.254/latest/meta-data/", "https://example.com/x.png",
            "file:///etc/passwd", "gopher://127.0.0.1:70/", "ftp://127.0.0.1/x", "data:image/png;base64,aGVsbG8=",
            f"http://x@127.0.0.1:{port}/", "hf://x/y", "s3://x/y", f"//127.0.0.1:{port}/x.png",
        ]  # fmt: skip
        for address in addresses:
            error = error_of(http, "stylize", [reference(address), ids[0], 1, "off", 64])
            assert error.endswith(".") and "/etc" not in error and "secret" not in error, (address, error)
            for door in ("gradio_api/file=", "gradio_api/proxy=", "gradio_api/file/"):
                answer = http.get(f"{door}{address}", follow_redirects=True)
                assert answer.status_code in (400, 403, 404) and "secret" not in answer.text, (door, address)
        for file in (reference(own), reference(own, is_stream=True), reference(own, url=own)):
            for api, data in {"add_style": [file], "optimize": [file, [file], "", "quick", ""]}.items():
                assert "no addresses" in error_of(http, api, data), api
        shown = {"path": None, "url": own, "meta": {"_type": "gradio.FileData"}}
        assert error_of(http, "stylize", [shown, ids[0], 1, "off", 64]).endswith(".")
        for name, text in {
            "list.m3u8": f"#EXTM3U\n#EXTINF:1,\n{own}\n#EXT-X-ENDLIST\n",
            "list.mp4": f"#EXTM3U\n#EXTINF:1,\n{own}\n#EXT-X-ENDLIST\n",
            "concat.mp4": f"ffconcat version 1.0\nfile '{own}'\n",
            "manifest.mpd": f'<?xml version="1.0"?><MPD><Period><BaseURL>{own}</BaseURL></Period></MPD>',
            "picture.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{own}"/></svg>',
        }.items():
            (path,) = http.post("gradio_api/upload", files={"files": (name, text.encode())}).json()
            file = reference(path)
            assert "not a video" in error_of(http, "stylize_video", [file, ids[0], 1, "off", 64, "off", False, 0, 0])
            assert "not a picture" in error_of(http, "stylize", [file, ids[0], 1, "off", 64])
        assert asked == []


def test_doors_that_the_app_does_not_need_are_shut(http, tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", frames=2).read_bytes()
    assert http.post("gradio_api/process_recording", files={"video": clip}).status_code == 403
    for path in (
        "gradio_api/deep_link?session_hash=x",
        "monitoring",
        "monitoring/summary",
        "monitoring/x",
        "gradio_api/vibe-code",
        "gradio_api/run-history/buckets",
        "gradio_api/run-history/records",
        "gradio_api/dev/reload",
        "docs",
        "redoc",
    ):
        answer = http.get(path)
        assert answer.status_code in (403, 404), path
        assert answer.json()["detail"].endswith("."), path


def test_a_body_without_an_end_is_cut_off(http):
    def endless() -> Iterator[bytes]:
        yield b'{"data": ["'
        for _ in range(200):
            yield b"x" * (1 << 20)
        yield b'"]}'

    answer = http.post("gradio_api/call/stylize", content=endless(), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413) and answer.json()["detail"].endswith(".")


def test_uploads_have_a_limit(http):
    """Each file by Gradio, which cannot count all files of a request; the sizes are only announced here."""
    assert http.get("config").json()["max_file_size"] == 500 << 20
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    for path, size in (("upload", 700 << 20), ("component_server", 80 << 20), ("call/stylize", 80 << 20)):
        with socket.create_connection((http.base_url.host, http.base_url.port), timeout=20) as raw:
            head = f"POST /gradio_api/{path} HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n"
            raw.sendall((head + f"Content-Type: {form['Content-Type']}\r\n\r\n").encode())
            assert raw.recv(100).startswith(b"HTTP/1.1 413"), path


def test_the_page_tells_nothing_of_the_servers_folders(http, root):
    for path in ("config", "gradio_api/info", "gradio_api/openapi.json", ""):
        assert str(root) not in http.get(path).text, path


def test_one_upload_can_be_used_by_many_at_once(http, photo, ids):
    (path,) = http.post("gradio_api/upload", files={"files": photo.open("rb")}).json()

    def paint(number: int) -> str:
        if number % 3 == 0:  # it is sent again meanwhile
            http.post("gradio_api/upload", files={"files": photo.open("rb")})
        event = answer_of(http, "stylize", [reference(path), ids[0], 1, "off", 64])
        return json.loads(event.rpartition("event: complete\ndata: ")[2])[0]["path"]

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(paint, range(12)))) == 1  # named after what is in them
