"""Stores, and hand-overs of stations and piles to the level below."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0014_sites_and_custody"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.AlterField(
            model_name="station",
            name="status",
            field=models.CharField(
                choices=[
                    ("planned", "Planned"),
                    ("live", "Live"),
                    ("maintenance", "Maintenance"),
                    ("closed", "Closed"),
                    ("store", "Store"),
                ],
                default="live",
                max_length=12,
                verbose_name="status",
            ),
        ),
        migrations.AddConstraint(
            model_name="station",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "store")), fields=("tenant",), name="station_store_once"
            ),
        ),
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("piles", "Terminals"), ("stations", "Stations")],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="offered",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("count", models.PositiveIntegerField(verbose_name="count")),
                ("terminals", models.PositiveIntegerField(verbose_name="terminals")),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                ("offered_by", models.CharField(max_length=120, verbose_name="offered by")),
                ("offered_at", models.DateTimeField(verbose_name="offered")),
                ("expires_at", models.DateTimeField(verbose_name="valid until")),
                ("decided_by", models.CharField(blank=True, max_length=120, verbose_name="decided by")),
                ("decided_at", models.DateTimeField(blank=True, null=True, verbose_name="decided")),
                ("token", models.CharField(max_length=64, unique=True)),
                (
                    "giver",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="from",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "hand-over",
                "verbose_name_plural": "hand-overs",
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "offered")),
                        fields=["expires_at"],
                        name="handover_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HandoverItem",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "what",
                    models.CharField(
                        choices=[("piles", "Terminals"), ("stations", "Stations")], max_length=8
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("open", models.BooleanField(default=True)),
                ("code", models.CharField(max_length=48, verbose_name="identity")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                ("serial", models.CharField(blank=True, max_length=60, verbose_name="serial")),
                ("model", models.CharField(blank=True, max_length=120, verbose_name="model")),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="station")),
                ("terminals", models.PositiveIntegerField(default=1, verbose_name="terminals")),
                (
                    "handover",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="stations.handover",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "item of a hand-over",
                "verbose_name_plural": "items of hand-overs",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("open", True)),
                        fields=("what", "object_id"),
                        name="handover_item_once",
                    )
                ],
            },
        ),
    ]
