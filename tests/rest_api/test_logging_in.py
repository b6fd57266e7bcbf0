"""Who is asking: by token, by session and by JWT."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from jwt.algorithms import RSAAlgorithm
from rest_framework.authentication import SessionAuthentication
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from openedx_blockstore.rest_api import authentication
from tests.rest_api.conftest import BASE, Place, World


def test_a_token_is_had_for_a_password(world: World) -> None:
    """And is worthless after it was given back."""
    user = world.users["reader"]
    user.set_password("secret")
    user.save()
    client = APIClient()
    assert client.post(f"{BASE}token").status_code == 401
    client.credentials(HTTP_AUTHORIZATION="Basic cmVhZGVyOndyb25n")
    assert client.post(f"{BASE}token").status_code == 401
    client.credentials(HTTP_AUTHORIZATION="Basic cmVhZGVyOnNlY3JldA==")
    response: Any = client.post(f"{BASE}token")
    # Passwords are for this address alone.
    assert client.get(f"{BASE}me").status_code == 401
    client.credentials(HTTP_AUTHORIZATION=f"Token {response.json()['token']}")
    assert client.get(f"{BASE}me").json() == {
        "username": "reader",
        "is_staff": False,
        "may_create_collections": False,
    }
    assert client.delete(f"{BASE}token").status_code == 204
    assert client.get(f"{BASE}me").status_code == 401


def test_browsers_need_the_csrf_token_to_write(world: World) -> None:
    """Reading goes with the session alone."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.users["staff"])
    assert client.get(f"{BASE}me").status_code == 200
    response: Any = client.post(f"{BASE}collections", {"title": "New"}, format="json")
    assert response.status_code == 403
    assert "CSRF" in response.json()["message"]
    token = client.get(f"{BASE}docs").cookies["csrftoken"].value
    written = client.post(
        f"{BASE}collections", {"title": "New"}, format="json", HTTP_X_CSRFTOKEN=token
    )
    assert written.status_code == 201


def test_those_who_are_locked_out_are_not_let_in(world: World) -> None:
    """Whatever they hold."""
    user = world.users["staff"]
    token = Token.objects.create(user=user)
    user.is_active = False
    user.save()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token.key}")
    assert client.get(f"{BASE}bundles").status_code == 401


@pytest.fixture
def jwt_key(settings: Any) -> Any:
    """A host that takes JWTs, signed with this key, as LMS and Studio are set up."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.loads(RSAAlgorithm.to_jwk(key.public_key()))
    settings.JWT_AUTH = {
        **settings.JWT_AUTH,
        "JWT_PUBLIC_SIGNING_JWK_SET": json.dumps({"keys": [{**public, "kid": "host"}]}),
    }
    return key


def _signed(key: Any, username: str, **claims: Any) -> APIClient:
    """A client whose requests have a JWT for a user."""
    now = int(time.time())
    payload = {
        "iss": "https://lms.example.com/oauth2",
        "aud": "openedx",
        "iat": now,
        "exp": now + 60,
        "version": "1.2.0",
        "preferred_username": username,
        **claims,
    }
    client = APIClient()
    token = jwt.encode(payload, key, algorithm="RS512", headers={"kid": "host"})
    client.credentials(HTTP_AUTHORIZATION=f"JWT {token}")
    return client


def test_jwt_is_taken_where_the_host_has_it(world: World, private: Place, jwt_key: Any) -> None:
    """A signed token names the user, whose roles hold; it needs no CSRF token."""
    url = f"{BASE}bundles/{private.bundle}"
    reader = _signed(jwt_key, "reader")
    assert reader.get(f"{BASE}me").json()["username"] == "reader"
    assert reader.get(url).status_code == 200
    assert reader.patch(url, {"title": "New"}).status_code == 403
    assert _signed(jwt_key, "author").patch(url, {"title": "New"}).status_code == 200
    assert _signed(jwt_key, "stranger").get(url).status_code == 404


@pytest.mark.parametrize("claims", [{"exp": 1}, {"aud": "others"}])
def test_a_jwt_that_is_over_or_for_others_is_refused(
    world: World, jwt_key: Any, claims: dict[str, Any]
) -> None:
    """With 401, as everything that says nothing of who is asking."""
    response = _signed(jwt_key, "staff", **claims).get(f"{BASE}me")
    assert response.status_code == 401
    assert response.json()["code"] == "authentication_failed"


def test_a_forged_jwt_is_refused(world: World, jwt_key: Any) -> None:
    """Whoever signed it, it was not the host."""
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert _signed(other, "staff").get(f"{BASE}me").status_code == 401


def test_a_jwt_of_somebody_who_is_locked_out_is_refused(world: World, jwt_key: Any) -> None:
    """Though it is good for a while."""
    User.objects.filter(username="staff").update(is_active=False)
    assert _signed(jwt_key, "staff").get(f"{BASE}me").status_code == 401


def test_jwt_is_one_way_of_those_that_the_host_has(settings: Any) -> None:
    """It takes a library and settings; sessions are always there."""
    authentication._classes.cache_clear()
    names = [each.__name__ for each in authentication.authentication_classes()]
    assert names == ["TokenAuthentication", "JwtAuthentication", "SessionAuthentication"]
    settings.JWT_AUTH = {}
    authentication._classes.cache_clear()
    names = [each.__name__ for each in authentication.authentication_classes()]
    assert names == ["TokenAuthentication", "SessionAuthentication"]
    authentication._classes.cache_clear()


def test_a_site_chooses_how_one_logs_in(settings: Any) -> None:
    """By naming classes."""
    settings.OPENEDX_BLOCKSTORE = {
        **settings.OPENEDX_BLOCKSTORE,
        "REST_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    }
    assert authentication.authentication_classes() == [SessionAuthentication]
