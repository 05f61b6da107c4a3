import type { Kysely } from "kysely"
import type { RecordsTables } from "../statement/records-tables.ts"
import { nameHashSql } from "../store/shard-name.ts"
import { type AskedTable, ownNameOf, partAnswers } from "./part-answers.ts"

/** An index of a table, as the server counts its use; that of a divided table with all of its parts. */
export interface IndexUse {
  readonly name: string
  /** How often a statement has searched it, since the statistics began. */
  readonly scans: number
  readonly bytes: number
  /** A primary key or a unique index: it is needed whether it is searched or not. */
  readonly isConstraint: boolean
  /** Not so, when a concurrent build has failed or is under way: it costs every write and serves no query. */
  readonly isValid: boolean
}

/** What a table takes, and since when its use is counted. */
export interface TableFacts {
  readonly bytes: number
  readonly isPartitioned: boolean
  readonly indexes: readonly IndexUse[]
  /** When the statistics were last begun anew; `null`: never. */
  readonly countedSince: Date | null
}

/** What the server knows about a table; any role may ask. `undefined`: there is no such table. */
export async function tableFacts(db: Kysely<RecordsTables>, table: AskedTable): Promise<TableFacts | undefined> {
  const { own, parts } = await partAnswers<FactsRow>(db, table, question)
  if (own === undefined) return undefined
  const nameOf = ownNameOf(own.indexes, table)
  const used = parts.flatMap(({ indexes }) => indexes)
  return {
    bytes: sum(parts.map(({ bytes }) => bytes)),
    isPartitioned: own.isPartitioned,
    indexes: own.indexes.map((index) => {
      const ofParts = used.filter(({ name }) => nameOf(name) === index.name)
      return inAll(index, ofParts)
    }),
    countedSince: own.countedSince === null ? null : new Date(own.countedSince),
  }
}

interface FactsRow {
  readonly bytes: number
  readonly isPartitioned: boolean
  readonly countedSince: string | null
  readonly indexes: readonly (IndexUse & { readonly hash: string })[]
}

function question(where: string): string {
  const withParts = (oid: string) => `(select ${oid} union select relid from pg_partition_tree(${oid}) where relid <> ${oid}) p(oid)`
  return `
    select json_build_object(
      'bytes', (select coalesce(sum(pg_table_size(p.oid)), 0) from ${withParts("c.oid")}),
      'isPartitioned', c.relkind = 'p',
      'countedSince', (select stats_reset::text from pg_stat_database where datname = current_database()),
      'indexes', (
        select coalesce(json_agg(json_build_object(
          'name', x.relname, 'hash', ${nameHashSql("x.relname")},
          'scans', (select coalesce(sum(pg_stat_get_numscans(p.oid)), 0) from ${withParts("x.oid")}),
          'bytes', (select coalesce(sum(pg_relation_size(p.oid)), 0) from ${withParts("x.oid")}),
          'isConstraint', i.indisunique or i.indisexclusion,
          'isValid', i.indisvalid) order by x.relname), '[]')
        from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid))
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where ${where} and c.relkind in ('r', 'p', 'm')`
}

function inAll({ name, isConstraint, isValid: isValidHere }: IndexUse, parts: readonly IndexUse[]): IndexUse {
  return {
    name,
    isConstraint,
    scans: sum(parts.map(({ scans }) => scans)),
    bytes: sum(parts.map(({ bytes }) => bytes)),
    isValid: isValidHere && parts.every(({ isValid }) => isValid),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
