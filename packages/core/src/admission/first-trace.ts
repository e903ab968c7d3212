import { hasAdapterKeys, isKeyAwaited, noteAdapterKeys, onFirstKey, runFirstKeyActions } from '../keys/first-key.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { isTraceLive } from '../points/context.js'

/**
 * Calls `action` once, before the first trace begins: as soon as tracing is enabled and the process, an adapter or
 * `run()` has a key. Returns a function that cancels the call.
 */
export function beforeFirstTrace(action: () => void): () => void {
  const cancel = onFirstKey(action)
  if (isEnabled() && (hasAdapterKeys() || isTraceLive() || configuredKeyRing() !== undefined)) runFirstKeyActions()
  return cancel
}

/** Records that an adapter was given its own keys. `enabled` is the adapter's option of this name, if it is set. */
export function registerAdapterKeys(enabled: boolean | undefined): void {
  if (enabled === false) return
  noteAdapterKeys()
  if (isKeyAwaited() && (enabled ?? isEnabled())) runFirstKeyActions()
}
