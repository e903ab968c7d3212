import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { createGunzip } from 'node:zlib'
import definitions from 'opentelemetry-definitions/build/src/generated/root.js'
import { onTestFinished } from 'vitest'
import { findFreePort } from '../../../test/servers/free-port.js'
import type { Certificate } from '../../../test/servers/make-certificate.js'

/** A span as the collector receives it, with the attributes of its resource. */
export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  /** The empty string if the span has no parent. */
  readonly parentSpanId: string
  readonly name: string
  /** The kind of the span, as opentelemetry-proto numbers it: 1 internal, 2 server, 3 client. */
  readonly kind: number
  /** The start time in nanoseconds since 1970. */
  readonly start: bigint
  readonly end: bigint
  readonly attributes: Readonly<Record<string, unknown>>
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[]
  readonly status: { readonly code: number; readonly message: string }
  readonly flags: number
  readonly resource: Readonly<Record<string, unknown>>
}

export interface ReceivedRequest {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  /** The length of the body in bytes, after decompression. */
  readonly bytes: number
  readonly spans: number
}

/** A small server that replaces an OpenTelemetry collector. */
export interface OtlpReceiver {
  readonly host: string
  readonly port: number
  readonly spans: readonly ReceivedSpan[]
  readonly requests: readonly ReceivedRequest[]
  /** Sets all later answers. A request's spans are kept only if the status of the answer is 200. */
  answer(answer: Answer): void
  /** Stops listening, and breaks the open connections. */
  stop(): Promise<void>
  /** Listens again on the same port. */
  start(): Promise<void>
}

interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** The collector reports the last `rejected` spans of each request as rejected, and keeps the other spans. */
  readonly rejected?: number
  /** Whether the collector keeps the spans and then breaks the connection without an answer. */
  readonly breaks?: boolean
  /** Chooses the status from a request's spans and its length in bytes. */
  readonly judge?: (spans: readonly ReceivedSpan[], bytes: number) => number
  /** The body of the answer, in place of an OTLP message. */
  readonly body?: string
  /** The collector answers after this promise resolves. */
  readonly after?: Promise<unknown>
}

/** A message class of protobufjs, which has no declarations for generated messages. */
interface Message {
  decode(bytes: Uint8Array): unknown
  encode(message: object): { finish(): Uint8Array }
  fromObject(object: unknown): unknown
  toObject(message: unknown, options: object): unknown
}

interface Definitions {
  readonly opentelemetry: {
    readonly proto: { readonly collector: { readonly trace: { readonly v1: Readonly<Record<MessageName, Message>> } } }
  }
}
type MessageName = 'ExportTraceServiceRequest' | 'ExportTraceServiceResponse'

const { ExportTraceServiceRequest, ExportTraceServiceResponse } = (definitions as unknown as Definitions).opentelemetry
  .proto.collector.trace.v1

