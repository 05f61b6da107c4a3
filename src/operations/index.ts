export { type BackfillOptions, backfill } from "./backfill.ts"
