import { Set } from '../json/language.js'

const METHODS = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'QUERY', 'TRACE'])

/** Returns an HTTP method according to OpenTelemetry's conventions: one of the methods above, or `_OTHER`. */
export function knownMethod(method: unknown): string | undefined {
  if (typeof method !== 'string' || method === '') return undefined
  const known = method.length > 10 ? '' : method.toUpperCase()
  return METHODS.has(known) ? known : '_OTHER'
}