/** Starts a collector that decodes requests with OpenTelemetry's own protobuf definitions. */
export async function startOtlpReceiver(certificate?: Certificate): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = []
  const requests: ReceivedRequest[] = []
  let behavior: Answer = {}
  const port = await findFreePort()

  const onRequest: RequestListener = async (request, response) => {
    const { headers = {}, rejected = 0, breaks = false, after, judge, body } = behavior
    const isJson = request.headers['content-type'] === 'application/json'
    const stream = request.headers['content-encoding'] === 'gzip' ? request.pipe(createGunzip()) : request
    const content = await buffer(stream).catch(() => undefined)
    const message = content && read(content, isJson)
    const received = message === undefined ? [] : toSpans(message)
    const bytes = content?.length ?? 0
    requests.push({ path: request.url ?? '', headers: request.headers, bytes, spans: received.length })
    await after
    if (content === undefined) return void response.destroy()
    if (message === undefined) return void response.writeHead(400).end()
    const status = judge?.(received, bytes) ?? behavior.status ?? 200
    if (status === 200) spans.push(...received.slice(0, received.length - rejected))
    if (breaks) return void response.destroy()
    const type = isJson ? 'application/json' : 'application/x-protobuf'
    response.writeHead(status, { 'content-type': type, ...headers })
    response.end(body ?? (status === 200 ? encodeAnswer(rejected, isJson) : 'no'))
  }

  function create() {
    // If the server closes an idle connection just when a client uses it, the client repeats its request. With Node's
    // default of 5 s, this would happen on a busy machine.
    const options = { keepAliveTimeout: 60_000 }
    if (certificate === undefined) return createServer(options, onRequest)
    const { certificateFile, keyFile } = certificate
    return createTlsServer({ ...options, cert: readFileSync(certificateFile), key: readFileSync(keyFile) }, onRequest)
  }
  let server = create()

  const receiver: OtlpReceiver = {
    host: '127.0.0.1',
    port,
    spans,
    requests,
    answer(answer) {
      behavior = answer
    },
    async stop() {
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
    async start() {
      server = create()
      server.listen(port, '127.0.0.1').unref()
      await once(server, 'listening')
    },
  }
  await receiver.start()
  onTestFinished(() => receiver.stop())
  return receiver
}

/** Decodes a request, or returns undefined if it is not an OTLP request. */
function read(content: Buffer, isJson: boolean): unknown {
  try {
    if (isJson) return ExportTraceServiceRequest.fromObject(withBytes(JSON.parse(content.toString())))
    return ExportTraceServiceRequest.decode(content)
  } catch {
    return undefined
  }
}

/** Converts hexadecimal ids to bytes. OTLP's JSON uses hexadecimal ids, but protobuf's JSON uses Base64. */
function withBytes(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) return value.map(item => withBytes(item))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withBytes(member, name)]))
  }
  const isId = key === 'traceId' || key === 'spanId' || key === 'parentSpanId'
  return isId && typeof value === 'string' ? Buffer.from(value, 'hex') : value
}

function encodeAnswer(rejected: number, isJson: boolean): Buffer | string {
  // The real collector also sends an empty `partialSuccess`.
  const answer = { partialSuccess: rejected === 0 ? {} : { rejectedSpans: rejected, errorMessage: 'too old' } }
  return isJson ? JSON.stringify(answer) : Buffer.from(ExportTraceServiceResponse.encode(answer).finish())
}

interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly DecodedAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[]
  }[]
}

interface DecodedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly DecodedAttribute[]
  readonly events: readonly { readonly name: string; readonly attributes: readonly DecodedAttribute[] }[]
  readonly status: { readonly code: number; readonly message: string }
  readonly flags: number
}

interface DecodedAttribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

function toSpans(message: unknown): ReceivedSpan[] {
  const options = { bytes: String, longs: String, defaults: true, arrays: true, oneofs: true }
  const { resourceSpans } = ExportTraceServiceRequest.toObject(message, options) as Decoded
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map(span => toSpan(span, toObject(resource.attributes)))),
  )
}

function toSpan(span: DecodedSpan, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const { name, kind, flags, status } = span
  return {
    name,
    kind,
    flags,
    resource,
    traceId: toHex(span.traceId),
    spanId: toHex(span.spanId),
    parentSpanId: toHex(span.parentSpanId),
    start: BigInt(span.startTimeUnixNano),
    end: BigInt(span.endTimeUnixNano),
    attributes: toObject(span.attributes),
    events: span.events.map(event => ({ name: event.name, attributes: toObject(event.attributes) })),
    status: { code: status?.code ?? 0, message: status?.message ?? '' },
  }
}

function toHex(base64: string): string {
  return Buffer.from(base64 ?? '', 'base64').toString('hex')
}

function toObject(attributes: readonly DecodedAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => {
      const [member = 'value'] = [value.value].flat()
      const found = value[String(member)]
      return [key, member === 'intValue' ? Number(found) : found]
    }),
  )
}
