"""Since when a gateway listens, to know whether a silent pile could have been heard."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stations", "0003_generations")]
    operations = [
        migrations.AddField("gateway", "started_at", models.DateTimeField(null=True)),
    ]
