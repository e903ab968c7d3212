import type { TraceRecord } from '@osprofiler/core'
import { Array, Map, Object } from '@osprofiler/core/toolkit'
import { untagValues } from '../records/kombu-values.js'
import { isObject, toRecord } from '../records/record-text.js'

/**
 * The traits to read. Traits are the named values of an event. Ceilometer's default event definitions copy these traits
 * from `info.request` of a notification.
 */
const REQUEST_TRAITS = ['path', 'query', 'method', 'scheme']

/**
 * Converts an event to a record. If Ceilometer also stores the raw notification (`store_raw = info`), the record is
 * complete. Otherwise, the record contains only the values of the event's traits.
 */
export function decodeEvent(event: unknown): TraceRecord | undefined {
  if (!isObject(event)) return undefined
  const payload = isObject(event.raw) ? event.raw.payload : undefined
  if (isObject(payload) && typeof payload.base_id === 'string' && typeof payload.name === 'string') {
    return toRecord(untagValues(payload))
  }
  const traits = readTraits(event.traits)
  if (typeof traits.get('base_id') !== 'string' || typeof traits.get('name') !== 'string') return undefined
  return toRecord({ ...Object.fromEntries(traits), info: toInfo(traits) })
}

function readTraits(traits: unknown): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const trait of Array.isArray(traits) ? traits : []) {
    if (isObject(trait) && typeof trait.name === 'string') found.set(trait.name, trait.value)
  }
  return found
}

function toInfo(traits: ReadonlyMap<string, unknown>): Record<string, unknown> {
  const request = Object.fromEntries(
    REQUEST_TRAITS.filter(name => traits.has(name)).map(name => [name, traits.get(name)]),
  )
  return {
    host: traits.get('host') ?? '',
    ...(Object.keys(request).length > 0 && { request }),
    ...(traits.has('db.statement') && {
      db: { statement: traits.get('db.statement'), params: traits.get('db.params') ?? null },
    }),
  }
}
