export type { ConnectionOptions } from "./connection/connection.ts"
export { type PoolMetrics, type PostgresConnectionOptions, PostgresConnectionPool } from "./connection/postgres-connection-pool.ts"
export { PostgresDatabase, type PostgresDatabaseOptions } from "./connection/postgres-database.ts"
export type { SchemaOptions } from "./definition/record-schemas.ts"
export { defineRecords, type RecordsDefinition, type RecordsOptions } from "./definition/records-definition.ts"
export {
  ConfigurationError,
  DatabaseUnavailableError,
  DuplicateRecordError,
  type InapplicableChange,
  InapplicableChangeError,
  InvalidQueryError,
  InvalidRecordError,
  type RecordIssue,
  RecordNotFoundError,
  RecordsError,
  RevisionConflictError,
  StoredRecordError,
  TransactionConflictError,
  UnknownCommitError,
} from "./errors.ts"
export { type EvaluatedRecord, matches } from "./evaluation/matches.ts"
export { type CompileFilterOptions, compileFilter } from "./expression/compile-filter.ts"
export { type FieldExpression, type FieldValue, field } from "./expression/field.ts"
export { FileDatabase, type FileDatabaseOptions } from "./file/file-database.ts"
export { RawJson } from "./json/raw-json.ts"
export type { MigrateOptions } from "./migration/migrate.ts"
export { type ParseQueryOptions, parseQuery } from "./predicate/parse-query.ts"
export {
  type Change,
  type ChangeName,
  increment,
  type LooseChange,
  type MergePatch,
  merge,
  multiply,
  pull,
  push,
  pushUnique,
  rename,
  set,
  unset,
} from "./query/change.ts"
export { and, type Condition, filter, type LooseCondition, not, or } from "./query/condition.ts"
export type { ElementShape, Exact, JsonObject, JsonValue, RecordShape, Writable } from "./query/field.ts"
export { Operator, type OperatorName, type ValueKind } from "./query/operator.ts"
export type { ClaimQuery, FieldName, Found, LooseQuery, Query, SelectedRecord, Selection, SortKey, StoredRecord, WriteQuery } from "./query/query.ts"
export { type JsonSchema, querySchema } from "./query/query-schema.ts"
export type { ExplainOptions } from "./statement/explain.ts"
export { type Preview, previewQuery } from "./statement/search.ts"
export type {
  BatchFailure,
  BatchOptions,
  BatchOutcome,
  BatchRecord,
  BatchResult,
  BatchSource,
  NewBatchOptions,
  OnConflict,
  OnlyKnown,
} from "./store/batch-options.ts"
export type { Explanation } from "./store/explanation.ts"
export type { NewRecord, RecordChanges, RecordUpdate } from "./store/new-record.ts"
export type { RecordPatch } from "./store/patch-batch.ts"
export type { PlanFacts, QueryPlan } from "./store/plan.ts"
export type { QueryObserver, QueryRun } from "./store/query-observer.ts"
export type { ReadAs, ReadOptions } from "./store/read-options.ts"
export type { KyselyTables, RecordReader } from "./store/record-reader.ts"
export { RecordStore } from "./store/record-store.ts"
export type { WriteOptions } from "./store/write-options.ts"
