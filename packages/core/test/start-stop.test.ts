import { hostname } from 'node:os'
import { get, getTraceIdHeaders, signedUnpack, start, stop, Trace, withTrace } from '@osprofiler/core'
import { describe, expect, it } from 'vitest'
import { BASE_ID, infoOf, outline, traceRecords } from './fixtures/trace-records.js'

const UUID_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const tick = () => new Promise(resolve => setImmediate(resolve))

describe('start() and stop()', () => {
  it("send the two records of a point in the format of Python's records", async () => {
    const records = await traceRecords(() => {
      start('step', { any: 'info' })
      stop({ more: 'info' })
    })

    expect(records).toEqual([
      {
        name: 'step-start',
        base_id: BASE_ID,
        parent_id: BASE_ID,
        trace_id: expect.stringMatching(UUID_4),
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
        info: { any: 'info', host: hostname() },
        project: 'node',
        service: expect.any(String),
      },
      expect.objectContaining({ name: 'step-stop', info: { more: 'info', host: hostname() } }),
    ])
    expect(records[1]?.trace_id).toBe(records[0]?.trace_id)
  })

  it('nest the points that start before stop() is called', async () => {
    const records = await traceRecords(() => {
      start('a')
      start('b')
      stop()
      start('c')
      stop()
      stop()
      start('d')
      stop()
    })

    expect(outline(records)).toBe('a(b c) d')
  })

  it('do nothing if nothing is traced', () => {
    const point = start('step')

    expect(point.traceId).toBeUndefined()
    expect(point.getTraceIdHeaders()).toEqual({})
    expect(() => {
      point.stop()
      point.fail(new Error('x'))
      stop()
    }).not.toThrow()
  })

  it('ignore calls of stop() without a start()', async () => {
    const records = await traceRecords(() => {
      stop()
      start('a')
      stop()
      stop({ stray: true })
      start('b')
      stop()
    })

    expect(outline(records)).toBe('a b')
    expect(records).toHaveLength(4)
  })

  it('do not close the point of the surrounding scope if a stop() has no start()', async () => {
    const records = await traceRecords(() =>
      withTrace('outer', () => {
        stop()
        stop()
        start('inner')
      }),
    )

    expect(outline(records)).toBe('outer(inner)')
    expect(records.map(({ name }) => name)).toEqual(['outer-start', 'inner-start', 'inner-stop', 'outer-stop'])
  })

  it('close points that are still open when their scope ends, newest first', async () => {
    const records = await traceRecords(async () => {
      start('a')
      start('b')
      await tick()
      new Trace('c')
    })

    expect(records.slice(3).map(({ name }) => name)).toEqual(['c-stop', 'b-stop', 'a-stop'])
    expect(outline(records)).toBe('a(b(c))')
  })

  it('accept a name that is not a string or is far too long', async () => {
    const nameless = {
      toString: () => {
        throw new Error('hostile')
      },
    }
    const records = await traceRecords(() => {
      for (const name of [nameless, Object.create(null), Symbol('s'), undefined, 7, 'n'.repeat(1e6), 'half \ud800']) {
        start(name as string).stop()
      }
    })

    expect(records).toHaveLength(14)
    for (const { name } of records) {
      expect(name.length).toBeLessThanOrEqual(255)
      expect(name.isWellFormed()).toBe(true)
      expect(name).toMatch(/-(start|stop)$/)
    }
  })
})

describe('the handle that start() returns', () => {
  it('closes its own point, even if two points overlap', async () => {
    const records = await traceRecords(() => {
      const first = start('first')
      const second = start('second')
      first.stop({ of: 'first' })
      second.stop({ of: 'second' })
    })

    expect(records.map(({ name }) => name)).toEqual(['first-start', 'second-start', 'first-stop', 'second-stop'])
    expect(infoOf(records, 'first-stop')).toMatchObject({ of: 'first' })
    expect(infoOf(records, 'second-stop')).toMatchObject({ of: 'second' })
  })

  it('keeps the newest open point current when an older point is closed', async () => {
    const records = await traceRecords(() => {
      const first = start('first')
      start('second')
      first.stop()
      start('third')
      stop()
      stop()
      start('fourth')
      stop()
    })

    expect(outline(records)).toBe('first(second(third)) fourth')
  })

  it('stops only once', async () => {
    const records = await traceRecords(() => {
      const point = start('a')
      point.stop({ first: true })
      point.stop({ second: true })
      point.fail(new Error('late'))
    })

    expect(records).toHaveLength(2)
    expect(infoOf(records, 'a-stop')).toMatchObject({ first: true })
  })

  it('keeps its point across an await, even if other points start and stop meanwhile', async () => {
    const work = async (name: string, pauses: number) => {
      const point = start(name)
      for (let pause = 0; pause < pauses; pause++) await tick()
      point.stop({ name })
    }

    const records = await traceRecords(() => Promise.all([work('slow', 5), work('quick', 1), work('middle', 3)]))

    for (const name of ['slow', 'quick', 'middle']) {
      const own = records.filter(record => record.name.startsWith(name))
      expect(own).toHaveLength(2)
      expect(own[0]?.trace_id).toBe(own[1]?.trace_id)
      expect(own[1]?.info).toMatchObject({ name })
    }
  })

  it('records a failure with the class and the message of the error', async () => {
    const records = await traceRecords(() => start('a').fail(new RangeError('too far'), { tried: 3 }))

    expect(infoOf(records, 'a-stop')).toMatchObject({ etype: 'RangeError', message: 'too far', tried: 3 })
  })

  it("signs headers that make the callee's point a child of its own point", async () => {
    let headers = {}
    const records = await traceRecords(() => {
      const point = start('call')
      start('other')
      headers = point.getTraceIdHeaders()
    })

    const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = headers as Record<string, string>
    expect(signedUnpack(info, hmac, 'KEY')).toEqual({
      baseId: BASE_ID,
      parentId: records[0]?.trace_id,
      hmacKey: 'KEY',
    })
  })

  it('leaves no point open in its scope after a long chain of overlapping points', async () => {
    const records = await traceRecords(() => {
      let open = start('link')
      for (let link = 0; link < 2_000; link++) {
        const next = start('link')
        open.stop()
        open = next
      }
      open.stop()
      start('after').stop()
    })

    expect(records.at(-1)?.parent_id).toBe(BASE_ID)
    expect(records).toHaveLength(2 * 2_002)
  })
})

