import { intervalOf, selfTimes, unionUs } from '../analysis/self-time.js'
import { groupBy } from '../tree/group-by.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createRepetitionKey, repeatedDetail } from '../words/point-label.js'

/** A place in the tree that points of several reports share: same services, names and doings all the way from the top. */
export interface AlignedPath {
  /** From 0 on; a path's number is greater than that of the path above it. */
  readonly id: number
  /** The path above. */
  readonly parent: number | undefined
  readonly depth: number
  readonly service: string | undefined
  readonly name: string
  /** What its points do, in a line for people; it holds whatever their records held. */
  readonly detail: string
}

/** What the points of one report at one path come to. */
export interface PathMeasure {
  readonly count: number
  /** The time in which at least one of them ran, in microseconds. Points without both ends are left out. */
  readonly totalUs: number
  /** Their own time, not spent in their children, summed. */
  readonly selfUs: number
}

/** Aligns the points of reports by their paths; repetitions of one point are pooled. */
export interface Alignment {
  readonly paths: readonly AlignedPath[]
  /** What a report comes to, by the numbers of the paths. */
  add(report: Report): Map<number, PathMeasure>
}

/**
 * Makes an alignment. Two points share a path where their service, name and shape (what they do but for ids, numbers and
 * quoted values; of an outgoing request also but for its port) are the same, and so are their parents'.
 */
export function createAlignment(): Alignment {
  const keyOf = createRepetitionKey()
  const paths: AlignedPath[] = []
  const ids = new Map<string, number>()

  const pathOf = (node: ReportNode, parent: number | undefined): number => {
    const key = `${parent ?? ''} ${withoutPort(keyOf(node), node)}`
    const known = ids.get(key)
    if (known !== undefined) return known
    const id = paths.length
    ids.set(key, id)
    const { depth, service, name } = node
    paths.push({ id, parent, depth, service, name, detail: repeatedDetail([node]) })
    return id
  }
  return {
    paths,
    add(report) {
      const pathsOf = new Map<ReportNode, number>()
      const put = (node: ReportNode, parent: number | undefined): void => {
        pathsOf.set(node, pathOf(node, parent))
      }
      for (const root of report.roots) put(root, undefined)
      for (const node of report.points) for (const child of node.children) put(child, pathsOf.get(node))
      const selves = selfTimes(report)
      const pools = groupBy(pathsOf.keys(), node => pathsOf.get(node) ?? 0)
      return new Map(Array.from(pools, ([path, nodes]) => [path, measure(nodes, selves)]))
    },
  }
}

function measure(nodes: readonly ReportNode[], selves: ReadonlyMap<ReportNode, number>): PathMeasure {
  return {
    count: nodes.length,
    totalUs: unionUs(nodes.filter(node => node.durationUs !== undefined).map(intervalOf)),
    selfUs: nodes.reduce((sum, node) => sum + (selves.get(node) ?? 0), 0),
  }
}

/** Services that tests start listen on another port each time. */
function withoutPort(key: string, { start }: ReportNode): string {
  return readField(start, 'info', 'requests') === undefined ? key : key.replace(/:\d{1,5}(?=[/"])/, '')
}
