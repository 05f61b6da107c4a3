/** A statement that can be run. */
export interface Runnable<R> {
  execute(): Promise<R[]>
}
