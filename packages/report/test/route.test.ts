import { buildReport, diffReports, exportOtlp, pointDetail, repeatedDetail, statistics } from '@osprofiler/report'
import { describe, expect, it } from 'vitest'
import { makeTrace, type Point, routed, served } from './make-trace.js'

function calls(...requests: readonly Pick<Point, 'name' | 'info' | 'stopInfo'>[]) {
  const points = requests.map((request, index) => ({
    id: `r${index}`,
    parent: 'a',
    ...request,
    from: index * 100,
    to: index * 100 + 50,
  }))
  return buildReport(makeTrace({ id: 'a', ...routed('/carts/1', '/carts/:id'), from: 0, to: 900 }, ...points))
}

const named = [routed('/users/ann', '/users/:name'), routed('/users/bob', '/users/:name'), served('/users/cy')]

describe('the route of a request', () => {
  it('groups requests in the statistics, regardless of the values in their paths', () => {
    const { byShape } = statistics(calls(...named))

    expect(byShape.map(({ label, count }) => [label, count]).sort()).toEqual([
      ['GET /carts/:id', 1],
      ['GET /users/:name', 2],
      ['GET /users/cy', 1],
    ])
  })

  it('names repeated requests, although a single request is named by its path', () => {
    const [root, ann, bob] = calls(...named).points

    expect([ann, bob].map(node => node && pointDetail(node))).toEqual(['GET /users/ann 200', 'GET /users/bob 200'])
    expect(root && pointDetail(root)).toBe('GET /carts/1 200')
    expect(ann && bob && repeatedDetail([ann, bob])).toBe('GET /users/:name')
  })

  it('makes requests of two runs comparable', () => {
    const before = calls(routed('/users/ann', '/users/:name'))
    const after = calls(routed('/users/bob', '/users/:name'))

    const { points } = diffReports([before], [after])

    expect(points.map(({ detail }) => detail)).toEqual(['GET /carts/:id', 'GET /users/:name'])
  })

  it('becomes the name and an attribute of a span in the export for OpenTelemetry', () => {
    const text = [...exportOtlp(calls(routed('/users/ann', '/users/:name', 404)))].join('')

    const spans = JSON.parse(text).resourceSpans[0].scopeSpans[0].spans
    expect(spans.map(({ name }: { name: string }) => name)).toEqual(['GET /carts/:id', 'GET /users/:name'])
    expect(spans[1].attributes).toContainEqual({ key: 'http.route', value: { stringValue: '/users/:name' } })
  })

  it.each([7, '', null, { a: 1 }, ['/x']])('is unknown if a record contains %j as the route', route => {
    const { byShape } = statistics(calls({ ...served('/users/7'), stopInfo: { request: { route } } }))

    expect(byShape.map(({ label }) => label)).toContain('GET /users/*')
  })
})
