import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

interface State {
  /** Actions that run before the first trace opens. */
  readonly actions: Set<() => void>
  hasAdapterKeys: boolean
}

const state = shared<State>('first-key', () => ({ actions: new Set(), hasAdapterKeys: false }))

/** Calls `action` once, when the process has its first key. Returns a function that cancels the call. */
export function onFirstKey(action: () => void): () => void {
  state.actions.add(action)
  return () => state.actions.delete(action)
}

/** Returns whether an action is waiting for the first key. If not, no code needs to look for keys. */
export function isKeyAwaited(): boolean {
  return state.actions.size > 0
}

/** Runs the waiting actions. Must be called as soon as a trace can open. */
export function runFirstKeyActions(): void {
  for (const action of [...state.actions]) if (state.actions.delete(action)) action()
}

/** Records that an adapter was given its own keys. */
export function noteAdapterKeys(): void {
  state.hasAdapterKeys = true
}

/** Returns whether an adapter was given its own keys. If so, traces can open without keys in the configuration. */
export function hasAdapterKeys(): boolean {
  return state.hasAdapterKeys
}
