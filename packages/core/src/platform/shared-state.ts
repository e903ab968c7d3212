import { emitWarning, globalObject, Map, Object } from './platform.js'

const REGISTRY = Symbol.for('osprofiler.core')
const LAYOUT = 1

interface Registry {
  readonly layout: number
  readonly values: Map<string, unknown>
}

const registry = openRegistry()

/**
 * Returns a value that exists once per process, even if two copies of this package are loaded. For example, there may
 * be two versions in `node_modules`, or a bundle and an installed package. The first copy creates the value, and the
 * other copies use it.
 */
export function shared<T>(name: string, create: () => T): T {
  if (!registry.values.has(name)) registry.values.set(name, create())
  return registry.values.get(name) as T
}

function openRegistry(): Registry {
  const holder = globalObject as { [REGISTRY]?: Registry }
  const existing = holder[REGISTRY]
  if (existing?.layout === LAYOUT) return existing
  const created: Registry = { layout: LAYOUT, values: new Map() }
  if (existing === undefined) {
    Object.defineProperty(holder, REGISTRY, { value: created })
  } else {
    emitWarning(
      'Two versions of @osprofiler/core that cannot share their state are loaded; each traces for itself. Install one version.',
      { code: 'OSPROFILER_TWO_VERSIONS' },
    )
  }
  return created
}
