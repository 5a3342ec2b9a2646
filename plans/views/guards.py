"""Who may open a page."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict

from organization.requests import SignedInRequest

P = ParamSpec("P")
View = Callable[Concatenate[SignedInRequest, P], HttpResponse]


def office_only(view: View[P]) -> View[P]:
    """403 for everybody who is not of Văn phòng."""

    @wraps(view)
    def guarded(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not request.rights.is_office:
            raise PermissionDenied("Chỉ Văn phòng nhập và sửa kế hoạch.")
        return view(request, *args, **kwargs)

    return guarded


def posted(request: SignedInRequest) -> QueryDict | None:
    """What was sent, even where nothing was ticked; None where the page is only asked for."""
    return request.POST if request.method == "POST" else None
