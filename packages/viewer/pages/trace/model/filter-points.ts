import type { TraceModel } from './trace-model.js'

/** The filter of the waterfall. A point of unknown duration passes every minimum duration. */
export interface Filter {
  /** Services by name, because their order may differ in a newer report. */
  readonly hiddenServices: ReadonlySet<string>
  readonly onlyFailed: boolean
  readonly minUs: number
}

/** Returns the `kept` argument of `listVisibleRows`, or `undefined` if the filter removes nothing. */
export function filterPoints(model: TraceModel, { hiddenServices, onlyFailed, minUs }: Filter): Uint8Array | undefined {
  if (hiddenServices.size === 0 && !onlyFailed && minUs === 0) return undefined
  const { points, parents, serviceOf } = model
  const isHidden = model.services.map(name => hiddenServices.has(name))
  const kept = new Uint8Array(points.length)
  for (let index = points.length - 1; index >= 0; index--) {
    const node = points[index]
    if (node === undefined) continue
    const longEnough = minUs === 0 || node.durationUs === undefined || node.durationUs >= minUs
    if (longEnough && (!onlyFailed || node.failed) && !isHidden[serviceOf[index] ?? -1]) kept[index] = 2
    const parent = parents[index] ?? -1
    if (kept[index] !== 0 && parent >= 0 && kept[parent] === 0) kept[parent] = 1
  }
  return kept
}
