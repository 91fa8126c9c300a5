"""What piles do that they should not, counted by day."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0004_gateway_started"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Trouble",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("kind", models.CharField(max_length=20, verbose_name="trouble")),
                ("action", models.CharField(max_length=60, verbose_name="message")),
                ("count", models.PositiveBigIntegerField(default=1, verbose_name="times")),
                ("first_at", models.DateTimeField(verbose_name="first")),
                ("last_at", models.DateTimeField(verbose_name="last")),
                ("example", models.CharField(blank=True, max_length=300, verbose_name="for example")),
                (
                    "agency",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "dealer",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "manufacturer",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "operator",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
                (
                    "pile",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stations.pile",
                        verbose_name="terminal",
                    ),
                ),
            ],
            options={
                "verbose_name": "trouble with a terminal",
                "verbose_name_plural": "troubles with terminals",
                "abstract": False,
                "base_manager_name": "objects",
                "indexes": [
                    models.Index(fields=["manufacturer", "-last_at", "-id"], name="trouble_man"),
                    models.Index(
                        condition=models.Q(("dealer__isnull", False)),
                        fields=["dealer", "-last_at", "-id"],
                        name="trouble_dea",
                    ),
                    models.Index(
                        condition=models.Q(("operator__isnull", False)),
                        fields=["operator", "-last_at", "-id"],
                        name="trouble_ope",
                    ),
                    models.Index(
                        condition=models.Q(("agency__isnull", False)),
                        fields=["agency", "-last_at", "-id"],
                        name="trouble_age",
                    ),
                    django.contrib.postgres.indexes.BrinIndex(fields=["last_at"], name="trouble_last_at"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=(
                            "pile",
                            "day",
                            "kind",
                            "action",
                            "manufacturer",
                            "dealer",
                            "operator",
                            "agency",
                        ),
                        name="trouble_once_a_day",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
    ]
