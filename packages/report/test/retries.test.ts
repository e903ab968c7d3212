import { describe, expect, it } from 'vitest'
import { find, request, sentences } from './find.js'
import { type Point, sent } from './make-trace.js'

/** Returns a try of one request that ends with a status. */
function attempt(id: string, from: number, to: number, status: number, path = '/latest'): Point {
  return { id, ...sent('rates', 80, path), from, to, stopInfo: { requests: { status_code: status } } }
}

describe('the finding about retries', () => {
  it('says how the tries failed, and how much time passed between them', () => {
    const tries = [attempt('a', 0, 10_000, 503), attempt('b', 30_000, 40_000, 503), attempt('c', 80_000, 90_000, 200)]

    const found = find('retried', ...request(...tries))

    expect(found).toMatchObject([{ traceIds: ['a', 'b', 'c'], totalUs: 80_000, share: 0.8 }])
    expect(found[0]?.sentence).toBe(
      '80 % of this request is "GET rates:80/latest" in orders, tried 3 times: 2 tries failed with 503; 60.0 ms lay between the tries (80.0 ms)',
    )
  })

  it('replaces the findings about repeated points and about the pauses of the parent point', () => {
    const tries = [attempt('a', 0, 10_000, 503), attempt('b', 40_000, 50_000, 503), attempt('c', 95_000, 99_000, 200)]

    expect(find('repeated', ...request(...tries))).toEqual([])
    expect(find('slow', ...request(...tries))).toEqual([])
    expect(find('gap', ...request(...tries))).toEqual([])
  })

  it('does not include the remaining time of the parent point, which has its own finding', () => {
    const tries = [attempt('a', 30_000, 40_000, 503), attempt('b', 90_000, 99_000, 200)]

    expect(find('retried', ...request(...tries))).toMatchObject([{ totalUs: 60_000 }])
    expect(find('slow', ...request(...tries))).toMatchObject([{ traceIds: ['request'], totalUs: 31_000 }])
  })

  it('counts exceptions, the status 429, and a last try that failed as failures', () => {
    const tries: Point[] = [
      attempt('a', 0, 1_000, 429),
      { ...attempt('b', 20_000, 21_000, 0), stopInfo: { etype: 'TimeoutError', message: 'no answer' } },
      attempt('c', 60_000, 61_000, 500),
    ]

    expect(sentences('retried', ...request(...tries))[0]).toContain(
      'tried 3 times: 3 tries failed with 429, TimeoutError and 500; 58.0 ms lay between the tries',
    )
  })

  it.each<[string, Point[]]>([
    ['the first request succeeded', [attempt('a', 0, 10_000, 200), attempt('b', 60_000, 70_000, 200)]],
    ['another path was requested', [attempt('a', 0, 10_000, 503), attempt('b', 60_000, 70_000, 200, '/other')]],
    ['the requests ran at the same time', [attempt('a', 0, 50_000, 503), attempt('b', 40_000, 90_000, 503)]],
    ['a client error was final', [attempt('a', 0, 10_000, 404), attempt('b', 60_000, 70_000, 200)]],
    ['the requests took little time', [attempt('a', 0, 1_000, 503), attempt('b', 2_000, 3_000, 200)]],
  ])('is absent if %s', (_, tries) => {
    expect(find('retried', ...request(...tries))).toEqual([])
  })
})
