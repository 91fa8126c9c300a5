"""Stations are found by where they lie on the map."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("stations", "0012_certificates"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="station",
            index=models.Index(
                condition=models.Q(("latitude__isnull", False)),
                fields=["latitude", "longitude"],
                name="station_place",
            ),
        ),
    ]
