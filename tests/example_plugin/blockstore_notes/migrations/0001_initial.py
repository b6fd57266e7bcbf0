"""The tables."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('openedx_blockstore', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SeenVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bundle_uuid', models.UUIDField()),
                ('version', models.PositiveIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('bundle_uuid', 'version'), name='blockstore_notes_version')],
            },
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_version', models.PositiveIntegerField(help_text='The first version this holds for.')),
                ('last_version', models.PositiveIntegerField(blank=True, help_text='The last one; empty while it holds for the latest.', null=True)),
                ('text', models.TextField()),
                ('bundle', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='openedx_blockstore.bundle')),
            ],
            options={
                'indexes': [models.Index(fields=['bundle', 'last_version'], name='blockstore_notes_span')],
            },
        ),
    ]
