import { formatCount } from './format-duration.js'
import { repeatedDetail } from './point-label.js'
import type { Report, ReportNode } from './report.js'

const LONGEST_QUOTE = 80

/** `"SELECT ... FROM items" in orders`: what points have in common, and where they ran. */
export function quote(nodes: readonly ReportNode[], withService = true): string {
  const [node] = nodes
  if (node === undefined) return 'nothing'
  const detail = repeatedDetail(nodes)
  const service = withService && node.service !== undefined ? ` in ${shorten(node.service)}` : ''
  return `"${shorten(detail === '' ? node.name : detail)}"${service}`
}

/** A text as a sentence has room for it. */
export function shorten(text: string, length = LONGEST_QUOTE): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`
}

/** `this request`, or `this trace` where there are several. */
export function whole(report: Report): string {
  return report.roots.length === 1 ? 'this request' : 'this trace'
}

/** `1 point`, `1,204 points` */
export function points(count: number): string {
  return count === 1 ? '1 point' : `${formatCount(count)} points`
}

/** `2 more points` */
export function morePoints(count: number): string {
  return points(count).replace(' ', ' more ')
}
