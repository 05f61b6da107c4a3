import type { StandardSchemaV1 } from "@standard-schema/spec"
import { ConfigurationError } from "../errors.ts"
import type { DocumentColumn } from "../path/json-path.ts"
import type { Stored } from "../query/field.ts"

/** What `defineRecords` takes to have documents validated. `FIn` and `MIn` are what is written where `F` and `M` are stored. */
export interface SchemaOptions<F, M, FIn, MIn> {
  /**
   * Standard Schemas (zod, valibot, arktype and others) for the documents. What is written is validated and transformed by
   * them, and the types of the records are theirs. Metadata that is left out or `null` is not shown to its schema.
   */
  schemas?: { readonly fields?: StandardSchemaV1<FIn, F> | undefined; readonly metadata?: StandardSchemaV1<MIn, M> | undefined }
  /** Whether whole records that are read must fit the schemas too. `false` when left out. */
  validateReads?:
    | ([Stored<NoInfer<F>>, Stored<NoInfer<M>>] extends [NoInfer<FIn>, NoInfer<MIn>]
        ? boolean
        : false | "these schemas do not take what they give: no stored record would fit")
    | undefined
}

/** The schemas of a definition, by the document that they are for. */
export type DocumentSchemas = { readonly [Document in DocumentColumn]?: StandardSchemaV1 }

// Carries the types of what is written to the compiler; never there at run time.
declare const writtenType: unique symbol

/** What is written as records of the shape `T`. */
export interface WrittenAs<T> {
  readonly [writtenType]?: T
}

/** The schemas that were given. @throws ConfigurationError for what is none. */
export function documentSchemas(given: unknown): DocumentSchemas {
  if (given === undefined) return {}
  if (typeof given !== "object" || given === null) return refuse("schemas is an object: { fields, metadata }")
  const schemas = Object.entries(given).filter(([, schema]) => schema !== undefined)
  return Object.fromEntries(schemas.map(([document, schema]) => [document, standardSchema(document, schema)]))
}

function standardSchema(document: string, schema: unknown): StandardSchemaV1 {
  if (document !== "fields" && document !== "metadata") return refuse(`schemas has no ${JSON.stringify(document)}: it is { fields, metadata }`)
  return isStandardSchema(schema)
    ? schema
    : refuse(`the schema of ${document} is no Standard Schema: give one of zod, valibot, arktype or another that has "~standard"`)
}

// arktype's are functions.
function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  if ((typeof schema !== "object" && typeof schema !== "function") || schema === null || !("~standard" in schema)) return false
  const standard = schema["~standard"]
  return typeof standard === "object" && standard !== null && "validate" in standard && typeof standard.validate === "function"
}

function refuse(reason: string): never {
  throw new ConfigurationError("invalid_definition", `defineRecords: ${reason}`)
}
