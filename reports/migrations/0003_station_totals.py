"""Totals of stations by day."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_share_links"),
        ("stations", "0014_sites_and_custody"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="StationTotal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("sessions", models.PositiveIntegerField(default=0, verbose_name="sessions")),
                ("energy_wh", models.BigIntegerField(default=0, verbose_name="energy")),
                ("seconds", models.BigIntegerField(default=0, verbose_name="charging time")),
                ("total", models.BigIntegerField(default=0, verbose_name="amount")),
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
                    "station",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stations.station",
                    ),
                ),
            ],
            options={
                "verbose_name": "total of a station",
                "verbose_name_plural": "totals of stations",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="stationtotal", index=models.Index(fields=["day"], name="station_total_day")
        ),
        migrations.AddConstraint(
            model_name="stationtotal",
            constraint=models.UniqueConstraint(
                fields=("station", "day", "currency", "manufacturer", "dealer", "operator", "agency"),
                name="station_total_once",
                nulls_distinct=False,
            ),
        ),
    ]
