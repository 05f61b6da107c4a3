import { sql } from "kysely"
import type { PostgresDatabase } from "../../src/index.ts"

export const RECORDS = 50_000

/*
 * 50,000 records of some 300 bytes, in no order that an index has. At each path most values are of one type, some are of
 * others, and one of a hundred records has none. One of three has metadata.
 */
const fields = `jsonb_strip_nulls(jsonb_build_object(
  'name', case when i % 100 = 2 then null when i % 50 = 0 then to_jsonb(i) when i % 50 = 1 then jsonb_build_array(i) when i = 17 then 'true'
    else to_jsonb(substr(md5(i::text), 1, 12) || ' of ' || md5((i + 7)::text)) end,
  'born', case when i % 100 = 3 then null else to_jsonb(to_char(timestamp '2000-01-01' + (i * 7919 % ${RECORDS}) * interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS".000Z"')) end,
  'score', case when i % 100 = 4 then null when i % 50 = 5 then to_jsonb('s' || i) when i % 100 = 6 then jsonb_build_object('x', i) else to_jsonb((i * 7919 % ${RECORDS}) * 1.5) end,
  'tags', case when i % 100 = 7 then null when i % 50 = 8 then to_jsonb('t' || i) else jsonb_build_array('t' || i % 5000, i) end,
  'spec', case when i % 100 = 9 then null when i % 50 = 10 then to_jsonb(i) else jsonb_build_object('k', i % 5000, 'n', i) end,
  'address', jsonb_build_object('city', 'city ' || i * 31 % 500, 'zip', i % 9000),
  'topic', coalesce((array['name', 'born', 'score', 'tags', 'spec'])[1 + i * 17 % 50], 'none'),
  'note', md5((i * 3)::text)))`

const metadata = "case when i % 3 = 0 then jsonb_build_object('source', 's' || i % 5000, 'labels', jsonb_build_array('l' || i % 5000)) end"

/** Fills a table with them, without its indexes. */
export async function loadRecords<F, M>({ kysely }: PostgresDatabase<F, M>, table: string): Promise<void> {
  await sql
    .raw(`insert into ${table} (id, fields, metadata, revision, created_at)
      select md5(i::text || 'id')::uuid, ${fields}, ${metadata}, i % 5000, timestamptz '2020-01-01' + (i * 7919 % ${RECORDS}) * interval '1 hour' from generate_series(1, ${RECORDS}) as i order by i * 77 % 9973, i`)
    .execute(kysely)
}
