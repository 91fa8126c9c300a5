"""Excel files that were sent to be imported."""

import django.db.models.deletion
from django.db import migrations, models


def _ancestor(**more):
    return models.ForeignKey(
        db_constraint=False,
        db_index=False,
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="tenants.tenant",
        **more,
    )


class Migration(migrations.Migration):
    dependencies = [
        ("kit", "0002_append_only_and_partitions"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.CharField(max_length=32, unique=True)),
                ("name", models.CharField(max_length=60)),
                ("owner_ref", models.CharField(max_length=80)),
                ("file", models.FileField(blank=True, upload_to="imports/")),
                ("file_name", models.CharField(max_length=160, verbose_name="file")),
                (
                    "state",
                    models.CharField(
                        choices=[("checked", "Checked"), ("done", "Imported")],
                        default="checked",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("rows", models.PositiveIntegerField(default=0, verbose_name="rows")),
                ("new", models.PositiveIntegerField(default=0)),
                ("changed", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("faulty", models.PositiveIntegerField(default=0)),
                ("faults", models.JSONField(default=list)),
                ("notes", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="finished")),
                ("agency", _ancestor(blank=True, null=True)),
                ("dealer", _ancestor(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="kit.job",
                    ),
                ),
                ("manufacturer", _ancestor()),
                ("operator", _ancestor(blank=True, null=True)),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [models.Index(fields=["created_at"], name="import_created")],
            },
        ),
    ]
