"""Who acted in whose name, what the upper levels read of the trail, and a guard against TRUNCATE too."""

from django.db import migrations, models
from django.db.models import Q

GUARD = """
CREATE TRIGGER kit_auditentry_not_truncated BEFORE TRUNCATE ON kit_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION kit_refuse_change();
"""
REVERSE = "DROP TRIGGER kit_auditentry_not_truncated ON kit_auditentry;"


class Migration(migrations.Migration):
    dependencies = [("kit", "0004_saved_views")]

    operations = [
        migrations.AddField(
            model_name="auditentry",
            name="on_behalf_ref",
            field=models.CharField(blank=True, max_length=80, default=""),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["manufacturer", "-at", "-id"],
                name="audit_man_own",
                condition=Q(dealer__isnull=True) | ~Q(on_behalf_ref=""),
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["dealer", "-at", "-id"],
                name="audit_dea_own",
                condition=Q(operator__isnull=True) | ~Q(on_behalf_ref=""),
            ),
        ),
        migrations.RunSQL(GUARD, REVERSE),
    ]
