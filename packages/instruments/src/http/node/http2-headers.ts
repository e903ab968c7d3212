import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import Module from 'node:module'
import { get, type Profiler } from '@osprofiler/core'
import { Object, process, String, URL, WeakMap } from '@osprofiler/core/toolkit'
import { whenBuiltinLoaded } from '../../loading/builtin-loads.js'
import { wrapBuiltin } from '../../loading/wrap-builtin.js'
import type { InstrumentSettings } from '../../options/instrument-contract.js'
import { normalizeHost } from '../../propagation/host-rule.js'
import type { Propagation } from '../../propagation/propagate-to.js'
import { changeTraceHeaders, hasTraceValues, type Receiver } from '../../propagation/trace-header-change.js'
import { type Around, undoAll, wrapInherited } from '../../wrapping/wrap-method.js'
import { wrapWhenSeen } from '../../wrapping/wrap-when-seen.js'
import { snapshotArguments } from './http-call.js'
import { changeHeaders, type HeaderList, listHeaders } from './http-headers.js'

type RequestHeaders = OutgoingHttpHeaders | HeaderList

/**
 * Keeps `node:http2` from forwarding a caller's pair of trace headers. Requests over `node:http2` are not recorded. A
 * gateway that copies the headers of an incoming request sends its own pair instead, or no pair if the host must not
 * have one.
 */
export function guardHttp2Headers({ mayReceive }: InstrumentSettings): () => void {
  return whenHttp2Loaded(http2 => {
    const sessions = wrapWhenSeen(prototype => wrapInherited(prototype, { request: createAroundRequest(mayReceive) }))
    const connect: Around = (proceed, _self, args) => {
      const session = proceed(args) as ClientHttp2Session
      authorities.set(session, args[0])
      return sessions.see(session)
    }
    return undoAll([wrapBuiltin(http2, { connect }), sessions.undo])
  })
}

/** The authority of each session, as the program wrote it. */
const authorities = new WeakMap<object, unknown>()

/**
 * Calls `onLibrary` once the program has loaded `node:http2`. If this version of Node cannot report later loads, loads
 * the module now, which takes four milliseconds.
 */
function whenHttp2Loaded(onLibrary: (http2: object) => () => void): () => void {
  if ('registerHooks' in Module) return whenBuiltinLoaded('node:http2', onLibrary)
  return onLibrary(process.getBuiltinModule('node:http2'))
}

function createAroundRequest(mayReceive: Propagation): Around {
  return (proceed, self, args) => {
    const profiler = get()
    if (profiler === undefined) return proceed(args)
    const [headers] = snapshotArguments(args)
    if (typeof headers !== 'object' || headers === null) return proceed(args)
    const changed = replaceCallersPair(profiler, self as ClientHttp2Session, headers as RequestHeaders, mayReceive)
    return proceed([changed, ...args.slice(1)])
  }
}

function replaceCallersPair(
  profiler: Profiler,
  session: ClientHttp2Session,
  headers: RequestHeaders,
  mayReceive: Propagation,
): RequestHeaders {
  const changed = changeHeaders(headers, (found, limits) => {
    if (!hasTraceValues(found)) return undefined
    return changeTraceHeaders(profiler, found, limits, receiverOf(session, headers, mayReceive))
  })
  if (changed === undefined) return headers
  // Symbol properties are copied too, because one of them lists the headers that must not be compressed.
  return Object.assign(changed.headers as RequestHeaders, pickSymbols(headers))
}

function pickSymbols(headers: RequestHeaders): Record<symbol, unknown> {
  const members = headers as unknown as Record<symbol, unknown>
  return Object.fromEntries(Object.getOwnPropertySymbols(headers).map(symbol => [symbol, members[symbol]]))
}

function receiverOf(session: ClientHttp2Session, headers: RequestHeaders, mayReceive: Propagation): Receiver {
  const [connected, asked] = listReceivers(session, headers)
  if (!mayReceive(connected) || !mayReceive(asked)) return undefined
  return normalizeHost(new URL(asked))
}

function listReceivers(
  session: ClientHttp2Session,
  headers: RequestHeaders,
): readonly [connected: URL | string, asked: string] {
  const connected = parseAuthority(authorities.get(session))
  const named = readHeader(headers, ':authority') ?? readHeader(headers, 'host')
  const scheme = readHeader(headers, ':scheme') ?? connected?.protocol.slice(0, -1)
  const path = readHeader(headers, ':path') ?? '/'
  const asked = named === undefined ? connected?.origin : `${scheme}://${named}`
  return [connected ?? '', asked === undefined ? '' : asked + path]
}

function readHeader(headers: RequestHeaders, name: string): string | undefined {
  const entry = listHeaders(headers).find(([given]) => String(given).toLowerCase() === name)
  return entry === undefined || entry[1] === undefined ? undefined : String(entry[1])
}

/** Reads an argument of `connect()`: a string, a URL, or an object with some of a URL's members. */
function parseAuthority(authority: unknown): URL | undefined {
  if (typeof authority === 'string') return URL.canParse(authority) ? new URL(authority) : undefined
  if (typeof authority !== 'object' || authority === null) return undefined
  const { protocol = 'https:', hostname, host, port = '' } = authority as Record<string, unknown>
  const text = `${protocol}//${hostname || host}${port === '' ? '' : `:${port}`}`
  return URL.canParse(text) ? new URL(text) : undefined
}
