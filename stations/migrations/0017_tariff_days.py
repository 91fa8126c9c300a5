"""Day types, free hours and approval of tariff versions, ceilings of service fees, and tariffs assigned in bulk."""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

BANDS = {"S": "sharp", "P": "peak", "F": "flat", "V": "valley"}
PRICE = {"decimal_places": 5, "default": Decimal(0), "max_digits": 10}


def sum_up(apps, _schema_editor):
    """What lists show of versions that are there already."""
    versions = apps.get_model("stations", "TariffVersion").objects
    for row in versions.iterator():
        used = [letter for letter in BANDS if letter in row.codes]
        totals = [
            getattr(row, f"{BANDS[letter]}_electricity") + getattr(row, f"{BANDS[letter]}_service")
            for letter in used
        ]
        versions.filter(pk=row.pk).update(bands="".join(used), lowest=min(totals), highest=max(totals))


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0016_search"),
        ("tenants", "0005_personal"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceCeiling",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "amount",
                    models.DecimalField(decimal_places=5, max_digits=10, verbose_name="highest service fee"),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "service fee ceiling",
                "verbose_name_plural": "service fee ceilings",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(fields=("tenant",), name="service_ceiling_once_per_tenant")
                ],
            },
        ),
        migrations.CreateModel(
            name="TariffAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch", models.CharField(max_length=16, verbose_name="batch")),
                ("due_at", models.DateTimeField(verbose_name="from")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="waiting",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
                ("created_by", models.CharField(blank=True, max_length=120, verbose_name="by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "pile",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tariff_assignments",
                        to="stations.pile",
                    ),
                ),
                (
                    "station",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tariff_assignments",
                        to="stations.station",
                    ),
                ),
                (
                    "tariff",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="stations.tariff",
                        verbose_name="tariff",
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
                "verbose_name": "tariff change",
                "verbose_name_plural": "tariff changes",
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["due_at"],
                        name="tariff_assignment_due",
                    ),
                    models.Index(fields=["tenant", "-due_at"], name="tariff_assignment_tenant"),
                    models.Index(fields=["batch"], name="tariff_assignment_batch"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("station__isnull", True), ("pile__isnull", True), _connector="XOR"
                        ),
                        name="tariff_assignment_of_one_thing",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="days",
            field=models.JSONField(blank=True, default=list, verbose_name="other days"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="idle_free",
            field=models.JSONField(blank=True, default=list, verbose_name="free hours of the day"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="bands",
            field=models.CharField(blank=True, default="", max_length=4, verbose_name="bands"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="lowest",
            field=models.DecimalField(**PRICE, verbose_name="lowest price"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="highest",
            field=models.DecimalField(**PRICE, verbose_name="highest price"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="revision",
            field=models.PositiveIntegerField(default=1, verbose_name="revision"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="created_ref",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="author"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="edited_by",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="last edited by"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="edited_ref",
            field=models.CharField(blank=True, default="", max_length=80, verbose_name="last edited by"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="submitted_by",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="submitted by"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="submitted_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="submitted"),
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="returned_by",
            field=models.CharField(blank=True, default="", max_length=120, verbose_name="returned by"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="tariffversion",
            name="returned_note",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="returned because"),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="tariffversion",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "Waits for approval"),
                    ("approved", "Approved"),
                    ("withdrawn", "Withdrawn"),
                ],
                default="draft",
                max_length=10,
                verbose_name="state",
            ),
        ),
        migrations.RunPython(sum_up, migrations.RunPython.noop),
    ]
