"""A tenant whose papers lie with the level above."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_roles")]
    operations = [
        migrations.AlterField(
            model_name="tenant",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("submitted", "To be reviewed"),
                    ("active", "Active"),
                    ("suspended", "Suspended"),
                    ("expired", "Expired"),
                    ("closed", "Closed"),
                ],
                default="active",
                max_length=10,
                verbose_name="status",
            ),
        ),
    ]
