"""Messages of DataTransfer that manufacturers agreed on."""

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0005_trouble"),
        ("tenants", "0002_theme_choices"),
    ]

    operations = [
        migrations.CreateModel(
            name="VendorMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("from_pile", "From the terminal"), ("to_pile", "To the terminal")],
                        default="from_pile",
                        max_length=10,
                        verbose_name="direction",
                    ),
                ),
                ("vendor_id", models.CharField(max_length=255, verbose_name="vendor")),
                ("message_id", models.CharField(blank=True, max_length=50, verbose_name="message")),
                ("label", models.CharField(blank=True, max_length=120, verbose_name="what it is for")),
                (
                    "answer",
                    models.CharField(
                        choices=[("Accepted", "Accepted"), ("Rejected", "Rejected")],
                        default="Accepted",
                        max_length=8,
                        verbose_name="answer",
                    ),
                ),
                ("content", models.TextField(blank=True, verbose_name="data")),
                ("is_json", models.BooleanField(default=False, verbose_name="data is JSON")),
                ("created_at", models.DateTimeField(verbose_name="created")),
                (
                    "tenant",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.tenant"
                    ),
                ),
            ],
            options={
                "verbose_name": "vendor message",
                "verbose_name_plural": "vendor messages",
                "abstract": False,
                "base_manager_name": "objects",
                "constraints": [
                    models.UniqueConstraint(
                        models.F("tenant"),
                        models.F("direction"),
                        django.db.models.functions.text.Lower("vendor_id"),
                        models.F("message_id"),
                        name="vendor_message_once",
                    )
                ],
            },
        ),
    ]
