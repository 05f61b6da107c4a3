import type { StandardSchemaV1 } from "@standard-schema/spec"

/** One thing that a schema says against a document, with the way to it. */
export interface SchemaIssue {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** What a schema says, in one form for all of them. */
export function schemaIssue({ message, path = [] }: StandardSchemaV1.Issue): SchemaIssue {
  // By Array.from: the path of arktype is an array of a kind of its own, which `map` makes another one of.
  return { path: Array.from(path, step), message }
}

function step(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === "object" ? segment.key : segment
  return typeof key === "number" ? key : String(key)
}
