import { Set } from '@osprofiler/core/toolkit'

const MAX_REMEMBERED_IDS = 1_000

/**
 * Creates a function that recognizes repeated messages among the last 1,000 messages. The broker repeats a message if
 * the acknowledgment of the message was lost.
 */
export function createRepetitionCheck(): (uniqueId: string | undefined) => boolean {
  const seen = new Set<string>()
  return uniqueId => {
    if (uniqueId === undefined) return false
    if (seen.has(uniqueId)) return true
    seen.add(uniqueId)
    const [oldest] = seen
    if (seen.size > MAX_REMEMBERED_IDS && oldest !== undefined) seen.delete(oldest)
    return false
  }
}
