from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_initial"),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Frame",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("generation", models.BigIntegerField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("inbound", models.BooleanField()),
                ("kind", models.CharField(max_length=8)),
                ("message_id", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=60, verbose_name="message")),
                ("size", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("latency_ms", models.PositiveIntegerField(null=True)),
                ("remarks", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name": "frame",
                "verbose_name_plural": "frames",
                "db_table": "stations_frame",
                "abstract": False,
                "managed": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Gateway",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Pile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.CharField(max_length=48, unique=True, verbose_name="identity")),
                ("name", models.CharField(max_length=60, verbose_name="terminal name")),
                ("serial", models.CharField(blank=True, max_length=60, verbose_name="serial")),
                (
                    "life",
                    models.CharField(
                        choices=[
                            ("in_stock", "In stock"),
                            ("installed", "Installed"),
                            ("in_service", "In service"),
                            ("maintenance", "Maintenance"),
                            ("retired", "Retired"),
                        ],
                        default="in_service",
                        max_length=12,
                        verbose_name="life",
                    ),
                ),
                (
                    "intent",
                    models.CharField(
                        choices=[("Operative", "In operation"), ("Inoperative", "Out of operation")],
                        default="Operative",
                        max_length=12,
                    ),
                ),
                (
                    "security_profile",
                    models.PositiveSmallIntegerField(default=1, verbose_name="security profile"),
                ),
                ("key_salt", models.CharField(blank=True, max_length=32)),
                ("key_hash", models.CharField(blank=True, max_length=64)),
                ("next_key_salt", models.CharField(blank=True, max_length=32)),
                ("next_key_hash", models.CharField(blank=True, max_length=64)),
                ("next_key_undecided", models.BooleanField(default=False)),
                ("key_form", models.CharField(blank=True, max_length=4)),
                ("quirks", models.JSONField(blank=True, default=dict)),
                ("online", models.BooleanField(default=False, verbose_name="online")),
                ("generation", models.BigIntegerField(default=0)),
                ("gateway", models.CharField(blank=True, max_length=60)),
                ("remote", models.CharField(blank=True, max_length=60, verbose_name="address")),
                ("connected_at", models.DateTimeField(blank=True, null=True, verbose_name="connected")),
                ("disconnected_at", models.DateTimeField(blank=True, null=True, verbose_name="disconnected")),
                ("last_seen_at", models.DateTimeField(blank=True, null=True, verbose_name="last heard")),
                (
                    "registration",
                    models.CharField(
                        choices=[
                            ("unknown", "Never booted"),
                            ("Accepted", "Accepted"),
                            ("Pending", "Pending"),
                            ("Rejected", "Rejected"),
                        ],
                        default="unknown",
                        max_length=10,
                    ),
                ),
                ("booted_at", models.DateTimeField(blank=True, null=True, verbose_name="last boot")),
                ("boot_count", models.PositiveIntegerField(default=0)),
                ("reported_vendor", models.CharField(blank=True, max_length=120)),
                ("reported_model", models.CharField(blank=True, max_length=120)),
                ("reported_serial", models.CharField(blank=True, max_length=120)),
                ("firmware", models.CharField(blank=True, max_length=120, verbose_name="firmware")),
                ("iccid", models.CharField(blank=True, max_length=60)),
                ("imsi", models.CharField(blank=True, max_length=60)),
                (
                    "clock_offset_s",
                    models.IntegerField(blank=True, null=True, verbose_name="clock offset, s"),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Available", "Available"),
                            ("Preparing", "Preparing"),
                            ("Charging", "Charging"),
                            ("SuspendedEVSE", "Suspended by pile"),
                            ("SuspendedEV", "Suspended by vehicle"),
                            ("Finishing", "Finishing"),
                            ("Reserved", "Reserved"),
                            ("Unavailable", "Unavailable"),
                            ("Faulted", "Faulted"),
                        ],
                        max_length=14,
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=60)),
                ("status_at", models.DateTimeField(blank=True, null=True)),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "pile",
                "verbose_name_plural": "piles",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Connector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveSmallIntegerField(verbose_name="connector")),
                ("type", models.CharField(blank=True, max_length=30, verbose_name="type")),
                (
                    "rated_kw",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=7, null=True, verbose_name="rated power, kW"
                    ),
                ),
                (
                    "intent",
                    models.CharField(
                        choices=[("Operative", "In operation"), ("Inoperative", "Out of operation")],
                        default="Operative",
                        max_length=12,
                        verbose_name="intended",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("Available", "Available"),
                            ("Preparing", "Preparing"),
                            ("Charging", "Charging"),
                            ("SuspendedEVSE", "Suspended by pile"),
                            ("SuspendedEV", "Suspended by vehicle"),
                            ("Finishing", "Finishing"),
                            ("Reserved", "Reserved"),
                            ("Unavailable", "Unavailable"),
                            ("Faulted", "Faulted"),
                        ],
                        max_length=14,
                        verbose_name="status",
                    ),
                ),
                ("error_code", models.CharField(blank=True, max_length=60, verbose_name="error")),
                ("vendor_error_code", models.CharField(blank=True, max_length=60)),
                ("info", models.CharField(blank=True, max_length=120)),
                ("status_at", models.DateTimeField(blank=True, null=True, verbose_name="since")),
                ("reported_at", models.DateTimeField(blank=True, null=True)),
                ("unplugged_at", models.DateTimeField(blank=True, null=True)),
                ("registered", models.BooleanField(default=True, verbose_name="registered")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "pile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="connectors",
                        to="stations.pile",
                        verbose_name="pile",
                    ),
                ),
            ],
            options={
                "verbose_name": "connector",
                "verbose_name_plural": "connectors",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "connector_number",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="connector"),
                ),
                ("action", models.CharField(max_length=40, verbose_name="command")),
                ("payload", models.JSONField(default=dict, verbose_name="request")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("sent", "Sent"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                            ("error", "Error"),
                            ("timed_out", "No answer"),
                            ("connection_lost", "Connection lost"),
                            ("refused", "Not sent"),
                            ("expired", "Expired"),
                            ("effect_seen", "Done"),
                            ("effect_missing", "No effect"),
                        ],
                        default="queued",
                        max_length=16,
                        verbose_name="state",
                    ),
                ),
                ("actor_ref", models.CharField(max_length=80)),
                ("actor_label", models.CharField(max_length=120, verbose_name="by")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("about", models.CharField(blank=True, max_length=80)),
                ("timeout_s", models.PositiveSmallIntegerField(default=30)),
                ("created_at", models.DateTimeField(verbose_name="asked")),
                ("deadline", models.DateTimeField()),
                ("sent_at", models.DateTimeField(blank=True, null=True, verbose_name="sent")),
                ("answered_at", models.DateTimeField(blank=True, null=True, verbose_name="answered")),
                ("answer", models.JSONField(default=dict, verbose_name="answer")),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("message_id", models.CharField(blank=True, max_length=36)),
                (
                    "latency_ms",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="latency, ms"),
                ),
                ("late_answer", models.JSONField(blank=True, null=True)),
                ("effect_within_s", models.PositiveIntegerField(blank=True, null=True)),
                ("effect_deadline", models.DateTimeField(blank=True, null=True)),
                ("effect_at", models.DateTimeField(blank=True, null=True, verbose_name="effect")),
                ("effect_note", models.CharField(blank=True, max_length=200, verbose_name="effect seen")),
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
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="commands",
                        to="stations.pile",
                        verbose_name="pile",
                    ),
                ),
            ],
            options={
                "verbose_name": "command",
                "verbose_name_plural": "commands",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PileEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="event")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("data", models.JSONField(default=dict)),
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
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="PileModel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("vendor", models.CharField(max_length=50, verbose_name="vendor")),
                ("name", models.CharField(max_length=50, verbose_name="model")),
                (
                    "kind",
                    models.CharField(
                        choices=[("AC", "AC"), ("DC", "DC")], default="DC", max_length=2, verbose_name="kind"
                    ),
                ),
                ("connector_count", models.PositiveSmallIntegerField(default=1, verbose_name="connectors")),
                (
                    "connector_type",
                    models.CharField(blank=True, max_length=30, verbose_name="connector type"),
                ),
                (
                    "rated_kw",
                    models.DecimalField(
                        decimal_places=1, default=Decimal("60"), max_digits=7, verbose_name="rated power, kW"
                    ),
                ),
                ("quirks", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "pile model",
                "verbose_name_plural": "pile models",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="pile",
            name="model",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="piles",
                to="stations.pilemodel",
                verbose_name="model",
            ),
        ),
        migrations.CreateModel(
            name="QrToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token", models.CharField(max_length=16, unique=True)),
                ("created_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "connector",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tokens",
                        to="stations.connector",
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
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Station",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.CharField(max_length=24, unique=True, verbose_name="code")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("planned", "Planned"),
                            ("live", "Live"),
                            ("maintenance", "Maintenance"),
                            ("closed", "Closed"),
                        ],
                        default="live",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                ("city", models.CharField(blank=True, max_length=60, verbose_name="city")),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                (
                    "latitude",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="latitude"
                    ),
                ),
                (
                    "longitude",
                    models.DecimalField(
                        blank=True, decimal_places=6, max_digits=9, null=True, verbose_name="longitude"
                    ),
                ),
                ("timezone", models.CharField(blank=True, max_length=40, verbose_name="time zone")),
                ("opening_hours", models.CharField(blank=True, max_length=120, verbose_name="opening hours")),
                ("hotline", models.CharField(blank=True, max_length=30, verbose_name="hotline")),
                (
                    "power_limit_kw",
                    models.DecimalField(
                        blank=True, decimal_places=1, max_digits=8, null=True, verbose_name="power limit, kW"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "station",
                "verbose_name_plural": "stations",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="pile",
            name="station",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="piles",
                to="stations.station",
                verbose_name="station",
            ),
        ),
        migrations.CreateModel(
            name="StatusEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.CharField(max_length=64)),
                ("connector_number", models.IntegerField()),
                ("status", models.CharField(max_length=60)),
                ("previous", models.CharField(blank=True, max_length=60)),
                ("error_code", models.CharField(max_length=60)),
                ("vendor_error_code", models.CharField(blank=True, max_length=120)),
                ("info", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                ("legal", models.BooleanField(default=True)),
                ("remarks", models.CharField(blank=True, max_length=200)),
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
                    ),
                ),
            ],
            options={
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Tariff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, verbose_name="name")),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "rounding",
                    models.CharField(
                        choices=[("line", "Each line"), ("total", "Total")],
                        default="line",
                        max_length=5,
                        verbose_name="rounding",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("retired", "Retired")],
                        default="active",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                ("is_default", models.BooleanField(default=False, verbose_name="default")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "tariff",
                "verbose_name_plural": "tariffs",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="station",
            name="tariff",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="stations",
                to="stations.tariff",
                verbose_name="tariff",
            ),
        ),
        migrations.AddField(
            model_name="pile",
            name="tariff",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="piles",
                to="stations.tariff",
                verbose_name="own tariff",
            ),
        ),
        migrations.CreateModel(
            name="TariffVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="version")),
                (
                    "state",
                    models.CharField(
                        choices=[("draft", "Draft"), ("approved", "Approved"), ("withdrawn", "Withdrawn")],
                        default="draft",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("valid_from", models.DateTimeField(verbose_name="valid from")),
                ("valid_to", models.DateTimeField(blank=True, null=True, verbose_name="valid to")),
                ("codes", models.CharField(max_length=48, verbose_name="half hours")),
                (
                    "sharp_electricity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        max_digits=10,
                        verbose_name="sharp, electricity",
                    ),
                ),
                (
                    "sharp_service",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), max_digits=10, verbose_name="sharp, service"
                    ),
                ),
                (
                    "peak_electricity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        max_digits=10,
                        verbose_name="peak, electricity",
                    ),
                ),
                (
                    "peak_service",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), max_digits=10, verbose_name="peak, service"
                    ),
                ),
                (
                    "flat_electricity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        max_digits=10,
                        verbose_name="flat, electricity",
                    ),
                ),
                (
                    "flat_service",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), max_digits=10, verbose_name="flat, service"
                    ),
                ),
                (
                    "valley_electricity",
                    models.DecimalField(
                        decimal_places=5,
                        default=Decimal("0"),
                        max_digits=10,
                        verbose_name="valley, electricity",
                    ),
                ),
                (
                    "valley_service",
                    models.DecimalField(
                        decimal_places=5, default=Decimal("0"), max_digits=10, verbose_name="valley, service"
                    ),
                ),
                (
                    "idle_grace_min",
                    models.PositiveSmallIntegerField(default=15, verbose_name="free minutes after charging"),
                ),
                (
                    "idle_per_minute",
                    models.PositiveIntegerField(default=0, verbose_name="idle fee per minute"),
                ),
                (
                    "idle_cap",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="idle fee at most"),
                ),
                ("min_hold", models.PositiveIntegerField(default=2000, verbose_name="minimum hold")),
                ("created_by", models.CharField(blank=True, max_length=120, verbose_name="author")),
                ("approved_by", models.CharField(blank=True, max_length=120, verbose_name="approved by")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("approved_at", models.DateTimeField(blank=True, null=True, verbose_name="approved")),
                (
                    "tariff",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="versions",
                        to="stations.tariff",
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
                "verbose_name": "tariff version",
                "verbose_name_plural": "tariff versions",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="UnclaimedPile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("identity", models.CharField(max_length=200, verbose_name="identity")),
                ("reason", models.CharField(max_length=20, verbose_name="refused because")),
                ("remote", models.CharField(blank=True, max_length=60, verbose_name="address")),
                ("attempts", models.PositiveIntegerField(default=1, verbose_name="attempts")),
                ("first_seen_at", models.DateTimeField(verbose_name="first seen")),
                ("last_seen_at", models.DateTimeField(verbose_name="last seen")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "waiting to be claimed",
                "verbose_name_plural": "waiting to be claimed",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="connector",
            constraint=models.UniqueConstraint(fields=("pile", "number"), name="connector_number_once"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["manufacturer", "-created_at", "-id"], name="command_man"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-created_at", "-id"],
                name="command_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-created_at", "-id"],
                name="command_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-created_at", "-id"],
                name="command_age",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(fields=["pile", "-created_at"], name="command_pile"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state__in", ["queued", "sent"])),
                fields=["deadline"],
                name="command_unanswered",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("effect_deadline__isnull", False), ("state", "accepted")),
                fields=["effect_deadline"],
                name="command_effect_due",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(
                    ("effect_at__isnull", True),
                    ("effect_within_s__isnull", False),
                    ("state__in", ["sent", "accepted", "timed_out", "connection_lost"]),
                ),
                fields=["pile"],
                name="command_effect_awaited",
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("about", ""), _negated=True), fields=["about"], name="command_about"
            ),
        ),
        migrations.AddIndex(
            model_name="pileevent",
            index=models.Index(fields=["pile", "-at"], name="pile_event_pile"),
        ),
        migrations.AddIndex(
            model_name="pileevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["at"], name="pile_event_at"),
        ),
        migrations.AddConstraint(
            model_name="pilemodel",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="pile_model_name_once"),
        ),
        migrations.AddConstraint(
            model_name="qrtoken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("revoked_at__isnull", True)),
                fields=("connector",),
                name="qr_one_live_per_connector",
            ),
        ),
        migrations.AddIndex(
            model_name="statusevent",
            index=models.Index(fields=["pile", "-at"], name="status_event_pile"),
        ),
        migrations.AddIndex(
            model_name="statusevent",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["received_at"], name="status_event_received"
            ),
        ),
        migrations.AddConstraint(
            model_name="statusevent",
            constraint=models.UniqueConstraint(
                fields=("pile", "received_at", "message_id"), name="status_event_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="tariff_name_once_per_tenant"),
        ),
        migrations.AddConstraint(
            model_name="tariff",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("tenant",),
                name="tariff_one_default_per_tenant",
            ),
        ),
        migrations.AddConstraint(
            model_name="station",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude__isnull", True), ("longitude__isnull", True)),
                    models.Q(("latitude__range", (-90, 90)), ("longitude__range", (-180, 180))),
                    _connector="OR",
                ),
                name="station_coordinates",
            ),
        ),
        migrations.AddIndex(
            model_name="pile",
            index=models.Index(condition=models.Q(("online", True)), fields=["gateway"], name="pile_gateway"),
        ),
        migrations.AddIndex(
            model_name="tariffversion",
            index=models.Index(fields=["tariff", "-valid_from"], name="tariff_version_from"),
        ),
        migrations.AddConstraint(
            model_name="tariffversion",
            constraint=models.UniqueConstraint(fields=("tariff", "number"), name="tariff_version_number"),
        ),
        migrations.AddConstraint(
            model_name="tariffversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("codes__regex", "^[SPFV]{48}$")), name="tariff_version_covers_the_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="tariffversion",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=models.Q(("state", "approved")),
                expressions=[
                    ("tariff", "="),
                    (
                        models.Func(
                            "valid_from",
                            "valid_to",
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="tariff_versions_follow_each_other",
            ),
        ),
        migrations.AddConstraint(
            model_name="unclaimedpile",
            constraint=models.UniqueConstraint(fields=("tenant", "identity"), name="unclaimed_identity_once"),
        ),
    ]
