export { type PlanAnswer, readsAtMost, usesIndex } from "./plan-assertion.ts"
export { type PlanMatchers, planMatchers } from "./plan-matchers.ts"
