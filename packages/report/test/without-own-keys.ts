/** Returns a report's JSON in Python's form, without our own keys, and with children sorted by their ids. */
export function withoutOwnKeys(report: unknown): unknown {
  const { info, children, ...rest } = report as Record<string, unknown>
  return { ...rest, info: omit(info, ['base_id', 'started_at', 'finished_us']), children: comparable(children) }
}

function comparable(children: unknown): unknown {
  return (children as Record<string, unknown>[])
    .map(child => ({
      ...child,
      info: omit(child.info, ['started_us', 'finished_us', 'marks', 'other_records']),
      children: comparable(child.children),
    }))
    .sort((a, b) =>
      String((a as Record<string, unknown>).trace_id) < String((b as Record<string, unknown>).trace_id) ? -1 : 1,
    )
}

function omit(object: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(Object.entries(object as object).filter(([key]) => !keys.includes(key)))
}
