"""What blocks may ask a runtime for."""

from openedx_blockstore_xblock.services.cache import CacheService
from openedx_blockstore_xblock.services.completion import CompletionService
from openedx_blockstore_xblock.services.files import FileService, has_file_store
from openedx_blockstore_xblock.services.i18n import I18nService
from openedx_blockstore_xblock.services.sandbox import PYTHON_LIBRARY, SandboxService
from openedx_blockstore_xblock.services.settings import SettingsService
from openedx_blockstore_xblock.services.urls import ReplaceURLService
from openedx_blockstore_xblock.services.user import BlockUser, BlockUserService
from openedx_blockstore_xblock.services.video import VideoConfigService

__all__ = [
    "PYTHON_LIBRARY",
    "BlockUser",
    "BlockUserService",
    "CacheService",
    "CompletionService",
    "FileService",
    "I18nService",
    "ReplaceURLService",
    "SandboxService",
    "SettingsService",
    "VideoConfigService",
    "has_file_store",
]
