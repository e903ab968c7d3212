import { describe, expect, it } from 'vitest'
import { resourceAttributes, toOtlpSpan } from '../src/record/point-to-span.js'
import { sourceOf } from './fixtures/span-source.js'

it('resourceAttributes() describes the program by its service, project and host', () => {
  expect(resourceAttributes('shop', 'store', 'node1')).toEqual({
    'service.name': 'shop',
    'service.namespace': 'store',
    'host.name': 'node1',
  })
  expect(resourceAttributes(undefined, '', 7)).toEqual({ 'service.name': 'unknown_service' })
})

describe('toOtlpSpan', () => {
  it('maps the ids, times, kind and attributes of a served request', () => {
    const source = sourceOf({
      name: 'wsgi',
      startInfo: { request: { method: 'GET', path: '/orders/7', query: '', scheme: 'http' } },
      stopInfo: { request: { route: '/orders/:id' }, response: { status_code: 200 } },
      startedAt: 1_500_000,
      endedAt: 2_000_001,
    })

    expect(toOtlpSpan(source)).toMatchObject({
      name: 'GET /orders/:id',
      kind: 2,
      startTime: [1, 500_000_000],
      endTime: [2, 1_000],
      attributes: {
        'osprofiler.name': 'wsgi',
        'http.request.method': 'GET',
        'http.route': '/orders/:id',
        'http.response.status_code': 200,
        'url.path': '/orders/7',
      },
      exception: undefined,
      status: { code: 0 },
    })
  })

  it('maps an exception and the error status', () => {
    const span = toOtlpSpan(sourceOf({ stopInfo: { etype: 'QueryFailed', message: 'no table' } }))

    expect(span.status).toEqual({ code: 2, message: 'no table' })
    expect(span.exception).toEqual({ 'exception.type': 'QueryFailed', 'exception.message': 'no table' })
    expect(span.attributes).toMatchObject({ error: true, 'error.type': 'QueryFailed' })
  })

  it('makes every span end after its start, even if the times of the point are equal, reversed or negative', () => {
    for (const [startedAt, endedAt] of [
      [5, 5],
      [5, 3],
      [-7, -9],
    ] as const) {
      const { startTime, endTime } = toOtlpSpan(sourceOf({ startedAt, endedAt }))

      expect(endTime[0] * 1e9 + endTime[1]).toBeGreaterThan(startTime[0] * 1e9 + startTime[1])
      expect(startTime[0]).toBeGreaterThanOrEqual(0)
    }
  })

  it('adds an attribute to the span of a point that is unfinished, has marks, or is sent again', () => {
    const span = toOtlpSpan(sourceOf({ stopInfo: undefined, marks: ['late', 'early'], isUpdate: true }))

    expect(span.attributes).toMatchObject({
      'osprofiler.unfinished': true,
      'osprofiler.marks': 'early,late',
      'osprofiler.update': true,
    })
  })

  it('marks a parent in another program as remote, and sets no parent id for a point without a parent', () => {
    const [remote, top] = [sourceOf({ hasLocalParent: false }), sourceOf({ isTop: true })].map(toOtlpSpan)

    expect(remote).toMatchObject({ isParentRemote: true, parentSpanId: expect.stringMatching(/^[0-9a-f]{16}$/) })
    expect(top).toMatchObject({ isParentRemote: false, parentSpanId: undefined })
  })
})
