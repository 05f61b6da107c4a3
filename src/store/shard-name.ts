/** The names of a table's indexes, by the hash that Citus makes of each. */
export type IndexNames = ReadonlyMap<string, string>

/** The SQL of the hash of a name, as Citus makes it. */
export function nameHashSql(name: string): string {
  return `lpad(to_hex(hashtext(${name}::text)), 8, '0')`
}

/**
 * The name of what a shard has, as the table has it. Citus adds the number of the shard; what is too long then it cuts off,
 * and adds the hash of the whole.
 *
 * @example
 * nameOfShard("people_email_12345678_102008", new Map([["af4fa49b", "people_email_12345678"]])) // people_email_12345678
 */
export function nameOfShard(name: string, names: IndexNames = new Map()): string {
  const whole = name.replace(/_\d+$/, "")
  const isKnown = [...names.values()].includes(whole)
  return isKnown ? whole : (names.get(whole.slice(-8)) ?? whole)
}
