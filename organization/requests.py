"""The request as our views know it: someone is signed in, and their rights are known."""

from django.http import HttpRequest

from organization.models import User
from organization.rights import Rights


class SignedInRequest(HttpRequest):
    user: User
    rights: Rights
    htmx: bool
    counted: dict[str, int]
