import type { TraceRecord } from '@osprofiler/core'

/**
 * A trace as indented lines, one a point, siblings by name: what has to be equal when a trace has exactly its own
 * points under the right parents.
 *
 * @throws Error where a point has not exactly one start and one stop, in this order and of one parent, or where its
 * parent is neither in the trace nor `rootId`.
 */
export function outlineTrace(records: readonly TraceRecord[], rootId = records[0]?.base_id): string {
  const points = readPoints(records)
  for (const { name, parentId } of points.values()) {
    if (parentId !== rootId && !points.has(parentId)) throw new Error(`The parent of ${name} is not of its trace`)
  }
  const lines: string[] = []
  const draw = (parentId: string | undefined, indent: string): void => {
    const children = [...points].filter(([, point]) => point.parentId === parentId)
    for (const [traceId, { name }] of children.sort(([, one], [, other]) => (one.name < other.name ? -1 : 1))) {
      lines.push(indent + name)
      draw(traceId, `${indent}  `)
    }
  }
  draw(rootId, '')
  return lines.join('\n')
}

function readPoints(records: readonly TraceRecord[]): Map<string, { name: string; parentId: string }> {
  const points = new Map<string, { name: string; parentId: string }>()
  const stopped = new Set<string>()
  for (const { name, trace_id, parent_id } of records) {
    const [, point = '', end] = /^(.*)-(start|stop)$/.exec(name) ?? []
    const known = points.get(trace_id)
    if (end === 'start') {
      if (known !== undefined) throw new Error(`${name} came twice`)
      points.set(trace_id, { name: point, parentId: parent_id })
    } else {
      if (known?.name !== point || known.parentId !== parent_id) throw new Error(`${name} has no start of its own`)
      if (stopped.has(trace_id)) throw new Error(`${name} came twice`)
      stopped.add(trace_id)
    }
  }
  for (const [traceId, { name }] of points) {
    if (!stopped.has(traceId)) throw new Error(`${name} was not stopped`)
  }
  return points
}
