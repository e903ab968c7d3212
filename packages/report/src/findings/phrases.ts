import type { Report, ReportNode } from '../tree/report.js'
import { repeatedDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'

/** How many characters of a statement a sentence quotes by default. */
export const DEFAULT_QUOTE_CHARS = 80

/** Says what points have in common, and where they ran: `"SELECT ... FROM items" in orders`. */
export type Quote = (nodes: readonly ReportNode[], withService?: boolean) => string

/** Creates a function that quotes up to `longest` characters. Above the default, a query that fits has its columns. */
export function createQuote(longest: number): Quote {
  return (nodes, withService = true) => {
    const [node] = nodes
    if (node === undefined) return 'nothing'
    const detail = repeatedDetail(nodes, longest > DEFAULT_QUOTE_CHARS ? longest : 0)
    const service = withService && node.service !== undefined ? ` in ${shorten(node.service)}` : ''
    return `"${shorten(detail === '' ? shownName(node.name) : detail, longest)}"${service}`
  }
}

/** Shortens a text that would make a sentence too long. The last three characters are then dots. */
export function shorten(text: string, length = DEFAULT_QUOTE_CHARS): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

/** Returns `this request`, or `this trace` if there are several requests at the top. */
export function nameTrace(report: Report): string {
  return report.roots.length === 1 ? 'this request' : 'this trace'
}
