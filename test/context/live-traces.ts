interface Registry {
  readonly values: ReadonlyMap<string, unknown>
}

/** Returns the number of live traces in this process. Up to Node 22, a live trace makes each `await` slower. */
export function countLiveTraces(): number {
  const registry = Reflect.get(globalThis, Symbol.for('osprofiler.core')) as Registry
  return (registry.values.get('context') as { readonly live: number }).live
}
