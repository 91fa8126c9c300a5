"""Campaigns, settings of piles as reported and as wanted, and what piles list of their feature profiles."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0008_access"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=40, verbose_name="kind")),
                ("title", models.CharField(max_length=120, verbose_name="bulk action")),
                ("params", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("stopped", "Stopped"),
                            ("done", "Ended"),
                        ],
                        default="running",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "paused_because",
                    models.CharField(blank=True, max_length=300, verbose_name="paused because"),
                ),
                ("total", models.PositiveIntegerField(verbose_name="terminals")),
                ("wave_size", models.PositiveIntegerField(verbose_name="wave of")),
                ("at_once", models.PositiveSmallIntegerField(verbose_name="at once")),
                ("failure_share", models.PositiveSmallIntegerField(verbose_name="stops at failures, %")),
                ("patience_s", models.PositiveIntegerField(verbose_name="waits for offline terminals, s")),
                (
                    "send_anyway",
                    models.BooleanField(default=False, verbose_name="also without the feature profile"),
                ),
                ("wave", models.PositiveIntegerField(default=0, verbose_name="wave")),
                ("wave_began_at", models.DateTimeField()),
                ("token", models.CharField(max_length=64, unique=True)),
                ("language", models.CharField(default="en", max_length=12)),
                ("reason", models.CharField(blank=True, max_length=300, verbose_name="reason")),
                ("actor_ref", models.CharField(max_length=80)),
                ("actor_label", models.CharField(max_length=120, verbose_name="by")),
                ("created_at", models.DateTimeField(verbose_name="asked")),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "bulk action",
                "verbose_name_plural": "bulk actions",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="CampaignPile",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("wave", models.PositiveIntegerField(default=0, verbose_name="wave")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Under way"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("skipped", "Not asked"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                ("data", models.JSONField(blank=True, default=dict)),
                ("result", models.CharField(blank=True, max_length=300, verbose_name="result")),
                ("started_at", models.DateTimeField(blank=True, null=True, verbose_name="started")),
                ("deadline", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended")),
            ],
            options={
                "verbose_name": "result of a bulk action",
                "verbose_name_plural": "results of bulk actions",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ConfigurationKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60, verbose_name="key")),
                ("value", models.TextField(blank=True, null=True, verbose_name="value")),
                ("readonly", models.BooleanField(default=False, verbose_name="read-only")),
                ("known", models.BooleanField(default=True)),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="as of")),
                ("wanted", models.CharField(blank=True, max_length=500, null=True, verbose_name="wanted")),
                (
                    "drift",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("same", "As wanted"),
                            ("differs", "Differs"),
                            ("readonly", "Differs, read-only"),
                            ("missing", "Not known to the terminal"),
                            ("unknown", "Not read"),
                        ],
                        max_length=8,
                        verbose_name="compared",
                    ),
                ),
                ("after_boot", models.BooleanField(default=False)),
                ("read_again", models.BooleanField(default=False)),
                ("reboot_asked_at", models.DateTimeField(blank=True, null=True)),
                ("boot_read_at", models.DateTimeField(blank=True, null=True)),
                ("boot_set_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "setting",
                "verbose_name_plural": "settings",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="ConfigurationTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("created_at", models.DateTimeField(verbose_name="created")),
                ("edited_at", models.DateTimeField(verbose_name="edited")),
                ("compare_after", models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                "verbose_name": "template",
                "verbose_name_plural": "templates",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="TemplateKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60, verbose_name="key")),
                ("value", models.CharField(blank=True, max_length=500, verbose_name="wanted")),
                ("after_boot", models.BooleanField(default=False, verbose_name="after each boot")),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="note")),
            ],
            options={
                "verbose_name": "wanted setting",
                "verbose_name_plural": "wanted settings",
                "abstract": False,
                "base_manager_name": "objects",
            },
        ),
        migrations.AddField(
            model_name="pile",
            name="feature_profiles",
            field=models.JSONField(blank=True, null=True, verbose_name="feature profiles"),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("error__in", ["NotImplemented", "NotSupported"])),
                fields=["action", "answered_at"],
                name="command_unknown_to_pile",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="agency",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="dealer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="manufacturer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaign",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="agency",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="piles",
                to="stations.campaign",
                verbose_name="bulk action",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="command",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stations.command",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="dealer",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="manufacturer",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="operator",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.tenant",
            ),
        ),
        migrations.AddField(
            model_name="campaignpile",
            name="pile",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="stations.pile",
                verbose_name="terminal",
            ),
        ),
        migrations.AddField(
            model_name="configurationkey",
            name="pile",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="settings",
                to="stations.pile",
                verbose_name="terminal",
            ),
        ),
        migrations.AddField(
            model_name="configurationkey",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddField(
            model_name="configurationtemplate",
            name="model",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="templates",
                to="stations.pilemodel",
                verbose_name="pile model",
            ),
        ),
        migrations.AddField(
            model_name="configurationtemplate",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddField(
            model_name="templatekey",
            name="template",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="keys",
                to="stations.configurationtemplate",
                verbose_name="template",
            ),
        ),
        migrations.AddField(
            model_name="templatekey",
            name="tenant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(fields=["manufacturer", "-created_at", "-id"], name="campaign_man"),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-created_at", "-id"],
                name="campaign_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-created_at", "-id"],
                name="campaign_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-created_at", "-id"],
                name="campaign_age",
            ),
        ),
        migrations.AddIndex(
            model_name="campaign",
            index=models.Index(
                condition=models.Q(("ended_at__isnull", True)),
                fields=["looked_at"],
                name="campaign_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpile",
            index=models.Index(fields=["manufacturer", "-id"], name="campaign_pile_man"),
        ),
        migrations.AddIndex(
            model_name="campaignpile",
            index=models.Index(
                condition=models.Q(("dealer__isnull", False)),
                fields=["dealer", "-id"],
                name="campaign_pile_dea",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpile",
            index=models.Index(
                condition=models.Q(("operator__isnull", False)),
                fields=["operator", "-id"],
                name="campaign_pile_ope",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpile",
            index=models.Index(
                condition=models.Q(("agency__isnull", False)),
                fields=["agency", "-id"],
                name="campaign_pile_age",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignpile",
            index=models.Index(fields=["campaign", "state", "wave"], name="campaign_pile_state"),
        ),
        migrations.AddConstraint(
            model_name="campaignpile",
            constraint=models.UniqueConstraint(fields=("campaign", "pile"), name="campaign_pile_once"),
        ),
        migrations.AddIndex(
            model_name="configurationkey",
            index=models.Index(
                condition=models.Q(("drift__in", ["", "same"]), _negated=True),
                fields=["tenant", "drift"],
                name="setting_drift",
            ),
        ),
        migrations.AddIndex(
            model_name="configurationkey",
            index=models.Index(
                condition=models.Q(("read_again", True)), fields=["pile"], name="setting_read_again"
            ),
        ),
        migrations.AddIndex(
            model_name="configurationkey",
            index=models.Index(
                condition=models.Q(("after_boot", True)), fields=["pile"], name="setting_after_boot"
            ),
        ),
        migrations.AddConstraint(
            model_name="configurationkey",
            constraint=models.UniqueConstraint(fields=("pile", "key"), name="setting_once"),
        ),
        migrations.AddConstraint(
            model_name="configurationtemplate",
            constraint=models.UniqueConstraint(fields=("tenant", "model"), name="template_once_per_model"),
        ),
        migrations.AddConstraint(
            model_name="templatekey",
            constraint=models.UniqueConstraint(fields=("template", "key"), name="template_key_once"),
        ),
    ]
