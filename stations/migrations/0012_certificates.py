"""Authorities and certificates of piles, security events, and the way to another profile."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0011_gateways"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.AddField(
            model_name="pile",
            name="cpo_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
        migrations.AddField(
            model_name="pile",
            name="next_profile",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="CertificateAuthority",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key_type",
                    models.CharField(
                        choices=[("RSA", "RSA"), ("EC", "ECDSA")], max_length=3, verbose_name="key"
                    ),
                ),
                ("subject", models.CharField(max_length=300, verbose_name="name")),
                ("certificate", models.TextField()),
                ("secrets", models.TextField()),
                ("fingerprint", models.CharField(max_length=64, unique=True, verbose_name="fingerprint")),
                ("not_after", models.DateTimeField(verbose_name="valid until")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("retired_at", models.DateTimeField(blank=True, null=True, verbose_name="retired")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate authority",
                "verbose_name_plural": "certificate authorities",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Certificate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("common_name", models.CharField(max_length=64, verbose_name="serial of the terminal")),
                ("organization", models.CharField(max_length=64, verbose_name="operator in it")),
                ("subject", models.CharField(max_length=600, verbose_name="subject")),
                (
                    "key_type",
                    models.CharField(
                        choices=[("RSA", "RSA"), ("EC", "ECDSA")], max_length=3, verbose_name="key"
                    ),
                ),
                ("serial_number", models.CharField(max_length=40, verbose_name="serial number")),
                ("fingerprint", models.CharField(max_length=64, unique=True, verbose_name="fingerprint")),
                ("pem", models.TextField()),
                ("not_before", models.DateTimeField(verbose_name="valid from")),
                ("not_after", models.DateTimeField(verbose_name="valid until")),
                ("created_at", models.DateTimeField(verbose_name="signed")),
                (
                    "installed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="taken by the terminal"),
                ),
                ("used_at", models.DateTimeField(blank=True, null=True, verbose_name="first used")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                ("revoked_by", models.CharField(blank=True, max_length=120, verbose_name="revoked by")),
                ("revoke_reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                (
                    "pile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="stations.pile",
                        verbose_name="terminal",
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="certificates",
                        to="stations.certificateauthority",
                        verbose_name="signed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "certificate of a terminal",
                "verbose_name_plural": "certificates of terminals",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SecurityEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("pile", "Reported by the terminal"), ("central", "Noticed here")],
                        max_length=8,
                        verbose_name="source",
                    ),
                ),
                ("identity", models.CharField(blank=True, max_length=200, verbose_name="identity")),
                ("remote", models.CharField(blank=True, max_length=60, verbose_name="address")),
                ("type", models.CharField(max_length=50, verbose_name="event")),
                ("critical", models.BooleanField(default=False, verbose_name="critical")),
                ("at", models.DateTimeField(verbose_name="time")),
                ("last_at", models.DateTimeField(verbose_name="last time")),
                (
                    "pile_time",
                    models.DateTimeField(blank=True, null=True, verbose_name="time of the terminal"),
                ),
                ("count", models.PositiveIntegerField(default=1, verbose_name="times")),
                ("info", models.CharField(blank=True, max_length=255, verbose_name="details")),
                ("once", models.CharField(max_length=300)),
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
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="stations.pile",
                        verbose_name="terminal",
                    ),
                ),
            ],
            options={
                "verbose_name": "security event",
                "verbose_name_plural": "security events",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SecurityUpgrade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("target", models.PositiveSmallIntegerField(verbose_name="to profile")),
                ("steps", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("key", "New password"),
                            ("name", "Name of the operator"),
                            ("roots", "Root certificates"),
                            ("certificate", "Certificate of the terminal"),
                            ("profile", "Security profile"),
                            ("return", "Comes back on the new port"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("key", "New password"),
                            ("name", "Name of the operator"),
                            ("roots", "Root certificates"),
                            ("certificate", "Certificate of the terminal"),
                            ("profile", "Security profile"),
                            ("return", "Comes back on the new port"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=12,
                    ),
                ),
                ("step_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("done_in_step", models.PositiveSmallIntegerField(default=0)),
                ("offered_salt", models.CharField(blank=True, max_length=32)),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="why")),
                ("actor_ref", models.CharField(max_length=80)),
                ("actor_label", models.CharField(max_length=120, verbose_name="by")),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("created_at", models.DateTimeField(verbose_name="begun")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
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
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    "pile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="upgrades",
                        to="stations.pile",
                        verbose_name="terminal",
                    ),
                ),
            ],
            options={
                "verbose_name": "security upgrade",
                "verbose_name_plural": "security upgrades",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="SigningRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField(verbose_name="asked")),
                ("csr", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("asked", "To be signed"),
                            ("signed", "Signed, not delivered yet"),
                            ("sent", "Sent to the terminal"),
                            ("accepted", "Taken by the terminal"),
                            ("declined", "Not signed"),
                            ("rejected", "Refused by the terminal"),
                            ("failed", "Failed"),
                        ],
                        default="asked",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=300, verbose_name="error")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
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
                    "certificate",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="stations.certificate",
                    ),
                ),
                (
                    "command",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
                    "pile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signings",
                        to="stations.pile",
                        verbose_name="terminal",
                    ),
                ),
            ],
            options={
                "verbose_name": "request for a certificate",
                "verbose_name_plural": "requests for certificates",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddConstraint(
            model_name="certificateauthority",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at__isnull", True)),
                fields=("tenant", "key_type"),
                name="authority_one_of_a_kind",
            ),
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(fields=["pile", "-not_after"], name="certificate_pile"),
        ),
        migrations.AddIndex(
            model_name="certificate",
            index=models.Index(
                condition=models.Q(("installed_at__isnull", False), ("revoked_at__isnull", True)),
                fields=["not_after"],
                name="certificate_expires",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["manufacturer", "-last_at", "-id"], name="secevent_man"),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-last_at", "-id"],
                name="secevent_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-last_at", "-id"],
                name="secevent_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-last_at", "-id"],
                name="secevent_age",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(fields=["pile", "-last_at"], name="secevent_pile"),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=models.Index(
                condition=models.Q(("pile__isnull", True)),
                fields=["manufacturer", "-last_at"],
                name="secevent_nobody",
            ),
        ),
        migrations.AddIndex(
            model_name="securityevent",
            index=django.contrib.postgres.indexes.BrinIndex(fields=["last_at"], name="secevent_last_at"),
        ),
        migrations.AddConstraint(
            model_name="securityevent",
            constraint=models.UniqueConstraint(fields=("manufacturer", "once"), name="secevent_once"),
        ),
        migrations.AddIndex(
            model_name="securityupgrade",
            index=models.Index(fields=["manufacturer", "-created_at", "-id"], name="upgrade_man"),
        ),
        migrations.AddIndex(
            model_name="securityupgrade",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-created_at", "-id"],
                name="upgrade_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="securityupgrade",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-created_at", "-id"],
                name="upgrade_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="securityupgrade",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-created_at", "-id"],
                name="upgrade_age",
            ),
        ),
        migrations.AddIndex(
            model_name="securityupgrade",
            index=models.Index(fields=["pile", "-created_at"], name="upgrade_pile"),
        ),
        migrations.AddConstraint(
            model_name="securityupgrade",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ("done", "failed", "cancelled")), _negated=True),
                fields=("pile",),
                name="upgrade_one_at_a_time",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(fields=["manufacturer", "-received_at", "-id"], name="signing_man"),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-received_at", "-id"],
                name="signing_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-received_at", "-id"],
                name="signing_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-received_at", "-id"],
                name="signing_age",
            ),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(fields=["pile", "-received_at"], name="signing_pile"),
        ),
        migrations.AddIndex(
            model_name="signingrequest",
            index=models.Index(
                condition=models.Q(("state__in", ["asked", "signed", "sent"])),
                fields=["due_at"],
                name="signing_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="signingrequest",
            constraint=models.UniqueConstraint(
                fields=("pile", "received_at", "message_id"), name="signing_once"
            ),
        ),
    ]
