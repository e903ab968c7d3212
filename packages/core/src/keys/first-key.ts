import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

interface State {
  /** Actions that run before the first trace opens. */
  readonly waiting: Set<() => void>
  ownKeys: boolean
}

const state = shared<State>('first-key', () => ({ waiting: new Set(), ownKeys: false }))

/** Calls `act` once, when the first key is there. Returns a function that cancels the call. */
export function awaitFirstKey(act: () => void): () => void {
  state.waiting.add(act)
  return () => state.waiting.delete(act)
}

/** Returns whether an action waits for the first key. Otherwise no code looks for keys. */
export function isKeyAwaited(): boolean {
  return state.waiting.size > 0
}

/** Runs the waiting actions, because a trace can open from now on. */
export function tellFirstKey(): void {
  for (const act of [...state.waiting]) if (state.waiting.delete(act)) act()
}

/** Notes that an adapter was given keys of its own. */
export function noteOwnKeys(): void {
  state.ownKeys = true
}

/** Returns whether an adapter was given keys of its own, so traces can open without keys in the configuration. */
export function hasOwnKeys(): boolean {
  return state.ownKeys
}
