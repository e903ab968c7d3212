import type { TraceRecord } from '../../record/trace-record.js'

/**
 * What is left to write of a batch, in parts that are written one after the other.
 *
 * Begins with a batch as the only part. Halving what a store refuses as a whole finds `k` records among `n` in
 * `2 k log n` writes at most, keeps the order, and never takes more than `2 n` writes.
 */
export function createParts(batch: readonly TraceRecord[]) {
  /** The first part stands last. */
  const parts = [batch]
  let length = batch.length
  return {
    /** The part to write next, or undefined where nothing is left. */
    get first(): readonly TraceRecord[] | undefined {
      return parts.at(-1)
    },
    /** All that is left, those of the first part included. */
    get records(): readonly TraceRecord[] {
      return parts.toReversed().flat()
    },
    get length(): number {
      return length
    },
    /** Puts these records in the place of the first part. */
    replaceFirst(records: readonly TraceRecord[]): void {
      length += records.length - (parts.pop()?.length ?? 0)
      if (records.length > 0) parts.push(records)
    },
    /** Puts two halves in the place of the first part. */
    halveFirst(): void {
      const part = parts.pop() ?? []
      const half = part.length >> 1
      parts.push(part.slice(half), part.slice(0, half))
    },
    /** Puts these records behind all others, as a part. */
    append(records: readonly TraceRecord[]): void {
      length += records.length
      if (records.length > 0) parts.unshift(records)
    },
    /** Takes out the record that has so many before it. The ones beside it in its part become two parts. */
    removeAt(position: number): void {
      let before = 0
      const index = parts.findLastIndex(part => {
        before += part.length
        return before > position
      })
      const part = parts[index]
      if (part === undefined) return
      const at = position - (before - part.length)
      const beside = [part.slice(at + 1), part.slice(0, at)]
      parts.splice(index, 1, ...beside.filter(({ length: count }) => count > 0))
      length--
    },
  }
}
