"""Room on each page for the next version of a row: a running order is updated with every reading.

Where the new version finds room beside the old one, no index has to learn of it. Of the orders and the
transactions there are many indexes, and none on what a reading changes.
"""

from __future__ import annotations

from django.db import migrations

ROOM = """
ALTER TABLE orders_chargingorder SET (fillfactor = 70);
ALTER TABLE orders_transaction SET (fillfactor = 80);
"""
NONE = """
ALTER TABLE orders_chargingorder RESET (fillfactor);
ALTER TABLE orders_transaction RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [("orders", "0002_samples")]

    operations = [migrations.RunSQL(ROOM, NONE)]
