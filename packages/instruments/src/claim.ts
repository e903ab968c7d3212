const CLAIMED = Symbol.for('osprofiler.instruments.claimed')

/**
 * Whether the caller is the first to take this call for a point. The same call may be told to several who listen:
 * two installations, or two copies of this package in one process.
 */
export function claim(call: object): boolean {
  const holder = globalThis as { [CLAIMED]?: WeakSet<object> }
  if (holder[CLAIMED] === undefined) Object.defineProperty(holder, CLAIMED, { value: new WeakSet() })
  const claimed = holder[CLAIMED]
  if (claimed === undefined || claimed.has(call)) return false
  claimed.add(call)
  return true
}
