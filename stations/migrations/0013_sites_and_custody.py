"""The chain of custody of piles."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER stations_custody_append_only BEFORE UPDATE OR DELETE ON stations_custody
    FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""
REVERSE = "DROP TRIGGER stations_custody_append_only ON stations_custody"


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0012_certificates"),
        ("tenants", "0002_theme_choices"),
        ("kit", "0002_append_only_and_partitions"),
    ]

    operations = [
        migrations.CreateModel(
            name="Custody",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="time")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("made", "Made"),
                            ("registered", "Registered"),
                            ("stocked", "Put in stock"),
                            ("handed", "Handed over"),
                            ("installed", "Installed"),
                            ("in_service", "Taken into service"),
                            ("moved", "Moved"),
                            ("retired", "Retired"),
                        ],
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=120, verbose_name="station")),
                ("actor_ref", models.CharField(max_length=80)),
                ("actor_label", models.CharField(max_length=120, verbose_name="by")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="note")),
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
                    "from_tenant",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="from",
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="custody",
                        to="stations.pile",
                        verbose_name="pile",
                    ),
                ),
                (
                    "to_tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                        verbose_name="to",
                    ),
                ),
            ],
            options={
                "verbose_name": "custody of a pile",
                "verbose_name_plural": "custody of piles",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(fields=["manufacturer", "-at", "-id"], name="custody_man"),
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-at", "-id"],
                name="custody_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-at", "-id"],
                name="custody_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-at", "-id"],
                name="custody_age",
            ),
        ),
        migrations.AddIndex(
            model_name="custody",
            index=models.Index(fields=["pile", "-at", "-id"], name="custody_pile"),
        ),
        migrations.RunSQL(GUARD, REVERSE),
    ]
