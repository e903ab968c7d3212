import type { Range } from './time-range.js'

/** View of a trace, chosen by a tab of the page. */
export type View = 'waterfall' | 'flame' | 'statistics'

/** State that the hash of the page's address holds, so that a link leads to the same place. */
export interface DeepLink {
  readonly view: View
  readonly point: string | undefined
  readonly range: Range | undefined
}

const MAX_ID_CHARS = 200

/** Reads the hash of an address. Ignores invalid fields. */
export function readLink(hash: string): DeepLink {
  const fields = new URLSearchParams(hash.replace(/^#/, ''))
  const fromUs = Number(fields.get('from') ?? Number.NaN)
  const toUs = Number(fields.get('to') ?? Number.NaN)
  const view = fields.get('view')
  return {
    view: view === 'flame' || view === 'statistics' ? view : 'waterfall',
    point: fields.get('point') ?? undefined,
    range: toUs > fromUs ? { fromUs, toUs } : undefined,
  }
}

/** Writes the hash of an address, with times in whole microseconds. Empty for the waterfall of the whole trace. */
export function writeLink({ view, point, range }: DeepLink): string {
  const fields = new URLSearchParams()
  if (point !== undefined && point.length <= MAX_ID_CHARS) fields.set('point', point)
  if (range !== undefined) {
    fields.set('from', String(Math.round(range.fromUs)))
    fields.set('to', String(Math.round(range.toUs)))
  }
  if (view !== 'waterfall') fields.set('view', view)
  return fields.size === 0 ? '' : `#${fields}`
}
