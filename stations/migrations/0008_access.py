"""Lists of cards that piles keep, and reservations of their connectors."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("drivers", "0001_initial"),
        ("stations", "0007_charging"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="LocalList",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                (
                    "rule",
                    models.CharField(
                        choices=[
                            ("all", "All cards"),
                            ("groups", "Cards of groups"),
                            ("picked", "Picked cards"),
                        ],
                        default="all",
                        max_length=8,
                        verbose_name="who is on it",
                    ),
                ),
                (
                    "groups",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="groups",
                    ),
                ),
                (
                    "picked",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                        verbose_name="cards",
                    ),
                ),
                (
                    "refused_too",
                    models.BooleanField(
                        default=True, verbose_name="cards that do not work stand on it as blocked"
                    ),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="default")),
                ("stale_at", models.DateTimeField(blank=True, null=True)),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="last built")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "local list",
                "verbose_name_plural": "local lists",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="station",
            name="local_list",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stations",
                to="stations.locallist",
                verbose_name="local list",
            ),
        ),
        migrations.CreateModel(
            name="LocalListPile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unknown", "Not known"),
                            ("in_step", "In step"),
                            ("behind", "Behind"),
                            ("sending", "Being sent"),
                            ("refused", "Refused by the pile"),
                            ("unsupported", "Not supported"),
                        ],
                        default="unknown",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("content", models.JSONField(blank=True, null=True)),
                ("version", models.IntegerField(default=0)),
                ("held_version", models.IntegerField(blank=True, null=True, verbose_name="version")),
                (
                    "reported_version",
                    models.IntegerField(blank=True, null=True, verbose_name="version it reported"),
                ),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("wanted_count", models.PositiveIntegerField(default=0, verbose_name="cards on the list")),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="left out")),
                ("behind_by", models.PositiveIntegerField(default=0, verbose_name="entries that differ")),
                ("must_read", models.BooleanField(default=True)),
                ("must_fill", models.BooleanField(default=False)),
                ("kept_empty", models.BooleanField(default=False, verbose_name="kept empty")),
                (
                    "at_once",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="entries in a message"),
                ),
                (
                    "in_all",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="entries it has room for"
                    ),
                ),
                ("settings_asked", models.BooleanField(default=False)),
                ("insisted", models.BooleanField(default=False)),
                ("waits", models.PositiveSmallIntegerField(default=0)),
                ("refusals", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.CharField(blank=True, max_length=40, verbose_name="last problem")),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("conflict_at", models.DateTimeField(blank=True, null=True, verbose_name="last conflict")),
                ("filled_at", models.DateTimeField(blank=True, null=True)),
                ("synced_at", models.DateTimeField(blank=True, null=True, verbose_name="in step since")),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="stations.command",
                    ),
                ),
                (
                    "doubt",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="stations.command",
                    ),
                ),
                (
                    "list",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="piles",
                        to="stations.locallist",
                        verbose_name="local list",
                    ),
                ),
                (
                    "pile",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="list_state",
                        to="stations.pile",
                        verbose_name="pile",
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
                "verbose_name": "local list of a pile",
                "verbose_name_plural": "local lists of piles",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("connector_number", models.PositiveSmallIntegerField(verbose_name="connector")),
                ("id_tag", models.CharField(max_length=20, verbose_name="card number")),
                ("id_tag_folded", models.CharField(max_length=20)),
                ("parent_id_tag", models.CharField(blank=True, max_length=20, verbose_name="group")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("requested", "Asked for"),
                            ("active", "Reserved"),
                            ("used", "Used"),
                            ("expired", "Expired"),
                            ("cancelled", "Cancelled"),
                            ("invalidated", "Out of order"),
                            ("refused", "Refused"),
                        ],
                        default="requested",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("refusal", models.CharField(blank=True, max_length=30, verbose_name="refused because")),
                ("expires_at", models.DateTimeField(verbose_name="until")),
                ("asked_expires_at", models.DateTimeField(blank=True, null=True)),
                ("asked_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("cancel_asked_at", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
                (
                    "transaction_number",
                    models.IntegerField(blank=True, null=True, verbose_name="transaction"),
                ),
                ("remark", models.CharField(blank=True, max_length=40, verbose_name="remark")),
                ("actor_ref", models.CharField(max_length=80)),
                ("actor_label", models.CharField(max_length=120, verbose_name="by")),
                ("created_at", models.DateTimeField(verbose_name="asked")),
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
                    "driver",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="drivers.driver",
                        verbose_name="driver",
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
                        related_name="reservations",
                        to="stations.pile",
                        verbose_name="pile",
                    ),
                ),
            ],
            options={
                "verbose_name": "reservation",
                "verbose_name_plural": "reservations",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="locallist",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="local_list_name_once"),
        ),
        migrations.AddConstraint(
            model_name="locallist",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("tenant",), name="local_list_one_default"
            ),
        ),
        migrations.AddIndex(
            model_name="locallistpile",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="list_pile_due"
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["manufacturer", "-created_at", "-id"], name="reservation_man"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-created_at", "-id"],
                name="reservation_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-created_at", "-id"],
                name="reservation_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-created_at", "-id"],
                name="reservation_age",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["pile", "-created_at"], name="reservation_pile"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("state__in", ("requested", "active"))),
                fields=["expires_at"],
                name="reservation_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("requested", "active"))),
                fields=("pile", "connector_number"),
                name="reservation_one_open",
            ),
        ),
    ]
