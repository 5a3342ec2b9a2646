"""Addresses. Every view needs a signed-in user unless it is named in tests/architecture."""

urlpatterns: list[object] = []
