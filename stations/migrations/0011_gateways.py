"""On which connection a command left, and since when a gateway is missed."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0010_files")]
    operations = [
        migrations.AddField("command", "generation", models.BigIntegerField(null=True, blank=True)),
        migrations.AddField("gateway", "missed_at", models.DateTimeField(null=True)),
    ]
