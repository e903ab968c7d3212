import { asNumber } from '../json/index.js'
import { isInteger, isSafeInteger } from '../json/language.js'
import { attributeText, memberOf } from './attribute-value.js'
import { hasInfoObject } from './span-kind.js'
import type { SpanSource } from './span-source.js'

/** Infinity. An integer of more than 309 digits becomes this value when it is read as a double. */
const BEYOND_MAX_DOUBLE = 2 ** 1024

/** Returns the HTTP status of a response, if it is an integer. */
export function readStatus({ stopInfo }: Pick<SpanSource, 'stopInfo'>): number | undefined {
  const status = asNumber(findStatus({ stopInfo }))
  return isInteger(status) || status === BEYOND_MAX_DOUBLE ? status : undefined
}

/** Returns the status as it was recorded. An integer beyond 2 ** 53 keeps its digits. */
export function readStatusValue(source: SpanSource): unknown {
  const status = readStatus(source)
  return status === undefined || isSafeInteger(status) ? status : findStatus(source)
}

/**
 * Returns the exception's type, or a status that the conventions classify as an error: from 400 for a client, from 500
 * for a server.
 */
export function readErrorType(source: SpanSource): string | undefined {
  const etype = memberOf(source.stopInfo, 'etype')
  if (etype !== undefined && etype !== null) return attributeText(etype)
  const status = readStatus(source) ?? 0
  const isClient = hasInfoObject(source, 'requests') && !hasInfoObject(source, 'request')
  return status >= (isClient ? 400 : 500) ? attributeText(readStatusValue(source)) : undefined
}

/**
 * Returns a served request's route. This project's adapters record the route in the stop record. Other programs record
 * it in the start record.
 */
export function readRoute({ startInfo, stopInfo }: SpanSource): string | undefined {
  for (const info of [stopInfo, startInfo]) {
    const route = memberOf(memberOf(info, 'request'), 'route')
    if (typeof route === 'string' && route !== '') return attributeText(route)
  }
  return undefined
}

function findStatus({ stopInfo }: Pick<SpanSource, 'stopInfo'>): unknown {
  const [response, requests] = [memberOf(stopInfo, 'response'), memberOf(stopInfo, 'requests')]
  return memberOf(response, 'status_code') ?? memberOf(requests, 'status_code')
}
