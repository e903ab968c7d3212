import { setNotifier, type TraceRecord } from '@osprofiler/core'
import { createRequestTracer, failRequest, type ServedRequest, servedRequest } from '@osprofiler/core/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createExchange, signedHeaders } from './fixtures/fake-exchange.js'
import { infoOf } from './fixtures/trace-records.js'

let records: TraceRecord[]

beforeEach(() => {
  records = []
  setNotifier(record => void records.push(record))
})
afterEach(() => setNotifier(undefined))

/** Serves a request, sets the status of its response, and emits the event that ends the response. */
function serve(handle: (request: ServedRequest, req: object) => void, status = 200, event = 'finish'): void {
  const [req, res] = createExchange({ ...signedHeaders('KEY') })
  createRequestTracer('KEY').serve(req, res, request => {
    if (request === undefined) throw new Error('Not traced')
    handle(request, req)
    res.writeHead(status)
    res.emit(event)
  })
}

describe('a served request', () => {
  it('ends with the status and the route of its response', () => {
    serve(request => request.findRoute(() => '/orders/:id'), 404)

    expect(infoOf(records, 'wsgi-stop')).toMatchObject({
      request: { route: '/orders/:id' },
      response: { status_code: 404 },
    })
  })

  it('ends only once, with the first error that is reported', () => {
    serve((request, req) => {
      failRequest(req, new TypeError('first'))
      request.fail(new Error('second'))
    }, 500)

    expect(infoOf(records, 'wsgi-stop')).toMatchObject({ etype: 'TypeError', message: 'first' })
    expect(records).toHaveLength(2)
  })

  it('ends even if finding the route throws', () => {
    serve(request =>
      request.findRoute(() => {
        throw new Error('no')
      }),
    )

    expect(infoOf(records, 'wsgi-stop')).not.toHaveProperty('request')
  })

  it('can be looked up by its request, unlike an untraced request', () => {
    let isKnown = false

    serve((request, req) => {
      isKnown = servedRequest(req) === request
    })

    expect(isKnown).toBe(true)
    expect(servedRequest({})).toBeUndefined()
    expect(() => failRequest({}, new Error('no'))).not.toThrow()
  })
})
