import { AsyncResource } from 'node:async_hooks'
import { Map, performance, setTimeout } from '../platform/platform.js'

/** A set that calls `visit` for each member once the member has reached a given age. */
export interface AgingSet<Member> {
  /** Adds a member. If the set already has the member, restarts its age. */
  add(member: Member): void
  delete(member: Member): void
  has(member: Member): boolean
  visitAll(): void
}

/** Creates a set. `visit` must remove the member, now or on a later visit. The set does not keep the process alive. */
export function createAgingSet<Member>(ageMs: number, visit: (member: Member) => void): AgingSet<Member> {
  const addedAt = new Map<Member, number>()
  let isScheduled = false

  function scheduleVisit(): void {
    if (isScheduled || addedAt.size === 0) return
    isScheduled = true
    startTimer()
  }

  // Without `bind`, the context of the first `add` would stay in memory until the set is empty.
  const startTimer = AsyncResource.bind(() => void setTimeout(visitAged, ageMs).unref())

  function visitAged(): void {
    isScheduled = false
    const now = performance.now()
    for (const [member, since] of addedAt) {
      // The map is in insertion order, so the oldest member is first.
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
