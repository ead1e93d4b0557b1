"""A stand-in for the Hugging Face Hub: enough of its HTTP API for the real client to push and pull, and its faults.

Uploads by xet, pull requests and pages of long lists are not part of it: use it with HF_HUB_DISABLE_XET=1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml

_REPO = r"(?P<name>[^/]+/[^/]+)"
_API = rf"/api/(?P<kind>model|space|dataset)s/{_REPO}"
_ROUTES = [
    ("GET", r"/api/whoami-v2", "whoami"),
    ("POST", r"/api/repos/create", "create"),
    ("POST", r"/api/validate-yaml", "validate"),
    ("GET", r"/api/(?P<kind>model|space|dataset)s", "listing"),
    ("GET", rf"{_API}(?:/revision/(?P<rev>[^/]+))?", "info"),
    ("GET", rf"{_API}/tree/(?P<rev>[^/]+)", "tree"),
    ("POST", rf"{_API}/preupload/(?P<rev>[^/]+)", "preupload"),
    ("POST", rf"{_API}/commit/(?P<rev>[^/]+)", "commit"),
    ("POST", rf"/(?P<kind>spaces/|datasets/)?{_REPO}\.git/info/lfs/objects/batch", "batch"),
    ("PUT", r"/lfs/(?P<oid>\w+)", "store"),
    ("GET", rf"/(?P<kind>spaces/|datasets/)?{_REPO}/resolve/(?P<rev>[^/]+)/(?P<path>.+)", "resolve"),
]
_LFS = (".safetensors", ".jpg", ".png", ".mp4")


def front_matter(readme: bytes) -> Any:
    """What stands between the lines of dashes."""
    parts = readme.decode().split("---\n")
    return yaml.safe_load(parts[1]) if len(parts) > 2 and not parts[0] else {}


@dataclass
class Repo:
    """A repo: its commits, each with all its files, the newest last."""

    kind: str
    name: str
    private: bool = False
    payload: dict[str, Any] = field(default_factory=dict)
    commits: list[tuple[str, str, dict[str, bytes]]] = field(default_factory=list)
    told_sizes: dict[str, int] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    changed: float = field(default_factory=time.time)

    def commit(self, files: Mapping[str, bytes | None], message: str = "by hand") -> str:
        """Add a commit that writes some files and deletes those given as None."""
        merged = {**(self.commits[-1][2] if self.commits else {}), **files}
        kept = {path: data for path, data in merged.items() if data is not None}
        sha = hashlib.sha1(f"{self.name} {len(self.commits)} {message}".encode()).hexdigest()
        self.commits.append((sha, message, kept))
        self.changed = time.time()
        return sha

    @property
    def owner(self) -> str:
        return self.name.split("/")[0]

    @property
    def files(self) -> dict[str, bytes]:
        return self.commits[-1][2]

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        sha = self.commits[-1][0] if revision == "main" else self.tags.get(revision, revision)
        return next(((s, files) for s, _, files in self.commits if s == sha), None)


def etag(path: str, data: bytes) -> str:
    if path.endswith(_LFS):
        return hashlib.sha256(data).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class StandIn:
    """The server's state, for tests to look at and to spoil.

    Attributes:
        tokens: user by token.
        faults: for a repo's name, or ``*`` for all: a status to answer with, ``hang``, ``hang-files``, or one of
            ``truncated`` (the connection ends early, every time), ``short`` (less than was told).
        once: statuses for the next requests of a route, before or, with ``after-``, after they have had their effect.
        log: method and path of every request.
    """

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.tokens = {"hf_owner": "owner", "hf_other": "other"}
        self.faults: dict[str, str | int] = {}
        self.once: dict[str, list[int]] = {}
        self.log: list[tuple[str, str]] = []
        self.stored: dict[str, bytes] = {}
        self.released = threading.Event()
        self.url = ""

    def put(self, name: str, files: Mapping[str, bytes], kind: str = "model", private: bool = False) -> Repo:
        """A repo with one commit."""
        repo = self.repos[kind, name] = Repo(kind, name, private)
        repo.commit(files)
        return repo

    def asked_for(self, text: str) -> list[str]:
        """The logged requests in whose path ``text`` occurs."""
        return [f"{method} {path}" for method, path in self.log if text in unquote(path)]


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A running stand-in on a free port."""
    state = StandIn()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    hub: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        url = urlsplit(self.path)
        self.hub.log.append((self.command, url.path))
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.query = parse_qs(url.query)
        self.user = self.hub.tokens.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        method = "GET" if self.command == "HEAD" else self.command
        for verb, pattern, name in _ROUTES:
            match = re.fullmatch(pattern, url.path)
            if verb == method and match:
                parts = {key: unquote(value) for key, value in match.groupdict().items() if value}
                self._answer(name, parts)
                return
        self._json({}, 404)

    do_GET = do_HEAD = do_POST = do_PUT = _serve

    def _answer(self, route: str, parts: dict[str, str]) -> None:
        fault = self.hub.faults.get(parts.get("name", ""), self.hub.faults.get("*"))
        if fault == "hang" or (fault == "hang-files" and route == "resolve"):
            self.hub.released.wait(120)
            self.close_connection = True
            return
        if isinstance(fault, int):
            self._json({"error": "as told"}, fault)
            return
        planned = self.hub.once.get(route)
        if planned:
            self._json({}, planned.pop(0))
            return
        kind = parts.get("kind", "model").removesuffix("/").removesuffix("s")
        if "name" in parts:
            repo = self.hub.repos.get((kind, parts["name"]))
            hidden = repo is not None and repo.private and self.user != repo.owner
            if repo is None or hidden:
                self._json({"error": "Repository not found"}, 404 if self.user else 401, "RepoNotFound")
                return
            if self.command in ("POST", "PUT") and self.user != repo.owner:
                self._json({"error": "Forbidden"}, 403 if self.user else 401)
                return
            found = repo.at(parts.get("rev", "main"))
            if found is None:
                self._json({"error": "Revision not found"}, 404, "RevisionNotFound")
                return
            getattr(self, f"_{route}")(repo, *found, parts)
        else:
            getattr(self, f"_{route}")(kind, parts)

    def _json(self, value: Any, status: int = 200, code: str = "") -> None:
        self._send(json.dumps(value).encode(), status, {"Content-Type": "application/json", "X-Error-Code": code})

    def _send(self, data: bytes, status: int, headers: Mapping[str, str], size: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if size is None else size))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _whoami(self, *_: Any) -> None:
        self._json({"name": self.user, "type": "user"} if self.user else {"error": "who?"}, 200 if self.user else 401)

    def _create(self, *_: Any) -> None:
        wish = json.loads(self.body)
        name, kind = f"{wish['organization'] or self.user}/{wish['name']}", wish.get("type", "model")
        url = f"{self.hub.url}/{'' if kind == 'model' else f'{kind}s/'}{name}"
        if self.user != name.split("/")[0]:
            self._json({"error": "Forbidden"}, 403 if self.user else 401)
        elif (kind, name) in self.hub.repos:
            self._json({"error": "You already created this repo", "url": url}, 409)
        else:
            repo = Repo(kind, name, wish.get("visibility") == "private", wish)
            repo.commit({".gitattributes": b"*.safetensors filter=lfs diff=lfs merge=lfs -text\n"}, "initial commit")
            self.hub.repos[kind, name] = repo
            self._json({"url": url, "name": name})

    def _validate(self, *_: Any) -> None:
        try:
            good = isinstance(front_matter(json.loads(self.body)["content"].encode()), dict)
        except yaml.YAMLError:
            good = False
        self._json({"errors": [] if good else [{"message": "bad yaml"}], "warnings": []}, 200 if good else 400)

    def _listing(self, kind: str, _: Any) -> None:
        asked = set(self.query.get("filter", []))
        repos = [r for r in self.hub.repos.values() if r.kind == kind and (not r.private or r.owner == self.user)]
        repos = [r for r in repos if asked <= set(front_matter(r.files.get("README.md", b"")).get("tags", []))]
        repos.sort(key=lambda r: -r.changed)
        self._json([self._about(r, r.commits[-1][0], {}) for r in repos[: int(self.query.get("limit", ["99"])[0])]])

    def _about(self, repo: Repo, sha: str, files: Mapping[str, bytes]) -> dict[str, Any]:
        when = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(repo.changed))
        siblings = []
        for path, data in files.items():
            size = repo.told_sizes.get(path, len(data))
            lfs = {"lfs": {"sha256": etag(path, data), "size": size, "pointerSize": 130}} if path.endswith(_LFS) else {}
            siblings.append({"rfilename": path, "size": size, "blobId": etag("", data), **lfs})
        return {
            "id": repo.name, "modelId": repo.name, "sha": sha, "private": repo.private, "lastModified": when,
            "likes": 0, "downloads": 0, "tags": [], "siblings": siblings,
        }  # fmt: skip

    def _info(self, repo: Repo, sha: str, files: dict[str, bytes], _: Any) -> None:
        self._json(self._about(repo, sha, files))

    def _tree(self, repo: Repo, sha: str, files: dict[str, bytes], _: Any) -> None:
        self._json([{"type": "file", "path": p, "size": len(d), "oid": etag("", d)} for p, d in files.items()])

    def _preupload(self, repo: Repo, sha: str, files: dict[str, bytes], _: Any) -> None:
        told = []
        for file in json.loads(self.body)["files"]:
            path = file["path"]
            mode = "lfs" if path.endswith(_LFS) else "regular"
            oid = etag(path, files[path]) if path in files else None
            told.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        self._json({"files": told})

    def _batch(self, *_: Any) -> None:
        objects = []
        for wanted in json.loads(self.body)["objects"]:
            upload = {"upload": {"href": f"{self.hub.url}/lfs/{wanted['oid']}"}}
            objects.append(wanted if wanted["oid"] in self.hub.stored else {**wanted, "actions": upload})
        self._json({"transfer": "basic", "objects": objects})

    def _store(self, _: str, parts: dict[str, str]) -> None:
        assert hashlib.sha256(self.body).hexdigest() == parts["oid"]
        self.hub.stored[parts["oid"]] = self.body
        self._json({})

    def _commit(self, repo: Repo, sha: str, files: dict[str, bytes], _: Any) -> None:
        head, *operations = (json.loads(line) for line in self.body.splitlines())
        if head["value"].get("parentCommit", sha) != sha:
            self._json({"error": "A commit has happened since"}, 412)
            return
        changes: dict[str, bytes | None] = {}
        for operation in operations:
            value = operation["value"]
            if operation["key"] == "file":
                changes[value["path"]] = base64.b64decode(value["content"])
            elif operation["key"] == "lfsFile":
                changes[value["path"]] = self.hub.stored[value["oid"]]
            else:
                changes[value["path"]] = None
        made = repo.commit(changes, head["value"]["summary"])
        late = self.hub.once.get("after-commit")
        if late:
            self._json({}, late.pop(0))
            return
        self._json({"success": True, "commitOid": made, "commitUrl": f"{self.hub.url}/{repo.name}/commit/{made}"})

    def _resolve(self, repo: Repo, sha: str, files: dict[str, bytes], parts: dict[str, str]) -> None:
        path = parts["path"]
        if path not in files:
            self._json({"error": "Entry not found"}, 404, "EntryNotFound")
            return
        data, fault = files[path], self.hub.faults.get(repo.name)
        headers = {"ETag": f'"{etag(path, data)}"', "X-Repo-Commit": sha, "X-Linked-Size": str(len(data))}
        headers["X-Linked-Etag"] = headers["ETag"]
        if self.command == "GET" and fault in ("truncated", "short"):
            half = data[: len(data) // 2]
            self._send(half, 200, headers, len(data) if fault == "truncated" else len(half))
            self.close_connection = True
            return
        self._send(data, 200, headers)
