import { randomUUID } from 'node:crypto'
import { inspect } from 'node:util'
import { createNotifier, type Driver, type TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { makeCertificate } from '../../../test/servers/make-certificate.js'
import { makeLargeAccount } from './make-large-account.js'
import { makeRecord } from './make-record.js'
import { type OtlpReceiver, startOtlpReceiver } from './otlp-receiver.js'
import { refusalOf } from './refusal-of.js'
import { temporaryDirectory } from './temporary-directory.js'

const INTERNAL = 1
const SERVER = 2
const CLIENT = 3
const ERROR = 2

describe('otlp://', () => {
  it.each(['http/protobuf', 'http/json'])(
    'sends points as spans over %s, with ids, times and service',
    async protocol => {
      const receiver = await startOtlpReceiver()
      const driver = open(receiver, `?protocol=${protocol}`)
      const base_id = 'f0e1d2c3-b4a5-7687-9908-f7e6d5c4b3a2'
      const outer = point({ base_id, trace_id: '11111111-2222-4333-8444-555555555555' })
      const inner = point({ name: 'db', base_id, parent_id: outer.start.trace_id })

      const result = await driver.write([outer.start, inner.start, inner.stop, outer.stop])

      expect(result).toEqual({ refused: 0 })
      expect(receiver.requests.map(({ path }) => path)).toEqual(['/v1/traces'])
      const [first, second] = receiver.spans
      expect(second).toMatchObject({
        traceId: 'f0e1d2c3b4a576879908f7e6d5c4b3a2',
        spanId: '8444555555555555',
        parentSpanId: '',
        kind: SERVER,
        resource: { 'service.name': 'orders', 'service.namespace': 'shop', 'host.name': 'web-1' },
      })
      expect(first).toMatchObject({ traceId: second?.traceId, parentSpanId: second?.spanId, kind: CLIENT })
      expect(second?.start).toBe(toNanoseconds(outer.start.timestamp))
      expect(second?.end).toBe(toNanoseconds(outer.stop.timestamp))
    },
  )

  it("sends a span once the point's stop record is written, even if its start record came earlier", async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const { start, stop } = point()

    const begun = await driver.write([start])
    const sentAtStart = receiver.spans.length
    const ended = await driver.write([stop])

    expect([begun, sentAtStart, ended]).toEqual([{ refused: 0 }, 0, { refused: 0 }])
    expect(receiver.spans).toHaveLength(1)
  })

  it('does not mix up concurrent points of several traces, even with equal ids', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const points = ['one', 'other', 'on', 'eother'].flatMap(base_id =>
      ['a', 'b', 'ea'].map(trace_id =>
        point({ base_id, trace_id, parent_id: base_id, service: `${base_id} ${trace_id}` }),
      ),
    )

    await driver.write(points.map(({ start }) => start))
    await driver.write(points.map(({ stop }) => stop).reverse())

    const times = new Map(points.map(({ start, stop }) => [start.service, [start.timestamp, stop.timestamp]]))
    expect(receiver.spans).toHaveLength(points.length)
    for (const { resource, start, end } of receiver.spans) {
      expect([start, end]).toEqual(times.get(String(resource['service.name']))?.map(toNanoseconds))
    }
  })

  it('marks a parent in another service as remote', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const parent_id = randomUUID()
    const { start, stop } = point({ parent_id })

    await driver.write([start, stop])

    expect(receiver.spans[0]?.parentSpanId).toBe(parent_id.replaceAll('-', '').slice(16))
    expect((receiver.spans[0]?.flags ?? 0) & 0x300).toBe(0x300)
  })

  it('hashes ids that are not UUIDs to different values', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const ids = [
      '*',
      '../../x',
      '',
      '00000000-0000-0000-0000-000000000000',
      '\u001b[2J',
      'é'.repeat(200),
      'a\0b',
      '\ud800',
    ]

    for (const id of ids) {
      const { start, stop } = point({ base_id: id, trace_id: id, parent_id: id })
      await driver.write([start, stop])
    }

    const found = receiver.spans.map(({ traceId, spanId }) => `${traceId} ${spanId}`)
    expect(new Set(found).size).toBe(ids.length)
    for (const id of found) expect(id).toMatch(/^(?!0{32})[0-9a-f]{32} (?!0{16})[0-9a-f]{16}$/)
    for (const [index, { attributes }] of receiver.spans.entries()) {
      expect(attributes['osprofiler.base_id']).toBe(ids[index]?.toWellFormed())
    }
  })
})

