import type { Report, ReportNode } from '../tree/report.js'
import { repeatedDetail } from '../words/point-label.js'
import { shownName } from '../words/shown-name.js'

/** What a sentence quotes of a statement, in characters, where nobody has said how much there is room for. */
export const DEFAULT_QUOTE_LENGTH = 80

/** Says what points have in common, and where they ran: `"SELECT ... FROM items" in orders`. */
export type Quote = (nodes: readonly ReportNode[], withService?: boolean) => string

/**
 * Makes sentences quote so many characters of what a point did. Where there is more room than in a narrow terminal, a
 * query that fits is quoted with its columns.
 */
export function createQuote(longest: number): Quote {
  return (nodes, withService = true) => {
    const [node] = nodes
    if (node === undefined) return 'nothing'
    const detail = repeatedDetail(nodes, longest > DEFAULT_QUOTE_LENGTH ? longest : 0)
    const service = withService && node.service !== undefined ? ` in ${shorten(node.service)}` : ''
    return `"${shorten(detail === '' ? shownName(node.name) : detail, longest)}"${service}`
  }
}

/** A text as a sentence has room for it. */
export function shorten(text: string, length = DEFAULT_QUOTE_LENGTH): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

/** `this request`, or `this trace` where there are several. */
export function whole(report: Report): string {
  return report.roots.length === 1 ? 'this request' : 'this trace'
}
