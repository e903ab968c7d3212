import { AsyncResource } from 'node:async_hooks'
import { Map, performance, setTimeout } from '../platform/platform.js'

/** Set that visits each member once the member has a given age. */
export interface AgingSet<Member> {
  /** Adds a member, or restarts the age of a member that the set already has. */
  add(member: Member): void
  delete(member: Member): void
  has(member: Member): boolean
  lookAtAll(): void
}

/** Creates a set. `look` must remove the member, on this visit or a later one. The set keeps no process alive. */
export function createAgingSet<Member>(ageMs: number, look: (member: Member) => void): AgingSet<Member> {
  const addedAt = new Map<Member, number>()
  let planned = false

  function plan(): void {
    if (planned || addedAt.size === 0) return
    planned = true
    startTimer()
  }

  // Without `bind`, a set that is never empty would hold the context of the first `add` forever.
  const startTimer = AsyncResource.bind(() => void setTimeout(lookAtAged, ageMs).unref())

  function lookAtAged(): void {
    planned = false
    const now = performance.now()
    for (const [member, since] of addedAt) {
      // The map is in insertion order, so the oldest member comes first.
      if (now - since < ageMs) break
      look(member)
    }
    plan()
  }

  return {
    add(member) {
      addedAt.delete(member)
      addedAt.set(member, performance.now())
      plan()
    },
    delete: member => void addedAt.delete(member),
    has: member => addedAt.has(member),
    lookAtAll() {
      for (const member of [...addedAt.keys()]) look(member)
    },
  }
}