describe('otlp:// follows the semantic conventions and sends the attributes that Python sends', () => {
  it('for a served request', async () => {
    const request = { path: '/orders/7', query: 'a=1', method: 'GET', scheme: 'http' }

    const span = await sendOne({}, { request }, { response: { status_code: 200 } })

    expect(span).toMatchObject({ name: 'GET', kind: SERVER, status: { code: 0 }, events: [] })
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/orders/7',
      'url.query': 'a=1',
      'url.scheme': 'http',
      'http.response.status_code': 200,
      'http.path': '/orders/7',
      'http.query': 'a=1',
      'http.method': 'GET',
      'http.scheme': 'http',
      'osprofiler.name': 'wsgi',
    })
    expect(span?.attributes).not.toHaveProperty('error.type')
  })

  it('for a served request, and names the span after the route if the route is known', async () => {
    const request = { path: '/orders/7', query: '', method: 'GET', scheme: 'http' }

    const span = await sendOne({}, { request }, { request: { route: '/orders/:id' }, response: { status_code: 200 } })

    expect(span).toMatchObject({ name: 'GET /orders/:id', kind: SERVER })
    expect(span?.attributes).toMatchObject({ 'http.route': '/orders/:id', 'url.path': '/orders/7' })
  })

  it('for an outgoing request', async () => {
    const requests = { method: 'brew', query: 'q=%20', path: '/items', hostname: 'catalog', port: 8080, scheme: 'http' }

    const span = await sendOne({ name: 'http' }, { requests }, { requests: { status_code: 404 } })

    expect(span).toMatchObject({ name: 'HTTP', kind: CLIENT, status: { code: ERROR } })
    expect(span?.attributes).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'brew',
      'url.full': 'http://catalog:8080/items?q=%20',
      'server.address': 'catalog',
      'server.port': 8080,
      'http.response.status_code': 404,
      'error.type': '404',
      'http.hostname': 'catalog',
      'http.port': 8080,
      status_code: 404,
      error: true,
    })
  })

  it.each([
    ['SELECT id FROM orders WHERE id = ?', 'SELECT orders'],
    ['insert into "shop"."lines" (a) values (\'from elsewhere\')', 'INSERT shop.lines'],
    ["/* a */ -- b\n SELECT 'from x'", 'SELECT'],
    ['UPDATE `a` SET b = 1', 'UPDATE a'],
    ['find orders {status: ?}', 'find orders'],
    ['HSET ? ? ?', 'HSET'],
    ['GET secret', 'GET'],
    ['{"find": 1}', 'db'],
    ['', 'db'],
  ])('for a query %j, and names the span %j', async (statement, name) => {
    const span = await sendOne(
      { name: 'db' },
      { db: { system: 'redis', statement, params: { id: 7 } } },
      { db: { result: 'one row' } },
    )

    expect(span).toMatchObject({ name, kind: CLIENT })
    expect(span?.attributes).toMatchObject({
      'db.system.name': 'redis',
      'db.query.text': statement,
      'db.statement': statement,
      'db.params': '{"id":7}',
      result: 'one row',
    })
  })

  it("for the account of a request's own time", async () => {
    const why = makeLargeAccount()

    const span = await sendOne({ name: 'why' }, { why }, {})

    expect(span?.name).toBe('why')
    expect(JSON.parse(String(span?.attributes['osprofiler.info.why']))).toEqual(why)
  })

  it('for a function, and for any other info that a program records', async () => {
    const info = {
      function: { name: 'Manager.create', args: '(1,)', kwargs: '{}' },
      queue: 'jobs',
      tries: 2,
      list: [1],
    }

    const span = await sendOne({ name: 'rpc' }, info, { function: { result: '7' } })

    expect(span).toMatchObject({ name: 'Manager.create', kind: SERVER })
    expect(span?.attributes).toMatchObject({
      'code.function.name': 'Manager.create',
      name: 'Manager.create',
      args: '(1,)',
      kwargs: '{}',
      result: '7',
      'osprofiler.info.queue': 'jobs',
      'osprofiler.info.tries': 2,
      'osprofiler.info.list': '[1]',
    })
  })

  it.each([
    ['publish shop/orders', 4, { amqp: { exchange: 'shop', routing_key: 'orders' } }, 'shop'],
    ['consume jobs', 5, { amqp: { exchange: '', queue: 'jobs', routing_key: 'jobs' } }, 'jobs'],
    ['get jobs', CLIENT, { amqp: { queue: 'jobs' } }, 'jobs'],
    ['publish orders', 4, {}, 'orders'],
    ['send orders', 4, {}, 'orders'],
    ['cast scheduler', 4, {}, 'scheduler'],
    ['consume orders', 5, {}, 'orders'],
    ['process mail', 5, { messaging: { system: 'bullmq', operation: 'process', destination: 'mail' } }, 'mail'],
    [
      'scheduler.add',
      CLIENT,
      { messaging: { system: 'rabbitmq', operation: 'call', destination: 'scheduler' } },
      'scheduler',
    ],
    [
      'scheduler.add',
      4,
      { messaging: { system: 'rabbitmq', operation: 'cast', destination: 'scheduler' } },
      'scheduler',
    ],
    ['add', SERVER, { messaging: { system: 'rabbitmq', operation: 'other', destination: 'scheduler' } }, 'scheduler'],
    ['Mailer.send', 4, { messaging: { system: 'sqs', operation: 'send', destination: 'mail' } }, 'mail'],
  ])('for a message of any library: %s', async (name, kind, info, destination) => {
    const span = await sendOne({ name: 'rpc' }, { function: { name }, ...info }, {})

    expect(span).toMatchObject({ name, kind })
    expect(span?.attributes).toMatchObject({ 'messaging.destination.name': destination })
  })

  it.each([
    ['publish orders.7.created', 'publish orders.*.created'],
    ['consume amq.gen-JzTY20BRgKO-HjmUJj0wLg', 'consume amq.gen-*'],
    ['publish reply_6f2c8a10-1111-4222-8333-0123456789ab', 'publish reply_*'],
    ['consume orders.v2', 'consume orders.v2'],
  ])('for a message, and replaces the parts of the span name that vary between messages: %s', async (name, shown) => {
    const span = await sendOne({ name: 'rpc' }, { function: { name } }, {})

    expect(span?.name).toBe(shown)
  })

  it.each([
    ['comes from another program', {}, SERVER],
    ['is made in a point of the same program', { parent_id: 'outer' }, CLIENT],
  ])('for a gRPC call that %s', async (_, members, kind) => {
    const receiver = await startOtlpReceiver()
    const base_id = randomUUID()
    const outer = point({ base_id, trace_id: 'outer' })
    const inner = point({ name: 'rpc', base_id, ...members })
    const info = { host: 'web-1', function: { name: '/shop.Orders/Create' } }

    await open(receiver).write([outer.start, { ...inner.start, info }, inner.stop, outer.stop])

    expect(receiver.spans[0]).toMatchObject({ name: '/shop.Orders/Create', kind })
  })

  it('for an rpc point inside another point of the process, as an internal span', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const outer = point()
    const inner = point({ name: 'rpc', base_id: outer.start.base_id, parent_id: outer.start.trace_id })

    await driver.write([outer.start, inner.start, inner.stop, outer.stop])

    expect(receiver.spans.map(({ kind }) => kind)).toEqual([INTERNAL, SERVER])
  })

  it('for an exception, as an event and a status', async () => {
    const span = await sendOne({}, {}, { etype: 'ValueError', message: 'no such thing' })

    expect(span).toMatchObject({
      status: { code: ERROR, message: 'no such thing' },
      events: [
        { name: 'exception', attributes: { 'exception.type': 'ValueError', 'exception.message': 'no such thing' } },
      ],
      attributes: { 'error.type': 'ValueError', error: true },
    })
  })

  it('for a served request, whose span has the status "error" after a 503 but not after a 404', async () => {
    const failed = await sendOne({}, { request: { method: 'GET' } }, { response: { status_code: 503 } })
    const missing = await sendOne({}, { request: { method: 'GET' } }, { response: { status_code: 404 } })

    expect([failed?.status.code, failed?.attributes['error.type']]).toEqual([ERROR, '503'])
    expect([missing?.status.code, missing?.attributes['error.type']]).toEqual([0, undefined])
  })
})

