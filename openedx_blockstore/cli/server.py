"""The REST API as functions. Each raises what :mod:`.transport` makes of the server's errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests

from openedx_blockstore.cli.errors import NotFoundError, ServerError
from openedx_blockstore.cli.transport import Body, Transport
from openedx_blockstore.cli.values import (
    Bundle,
    Collection,
    Draft,
    Job,
    LinkEntry,
    Version,
    VersionKey,
    VersionSummary,
    read_advice,
    read_bundle,
    read_collection,
    read_draft,
    read_job,
    read_summary,
    read_version,
)

_PAGE = 500
_BUNDLE_FIELDS = "uuid,title,slug,description,type,origin,collection_uuid,latest_version"
# UUIDs in one question; the server takes ten thousand.
_BATCH = 500


class Server:
    """One server.

    Args:
        root: The address of its API, with a slash at the end. All others are below it, so that the
            token goes nowhere else.
    """

    def __init__(self, root: str, transport: Transport) -> None:
        self.root = root
        self.transport = transport

    def url(self, path: str) -> str:
        """Return an address below the API's."""
        return self.root + path

    def get(self, path: str, /, **params: Any) -> Any:
        """Return what is at an address."""
        return _json(self.transport.send("GET", self.url(path), params=params or None))

    def post(self, path: str, json: Any = None, *, params: Mapping[str, Any] | None = None) -> Any:
        """Send something to an address."""
        return _json(self.transport.send("POST", self.url(path), json=json, params=params))

    def items(self, path: str, /, **params: Any) -> Iterator[dict[str, Any]]:
        """Yield all items of a list, page by page."""
        params = {"limit": _PAGE, **params}
        while True:
            page = self.get(path, **params)
            yield from page["results"]
            if page["next"] is None:
                return
            params["cursor"] = parse_qs(urlsplit(page["next"]).query)["cursor"][0]

    # Who

    def me(self) -> dict[str, Any]:
        """Return who is asking."""
        found: dict[str, Any] = self.get("me")
        return found

    def make_token(self, username: str, password: str) -> str:
        """Return a token for a name and password."""
        # As UTF-8, which the other side expects.
        auth = requests.auth.HTTPBasicAuth(username.encode(), password.encode())
        return str(_json(self.transport.send("POST", self.url("token"), auth=auth))["token"])

    # Reading

    def collections(self) -> Iterator[Collection]:
        """Yield all collections."""
        return (read_collection(each) for each in self.items("collections"))

    def collection(self, uuid: str) -> Collection:
        """Return a collection."""
        return read_collection(self.get(f"collections/{uuid}"))

    def bundles(self, collection_uuid: str) -> Iterator[Bundle]:
        """Yield the bundles of a collection."""
        found = self.items("bundles", collection_uuid=collection_uuid, fields=_BUNDLE_FIELDS)
        return (read_bundle(each) for each in found)

    def find_bundles(self, uuids: Iterable[str]) -> dict[str, Bundle]:
        """Return those of these bundles that are there."""
        wanted = sorted(set(uuids))
        found: dict[str, Bundle] = {}
        for start in range(0, len(wanted), _BATCH):
            question = {"uuid": wanted[start : start + _BATCH], "limit": _BATCH}
            page = self.post("bundles/search", question, params={"fields": _BUNDLE_FIELDS})
            for values in page["results"]:
                bundle = read_bundle(values)
                found[bundle.uuid] = bundle
        return found

    def bundle(self, uuid: str) -> Bundle:
        """Return a bundle."""
        return read_bundle(self.get(f"bundles/{uuid}", fields=_BUNDLE_FIELDS))

    def version(self, key: VersionKey) -> Version:
        """Return a version with what it holds."""
        return read_version(self.get(f"bundle_versions/{_version(key)}"))

    def versions(self, bundle_uuid: str) -> Iterator[VersionSummary]:
        """Yield the versions of a bundle, the oldest first."""
        return (
            read_summary(each) for each in self.items("bundle_versions", bundle_uuid=bundle_uuid)
        )

    def history(self, bundle_uuid: str, path: str) -> list[dict[str, Any]]:
        """Return the versions that changed a path, the newest first."""
        return list(self.items(f"bundles/{bundle_uuid}/history", path=path))

    def diff(self, bundle_uuid: str, from_version: int, to_version: int | None) -> dict[str, Any]:
        """Return what differs between two versions."""
        params = {"from": from_version}
        if to_version is not None:
            params["to"] = to_version
        found: dict[str, Any] = self.get(f"bundles/{bundle_uuid}/diff", **params)
        return found

    def size(self, key: VersionKey, *, with_dependencies: bool) -> dict[str, Any]:
        """Return how much a version holds."""
        deep = "true" if with_dependencies else "false"
        found: dict[str, Any] = self.get(
            f"bundle_versions/{_version(key)}/size", with_dependencies=deep
        )
        return found

    def open_file(self, key: VersionKey, path: str, *, start: int = 0) -> requests.Response:
        """Return the answer that has a file, to be read bit by bit.

        Args:
            start: Leave out so many bytes, if the server can.
        """
        headers = {"Range": f"bytes={start}-"} if start else None
        return self.transport.send(
            "GET",
            self.url(f"bundle_versions/{_version(key)}/files/{quote(path, safe='/')}"),
            headers=headers,
            stream=True,
        )

    # Drafts

    def find_draft(self, bundle_uuid: str, name: str) -> str | None:
        """Return the UUID of a draft."""
        for draft in self.items("drafts", bundle_uuid=bundle_uuid):
            if draft["name"] == name:
                return str(draft["uuid"])
        return None

    def make_draft(self, bundle_uuid: str, name: str) -> str:
        """Make a draft and return its UUID; one that others make meanwhile will do."""
        if (found := self.find_draft(bundle_uuid, name)) is not None:
            return found
        try:
            made = self.post("drafts", {"bundle_uuid": bundle_uuid, "name": name})
        except Exception:
            if (found := self.find_draft(bundle_uuid, name)) is not None:
                return found
            raise
        return str(made["uuid"])

    def draft(self, uuid: str) -> Draft:
        """Return a draft with what it shows."""
        return read_draft(self.get(f"drafts/{uuid}"))

    def write_draft_file(
        self, draft_uuid: str, path: str, body: Body, *, public: bool, before: str | None
    ) -> str:
        """Write a file of a draft, if it still is what it was; return its digest.

        Args:
            before: The digest it must have; None if it must not be there.
        """
        response = self.transport.send(
            "PUT",
            self._draft_file(draft_uuid, path),
            params={"public": "true" if public else "false"},
            body=body,
            headers=_expecting(before),
        )
        return response.headers.get("ETag", "").strip('"')

    def delete_draft_file(self, draft_uuid: str, path: str, *, before: str) -> None:
        """Delete a file in a draft, if it still is what it was."""
        self.transport.send(
            "DELETE", self._draft_file(draft_uuid, path), headers=_expecting(before)
        )

    def set_draft_links(self, draft_uuid: str, links: Mapping[str, LinkEntry | None]) -> list[str]:
        """Set and delete links of a draft.

        Returns:
            What plugins of the server say to that.
        """
        body = {
            alias: None
            if link is None
            else {
                "bundle_uuid": link.target.bundle_uuid,
                "version": link.target.version,
                "weak": link.weak,
            }
            for alias, link in links.items()
        }
        answer = self.transport.send(
            "PATCH", self.url(f"drafts/{draft_uuid}"), json={"links": body}
        )
        return read_advice(_json(answer))

    def update_draft(self, draft_uuid: str, on_conflict: str) -> Draft:
        """Lay a draft over the latest version and return it."""
        return read_draft(self.post(f"drafts/{draft_uuid}/update", {"on_conflict": on_conflict}))

    def commit(self, draft_uuid: str, values: Mapping[str, Any]) -> tuple[int, list[str]]:
        """Commit a draft; return the number of the version, and what plugins say to it."""
        answer = self.post(f"drafts/{draft_uuid}/commit", dict(values))
        return int(answer["version_num"]), read_advice(answer)

    def _draft_file(self, draft_uuid: str, path: str) -> str:
        return self.url(f"drafts/{draft_uuid}/files/{quote(path, safe='/')}")

    # Archives and jobs

    def start_import(
        self, collection_uuid: str, kind: str, body: Body, params: Mapping[str, Any]
    ) -> Job:
        """Send an archive, and return the job that imports it.

        Args:
            kind: ``import``, ``import_course`` or ``import_thin``.
        """
        response = self.transport.send(
            "POST",
            self.url(f"collections/{collection_uuid}/{kind}"),
            params={"job": "true", **params},
            body=body,
        )
        return read_job(_json(response))

    def start_export(self, path: str, params: Mapping[str, Any]) -> Job:
        """Return the job that makes an archive."""
        return read_job(self.post(path, params=params))

    def job(self, uuid: str) -> Job:
        """Return how far a job has come."""
        return read_job(self.get(f"jobs/{uuid}"))

    def open_result(self, uuid: str) -> requests.Response:
        """Return the answer that has what a job has made."""
        return self.transport.send("GET", self.url(f"jobs/{uuid}/result"), stream=True)

    def missing_contents(
        self, collection_uuid: str, bundles: Mapping[str, Iterable[str]]
    ) -> set[str]:
        """Return those digests whose contents the collection's bundles do not have."""
        question = {"bundles": {uuid: sorted(digests) for uuid, digests in bundles.items()}}
        answer = self.post(f"collections/{collection_uuid}/missing_contents", question)
        return {str(digest) for digest in answer["missing"]}

    def what_is(self, uuid: str) -> Bundle | Collection:
        """Return the bundle or collection with a UUID."""
        try:
            return self.bundle(uuid)
        except NotFoundError:
            pass
        try:
            return self.collection(uuid)
        except NotFoundError as error:
            raise NotFoundError(
                f"There is neither a bundle nor a collection {uuid}.", error.mend
            ) from error


def _version(key: VersionKey) -> str:
    return f"{key.bundle_uuid},{key.version}"


def _expecting(before: str | None) -> dict[str, str]:
    return {"If-None-Match": "*"} if before is None else {"If-Match": f'"{before}"'}


def _json(response: requests.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError as error:
        raise ServerError(
            f"{urlsplit(response.url).netloc} answers with something that is no JSON.",
            "Check the address of the server.",
        ) from error
