import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { configure, createTraceId, run, setNotifier, signedPack } from '@osprofiler/core'
import { createRequestTracer, type RequestTracer } from '@osprofiler/core/http'
import { createCallTracer } from '@osprofiler/core/rpc'
import { signTicket } from '@osprofiler/core/toolkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const KEY = 'SECRET_KEY'

beforeEach(() => setNotifier(() => undefined))
afterEach(() => setNotifier(undefined))

/** Returns a request with a signed pair, and with a valid ticket for the audience `aud`. */
function createRequest(aud = ''): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  const [info, hmac] = signedPack({ base_id: createTraceId() }, KEY)
  const iat = Date.now() / 1_000 + 1
  const ticket = signTicket({ key: KEY, info, iat, exp: iat + 60, aud, points: 9 })
  Object.assign(request.headers, { 'x-trace-info': info, 'x-trace-hmac': hmac, 'x-trace-ticket': ticket })
  return request
}

/** Returns whether a tracer traces a request. */
function isTraced(tracer: RequestTracer, request: IncomingMessage): boolean {
  return tracer.serve(request, new ServerResponse(request), served => served !== undefined)
}

it('run() accepts a ticket only if the ticket was signed with the key that is passed to run()', () => {
  const request = createRequest()
  const ticket = String(request.headers['x-trace-ticket'])

  expect(run({ hmacKey: KEY, baseId: 'elsewhere', ticket }, () => 'ran')).toBe('ran')
  expect(() => run({ hmacKey: 'OTHER', ticket }, () => 'ran')).toThrow(TypeError)
  expect(() => run({ hmacKey: KEY, ticket: 7 as never }, () => 'ran')).toThrow(TypeError)
})

describe('the verdict about a ticket', () => {
  it('applies to every tracer that sees the request, and is counted once', () => {
    const limited = createRequestTracer(KEY, { maxTracesPerSecond: 0, tickets: 'required' })
    const open = createRequestTracer(KEY, { tickets: 'required' })
    const request = createRequest()

    expect([isTraced(limited, request), isTraced(open, request)]).toEqual([false, true])
    expect([limited.stats.tickets.valid, open.stats.tickets.valid]).toEqual([1, 0])
  })

  it('also applies to another request object that has the same headers object', () => {
    const tracer = createRequestTracer(KEY, { tickets: 'required' })
    const request = createRequest()
    const copy = Object.create(request, { headers: { value: request.headers } }) as IncomingMessage

    expect([isTraced(tracer, request), isTraced(tracer, copy)]).toEqual([true, true])
    expect(tracer.stats.tickets).toMatchObject({ valid: 1, refused: { replayed: 0 } })
  })

  it('is negative if another request has already used the ticket, even if another tracer served that request', () => {
    const one = createRequestTracer(KEY, { tickets: 'required' })
    const other = createRequestTracer(KEY, { tickets: 'required' })
    const first = createRequest()
    const second = new IncomingMessage(new Socket())
    Object.assign(second.headers, first.headers)

    expect([isTraced(one, first), isTraced(other, second)]).toEqual([true, false])
    expect(other.stats.tickets.refused.replayed).toBe(1)
  })
})

describe('the settings of a tracer for tickets', () => {
  it('come from its options, else from configure(), else from the environment', () => {
    const inherits = createRequestTracer(KEY)
    const accepts = createRequestTracer(KEY, { tickets: 'accept', audience: [] })
    process.env.OSPROFILER_TICKETS = 'required'
    process.env.OSPROFILER_AUDIENCE = 'Orders, [::1]'
    const undoEnvironment = configure({})
    expect([isTraced(inherits, createRequest('billing')), isTraced(inherits, createRequest('orders'))]).toEqual([
      false,
      true,
    ])
    expect([isTraced(inherits, createRequest('::1')), isTraced(accepts, createRequest('billing'))]).toEqual([
      true,
      true,
    ])

    const undo = configure({ tickets: 'accept', audience: 'billing' })
    expect([isTraced(inherits, createRequest('billing')), isTraced(inherits, createRequest('orders'))]).toEqual([
      true,
      true,
    ])
    expect(inherits.stats.tickets.refused.audience).toBe(2)

    undo()
    undoEnvironment()
    delete process.env.OSPROFILER_TICKETS
    delete process.env.OSPROFILER_AUDIENCE
    configure({})()
  })

  it.each([
    [{ tickets: 'always' }, 'tickets must be accept, required or off, not "always"'],
    [{ tickets: 7 }, 'tickets must be accept, required or off, not number'],
    [{ audience: [7] }, 'audience must be a string or a list of strings'],
  ])('are refused if they are invalid: %j', (options, message) => {
    expect(() => createRequestTracer(KEY, options as never)).toThrow(message)
    expect(() => configure(options as never)).toThrow(message)
  })

  it('are not available for calls and messages, which may wait for hours', () => {
    expect(() => createCallTracer(KEY, { tickets: 'required' } as never)).toThrow('has no option "tickets"')
  })
})
