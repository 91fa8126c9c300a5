from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_companies"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="density",
            field=models.CharField(
                choices=[("usual", "Usual"), ("compact", "Compact")],
                db_default="usual",
                default="usual",
                max_length=7,
                verbose_name="density",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="folded",
            field=models.BooleanField(db_default=False, default=False, verbose_name="menu folded"),
        ),
    ]
