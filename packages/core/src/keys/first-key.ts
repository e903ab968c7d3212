import { Set } from '../platform/platform.js'
import { shared } from '../platform/shared-state.js'

interface State {
  /** What is to be put in place before the first trace opens. */
  readonly waiting: Set<() => void>
  /** Whether an adapter was given keys of its own. */
  ownKeys: boolean
}

const state = shared<State>('first-key', () => ({ waiting: new Set(), ownKeys: false }))

/** Has `act` called once, when a first key is there. Returns a function that takes that back. */
export function awaitFirstKey(act: () => void): () => void {
  state.waiting.add(act)
  return () => state.waiting.delete(act)
}

/** Whether anybody waits for a first key. Nobody looks for keys otherwise. */
export function isKeyAwaited(): boolean {
  return state.waiting.size > 0
}

/** Says that a trace can open from now on. */
export function tellFirstKey(): void {
  for (const act of [...state.waiting]) if (state.waiting.delete(act)) act()
}

/** Says that an adapter was given keys of its own. */
export function noteOwnKeys(): void {
  state.ownKeys = true
}

/** Whether an adapter was given keys of its own. */
export function hasOwnKeys(): boolean {
  return state.ownKeys
}
