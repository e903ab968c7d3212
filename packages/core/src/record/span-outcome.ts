import { asNumber } from '../json/index.js'
import { attributeText, memberOf } from './attribute-value.js'
import { Number, String } from './language.js'
import { has } from './span-kind.js'
import type { SpanSource } from './span-source.js'

/** The status that a request was answered with. */
export function readStatus({ stopInfo }: SpanSource): number | undefined {
  const [response, requests] = [memberOf(stopInfo, 'response'), memberOf(stopInfo, 'requests')]
  const status = asNumber(memberOf(response, 'status_code') ?? memberOf(requests, 'status_code'))
  return Number.isInteger(status) ? status : undefined
}

/** What went wrong: an exception's type, or the status that by the conventions is an error on its side. */
export function readErrorType(source: SpanSource): string | undefined {
  const etype = memberOf(source.stopInfo, 'etype')
  if (etype !== undefined && etype !== null) return attributeText(etype)
  const status = readStatus(source) ?? 0
  const isClient = has(source, 'requests') && !has(source, 'request')
  return status >= (isClient ? 400 : 500) ? String(status) : undefined
}

/** The route of a served request. Its stop tells, as a router finds the route; other programs tell at the start. */
export function readRoute({ startInfo, stopInfo }: SpanSource): string | undefined {
  for (const info of [stopInfo, startInfo]) {
    const route = memberOf(memberOf(info, 'request'), 'route')
    if (typeof route === 'string' && route !== '') return attributeText(route)
  }
  return undefined
}
