import { AsyncResource } from 'node:async_hooks'
import { Map, performance, setTimeout } from '../platform/platform.js'

/** A set whose members are looked at once they have been in it for a while. */
export interface AgingSet<Member> {
  /** Adds a member, or makes it the youngest again. */
  add(member: Member): void
  delete(member: Member): void
  has(member: Member): boolean
  /** Looks at all members now. */
  lookAtAll(): void
}

/** `look` may remove the member, and does so sooner or later. The set keeps no process alive. */
export function createAgingSet<Member>(ageMs: number, look: (member: Member) => void): AgingSet<Member> {
  const addedAt = new Map<Member, number>()
  let planned = false

  function plan(): void {
    if (planned || addedAt.size === 0) return
    planned = true
    startTimer()
  }

  // Bound here, or a set that is never empty would for ever hold the context in which it was first added to.
  const startTimer = AsyncResource.bind(() => void setTimeout(lookAtAged, ageMs).unref())

  function lookAtAged(): void {
    planned = false
    const now = performance.now()
    for (const [member, since] of addedAt) {
      // The members stand in the order of their ages.
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
