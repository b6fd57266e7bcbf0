"""How LMS, Studio and the stand-alone project take the plugin in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks: subscriptions, what is to be delivered, and what came of it."""

    name = "openedx_blockstore_webhooks"
    label = "openedx_blockstore_webhooks"
    verbose_name = "Blockstore webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    #: Read by edx-django-utils. The URL is searched for, not matched from the start.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_webhooks",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
    }

    def ready(self) -> None:
        """Check the settings, and let a process that sends go on with what is left."""
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415
        from openedx_blockstore_webhooks import conf, runner  # noqa: PLC0415 (need the registry)

        check_plugin_settings(conf.PACKAGE, conf.WebhooksSettings)
        runner.connect()
