"""How LMS, Studio and any other Django project take the runtime bridge in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.apps import AppConfig
from django.core.checks import register


class BlockstoreXBlockConfig(AppConfig):
    """Learning contexts, learners' state, and the runtime."""

    name = "openedx_blockstore_xblock"
    label = "openedx_blockstore_xblock"
    verbose_name = "Blockstore runtime bridge"
    default_auto_field = "django.db.models.BigAutoField"

    #: The types of blocks that come with this app and not with a package of XBlocks; whoever checks
    #: OLX asks every app for them.
    block_types: ClassVar[frozenset[str]] = frozenset(
        {
            "itembank",
            "legacy_library_content",
            "library",
            "library_content",
            "sequential",
            "split_test",
            "unit",
            "vertical",
        }
    )

    #: Read by edx-django-utils, and by the stand-alone project.
    plugin_app: ClassVar[dict[str, Any]] = {
        "url_config": {
            project: {
                "namespace": "openedx_blockstore_xblock",
                "regex": r"^api/blockstore/",
                "relative_path": "urls",
            }
            for project in ("lms.djangoapp", "cms.djangoapp")
        },
        "settings_config": {
            project: {
                name: {"relative_path": module}
                for name in ("common", "devstack", "production", "test")
            }
            for project, module in (
                ("lms.djangoapp", "settings.common"),
                ("cms.djangoapp", "settings.studio"),
            )
        },
    }

    def ready(self) -> None:
        """Let plugins of the bridge's contracts be found, and Django's checks see the settings."""
        from openedx_blockstore.plugin_api import add_contract  # noqa: PLC0415  (needs the apps)
        from openedx_blockstore.plugin_tools import check_plugin_settings  # noqa: PLC0415
        from openedx_blockstore_xblock import conf, sandbox, state  # noqa: PLC0415
        from openedx_blockstore_xblock.plugin_api import CONTRACTS  # noqa: PLC0415  (likewise)

        for contract, group in CONTRACTS.items():
            add_contract(contract, group)
        check_plugin_settings(conf.PACKAGE, conf.BridgeSettings)
        register(sandbox.check_sandbox, conf.PACKAGE)
        register(state.check_state_store, conf.PACKAGE)
