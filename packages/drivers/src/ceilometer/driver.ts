import { OsprofilerError, type TraceRecord } from '@osprofiler/core'
import { Array, String, URLSearchParams } from '@osprofiler/core/toolkit'
import type { OpenContext, StoreDriver } from '../opening/store-driver.js'
import { compareByTime } from '../records/record-time.js'
import { decodeEvent } from './event.js'
import { openCeilometerSession } from './session.js'

/** Maximum number of events that are read for a trace. OSProfiler for Python used the same limit. */
const MAX_EVENTS = 100_000

/**
 * Reads traces from Ceilometer's event API (`/v2/events`, later part of Panko), as OSProfiler 1.x did. The driver
 * cannot write. Ceilometer itself creates the events from notifications, which `messaging://` sends.
 */
export function openCeilometerDriver(location: string, context: OpenContext): StoreDriver {
  const session = openCeilometerSession(location, context)

  return {
    name: context.scheme,
    location: session.location,
    answerMs: session.answerMs,
    async write() {
      throw new OsprofilerError(
        'ERR_WRITE_REFUSED',
        'ceilometer:// is read-only. Write to messaging://, because Ceilometer reads its notifications.',
      )
    },
    async *read(baseId) {
      const query = new URLSearchParams([
        ['q.field', 'base_id'],
        ['q.op', 'eq'],
        ['q.type', 'string'],
        ['q.value', baseId],
        ['limit', String(MAX_EVENTS)],
      ])
      const events = await session.get(`/v2/events?${query}`)
      if (!Array.isArray(events))
        throw new OsprofilerError('ERR_STORE', 'Ceilometer did not answer with a list of events.')
      const records = events.map(decodeEvent).filter(record => record?.base_id === baseId) as TraceRecord[]
      yield records.sort(compareByTime)
      if (events.length < MAX_EVENTS) return
      throw new OsprofilerError(
        'ERR_STORE',
        `The trace has more than ${MAX_EVENTS} events. The other events were not read.`,
      )
    },
  }
}
