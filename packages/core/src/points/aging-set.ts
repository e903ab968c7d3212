import { AsyncResource } from 'node:async_hooks'
import { Map, performance, setTimeout } from '../platform/platform.js'

/** Set that visits each member once the member has a given age. */
export interface AgingSet<Member> {
  /** Adds a member, or restarts the age of a member that the set already has. */
  add(member: Member): void
  delete(member: Member): void
  has(member: Member): boolean
  visitAll(): void
}

/** Creates a set. `visit` must remove the member, on this visit or a later one. The set keeps no process alive. */
export function createAgingSet<Member>(ageMs: number, visit: (member: Member) => void): AgingSet<Member> {
  const addedAt = new Map<Member, number>()
  let isScheduled = false

  function scheduleVisit(): void {
    if (isScheduled || addedAt.size === 0) return
    isScheduled = true
    startTimer()
  }

  // Without `bind`, a set that is never empty would hold the context of the first `add` forever.
  const startTimer = AsyncResource.bind(() => void setTimeout(visitAged, ageMs).unref())

  function visitAged(): void {
    isScheduled = false
    const now = performance.now()
    for (const [member, since] of addedAt) {
      // The map is in insertion order, so the oldest member comes first.
      if (now - since < ageMs) break
      visit(member)
    }
    scheduleVisit()
  }

  return {
    add(member) {
      addedAt.delete(member)
      addedAt.set(member, performance.now())
      scheduleVisit()
    },
    delete: member => void addedAt.delete(member),
    has: member => addedAt.has(member),
    visitAll() {
      for (const member of [...addedAt.keys()]) visit(member)
    },
  }
}
