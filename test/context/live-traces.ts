interface Registry {
  readonly values: ReadonlyMap<string, unknown>
}

/** How many traces count as live in this process. Up to Node 22 each `await` is dearer while there is one. */
export function countLiveTraces(): number {
  const registry = Reflect.get(globalThis, Symbol.for('osprofiler.core')) as Registry
  return (registry.values.get('context') as { readonly live: number }).live
}
