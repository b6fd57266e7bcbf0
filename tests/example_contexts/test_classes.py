"""What the bridge asks of every kind of learning contexts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from blockstore_classes.contexts import SchoolClasses
from blockstore_classes.models import SchoolClass
from django.contrib.auth import get_user_model

from openedx_blockstore.data import BundleData
from openedx_blockstore.models_api import Bundle
from openedx_blockstore_xblock.plugin_api import BlockstoreContextKey
from openedx_blockstore_xblock.plugin_conformance.learning_contexts import (
    LearningContextConformance,
)


class TestSchoolClasses(LearningContextConformance):
    """A class with a teacher and one pupil."""

    plugin = SchoolClasses

    @pytest.fixture
    def context(self, bundle: BundleData) -> BlockstoreContextKey:
        """A class that learns from the bundle."""
        SchoolClass.objects.create(
            name="owls 3/b",
            title="Owls",
            bundle=Bundle.objects.get(uuid=bundle.uuid),
            due=datetime(2026, 12, 24, tzinfo=UTC),
            teacher=get_user_model().objects.create_user("minerva"),
        )
        return BlockstoreContextKey.of_kind("class", "owls 3/b")

    @pytest.fixture
    def learner(self, context: BlockstoreContextKey) -> Any:
        """A pupil."""
        pupil = get_user_model().objects.create_user("athene")
        SchoolClass.objects.get(name=context.name).pupils.add(pupil)
        return pupil
