import { emitWarning, Set } from './platform.js'
import { shared } from './shared-state.js'

const emittedKinds = shared('warned-once', () => new Set<string>())

/** Emits a process warning once per kind in the whole process, even if several copies of this package are loaded. */
export function warnOnce(code: string, message: string, kind: string = code): void {
  if (emittedKinds.has(kind)) return
  emittedKinds.add(kind)
  emitWarning(message, { code })
}
