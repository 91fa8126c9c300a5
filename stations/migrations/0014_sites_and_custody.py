"""What stations look like, when they are open and worked on, and the chain of custody of piles."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE TRIGGER stations_custody_append_only BEFORE UPDATE OR DELETE ON stations_custody
    FOR EACH ROW EXECUTE FUNCTION kit_refuse_change();
"""
REVERSE = "DROP TRIGGER stations_custody_append_only ON stations_custody"


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0013_map"),
        ("tenants", "0002_theme_choices"),
        ("kit", "0002_append_only_and_partitions"),
    ]

    operations = [
        migrations.AddField(
            model_name="pile",
            name="sim_expires_on",
            field=models.DateField(blank=True, null=True, verbose_name="SIM card expires"),
        ),
        migrations.AddField(
            model_name="pile",
            name="warranty_until",
            field=models.DateField(blank=True, null=True, verbose_name="warranty until"),
        ),
        migrations.AddField(
            model_name="station",
            name="contact",
            field=models.CharField(blank=True, max_length=120, verbose_name="contact on site"),
        ),
        migrations.AddField(
            model_name="station",
            name="contact_phone",
            field=models.CharField(blank=True, max_length=20, verbose_name="phone of the contact"),
        ),
        migrations.AddField(
            model_name="station",
            name="facilities",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("toilet", "Toilet"),
                        ("roof", "Roof"),
                        ("lighting", "Lighting"),
                        ("wifi", "Wi-Fi"),
                        ("food", "Food"),
                        ("shop", "Shop"),
                        ("lounge", "Lounge"),
                        ("barrier", "Barrier"),
                        ("cameras", "Cameras"),
                        ("step_free", "Step-free access"),
                        ("trucks", "Room for trucks"),
                        ("tyres", "Air for tyres"),
                    ],
                    max_length=12,
                ),
                blank=True,
                default=list,
                size=None,
                verbose_name="facilities",
            ),
        ),
        migrations.AddField(
            model_name="station",
            name="height_limit_m",
            field=models.DecimalField(
                blank=True, decimal_places=2, max_digits=4, null=True, verbose_name="height limit, m"
            ),
        ),
        migrations.AddField(
            model_name="station",
            name="hours",
            field=models.JSONField(blank=True, default=dict, verbose_name="opening hours"),
        ),
        migrations.AddField(
            model_name="station",
            name="is_public",
            field=models.BooleanField(default=True, verbose_name="open to the public"),
        ),
        migrations.AddField(
            model_name="station",
            name="opened_on",
            field=models.DateField(blank=True, null=True, verbose_name="opened"),
        ),
        migrations.AddField(
            model_name="station",
            name="parking",
            field=models.CharField(blank=True, max_length=300, verbose_name="parking rule"),
        ),
        migrations.AddField(
            model_name="station",
            name="strict_hours",
            field=models.BooleanField(default=False, verbose_name="no new charge while it is closed"),
        ),
        migrations.AlterField(
            model_name="station",
            name="opening_hours",
            field=models.CharField(blank=True, max_length=120, verbose_name="remark on the hours"),
        ),
        migrations.CreateModel(
            name="Maintenance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField(verbose_name="from")),
                ("ends_at", models.DateTimeField(verbose_name="until")),
                ("reason", models.CharField(max_length=300, verbose_name="reason")),
                ("whole", models.BooleanField(default=True, verbose_name="all terminals")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("running", "Running"),
                            ("ending", "Coming back"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("missed", "Missed"),
                        ],
                        default="planned",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("created_by", models.CharField(max_length=120, verbose_name="by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_at", models.DateTimeField(blank=True, null=True)),
                ("cancelled_by", models.CharField(blank=True, max_length=120)),
                (
                    "station",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenances",
                        to="stations.station",
                        verbose_name="station",
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
                "verbose_name": "maintenance window",
                "verbose_name_plural": "maintenance windows",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="MaintenancePile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("was_operative", models.BooleanField(default=True)),
                ("note", models.CharField(blank=True, max_length=20)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                ("settled", models.BooleanField(default=False)),
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
                    "back_command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="stations.command",
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
                    "out_command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="stations.command",
                    ),
                ),
                (
                    "pile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="maintenances",
                        to="stations.pile",
                        verbose_name="pile",
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="items",
                        to="stations.maintenance",
                    ),
                ),
            ],
            options={
                "verbose_name": "terminal in maintenance",
                "verbose_name_plural": "terminals in maintenance",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="StationPhoto",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("file", models.CharField(max_length=200)),
                ("media_type", models.CharField(max_length=20)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("caption", models.CharField(blank=True, max_length=120, verbose_name="caption")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("uploaded_by", models.CharField(max_length=120, verbose_name="by")),
                ("created_at", models.DateTimeField(verbose_name="uploaded")),
                (
                    "station",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="photos",
                        to="stations.station",
                        verbose_name="station",
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
                "verbose_name": "photo of a station",
                "verbose_name_plural": "photos of stations",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddIndex(
            model_name="maintenance",
            index=models.Index(fields=["station", "-starts_at", "-id"], name="maintenance_station"),
        ),
        migrations.AddIndex(
            model_name="maintenance",
            index=models.Index(
                condition=models.Q(("state__in", ["ending", "planned", "running"])),
                fields=["starts_at"],
                name="maintenance_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenance",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="maintenance_span"
            ),
        ),
        migrations.AddIndex(
            model_name="maintenancepile",
            index=models.Index(fields=["manufacturer", "-id"], name="maintained_man"),
        ),
        migrations.AddIndex(
            model_name="maintenancepile",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)), fields=["dealer", "-id"], name="maintained_dea"
            ),
        ),
        migrations.AddIndex(
            model_name="maintenancepile",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-id"],
                name="maintained_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="maintenancepile",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)), fields=["agency", "-id"], name="maintained_age"
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenancepile",
            constraint=models.UniqueConstraint(fields=("window", "pile"), name="maintenance_pile_once"),
        ),
        migrations.AddIndex(
            model_name="stationphoto",
            index=models.Index(fields=["station", "position", "id"], name="photo_order"),
        ),
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
