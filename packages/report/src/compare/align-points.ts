import { coveredUs, selfTimes } from '../analysis/self-time.js'
import { groupBy } from '../tree/group-by.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createRepetitionKey, repeatedDetail } from '../words/point-label.js'

/** A place in the tree that points of several reports share: same service, name and shape at every level. */
export interface AlignedPath {
  /** Numbers start at 0. A path's number is greater than that of its parent. */
  readonly id: number
  readonly parent: number | undefined
  readonly depth: number
  readonly service: string | undefined
  readonly name: string
  /** One line for people, not escaped. */
  readonly detail: string
}

/** Figures for the points of one report at one path. */
export interface PathMeasure {
  readonly count: number
  /** Time in which at least one of them ran, in microseconds. Points without both ends are left out. */
  readonly totalUs: number
  readonly selfUs: number
}

/** Alignment of several reports by the paths of their points. Repetitions of a point share a path. */
export interface Alignment {
  readonly paths: readonly AlignedPath[]
  /** Adds a report, and returns its measures by the ids of the paths. */
  add(report: Report): Map<number, PathMeasure>
}

/**
 * Creates an alignment. Two points share a path if their service, name and shape are the same, and so are their
 * parents'. A shape leaves out ids, numbers and quoted values, and the port of an outgoing request.
 */
export function createAlignment(): Alignment {
  const keyOf = createRepetitionKey()
  const paths: AlignedPath[] = []
  const ids = new Map<string, number>()

  const pathOf = (node: ReportNode, parent: number | undefined): number => {
    const key = `${parent ?? ''} ${removePort(keyOf(node), node)}`
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
      const setPath = (node: ReportNode, parent: number | undefined): void => {
        pathsOf.set(node, pathOf(node, parent))
      }
      for (const root of report.roots) setPath(root, undefined)
      for (const node of report.points) for (const child of node.children) setPath(child, pathsOf.get(node))
      const selfTimesByNode = selfTimes(report)
      const nodesByPath = groupBy(pathsOf.keys(), node => pathsOf.get(node) ?? 0)
      return new Map(Array.from(nodesByPath, ([path, nodes]) => [path, measure(nodes, selfTimesByNode)]))
    },
  }
}

function measure(nodes: readonly ReportNode[], selfTimesByNode: ReadonlyMap<ReportNode, number>): PathMeasure {
  return {
    count: nodes.length,
    totalUs: coveredUs(nodes) ?? 0,
    selfUs: nodes.reduce((sum, node) => sum + (selfTimesByNode.get(node) ?? 0), 0),
  }
}

/** Services that tests start listen on another port each time. */
function removePort(key: string, { start }: ReportNode): string {
  return readField(start, 'info', 'requests') === undefined ? key : key.replace(/:\d{1,5}(?=[/"])/, '')
}
