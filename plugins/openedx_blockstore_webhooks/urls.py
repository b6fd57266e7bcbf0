"""Addresses of webhooks, below that of Blockstore's own API."""

from __future__ import annotations

from django.urls import path

from openedx_blockstore_webhooks.rest_api import views

app_name = "openedx_blockstore_webhooks"

_ONE = "v1/webhooks/subscriptions/<str:subscription_uuid>"
_DELIVERY = "v1/webhooks/deliveries/<str:delivery_uuid>"

urlpatterns = [
    path("v1/webhooks/subscriptions", views.SubscriptionListView.as_view(), name="subscriptions"),
    path(_ONE, views.SubscriptionView.as_view(), name="subscription"),
    path(f"{_ONE}/rotate_secret", views.RotateSecretView.as_view(), name="rotate_secret"),
    path(f"{_ONE}/ping", views.PingView.as_view(), name="ping"),
    path(f"{_ONE}/replay", views.ReplayView.as_view(), name="replay"),
    path(f"{_ONE}/deliveries", views.DeliveryListView.as_view(), name="deliveries"),
    path(_DELIVERY, views.DeliveryView.as_view(), name="delivery"),
    path(f"{_DELIVERY}/replay", views.ReplayDeliveryView.as_view(), name="replay_delivery"),
]