describe('the current point', () => {
  it('appears in logs and outgoing headers', async () => {
    const seen: unknown[] = []
    const records = await traceRecords(() => {
      seen.push(get()?.toJSON())
      start('a')
      seen.push(get()?.toJSON())
      const { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } = getTraceIdHeaders()
      seen.push(signedUnpack(info, hmac, 'KEY')?.parentId)
    })

    const id = records[0]?.trace_id
    expect(seen).toEqual([
      { baseId: BASE_ID, parentId: BASE_ID, traceId: BASE_ID },
      { baseId: BASE_ID, parentId: BASE_ID, traceId: id },
      id,
    ])
  })

  it('does not expose the key', async () => {
    await traceRecords(() => {
      const profiler = get()
      start('a')

      expect(JSON.stringify(profiler)).not.toContain('KEY')
      expect(Object.getOwnPropertyNames(profiler).join()).toBe('')
    })
  })
})

describe('the info from atStop()', () => {
  it('is read when the point stops, and the info of stop() overrides it', async () => {
    const query = { rows: [1] }

    const records = await traceRecords(() => {
      const point = get()?.startBeside('db', undefined)
      point?.atStop(() => ({ query, status: 1 }))
      query.rows.push(2)
      point?.stop({ status: 2, more: 'info' })
      query.rows.push(3)
    })

    expect(infoOf(records, 'db-stop')).toEqual({ query: { rows: [1, 2] }, status: 2, more: 'info', host: hostname() })
  })

  it('is in the stop record if stop() has no info, if the point fails, and if the end of the scope stops the point', async () => {
    const records = await traceRecords(() => {
      const profiler = get()
      const [quiet, failed] = ['quiet', 'failed', 'left'].map(name => {
        const point = name === 'left' ? profiler?.start(name) : profiler?.startBeside(name, undefined)
        point?.atStop(() => ({ status: 1 }))
        return point
      })
      quiet?.stop()
      failed?.fail(new TypeError('no'))
    })

    expect(infoOf(records, 'quiet-stop')).toEqual({ status: 1, host: hostname() })
    expect(infoOf(records, 'failed-stop')).toEqual({ status: 1, etype: 'TypeError', message: 'no', host: hostname() })
    expect(infoOf(records, 'left-stop')).toEqual({ status: 1, host: hostname() })
  })

  it('is read only once, and its function may throw or return undefined', async () => {
    let asked = 0

    const records = await traceRecords(() => {
      const profiler = get()
      const point = profiler?.startBeside('once', undefined)
      point?.atStop(() => ({ asked: ++asked }))
      point?.stop()
      point?.stop()
      const empty = profiler?.startBeside('empty', undefined)
      empty?.atStop(() => undefined)
      empty?.stop()
      const failing = profiler?.startBeside('failing', undefined)
      failing?.atStop(() => {
        throw new Error('no')
      })
      failing?.stop({ more: 'info' })
    })

    expect(infoOf(records, 'once-stop')).toEqual({ asked: 1, host: hostname() })
    expect(asked).toBe(1)
    expect(infoOf(records, 'empty-stop')).toEqual({ host: hostname() })
    expect(infoOf(records, 'failing-stop')).toEqual({ more: 'info', host: hostname() })
  })

  it('is limited and redacted like any other info', async () => {
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`member${index}`, 'x'.repeat(9_000)]))
    const hostile = JSON.parse('{"password": "hunter2", "__proto__": {"polluted": true}}')

    const records = await traceRecords(() => {
      const point = get()?.startBeside('db', undefined)
      point?.atStop(() => Object.assign(hostile, wide))
      point?.stop({ more: 'info' })
    })

    const text = JSON.stringify(infoOf(records, 'db-stop'))
    expect(text.length).toBeLessThan(100_000)
    expect(text).not.toContain('hunter2')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })
})
