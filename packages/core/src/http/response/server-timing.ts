import type { ServerResponse } from 'node:http'
import type { ServerHttp2Stream } from 'node:http2'
import { Array, Number, Object, Reflect, String } from '../../platform/platform.js'
import type { StepTotal } from '../../points/step-totals.js'
import { overrideMethod } from '../../wrapping/override-method.js'
import { streamOf } from './http2-response-end.js'
import type { NodeResponse } from './node-messages.js'

const NAME = 'Server-Timing'
const MAX_ENTRIES = 10
const MAX_NAME_CHARS = 60
/** Matches a `Cache-Control` for shared caches. A shared cache would send one caller's answer to other callers. */
const SHARED_CACHE = /(?:^|[\s,])(?:public|s-maxage)(?![\w-])/i

/** Returns the value of a `Server-Timing` header: the trace, the time so far, and the steps with the largest totals. */
export function timingOfTrace(baseId: string, totalMs: number, steps: readonly StepTotal[]): string {
  const shown = steps.slice(0, MAX_ENTRIES - 2).map(({ name, count, ms }) => {
    const token = toToken(name)
    return `${token};dur=${toDuration(ms)};desc=${quote(`${count} x ${name}`)}`
  })
  return [`osprofiler;desc=${quote(baseId)}`, `total;dur=${toDuration(totalMs)}`, ...shown].join(', ')
}

/** Returns the value of a `Server-Timing` header that says why a request is not traced. */
export function timingOfRefusal(reason: string): string {
  return `osprofiler;desc=${quote(`refused: ${reason}`)}`
}

/** Adds a `Server-Timing` header when the head of a response is written. `describe` returns the header's value. */
export function addServerTiming(res: NodeResponse, describe: () => string): void {
  const stream = streamOf(res)
  if (stream !== undefined) addToStream(stream, describe)
  else addToResponse(res as ServerResponse, describe)
}

/**
 * Overrides `writeHead`. Node's response calls this method for every head, even if the application only writes a body.
 */
function addToResponse(res: ServerResponse, describe: () => string): void {
  let isAdded = false
  overrideMethod(res, 'writeHead', (original, self, args) => {
    const status = Number(args[0])
    if (isAdded || res.headersSent || !(status >= 200)) return Reflect.apply(original, self, args)
    isAdded = true
    return Reflect.apply(original, self, changedHead(res, args, describe))
  })
}

function changedHead(res: ServerResponse, args: readonly unknown[], describe: () => string): readonly unknown[] {
  try {
    // Node reads the headers from the third argument, or from the second one if the second one is not a status message.
    const position = typeof args[1] === 'string' || (args[2] !== undefined && args[2] !== null) ? 2 : 1
    const headers = args[position]
    const given = headersIn(headers)
    const cacheControl = given['cache-control'] ?? res.getHeader('cache-control')
    if (SHARED_CACHE.test(toText(cacheControl))) return args
    const text = joined(given['server-timing'] ?? res.getHeader(NAME), describe())
    if (typeof headers !== 'object' || headers === null) {
      res.setHeader(NAME, text)
      return args
    }
    return [...args.slice(0, position), withTiming(headers, text), ...args.slice(position + 1)]
  } catch {
    // If the header cannot be added, the response is sent without it.
    return args
  }
}

/** Overrides `respond`, which begins every HTTP/2 response, even if Node's response object sends it. */
function addToStream(stream: ServerHttp2Stream, describe: () => string): void {
  overrideMethod(stream, 'respond', (original, self, args) => {
    try {
      const [headers] = args
      const given = headersIn(headers)
      if (!SHARED_CACHE.test(toText(given['cache-control']))) {
        const text = joined(given['server-timing'], describe())
        const isGiven = typeof headers === 'object' && headers !== null
        const changed = isGiven ? withTiming(headers, text, NAME.toLowerCase()) : { [NAME.toLowerCase()]: text }
        return Reflect.apply(original, self, [changed, ...args.slice(1)])
      }
    } catch {
      // If the header cannot be added, the response is sent without it.
    }
    return Reflect.apply(original, self, args)
  })
}

/** Returns headers by lower-case name, from an object, a flat list or a list of pairs. */
function headersIn(headers: unknown): Record<string, unknown> {
  const found: Record<string, unknown> = Object.create(null)
  for (const [name, value] of pairsOf(headers)) {
    const lower = String(name).toLowerCase()
    found[lower] = lower in found ? [found[lower], value] : value
  }
  return found
}

function pairsOf(headers: unknown): readonly (readonly [unknown, unknown])[] {
  if (typeof headers !== 'object' || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers)
  if (Array.isArray(headers[0])) return headers as [unknown, unknown][]
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []))
}

/**
 * Returns a copy of headers, in the same form (object, flat list or pairs). The copy's only `Server-Timing` header is
 * `text`.
 */
function withTiming(headers: object, text: string, name = NAME): object {
  const isTiming = (given: unknown): boolean => String(given).toLowerCase() === NAME.toLowerCase()
  if (Array.isArray(headers)) {
    const others = pairsOf(headers).filter(([given]) => !isTiming(given))
    return Array.isArray(headers[0]) ? [...others, [name, text]] : [...others.flat(), name, text]
  }
  const copy = Object.create(Object.getPrototypeOf(headers), Object.getOwnPropertyDescriptors(headers)) as object
  for (const given of Object.keys(headers)) if (isTiming(given)) Reflect.deleteProperty(copy, given)
  Reflect.defineProperty(copy, name, { value: text, writable: true, enumerable: true, configurable: true })
  return copy
}

function joined(before: unknown, text: string): string {
  const own = toText(before)
  return own === '' ? text : `${own}, ${text}`
}

function toText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return Array.isArray(value) ? value.flat(2).join(', ') : String(value)
}

function toDuration(ms: number): string {
  return ms.toFixed(1)
}

/** Converts a name to a token (RFC 9110). Replaces the characters that a token must not contain. */
function toToken(name: string): string {
  const token = name.slice(0, MAX_NAME_CHARS).replace(/[^\w!#$%&'*+.^`|~-]/g, '_')
  return token === '' ? '_' : token
}

/** Quotes a text. Replaces all characters except printable ASCII. */
function quote(text: string): string {
  const ascii = text.slice(0, 4 * MAX_NAME_CHARS).replace(/[^ -~]/g, '?')
  return `"${ascii.replace(/["\\]/g, '\\$&')}"`
}
