"""The number that rises with every connection of any pile, and room for the updates that connections cause."""

from django.db import migrations

CREATE = """
CREATE SEQUENCE stations_generation;
ALTER TABLE stations_pile SET (fillfactor = 60);
ALTER TABLE stations_connector SET (fillfactor = 80);
"""

REVERSE = """
ALTER TABLE stations_connector RESET (fillfactor);
ALTER TABLE stations_pile RESET (fillfactor);
DROP SEQUENCE stations_generation;
"""


class Migration(migrations.Migration):
    dependencies = [("stations", "0002_frames")]
    operations = [migrations.RunSQL(CREATE, REVERSE)]
