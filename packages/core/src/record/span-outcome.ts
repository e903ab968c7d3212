import { asNumber } from '../json/index.js'
import { isInteger, isSafeInteger } from '../json/language.js'
import { attributeText, memberOf } from './attribute-value.js'
import { has } from './span-kind.js'
import type { SpanSource } from './span-source.js'

/** As this counts an integer of hundreds of digits. */
const BEYOND_DOUBLES = 2 ** 1024

/** The status that a request was answered with. */
export function readStatus({ stopInfo }: Pick<SpanSource, 'stopInfo'>): number | undefined {
  const status = asNumber(findStatus({ stopInfo }))
  return isInteger(status) || status === BEYOND_DOUBLES ? status : undefined
}

/** The same as it was recorded: a number that JavaScript cannot count has its digits. */
export function readStatusValue(source: SpanSource): unknown {
  const status = readStatus(source)
  return status === undefined || isSafeInteger(status) ? status : findStatus(source)
}

/** What went wrong: an exception's type, or the status that by the conventions is an error on its side. */
export function readErrorType(source: SpanSource): string | undefined {
  const etype = memberOf(source.stopInfo, 'etype')
  if (etype !== undefined && etype !== null) return attributeText(etype)
  const status = readStatus(source) ?? 0
  const isClient = has(source, 'requests') && !has(source, 'request')
  return status >= (isClient ? 400 : 500) ? attributeText(readStatusValue(source)) : undefined
}

/** The route of a served request. Its stop tells, as a router finds the route; other programs tell at the start. */
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
