import type { IndexOptions } from "../../src/definition/index-options.ts"
import { type Condition, defineRecords, type RecordShape } from "../../src/index.ts"

/** Conditions of partial indexes, which a query has to repeat. */
export const partialConditions = {
  present: { field: "fields.w", operator: "exists" },
  typed: { field: "fields.v", operator: "type", value: ["string", "number"] },
  hostile: { field: ["fields", "it's"], operator: "not_in", value: ["it's", "a\\b", 30, true] },
  either: {
    or: [{ field: "fields.v", operator: ">", value: 1 }, { not: { field: "fields.w", operator: "like", value: "a%" } }],
  },
  revised: { field: "revision", operator: ">", value: 1 },
} satisfies Record<string, Condition>

const { present, typed, hostile, either, revised } = partialConditions

type Index = IndexOptions<RecordShape>

const ordered: readonly Index[] = [
  { field: "fields.v" },
  { field: "fields.v.v" },
  { field: "fields.w", order: "desc", nulls: "last" },
  { fields: ["fields.w", "fields.v"] },
  { fields: ["fields.list", { field: "fields.v", order: "desc" }, "revision"] },
  { fields: [{ field: "fields.v", nulls: "first" }, "fields.w"] },
  { fields: ["metadata.v", "id"], unique: true },
  { fields: ["fields.list", "fields.w", "id"], unique: true },
  { field: "fields.w", where: present },
  { field: "fields.w", where: { and: [typed, hostile] } },
  { field: "fields.list", where: either },
  { field: ["fields", "a.b"], where: revised },
  { field: "fields.w.0" },
  { field: "fields" },
  { field: "revision" },
  { field: "createdAt", order: "desc" },
  { field: "fields.serial", unique: true },
  { field: ["fields", "it's"] },
  { field: ["metadata", "it's"], order: "desc" },
  { field: ["fields", "it's", 'q"q', "back\\slash"] },
  { fields: [{ field: ["fields", "it's"], order: "desc" }, "fields.serial"], unique: true },
  { fields: [["fields", "it's"], "fields.v"], where: present },
  { field: ["fields", "list", -1] },
  { fields: ["fields.v", "fields.serial"], unique: true, where: { and: [typed, hostile] } },
]

const searched: readonly Index[] = [
  { kind: "text", field: "fields.v" },
  { kind: "trigram", field: "fields.w" },
  { kind: "array", field: "fields.v" },
  { kind: "array", field: "fields.list" },
  { kind: "array", field: "fields.w.0" },
  { kind: "array", field: "fields" },
  { kind: "trigram", field: "fields.v.v" },
  { kind: "text", field: "metadata.v" },
  { kind: "text", field: "fields.list", where: present },
  { kind: "trigram", field: ["fields", "a.b"], where: hostile },
  { kind: "array", field: "metadata.v", where: either },
  { kind: "text", field: ["fields", ""] },
  { field: "fields.w", where: typed },
  { kind: "array", field: ["fields", "it's"] },
  { kind: "text", field: ["fields", "it's"] },
  { kind: "trigram", field: ["metadata", "it's"] },
  { kind: "array", field: ["fields", "list", -1] },
  { kind: "array", field: ["fields", "it's", 0], where: hostile },
  { field: "fields.serial", unique: true, where: present },
]

const mapped: readonly Index[] = [
  { field: "fields.v" },
  { fields: ["fields.list", "id"], unique: true },
  { kind: "trigram", field: "fields.w" },
  { kind: "array", field: "fields.w" },
  { kind: "text", field: "metadata.v" },
  { field: "fields.w", where: present },
  { field: "createdAt" },
  { field: "revision", where: typed },
  { field: "fields.serial", unique: true },
  { kind: "array", field: ["metadata", "it's"] },
  { fields: [["fields", "it's"], "fields.w"], where: hostile },
]

/** Tables of the same records, which make the compiler choose every form of SQL that it knows. */
export const definitions = {
  ordered: defineRecords({ table: "ordered", indexes: ordered }),
  searched: defineRecords({ table: "searched", gin: { metadata: false }, indexes: searched }),
  bare: defineRecords({ table: "bare", gin: false }),
  mapped: defineRecords({
    table: "mapped",
    columns: {
      id: { name: "key", type: "text" },
      fields: "data",
      metadata: "extra",
      revision: "version",
      createdAt: { name: "created", type: "timestamp" },
      updatedAt: "changed",
    },
    indexes: mapped,
  }),
}
