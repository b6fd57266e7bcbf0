"""Archives may leave out what the collection's own bundles have, and nothing else."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from openedx_blockstore import api
from openedx_blockstore.store import digest_of
from tests.rest_api.conftest import Place, World

NEW = b"<unit>new</unit>"


def thin(bundle: UUID, listed: dict[str, tuple[str, int]], held: dict[str, bytes]) -> bytes:
    """An archive of one version that lists more than it holds."""
    meta = {"version": 1, "digest": "sha256"}
    key = {"bundle_uuid": str(bundle), "version": 9}
    info = {
        "_meta": meta,
        "uuid": str(bundle),
        "version": 9,
        "title": "Thin",
        "files": {
            path: {"digest": digest, "size": size} for path, (digest, size) in listed.items()
        },
    }
    listing = {"_meta": meta, "kind": "bundle", "roots": [key], "trees": [key]}
    folder = f"{bundle}/9/"
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, body in (
            (".blockstore/archive.json", json.dumps(listing).encode()),
            (f"{folder}.blockstore/info.json", json.dumps(info).encode()),
            *((folder + path, body) for path, body in held.items()),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            archive.addfile(entry, io.BytesIO(body))
    return data.getvalue()


def of(data: bytes) -> tuple[str, int]:
    """Digest and size."""
    return digest_of(data), len(data)


def contents(bundle: UUID, number: int, path: str) -> bytes:
    """What a version has under a path."""
    with api.open_bundle_file(bundle, path, version_number=number) as file:
        return file.read()


def post(client: APIClient, place: Place, archive: bytes, where: str = "import_thin") -> Any:
    """Import an archive."""
    return client.post(
        f"/api/v1/collections/{place.collection}/{where}",
        archive,
        content_type="application/gzip",
    )


@pytest.fixture
def old(private: Place) -> bytes:
    """What only the first version of the bundle holds."""
    return contents(private.bundle, 1, "unit.xml")


def missing(client: APIClient, place: Place, bundle: UUID, *digests: str) -> Any:
    """Ask what is missing."""
    return client.post(
        f"/api/v1/collections/{place.collection}/missing_contents",
        {"bundles": {str(bundle): list(digests)}},
        format="json",
    )


def test_what_any_version_has_may_be_left_out(
    author: APIClient, private: Place, old: bytes
) -> None:
    """Contents of older versions are known, and become part of the new one."""
    answer = missing(author, private, private.bundle, digest_of(old), digest_of(NEW))
    assert answer.json() == {"missing": [digest_of(NEW)]}
    archive = thin(private.bundle, {"a.xml": of(old), "b.xml": of(NEW)}, {"b.xml": NEW})
    made = post(author, private, archive).json()["bundles"][0]
    assert made["created"]
    uuid, number = UUID(made["bundle_uuid"]), made["version"]
    assert uuid == private.bundle
    assert contents(uuid, number, "a.xml") == old
    assert contents(uuid, number, "b.xml") == NEW


@pytest.mark.parametrize("where", ["import", "import_thin"])
def test_what_is_not_known_is_refused(author: APIClient, private: Place, where: str) -> None:
    """An archive must hold what nobody has here; and everything, unless it is said to be thin."""
    archive = thin(private.bundle, {"a.xml": of(NEW)}, {})
    answer = post(author, private, archive, where)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_archive")


def test_an_ordinary_import_takes_nothing_from_here(
    author: APIClient, private: Place, old: bytes
) -> None:
    """An archive that was damaged is not made whole by chance."""
    archive = thin(private.bundle, {"a.xml": of(old)}, {})
    assert post(author, private, archive, "import").status_code == 422


def test_a_digest_opens_nothing(world: World, old: bytes) -> None:
    """What lies in another collection, or in another bundle of one's own, is not known."""
    private, mine = world.places["private"], world.places["public_read"]
    author = world.client("author")
    other = api.create_bundle(private.collection, "other").uuid
    secret = api.create_bundle(private.collection, "secret").uuid
    api.import_version(secret, {"secret.txt": b"the answer"})
    digest = digest_of(b"the answer")
    assert missing(author, mine, secret, digest).json() == {"missing": [digest]}
    assert missing(author, private, other, digest).json() == {"missing": [digest]}
    assert missing(author, private, secret, digest).json() == {"missing": []}
    for place, bundle in ((mine, secret), (private, other)):
        archive = thin(bundle, {"stolen.txt": of(b"the answer")}, {})
        assert post(author, place, archive).status_code == 422


def test_a_wrong_size_is_refused(author: APIClient, private: Place, old: bytes) -> None:
    """What is said of a content must be true even if it is not sent."""
    archive = thin(private.bundle, {"a.xml": (digest_of(old), len(old) + 1)}, {})
    assert post(author, private, archive).status_code == 422


def test_nonsense_is_refused(author: APIClient, private: Place) -> None:
    """Questions that make no sense are 400; UUIDs that are none are nobody's."""
    address = f"/api/v1/collections/{private.collection}/missing_contents"
    bodies: list[Any] = [{}, {"bundles": []}, {"bundles": {str(private.bundle): ["short"]}}]
    for body in bodies:
        assert author.post(address, body, format="json").status_code == 400
    nobody = author.post(address, {"bundles": {"nobody": ["0" * 64]}}, format="json")
    assert nobody.json() == {"missing": ["0" * 64]}
