from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="theme",
            field=models.CharField(
                choices=[("system", "As the system"), ("light", "Light"), ("dark", "Dark")],
                default="system",
                max_length=6,
                verbose_name="theme",
            ),
        ),
    ]