describe('otlp:// sends an unfinished point with a mark', () => {
  it('some time after all points above it have stopped', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver, '?linger=0.05')
    const outer = point()
    const inner = point({ name: 'db', base_id: outer.start.base_id, parent_id: outer.start.trace_id })

    const { timestamp } = makeRecord()
    await driver.write([outer.start, inner.start, { ...outer.stop, timestamp }])
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(2), 10_000)

    expect(receiver.spans[1]).toMatchObject({ kind: CLIENT, attributes: { 'osprofiler.unfinished': true } })
    expect(receiver.spans[1]?.end).toBe(toNanoseconds(timestamp))
    expect(receiver.spans[0]?.attributes).not.toHaveProperty('osprofiler.unfinished')
  })

  it('but not while a point above it is open or while records of the trace arrive', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver, '?linger=0.05')
    const held = point()
    const inner = point({ name: 'db', base_id: held.start.base_id, parent_id: held.start.trace_id })
    const closed = point()
    const late = point({ name: 'db', base_id: closed.start.base_id, parent_id: closed.start.trace_id })

    await driver.write([held.start, inner.start, closed.start, late.start])
    await driver.write([closed.stop])
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(2), 10_000)

    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual(Array(2).fill(receiver.spans[0]?.traceId))
    expect(receiver.spans[0]?.attributes['osprofiler.base_id']).toBe(closed.start.base_id)
  })

  it('and sends the complete point again, marked as an update, if the stop record is written later', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver, '?linger=0.05')
    const outer = point()
    const inner = point({ name: 'db', base_id: outer.start.base_id, parent_id: outer.start.trace_id })
    await driver.write([outer.start, { ...inner.start, info: { db: { statement: 'SELECT 1' } } }, outer.stop])
    await vi.waitFor(() => expect(receiver.spans).toHaveLength(2), 10_000)

    await driver.write([inner.stop])

    const [, unfinished, update] = receiver.spans
    expect(update).toMatchObject({ name: 'SELECT', kind: CLIENT, spanId: unfinished?.spanId })
    expect(update?.parentSpanId).toBe(unfinished?.parentSpanId)
    expect(update?.attributes).toMatchObject({ 'osprofiler.update': true, 'db.query.text': 'SELECT 1' })
    expect(update?.attributes).not.toHaveProperty('osprofiler.unfinished')
    expect([update?.start, update?.end]).toEqual([inner.start, inner.stop].map(each => toNanoseconds(each.timestamp)))
  })

  it('when the driver is closed', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const points = Array.from({ length: 1_200 }, () => point())

    await driver.write(points.map(({ start }) => start))
    await driver.close(20_000)

    expect(receiver.spans).toHaveLength(1_200)
    expect(receiver.spans.every(({ attributes }) => attributes['osprofiler.unfinished'] === true)).toBe(true)
    // The first request had no spans. It checked whether the collector accepts requests.
    expect(receiver.requests).toHaveLength(4)
  })

  it('when too many points are open, beginning with the oldest', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)

    for (let batch = 0; batch < 45; batch++) {
      await driver.write(Array.from({ length: 500 }, () => makeRecord({ service: `batch ${batch}` })))
    }

    const services = new Set(receiver.spans.map(({ resource }) => resource['service.name']))
    expect([...services]).toEqual(Array.from(services, (_, batch) => `batch ${batch}`))
    expect(receiver.spans.length).toBeGreaterThanOrEqual(45 * 500 - 20_500)
    expect(receiver.spans.length).toBeLessThan(5_000)
  })

  it('and sends a stop record that has no start record as a span of one nanosecond', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const { stop } = point()

    await driver.write([stop])

    const [span] = receiver.spans
    expect(span?.attributes).toMatchObject({ 'osprofiler.marks': 'no-start', 'osprofiler.name': 'wsgi' })
    const at = toNanoseconds(stop.timestamp)
    expect([span?.start, span?.end]).toEqual([at, at + 1n])
  })
})

