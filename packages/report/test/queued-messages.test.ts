import { describe, expect, it } from 'vitest'
import { find, sentences } from './find.js'
import type { Point } from './make-trace.js'

/** Returns a request of 10 ms that publishes a message, and the consumption of the message in another service. */
function published(consumedFrom: number, ...more: readonly Point[]): Point[] {
  return [
    { id: 'request', service: 'api', from: 0, to: 10_000 },
    {
      id: 'publish',
      parent: 'request',
      service: 'api',
      name: 'rpc',
      info: { function: { name: 'publish reports' }, amqp: { exchange: '', routing_key: 'reports' } },
      from: 2_000,
      to: 4_000,
    },
    {
      id: 'consume',
      parent: 'publish',
      service: 'worker',
      name: 'rpc',
      info: { function: { name: 'consume reports' }, amqp: { queue: 'reports' } },
      from: consumedFrom,
      to: consumedFrom + 16_000,
    },
    ...more,
  ]
}

describe('the finding about queued messages', () => {
  it('says how long a message waited, and in which queue', () => {
    const found = find('queued', ...published(484_000))

    expect(found).toMatchObject([{ traceIds: ['consume'], totalUs: 480_000, share: 0.96 }])
    expect(found[0]?.sentence).toContain(
      '96 % of this request passed while a message waited 480 ms in the queue "reports", from api to worker',
    )
  })

  it('adds up the messages of one queue, and counts overlapping time once', () => {
    const second: Point = {
      id: 'second',
      parent: 'publish',
      service: 'worker',
      name: 'rpc',
      info: { messaging: { operation: 'process', destination: 'reports', system: 'kafka' } },
      from: 104_000,
      to: 120_000,
    }

    expect(sentences('queued', ...published(84_000, second))[0]).toContain(
      'passed while 2 messages waited 100 ms in the queue "reports", from api to worker',
    )
  })

  it('measures from the start of sending if the message was consumed before sending ended', () => {
    const [request, publish, consume] = published(122_000)
    if (request === undefined || publish === undefined || consume === undefined) throw new Error('no points')

    expect(find('queued', request, { ...publish, to: 150_000 }, consume)).toMatchObject([{ totalUs: 120_000 }])
  })

  it.each<[string, readonly Point[]]>([
    ['the message waited for a short time', published(4_100)],
    [
      'the child of the sender is not a consumer',
      published(84_000).map(p => (p.id === 'consume' ? { ...p, info: {} } : p)),
    ],
    ['the clocks disagree so much that the message seems to arrive before it was sent', published(0)],
  ])('is absent if %s', (_, points) => {
    expect(find('queued', ...points)).toEqual([])
  })
})
