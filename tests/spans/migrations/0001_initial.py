"""The tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The two tables."""

    initial = True

    dependencies = [
        ("openedx_blockstore", "0004_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "first_version",
                    models.PositiveIntegerField(help_text="The first version this holds for."),
                ),
                (
                    "last_version",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The last one; empty while it holds for the latest.",
                        null=True,
                    ),
                ),
                ("word", models.CharField(max_length=50)),
                (
                    "about",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="openedx_blockstore.bundle",
                    ),
                ),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="openedx_blockstore.bundle",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Rating",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "first_version",
                    models.PositiveIntegerField(help_text="The first version this holds for."),
                ),
                (
                    "last_version",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="The last one; empty while it holds for the latest.",
                        null=True,
                    ),
                ),
                ("path", models.CharField(max_length=500, null=True)),
                ("stars", models.IntegerField()),
                ("comment", models.CharField(max_length=50, null=True)),
                ("changed", models.DateTimeField(auto_now=True)),
                (
                    "bundle",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="openedx_blockstore.bundle",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["bundle", "last_version"], name="tests_rating_bundle")
                ],
            },
        ),
    ]