describe('the configuration of otlp://', () => {
  it('may contain a path, credentials and compression', async () => {
    const receiver = await startOtlpReceiver()
    const driver = openDriver(`otlp://me:p%40ss@127.0.0.1:${receiver.port}/tenant/a/?compression=gzip`)
    const { start, stop } = point()

    await driver.write([start, stop])
    await driver.close()

    expect(receiver.spans).toHaveLength(1)
    expect(receiver.requests[0]).toMatchObject({
      path: '/tenant/a/v1/traces',
      headers: { authorization: `Basic ${btoa('me:p@ss')}`, 'content-encoding': 'gzip' },
    })
  })

  it('reads a setting from the environment if the connection string omits the setting', async () => {
    const receiver = await startOtlpReceiver()
    stubEnvironment({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.port}/base`,
      OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret,x-tenant=a',
      OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-tenant=b',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test%20bed,service.name=other',
      OTEL_SERVICE_NAME: 'checkout',
    })

    await sendAndClose('otlp://')

    expect(receiver.requests[0]).toMatchObject({
      path: '/base/v1/traces',
      headers: {
        'api-key': 's3cret',
        'x-tenant': 'b',
        'content-type': 'application/json',
        'content-encoding': 'gzip',
      },
    })
    expect(receiver.spans[0]?.resource).toMatchObject({
      'service.name': 'checkout',
      'service.namespace': 'shop',
      'deployment.environment.name': 'test bed',
    })
  })

  it('uses the value in the connection string if the environment has another value for the same setting', async () => {
    const receiver = await startOtlpReceiver()
    stubEnvironment({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/nowhere',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
      OTEL_SERVICE_NAME: 'checkout',
    })

    await sendAndClose(
      `otlp://127.0.0.1:${receiver.port}?protocol=http/protobuf&compression=none&service=till&timeout=5`,
    )

    expect(receiver.requests[0]?.headers).not.toHaveProperty('content-encoding')
    expect(receiver.requests[0]?.headers['content-type']).toBe('application/x-protobuf')
    expect(receiver.spans[0]?.resource['service.name']).toBe('till')
  })

  it.each([
    ['{project}-{service}', {}, 'shop-orders', undefined],
    ['%7Bproject%7D-%7Bservice%7D', {}, 'shop-orders', undefined],
    ['eu-{project}-{service}', {}, 'eu-shop-orders', undefined],
    ['{project}-{service}', { project: '' }, 'orders', undefined],
    ['eu-{project}-{service}', { project: '', service: '' }, 'eu', undefined],
    ['{project}-{service}', { project: '$&', service: '{project}' }, '$&-{project}', undefined],
    ['{service}', {}, 'orders', 'shop'],
    ['till', {}, 'till', 'shop'],
  ])("names a service as Python's driver does: template %s, record %j", async (template, members, name, namespace) => {
    const receiver = await startOtlpReceiver()
    stubEnvironment({ OTEL_SERVICE_NAME: 'checkout' })
    const { start, stop } = point(members)

    await open(receiver, `?service=${template}`).write([start, stop])

    expect(receiver.spans[0]?.resource['service.name']).toBe(name)
    expect(receiver.spans[0]?.resource['service.namespace']).toBe(namespace)
  })

  it('uses OTEL_EXPORTER_OTLP_TRACES_ENDPOINT as the complete URL, without adding a path', async () => {
    const receiver = await startOtlpReceiver()
    stubEnvironment({
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${receiver.port}/in`,
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    })

    await sendAndClose('otlp://')

    expect(receiver.requests[0]?.path).toBe('/in')
  })

  it('may require TLS to a trusted collector', async () => {
    const certificate = await makeCertificate(temporaryDirectory())
    const receiver = await startOtlpReceiver(certificate)
    stubEnvironment({ OTEL_EXPORTER_OTLP_CERTIFICATE: certificate.certificateFile })

    await sendAndClose(`otlp+https://localhost:${receiver.port}`)
    await sendAndClose(`otlp+https://127.0.0.1:${receiver.port}?certificate=${certificate.certificateFile}`)

    expect(receiver.spans).toHaveLength(2)
  })

  it('may require TLS, and then a write reports a certificate that is not trusted', async () => {
    const receiver = await startOtlpReceiver(await makeCertificate(temporaryDirectory()))
    const driver = openDriver(`otlp+https://localhost:${receiver.port}`)
    const { start, stop } = point()

    const writing = driver.write([start, stop])

    await expect(writing).rejects.toMatchObject({
      code: 'ERR_STORE',
      message: expect.stringMatching(/SELF_SIGNED.*not trusted.*OTEL_EXPORTER_OTLP_CERTIFICATE/),
    })
    expect(receiver.spans).toEqual([])
    await driver.close()
  })

  it.each([
    'otlp://a,b',
    'otlp://host:0',
    'otlp://host?colour=red',
    'otlp://host?protocol=grpc',
    'otlp://host?timeout=never',
    'otlp://host?linger=-1',
    'otlp://host?service={name}',
    'otlp://host?service={service',
    'otlp://host?compression=lz4',
    'otlp://host?certificate=/nowhere/ca.pem',
    'otlp://us er:p4ss@ho st',
    'otlp://me:p4ss@host:port',
  ])('is refused without showing the password: %j', string => {
    const error = refusalOf(string)

    expect(error).toMatchObject({ code: 'ERR_CONNECTION_STRING' })
    expect(`${error.message} ${String(error.cause)}`).not.toContain('p4ss')
  })

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:p4ss'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://me:p4ss@collector'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', 'p4ss'],
    ['OTEL_EXPORTER_OTLP_CERTIFICATE', '/nowhere/p4ss.pem'],
  ])('is refused with a message that names only the variable: %s=%s', (name, value) => {
    stubEnvironment({ [name]: value })

    const error = refusalOf('otlp://')

    expect(error).toMatchObject({ code: 'ERR_CONFIGURATION', message: expect.stringContaining(name) })
    expect(`${error.message} ${String(error.stack)}`).not.toContain('p4ss')
  })
})

