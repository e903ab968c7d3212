import type { TraceModel } from './trace-model.js'

export interface Filter {
  /** Indexes into the services. */
  readonly hiddenServices: ReadonlySet<number>
  readonly onlyFailed: boolean
  readonly minUs: number
}

/** What the filter leaves, as `visibleRows` takes it; `undefined` when it leaves everything. */
export function filterPoints(model: TraceModel, { hiddenServices, onlyFailed, minUs }: Filter): Uint8Array | undefined {
  if (hiddenServices.size === 0 && !onlyFailed && minUs === 0) return undefined
  const { points, parents, serviceOf } = model
  const kept = new Uint8Array(points.length)
  for (let index = points.length - 1; index >= 0; index--) {
    const node = points[index]
    if (node === undefined) continue
    const longEnough = minUs === 0 || node.durationUs === undefined || node.durationUs >= minUs
    if (longEnough && (!onlyFailed || node.failed) && !hiddenServices.has(serviceOf[index] ?? -1)) kept[index] = 2
    const parent = parents[index] ?? -1
    if (kept[index] !== 0 && parent >= 0 && kept[parent] === 0) kept[parent] = 1
  }
  return kept
}

/** Reads `250`, `250ms`, `1.5 s`, `80 us`; without a unit, milliseconds. 0 for what it cannot read. */
export function parseDuration(text: string): number {
  const [, number, unit = 'ms'] = /^\s*(\d+(?:[.,]\d+)?)\s*(us|µs|ms|s|m)?\s*$/i.exec(text) ?? []
  const factor = { us: 1, µs: 1, ms: 1000, s: 1_000_000, m: 60_000_000 }[unit.toLowerCase()] ?? 0
  return number === undefined ? 0 : Number(number.replace(',', '.')) * factor
}
