"""``manage.py clean_uploads``: remove direct uploads that nobody has completed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from openedx_blockstore.api.uploads import clean_uploads
from openedx_blockstore.exceptions import DirectUploadUnavailable


class Command(BaseCommand):
    """To be run every hour or every day, on one machine."""

    help = "Remove direct uploads that were abandoned; see the setting UPLOAD_SECONDS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Remove them, and say how many there were."""
        try:
            count = clean_uploads()
        except DirectUploadUnavailable as error:
            self.stdout.write(f"Nothing to do: {error}")
        else:
            self.stdout.write(f"{count} expired uploads were removed.")
