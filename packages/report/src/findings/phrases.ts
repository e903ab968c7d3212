import type { Report, ReportNode } from '../tree/report.js'
import { repeatedDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'

/** The default maximum number of characters of a statement that a sentence quotes. */
export const DEFAULT_QUOTE_CHARS = 80

/**
 * Describes what points have in common, and in which service they ran, for example `"SELECT ... FROM items" in orders`.
 */
export type Quote = (nodes: readonly ReportNode[], withService?: boolean) => string

/**
 * Creates a function that quotes up to `longest` characters. If `longest` exceeds the default, a query that fits is
 * quoted with its list of columns.
 */
export function createQuote(longest: number): Quote {
  return (nodes, withService = true) => {
    const [node] = nodes
    if (node === undefined) return 'nothing'
    const detail = repeatedDetail(nodes, longest > DEFAULT_QUOTE_CHARS ? longest : 0)
    const service = withService && node.service !== undefined ? ` in ${shorten(node.service)}` : ''
    return `"${shorten(detail === '' ? shownName(node.name) : detail, longest)}"${service}`
  }
}

/** Shortens a string that exceeds `length`, and replaces its end with three dots. */
export function shorten(text: string, length = DEFAULT_QUOTE_CHARS): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

/** Returns `this request` if there is a single point at the top, otherwise `this trace`. */
export function nameTrace(report: Report): string {
  return report.roots.length === 1 ? 'this request' : 'this trace'
}
