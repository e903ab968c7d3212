import { asNumber } from '@osprofiler/core/json'
import { pointDetail, type ReportNode, readRoute, repeatedDetail, shownName } from '@osprofiler/report'
import { describeRowSite, formatCallSite, readCallSite } from '@osprofiler/report/toolkit'
import { showText } from '../../shared/show-text.js'

const MAX_SEARCHED_CHARS = 20_000
const MAX_TITLE_CHARS = 20_000
/** Rows are drawn often, so the call site of a row with more points than this is shown only in the details. */
const MAX_TOOLTIP_POINTS = 1000

/** Returns a point's name for people, in at most 60 characters. */
export function nameOfPoint(node: ReportNode | undefined): string {
  return showText(shownName(node?.name ?? ''), 60)
}

/** Returns the action of a point, or its name if the action is unknown. */
export function titleOfPoint(node: ReportNode): string {
  return showText(pointDetail(node)) || nameOfPoint(node)
}

/**
 * Returns the title of the page for a trace whose first point is `node`. The title ends with the status, even if it has
 * to be cut because the path is long.
 */
export function titleOfPage(node: ReportNode): string {
  const [title, whole] = [titleOfPoint(node), pointDetail(node)]
  const [status = ''] = / \d{3}$/.exec(whole) ?? []
  return title.endsWith(status) ? title : title + status
}

/** Returns the route of a served request, or an empty string if the route is unknown or equals the path. */
export function routeOfPoint(node: ReportNode): string {
  const route = showText(readRoute(node))
  return titleOfPoint(node).split(' ').includes(route) ? '' : route
}

/** Returns the title of a point with its whole statement, for elements that have room for a long text. */
export function wholeTitleOfPoint(node: ReportNode): string {
  return showText(pointDetail(node, MAX_TITLE_CHARS), MAX_TITLE_CHARS) || nameOfPoint(node)
}

/** Returns the title of folded points, with only the text that all of them share. */
export function titleOfRepetition(nodes: readonly ReportNode[]): string {
  // A hundred points are enough to find the text that all of them share.
  const sample = nodes.slice(0, 100)
  return showText(repeatedDetail(sample)) || nameOfPoint(sample[0])
}

/** Returns the text that is shown while the pointer is over a row: the whole statement and the call site. */
export function tooltipOfRow(nodes: readonly ReportNode[]): string | undefined {
  const [first] = nodes
  const title = nodes.length === 1 && first !== undefined ? wholeTitleOfPoint(first) : ''
  const site = nodes.length > MAX_TOOLTIP_POINTS ? '' : siteOfPoints(nodes)
  return [title, site].filter(Boolean).join('\n') || undefined
}

/** Returns the line that made the points, such as `src/orders.ts:41`. Empty if it is unknown. */
export function siteOfPoints(nodes: readonly ReportNode[]): string {
  return showText(describeRowSite(nodes))
}

/** Returns the text of a point that a search covers, including about 20,000 characters of `info`. */
export function searchTextOfPoint(node: ReportNode): string {
  const parts = [node.name, shownName(node.name), pointDetail(node), node.service ?? '', node.host ?? '', node.traceId]
  const site = readCallSite(node)
  if (site !== undefined) parts.push(formatCallSite(site))
  let roomChars = MAX_SEARCHED_CHARS
  const waiting: unknown[] = [...node.otherRecords, node.stop?.info, node.start?.info]
  for (let value = waiting.pop(); roomChars > 0 && (value !== undefined || waiting.length > 0); value = waiting.pop()) {
    if (typeof value === 'string' || asNumber(value) !== undefined) {
      const text = String(value).slice(0, roomChars)
      parts.push(text)
      roomChars -= text.length + 1
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value).reverse()) waiting.push(inner, key)
    }
  }
  return parts.map(part => part.slice(0, MAX_SEARCHED_CHARS)).join('\n')
}
