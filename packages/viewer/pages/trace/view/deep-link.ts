import type { Range } from './time-range.js'

/** A view of a trace, which the user chooses with a tab. */
export type View = 'waterfall' | 'flame' | 'statistics'

/** The part of the state that is in the hash of the page's URL, so that a link opens the page in that state. */
export interface DeepLink {
  readonly view: View
  readonly point: string | undefined
  readonly range: Range | undefined
}

const MAX_ID_CHARS = 200

/** Parses the hash of a URL. Ignores invalid fields. */
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

/**
 * Formats the hash of a URL, with times in whole microseconds. Returns an empty string for the waterfall of the whole
 * trace.
 */
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
