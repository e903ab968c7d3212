import { awaitFirstKey, hasOwnKeys, isKeyAwaited, noteOwnKeys, tellFirstKey } from '../keys/first-key.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { isTraceLive } from '../points/context.js'

/** Calls `act` once before the first trace, when tracing is on and the process, an adapter or `run()` has a key. */
export function beforeFirstTrace(act: () => void): () => void {
  const forget = awaitFirstKey(act)
  if (isEnabled() && (hasOwnKeys() || isTraceLive() || configuredKeyRing() !== undefined)) tellFirstKey()
  return forget
}

/** Notes that an adapter has keys of its own, and perhaps its own switch `enabled`. */
export function openAdapter(enabled: boolean | undefined): void {
  if (enabled === false) return
  noteOwnKeys()
  if (isKeyAwaited() && (enabled ?? isEnabled())) tellFirstKey()
}
