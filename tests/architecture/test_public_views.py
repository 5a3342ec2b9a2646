"""Every view needs a signed-in user, but for the few that are listed here with the reason."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

PUBLIC = {
    "account_login": "who is not signed in has to sign in somewhere",
    "account_logout": "signing out twice leads to sign-in, not to an error",
    "account_inactive": "says to whoever gave the right password that the account is closed",
    "organization:invitation": "the link itself proves who sets their first password",
}
# What stands for a part of an address when a page is asked for.
SAMPLES = {"int": "1", "str": "x", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000", "path": "x"}


def views(
    patterns: list[URLPattern | URLResolver], prefix: str = "", space: str = ""
) -> Iterator[tuple[str, URLPattern, str]]:
    for pattern in patterns:
        address = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            yield from views(pattern.url_patterns, address, inner)
        else:
            yield space + (pattern.name or address), pattern, address


VIEWS = list(views(get_resolver().url_patterns))


def is_public(pattern: URLPattern) -> bool:
    """What LoginRequiredMiddleware asks."""
    return not getattr(pattern.callback, "login_required", True)


def test_tree_is_walked() -> None:
    names = {name for name, _, _ in VIEWS}
    assert {"home", "organization:people", "reports:overview", *PUBLIC} <= names


def test_only_the_listed_views_are_public() -> None:
    assert {name for name, pattern, _ in VIEWS if is_public(pattern)} == PUBLIC.keys()


def test_every_view_has_a_name() -> None:
    assert [address for _, pattern, address in VIEWS if not pattern.name] == []


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name for name, _, _ in VIEWS if name not in PUBLIC])
def test_stranger_is_sent_to_sign_in(client: Client, name: str) -> None:
    """Asked for by the front door: a decorator on the outside cannot have opened it."""
    pattern, address = next((pattern, address) for known, pattern, address in VIEWS if known == name)
    for part, converter in pattern.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower().replace("string", "str")
        for written in (f"<{kind}:{part}>", f"<{part}>"):
            address = address.replace(written, SAMPLES.get(kind, "x"))
    answers = [client.get(f"/{address}"), client.post(f"/{address}")]
    assert [(answer.status_code, answer.get("Location", "").split("?")[0]) for answer in answers] == [
        (302, "/tai-khoan/dang-nhap/")
    ] * 2