describe('otlp:// with refused or unusual records', () => {
  it.each(['http/protobuf', 'http/json'])(
    'counts rejected spans of a partial success as refused, over %s',
    async protocol => {
      const receiver = await startOtlpReceiver()
      const driver = open(receiver, `?protocol=${protocol}`)
      const notifier = createNotifier(driver)
      receiver.answer({ rejected: 1 })

      for (const { start, stop } of [point(), point(), point()]) for (const record of [start, stop]) notifier(record)
      await notifier.close(20_000)

      expect(notifier.stats).toMatchObject({ emitted: 6, written: 4, dropped: 2, unknown: 0 })
      expect(receiver.spans).toHaveLength(2)
    },
  )

  it('counts rejected spans if the collector answers protobuf with JSON', async () => {
    const receiver = await startOtlpReceiver()
    const notifier = createNotifier(open(receiver, '?protocol=http/protobuf'))
    const body = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too old' } })
    receiver.answer({ headers: { 'content-type': 'application/json; charset=utf-8' }, body })

    for (const { start, stop } of [point(), point(), point()]) for (const record of [start, stop]) notifier(record)
    await notifier.close(20_000)

    expect(notifier.stats).toMatchObject({ emitted: 6, written: 4, dropped: 2, unknown: 0 })
  })

  it.each(['http/protobuf', 'http/json'])('keeps every number exact in %s', async protocol => {
    const receiver = await startOtlpReceiver()
    const { start, stop } = point()
    const numbers = {
      big: 2 ** 64,
      less: -(2 ** 63),
      odd: 2 ** 53 + 2,
      huge: 1e300,
      half: 0.5,
      most: 2 ** 53 - 1,
      zero: -0,
    }

    await open(receiver, `?protocol=${protocol}`).write([
      { ...start, info: { ...numbers, list: [2 ** 64, 0.5] } },
      stop,
    ])

    const attributes = receiver.spans[0]?.attributes ?? {}
    expect(
      Object.fromEntries(Object.entries(attributes).filter(([name]) => name.startsWith('osprofiler.info'))),
    ).toEqual({
      'osprofiler.info.big': '18446744073709551616',
      'osprofiler.info.less': '-9223372036854775808',
      'osprofiler.info.odd': '9007199254740994',
      'osprofiler.info.huge': '1e+300',
      'osprofiler.info.half': 0.5,
      'osprofiler.info.most': 2 ** 53 - 1,
      'osprofiler.info.zero': 0,
      'osprofiler.info.list': '[18446744073709551616,0.5]',
    })
  })

  it("replaces a time beyond OTLP's range with the last possible time", async () => {
    const receiver = await startOtlpReceiver()
    const { start, stop } = point()

    await open(receiver).write([{ ...start, timestamp: '9999-12-31T23:59:59.000000' }, stop])

    expect(receiver.spans[0]?.start).toBe(BigInt(Number.MAX_SAFE_INTEGER) * 1_000n)
    expect(receiver.spans[0]?.end).toBe(BigInt(Number.MAX_SAFE_INTEGER) * 1_000n + 1n)
  })

  it('refuses values that are not records, and sends the rest', async () => {
    const receiver = await startOtlpReceiver()
    const driver = open(receiver)
    const { start, stop } = point()
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    const bad: unknown[] = [
      makeRecord({ info: cycle }),
      makeRecord({ info: { big: 1n } }),
      makeRecord({ timestamp: 'yesterday' }),
      { ...makeRecord(), base_id: 7 },
      null,
    ]

    const result = await driver.write([start, ...bad, stop] as TraceRecord[])

    expect(result).toEqual({
      refused: bad.length,
      reason: 'The "info" of a record cannot be written as JSON: it may contain a cycle or a BigInt.',
    })
    expect(receiver.spans).toHaveLength(1)
  })

  it('sends hostile text as text, but replaces lone surrogates and shortens long values', async () => {
    const info = JSON.parse(
      '{"__proto__": {"polluted": true}, "toString": "mine", "$where": "1", "x": "a\\u0000\\ud800"}',
    )
    Object.assign(info, { long: 'x'.repeat(1_000_000), request: { method: 'GET', path: '"\'\\\u2028</script>' } })

    const span = await sendOne({ name: '*[a-z]?\u001b[2J' }, info, {})

    expect(span?.attributes).toMatchObject({
      'osprofiler.info.__proto__': '{"polluted":true}',
      'osprofiler.info.toString': 'mine',
      'osprofiler.info.$where': '1',
      'osprofiler.info.x': 'a\0\ufffd',
      'url.path': '"\'\\\u2028</script>',
      'osprofiler.name': '*[a-z]?\u001b[2J',
    })
    expect(String(span?.attributes['osprofiler.info.long'])).toHaveLength(20_000)
  })

  it('shows no credentials when the driver is inspected', () => {
    stubEnvironment({ OTEL_EXPORTER_OTLP_HEADERS: 'api-key=s3cret' })
    const driver = openDriver('otlp://me:s3cret@localhost')

    expect(inspect(driver, { depth: Number.POSITIVE_INFINITY, showHidden: true })).not.toContain('s3cret')
  })

  it('has no methods for reading', () => {
    const driver = openDriver('otlp://localhost')

    expect(driver.readRecords).toBeUndefined()
    expect(driver.listTraces).toBeUndefined()
    expect([driver.name, driver.location]).toEqual(['otlp', 'localhost:4318'])
  })

  it('rejects a write after close()', async () => {
    const driver = openDriver('otlp://localhost')

    await Promise.all([driver.close(), driver.close()])

    await expect(driver.write([makeRecord()])).rejects.toMatchObject({ code: 'ERR_STORE' })
  })
})

