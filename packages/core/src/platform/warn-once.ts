import { emitWarning, Set } from './platform.js'
import { shared } from './shared-state.js'

const emittedKinds = shared('warned-once', () => new Set<string>())

/** Emits a process warning once per kind, whichever copy of this package emits it. */
export function warnOnce(code: string, message: string, kind: string = code): void {
  if (emittedKinds.has(kind)) return
  emittedKinds.add(kind)
  emitWarning(message, { code })
}
