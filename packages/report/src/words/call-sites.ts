import type { CallSite } from '@osprofiler/core/record'
import { readCallSite } from '../tree/read-call-site.js'
import type { ReportNode } from '../tree/report.js'
import { formatCount } from './format-duration.js'
import { isLayer } from './point-label.js'

/** A sentence with more call sites would be too long. */
const MAX_LISTED_SITES = 3
const MAX_FILE_CHARS = 80

/** Returns a text such as `src/orders.ts:41`. Not escaped: pass it through `escapeControl` before printing. */
export function formatCallSite({ file, line }: Pick<CallSite, 'file' | 'line'>): string {
  return `${file}:${line}`
}

/**
 * Returns the call site of a row of points, such as `src/orders.ts:41`. If only two of twelve points have a call site,
 * returns `src/orders.ts:41 (2 of 12)`. Returns an empty string if no point has a call site, or if the call sites
 * differ.
 */
export function describeRowSite(nodes: readonly ReportNode[]): string {
  const sites = nodes.flatMap(node => readCallSite(node) ?? []).map(formatCallSite)
  const [site, ...others] = new Set(sites)
  if (site === undefined || others.length > 0) return ''
  return sites.length === nodes.length ? site : `${site} (${formatCount(sites.length)} of ${formatCount(nodes.length)})`
}

/**
 * Returns the end of a phrase that names the lines that made the points, such as `, from src/orders.ts:41`. For
 * framework layers, the phrase is `, at` and the line that registered the layer. Returns an empty string if the lines
 * are unknown or too many.
 */
export function describeCallSites(nodes: readonly ReportNode[], from = 'from'): string {
  const located = nodes.filter(node => readCallSite(node) !== undefined)
  const sites = new Map(located.flatMap(node => readCallSite(node) ?? []).map(site => [formatCallSite(site), site]))
  const [first] = located
  if (first === undefined || sites.size > MAX_LISTED_SITES) return ''
  const areLayers = isLayer(first)
  if (located.some(node => isLayer(node) !== areLayers)) return ''
  // A service spends only a limited time on finding call sites. After that time, most of its points have no call site.
  const some = located.length < nodes.length ? `${formatCount(located.length)} of them ` : ''
  return `, ${some}${areLayers ? 'at' : from} ${joinWithAnd(Array.from(sites.values(), formatSite))}`
}

/**
 * Works like `describeCallSites`, but for points in the order in which they ran. If there are too many lines, names the
 * first and the last one.
 */
export function describeRunOfSites(nodes: readonly ReportNode[]): string {
  const [first, last] = [nodes.at(0), nodes.at(-1)].map(node => node && readCallSite(node))
  const all = describeCallSites(nodes)
  if (all !== '' || first === undefined || last === undefined) return all
  return `, the first from ${formatSite(first)}, the last from ${formatSite(last)}`
}

/** Returns the call site as text. Of a long path, only the end is shown, because the end distinguishes files better. */
export function formatSite({ file, line }: CallSite): string {
  const shown = file.length <= MAX_FILE_CHARS ? file : `...${file.slice(3 - MAX_FILE_CHARS).toWellFormed()}`
  return formatCallSite({ file: shown, line })
}

function joinWithAnd(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}
