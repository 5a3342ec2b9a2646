from django.db import migrations, models

# Lines written before the chain keep their text; from here on nobody changes them unnoticed.
CHAIN = """
ALTER TABLE audit_entry DISABLE TRIGGER entry_is_final;
DO $$
DECLARE
    line record;
    last text;
    home text := '';
BEGIN
    FOR line IN SELECT id, agency, stream, text FROM audit_entry ORDER BY agency, stream, sequence LOOP
        IF home <> line.agency || ' ' || line.stream THEN
            home := line.agency || ' ' || line.stream;
            last := repeat('0', 64);
        END IF;
        UPDATE audit_entry
        SET previous = last, hash = encode(sha256(convert_to(last || E'\\n' || line.text, 'UTF8')), 'hex')
        WHERE id = line.id RETURNING hash INTO last;
    END LOOP;
END $$;
ALTER TABLE audit_entry ENABLE TRIGGER entry_is_final;
"""

# Locks the stream until the end of the transaction, then looks: in a function that is volatile each statement
# sees what was committed before it began. In one plain SELECT the row would be as it was before the wait.
LAST = """
CREATE FUNCTION audit_last(stream_agency bigint, stream_name text, OUT sequence bigint, OUT hash text)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit:' || stream_agency || ':' || stream_name, 0));
    SELECT entry.sequence, entry.hash INTO sequence, hash FROM audit_entry entry
    WHERE entry.agency = stream_agency AND entry.stream = stream_name ORDER BY entry.sequence DESC LIMIT 1;
END $$;
"""


def empty(length):
    return models.CharField(blank=True, default="", max_length=length)


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]

    operations = [
        migrations.AddField("entry", "address", empty(45), preserve_default=False),
        migrations.AddField("entry", "digest", empty(64), preserve_default=False),
        migrations.AddField("entry", "previous", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.AddField("entry", "hash", models.CharField(default="", max_length=64), preserve_default=False),
        migrations.RunSQL(CHAIN, migrations.RunSQL.noop),
        migrations.RunSQL(LAST, "DROP FUNCTION audit_last(bigint, text)"),
    ]
