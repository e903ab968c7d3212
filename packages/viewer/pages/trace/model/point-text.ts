import { asNumber } from '@osprofiler/core/json'
import { pointDetail, type ReportNode, readRoute, repeatedDetail, shownName } from '@osprofiler/report'
import { showText } from '../../shared/show-text.js'

const MAX_SEARCHED_LENGTH = 20_000
const MAX_TITLE_LENGTH = 20_000

/** Returns a point's name for people, in at most 60 characters. */
export function pointName(node: ReportNode | undefined): string {
  return showText(shownName(node?.name ?? ''), 60)
}

/** Returns the action of a point, or its name if the action is unknown. */
export function pointTitle(node: ReportNode): string {
  return showText(pointDetail(node)) || pointName(node)
}

/** Returns the title with its status, however long the path before it is. */
export function headTitle(node: ReportNode): string {
  const [title, whole] = [pointTitle(node), pointDetail(node)]
  const [status = ''] = / \d{3}$/.exec(whole) ?? []
  return title.endsWith(status) ? title : title + status
}

/** Returns the route of a served request; empty if it is unknown, or the same as the path. */
export function pointRoute(node: ReportNode): string {
  const route = showText(readRoute(node))
  return pointTitle(node).split(' ').includes(route) ? '' : route
}

/** Returns the title with the whole statement, for places that have room for it. */
export function wholeTitle(node: ReportNode): string {
  return showText(pointDetail(node, MAX_TITLE_LENGTH), MAX_TITLE_LENGTH) || pointName(node)
}

/** Returns the title of folded points, with the text that all of them share. */
export function repeatedTitle(nodes: readonly ReportNode[]): string {
  // The first hundred show what all have in common.
  const sample = nodes.slice(0, 100)
  return showText(repeatedDetail(sample)) || pointName(sample[0])
}

/** Returns the texts that a search of points covers, including about 20,000 characters of `info`. */
export function searchText(node: ReportNode): string {
  const parts = [node.name, shownName(node.name), pointDetail(node), node.service ?? '', node.host ?? '', node.traceId]
  let room = MAX_SEARCHED_LENGTH
  const waiting: unknown[] = [...node.otherRecords, node.stop?.info, node.start?.info]
  for (let value = waiting.pop(); room > 0 && (value !== undefined || waiting.length > 0); value = waiting.pop()) {
    if (typeof value === 'string' || asNumber(value) !== undefined) {
      const text = String(value).slice(0, room)
      parts.push(text)
      room -= text.length + 1
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value).reverse()) waiting.push(inner, key)
    }
  }
  return parts.map(part => part.slice(0, MAX_SEARCHED_LENGTH)).join('\n')
}
