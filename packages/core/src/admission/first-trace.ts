import { awaitFirstKey, hasOwnKeys, isKeyAwaited, noteOwnKeys, tellFirstKey } from '../keys/first-key.js'
import { configuredKeyRing, isEnabled } from '../options/configuration.js'
import { isTraceLive } from '../points/context.js'

/**
 * Has `act` called once, before a first trace can open: when tracing is enabled and a key is there, of the process, of an
 * adapter or of `run()`. At once where that is so already. Returns a function that takes it back.
 */
export function beforeFirstTrace(act: () => void): () => void {
  const forget = awaitFirstKey(act)
  if (isEnabled() && (hasOwnKeys() || isTraceLive() || configuredKeyRing() !== undefined)) tellFirstKey()
  return forget
}

/** Says that an adapter has keys of its own, and perhaps a switch of its own. */
export function openAdapter(enabled: boolean | undefined): void {
  if (enabled === false) return
  noteOwnKeys()
  if (isKeyAwaited() && (enabled ?? isEnabled())) tellFirstKey()
}
