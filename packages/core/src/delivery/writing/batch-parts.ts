import type { TraceRecord } from '../../record/trace-record.js'

/**
 * Splits a batch into parts. Halving finds `k` refused records among `n` in at most `2 k log n` writes, and in never
 * more than `2 n` writes.
 */
export function createBatchParts(batch: readonly TraceRecord[]) {
  /** The parts in reverse order: the first part is the last element. */
  const parts = [batch]
  let length = batch.length
  return {
    /** The part to write next, or undefined if nothing is left. */
    get first(): readonly TraceRecord[] | undefined {
      return parts.at(-1)
    },
    /** All remaining records, including those of the first part. */
    get records(): readonly TraceRecord[] {
      return parts.toReversed().flat()
    },
    get length(): number {
      return length
    },
    replaceFirst(records: readonly TraceRecord[]): void {
      length += records.length - (parts.pop()?.length ?? 0)
      if (records.length > 0) parts.push(records)
    },
    halveFirst(): void {
      const part = parts.pop() ?? []
      const half = part.length >> 1
      parts.push(part.slice(half), part.slice(0, half))
    },
    append(records: readonly TraceRecord[]): void {
      length += records.length
      if (records.length > 0) parts.unshift(records)
    },
    /** Removes the record at `position`, counted over all parts. Its neighbors in the same part become two parts. */
    removeAt(position: number): void {
      let before = 0
      const index = parts.findLastIndex(part => {
        before += part.length
        return before > position
      })
      const part = parts[index]
      if (part === undefined) return
      const at = position - (before - part.length)
      const neighbors = [part.slice(at + 1), part.slice(0, at)]
      parts.splice(index, 1, ...neighbors.filter(({ length: count }) => count > 0))
      length--
    },
  }
}
