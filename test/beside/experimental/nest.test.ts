import 'reflect-metadata'
import type { INestApplication } from '@nestjs/common'
import { MetadataScanner, NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { getTraceIdHeaders, run, setNotifier } from '@osprofiler/core'
import { osprofilerMiddleware } from '@osprofiler/express'
import { osprofiler } from '@osprofiler/fastify'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { UNTRACED, WAYS_TO_TRACE, type WayToTrace } from '../ways-to-trace.js'
import { createOrdersModule } from './nest/orders-module.js'

const KEY = 'KEY'
const OPTIONS = { logger: false, abortOnError: false } as const
const PLATFORMS = ['Express', 'Fastify'] as const
type Platform = (typeof PLATFORMS)[number]

type RequestSpec = readonly [method: string, path: string, headers?: Record<string, string>, body?: object]
type CreateHeaders = () => Record<string, string>
interface CollectedAnswers {
  readonly seen: readonly unknown[][]
  readonly log: readonly string[]
}

const REQUESTS: readonly RequestSpec[] = [
  ['GET', '/orders/list?page=2'],
  ['GET', '/orders/list?page=2', { 'x-role': 'reader' }],
  ['GET', '/orders/count'],
  ['GET', '/orders/greeting', { 'x-customer': 'bob', 'x-role': 'guest' }],
  ['POST', '/orders/remove'],
  ['POST', '/orders/remove', { 'x-role': 'admin' }],
  ['GET', '/orders/split'],
  ['GET', '/orders/split', { 'x-role': 'admin' }],
  ['GET', '/orders/price/12'],
  ['GET', '/orders/price/twelve'],
  ['POST', '/orders', {}, { amount: 2, customer: 'bob', secret: 1 }],
  ['POST', '/orders', {}, { amount: 0 }],
  ['GET', '/orders/shout/hey'],
  ['GET', '/orders/stock'],
  ['GET', '/orders/gone'],
  ['GET', '/orders/events'],
  ['GET', '/orders/unknown'],
]

const STATUSES = [403, 200, 200, 200, 403, 202, 403, 200, 200, 400, 201, 400, 200, 410, 301, 200, 404]

async function createApplication(platform: Platform, way: WayToTrace) {
  const { module, log } = createOrdersModule(way)
  let app: INestApplication
  if (platform === 'Express') {
    app = await NestFactory.create(module, OPTIONS)
    app.use(osprofilerMiddleware(KEY))
  } else {
    const fastify = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), OPTIONS)
    await fastify.register(osprofiler, { hmacKeys: KEY })
    app = fastify
  }
  await app.listen(0, '127.0.0.1')
  return { app, log, url: await app.getUrl() }
}

/** Returns the responses that a client of the application receives, and the application's complete log. */
async function answers(
  platform: Platform,
  way: WayToTrace,
  rounds: readonly CreateHeaders[],
): Promise<readonly CollectedAnswers[]> {
  const { app, log, url } = await createApplication(platform, way)
  const answers: CollectedAnswers[] = []
  for (const sign of rounds) {
    const seen = []
    for (const request of REQUESTS) seen.push(await sendRequest(url, request, sign()))
    answers.push({ seen, log: log.splice(0) })
  }
  await app.close()
  return [...answers, { seen: [], log }]
}

async function sendRequest(url: string, [method, path, headers, body]: RequestSpec, signature: Record<string, string>) {
  const response = await fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(body && { 'content-type': 'application/json' }), ...headers, ...signature },
    ...(body && { body: JSON.stringify(body) }),
  })
  const { date: _, ...kept } = Object.fromEntries(response.headers)
  return [method, path, headers, response.status, await response.text(), kept]
}

const unsigned: CreateHeaders = () => ({})
const signed: CreateHeaders = () => ({ ...run({ hmacKey: KEY }, getTraceIdHeaders) })

/** Returns all metadata of a class and its methods, and the methods that a scanner finds. */
function outline(type: { readonly prototype: object }): unknown {
  const metadataOf = (target: object) =>
    Reflect.getMetadataKeys(target).map(key => [key, describeValue([Reflect.getMetadata(key, target)])])
  const scanned = new MetadataScanner().getAllMethodNames(type.prototype)
  return {
    type: metadataOf(type),
    parameters: scanned.map(name => [
      name,
      Reflect.getMetadataKeys(type, name),
      Reflect.getMetadataKeys(type.prototype, name),
    ]),
    methods: scanned.map(name => [name, metadataOf(Reflect.get(type.prototype, name))]),
  }
}

/** Returns a value with its functions replaced by their names, because each application creates its own classes. */
function describeValue(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_, each) => (typeof each === 'function' ? `function ${each.name}` : each)))
}

let points: string[] = []
beforeEach(() => {
  points = []
  setNotifier(({ name, info }) => {
    if (name === 'step-start') points.push(`${(info.function as { name: string }).name}`)
  })
})
afterEach(() => setNotifier(undefined))

describe.each(PLATFORMS)('Nest on %s', platform => {
  let untraced: readonly CollectedAnswers[]
  beforeAll(async () => {
    untraced = await answers(platform, UNTRACED, [unsigned, unsigned])
  })

  it('runs its routes, guards, pipes, filters and hooks as expected when it is untraced', () => {
    const [first, , end] = untraced

    expect(first?.seen.map(([, , , status]) => status)).toEqual(STATUSES)
    expect(first?.log).toEqual(
      expect.arrayContaining(['Explorer: explorer job,other', 'bootstrap true true 1 EUR', 'Orders.list']),
    )
    expect(end?.log).toEqual(['destroy', 'before shutdown undefined', 'shutdown undefined'])
  })

  it.each(WAYS_TO_TRACE)('sends the same responses when it is traced with $name as when it is untraced', async way => {
    const traced = await answers(platform, way, [unsigned, signed])

    expect(traced).toEqual(untraced)
    expect(points).toContain('Listed.list')
    expect(points).toContain('Orders.price')
  })
})

describe('metadata that Nest reads from a controller', () => {
  it.each(WAYS_TO_TRACE)('is the same when the controller is traced with $name', way => {
    const { Orders } = createOrdersModule(way)
    const { Orders: Untraced } = createOrdersModule(UNTRACED)

    expect(outline(Orders)).toEqual(outline(Untraced))
  })
})
