"""Another source of alarms: security events."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("alarms", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="alarm",
            name="source",
            field=models.CharField(
                choices=[
                    ("status", "Reported by the pile"),
                    ("presence", "Connection"),
                    ("house", "Found here"),
                    ("security", "Security event"),
                ],
                default="house",
                max_length=10,
                verbose_name="source",
            ),
        ),
    ]
