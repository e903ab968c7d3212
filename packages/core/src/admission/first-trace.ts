import { hasAdapterKeys, isKeyAwaited, noteAdapterKeys, onFirstKey, runFirstKeyActions } from '../keys/first-key.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { isTraceLive } from '../points/context.js'

/** Calls `action` once before the first trace, when tracing is on and the process, an adapter or `run()` has a key. */
export function beforeFirstTrace(action: () => void): () => void {
  const cancel = onFirstKey(action)
  if (isEnabled() && (hasAdapterKeys() || isTraceLive() || configuredKeyRing() !== undefined)) runFirstKeyActions()
  return cancel
}

/** Notes that an adapter has keys of its own, and perhaps its own switch `enabled`. */
export function registerAdapterKeys(enabled: boolean | undefined): void {
  if (enabled === false) return
  noteAdapterKeys()
  if (isKeyAwaited() && (enabled ?? isEnabled())) runFirstKeyActions()
}
