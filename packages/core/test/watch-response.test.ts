import { IncomingMessage, type ServerResponse as Response, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { configure, setNotifier } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { afterEach, describe, expect, it } from 'vitest'
import { countLiveTraces } from '../../../test/context/live-traces.js'
import { recordTraces } from '../../../test/context/recorded-traces.js'
import { KEY, signTrace } from '../../../test/context/signed-request.js'

let restore: (() => void) | undefined

afterEach(() => {
  restore?.()
  restore = undefined
  setNotifier(undefined)
})

function makeRequest(headers: Readonly<Record<string, string>>): IncomingMessage {
  const req = new IncomingMessage(new Socket())
  for (const [name, value] of Object.entries(headers)) req.headers[name.toLowerCase()] = value
  return req
}

const thrower = (): never => {
  throw new Error('exotic')
}

function withGetter<T extends object>(object: T, name: string): T {
  return Object.defineProperty(object, name, { get: thrower, configurable: true })
}

interface Exotic {
  readonly what: string
  readonly req?: (req: IncomingMessage) => IncomingMessage
  readonly res?: (res: Response) => Response
  readonly prepare?: () => void
}

const EXOTIC: readonly Exotic[] = [
  { what: 'a frozen request object', req: Object.freeze },
  { what: 'a frozen response object', res: Object.freeze },
  { what: 'a request object to which no member can be added', req: Object.preventExtensions },
  { what: 'a response object to which no member can be added', res: Object.preventExtensions },
  { what: 'a request object whose getter "url" throws', req: req => withGetter(req, 'url') },
  { what: 'a request object whose getter "socket" throws', req: req => withGetter(req, 'socket') },
  { what: 'a response object whose getter "socket" throws', res: res => withGetter(res, 'socket') },
  { what: 'a response object whose getter "statusCode" throws', res: res => withGetter(res, 'statusCode') },
  { what: 'a response object whose getter "headersSent" throws', res: res => withGetter(res, 'headersSent') },
  { what: 'a response object whose getter "errored" throws', res: res => withGetter(res, 'errored') },
  {
    what: 'a request object behind a proxy that refuses new members',
    req: req => new Proxy(req, { defineProperty: () => false }),
  },
  {
    what: 'a request object behind a proxy that throws for new members',
    req: req => new Proxy(req, { defineProperty: thrower }),
  },
  {
    what: 'a `redact` hook that throws for each record',
    prepare: () => {
      restore = configure({ redact: thrower })
    },
  },
]

describe('a request tracer', () => {
  it.each(EXOTIC)(
    'serves a signed request with $what, and writes a stop record for each start record',
    async ({ req = same, res = same, prepare }) => {
      const traces = recordTraces()
      prepare?.()
      const { headers } = signTrace()
      const original = makeRequest(headers)
      const response = new ServerResponse(original)
      const liveBefore = countLiveTraces()
      let served = 0

      const tracer = createRequestTracer(KEY)
      tracer.serve(req(original), res(response), () => served++)
      try {
        response.emit('close')
      } catch {
        // Ignores the error, because emitting an event on a frozen emitter throws.
      }
      await pause(20)

      expect(served).toBe(1)
      const names = traces.all.map(({ name }) => name)
      expect(names.filter(name => name === 'wsgi-stop')).toHaveLength(
        names.filter(name => name === 'wsgi-start').length,
      )
      expect(countLiveTraces()).toBe(liveBefore)
    },
  )

  it('does not count a request object that it cannot watch toward maxPointsPerTrace', async () => {
    const traces = recordTraces()
    const { baseId, headers } = signTrace()
    const tracer = createRequestTracer(KEY, { maxPointsPerTrace: 1 })
    const frozen = Object.freeze(makeRequest(headers))
    tracer.serve(frozen, new ServerResponse(frozen), () => {})

    const req = makeRequest(headers)
    const res = new ServerResponse(req)
    tracer.serve(req, res, () => res.emit('finish'))

    const records = await traces.whenServed(baseId)
    expect(records.map(({ name }) => name)).toEqual(['wsgi-start', 'wsgi-stop'])
  })
})

function same<T>(value: T): T {
  return value
}