function point(members: Partial<TraceRecord> = {}): { start: TraceRecord; stop: TraceRecord } {
  const { name = 'wsgi' } = members
  const start = makeRecord({ info: { host: 'web-1' }, ...members, name: `${name}-start` })
  const { base_id, parent_id, trace_id } = start
  return { start, stop: makeRecord({ ...members, base_id, parent_id, trace_id, info: {}, name: `${name}-stop` }) }
}

function open(receiver: OtlpReceiver, options = ''): Driver {
  const driver = openDriver(`otlp://127.0.0.1:${receiver.port}${options}`)
  onTestFinished(() => driver.close())
  return driver
}

async function sendOne(members: Partial<TraceRecord>, startInfo: TraceRecord['info'], stopInfo: TraceRecord['info']) {
  const receiver = await startOtlpReceiver()
  const { start, stop } = point(members)
  await open(receiver).write([
    { ...start, info: startInfo },
    { ...stop, info: stopInfo },
  ])
  return receiver.spans[0]
}

async function sendAndClose(connectionString: string): Promise<void> {
  const driver = openDriver(connectionString)
  const { start, stop } = point()
  await driver.write([start, stop])
  await driver.close()
}

function stubEnvironment(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

function toNanoseconds(timestamp: string): bigint {
  return BigInt(Date.parse(`${timestamp.slice(0, 23)}Z`)) * 1_000_000n + BigInt(timestamp.slice(23)) * 1_000n
}
