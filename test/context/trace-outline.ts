import type { TraceRecord } from '@osprofiler/core'

/**
 * Draws a trace as indented lines, one for each point, with siblings sorted by name. Two equal outlines show that two
 * traces have the same points below the same parents.
 *
 * @throws Error if a point does not have exactly one start and then one stop, both with the same parent. The parent
 * must be `rootId` or a point in the trace.
 */
export function outlineTrace(records: readonly TraceRecord[], rootId = records[0]?.base_id): string {
  const points = readPoints(records)
  for (const { name, parentId } of points.values()) {
    if (parentId !== rootId && !points.has(parentId)) throw new Error(`The parent of ${name} is not in the trace`)
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
      if (known !== undefined) throw new Error(`${name} was recorded twice`)
      points.set(trace_id, { name: point, parentId: parent_id })
    } else {
      if (known?.name !== point || known.parentId !== parent_id) throw new Error(`${name} has no matching start`)
      if (stopped.has(trace_id)) throw new Error(`${name} was recorded twice`)
      stopped.add(trace_id)
    }
  }
  for (const [traceId, { name }] of points) {
    if (!stopped.has(traceId)) throw new Error(`${name} was not stopped`)
  }
  return points
}
