import { coveredUs, selfTimes } from '../analysis/self-time.js'
import { groupBy } from '../tree/group-by.js'
import { readField } from '../tree/read-field.js'
import type { Report, ReportNode } from '../tree/report.js'
import { createRepetitionKey, repeatedDetail } from '../words/point-label.js'

/** A path in the tree that points of several reports share: the service, name and shape are the same at every level. */
export interface AlignedPath {
  /** Ids are numbers from 0. A path's id is greater than its parent's id. */
  readonly id: number
  readonly parent: number | undefined
  readonly depth: number
  readonly service: string | undefined
  readonly name: string
  /** One line of text that describes the points. Not escaped: pass it through `escapeControl` before printing. */
  readonly detail: string
}

/** Measurements of one report's points at one path. */
export interface PathMeasure {
  readonly count: number
  /** Time in which at least one of the points ran, in microseconds. Points without a start or a stop are left out. */
  readonly totalUs: number
  readonly selfUs: number
}

/** Aligns several reports by the paths of their points. Points that repeat one another share a path. */
export interface Alignment {
  readonly paths: readonly AlignedPath[]
  /** Adds a report, and returns its measurements by path id. */
  add(report: Report): Map<number, PathMeasure>
}

/**
 * Creates an alignment. Two points share a path if they and the points above them have the same services, names and
 * shapes. A shape contains no ids, numbers or quoted values, and no port of an outgoing request.
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

/**
 * Removes the port of an outgoing request, because a service that a test starts listens on a different port each time.
 */
function removePort(key: string, { start }: ReportNode): string {
  return readField(start, 'info', 'requests') === undefined ? key : key.replace(/:\d{1,5}(?=[/"])/, '')
}
