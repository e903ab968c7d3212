import { createRequire } from 'node:module'
import { setNotifier } from '@osprofiler/core'
import type { Collection, MongoClient } from 'mongodb'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { startSearch } from '../../../packages/drivers/test/stand-ins/search.js'
import { type Call, type Note, notePromise, watchCall } from './guest-calls.js'
import { instrumented, undoInstruments } from './instrumented.js'
import { collect, inTrace, until } from './traced-calls.js'

const require = createRequire(import.meta.url)
const { MongoClient: Client }: typeof import('mongodb') = require('mongodb')

interface SearchClient {
  search(request: object, ...more: unknown[]): PromiseLike<unknown>
  get(request: object): PromiseLike<unknown>
  close(): Promise<void>
}

let mongodb: MongoClient
let orders: Collection<{ _id: number }>
const searches: Record<string, SearchClient> = {}
const stops: (() => unknown)[] = []

beforeAll(async () => {
  const { host, port } = await startMongodb({})
  mongodb = await new Client(`mongodb://${host}:${port}/`).connect()
  orders = mongodb.db('guest').collection('orders')
  await orders.insertOne({ _id: 1 })
  for (const [name, product] of [
    ['@elastic/elasticsearch', 'elasticsearch'],
    ['elasticsearch-8', 'elasticsearch'],
    ['@opensearch-project/opensearch', 'opensearch'],
  ] as const) {
    const standIn = await startSearch({ product })
    const library: { Client: new (options: object) => SearchClient } = require(name)
    const client = new library.Client({ node: `http://127.0.0.1:${standIn.port}` })
    searches[name] = client
    stops.push(
      () => client.close(),
      () => standIn.kill(),
    )
  }
})
afterAll(async () => {
  await mongodb.close()
  for (const stop of stops) await stop()
})
afterEach(() => {
  undoInstruments()
  setNotifier(undefined)
})

/** Logs the names and lengths of a thenable's methods, and how the thenable settles. */
async function noteThenable(thenable: PromiseLike<unknown>, note: Note): Promise<void> {
  const methods = ['then', 'catch', 'finally'] as const
  const own = thenable as unknown as Record<string, { name: string; length: number }>
  note(methods.map(name => `${own[name]?.name} ${own[name]?.length}`).join(' '))
  await notePromise(thenable, note)
}

const CALLS: Readonly<Record<string, Call>> = {
  'a mongodb command': note => notePromise(orders.findOne({ _id: 1 }), note),
  'a mongodb command that fails': note => notePromise(orders.insertOne({ _id: 1 }), note),
  'a mongodb command whose failure is unhandled': async note => {
    void orders.insertOne({ _id: 1 })
    await notePromise(orders.findOne({ _id: 1 }), note)
  },
  ...Object.fromEntries(
    ['@elastic/elasticsearch', 'elasticsearch-8', '@opensearch-project/opensearch'].flatMap(name => [
      [`a request of ${name}`, (note: Note) => noteThenable(client(name).search({ index: '_all' }), note)],
      [
        `a request of ${name} that fails`,
        (note: Note) => noteThenable(client(name).get({ index: 'no', id: 'no' }), note),
      ],
      [
        `a request of ${name} whose failure is unhandled`,
        async (note: Note) => {
          void client(name).get({ index: 'no', id: 'no' })
          await noteThenable(client(name).search({ index: '_all' }), note)
        },
      ],
    ]),
  ),
  'a request of @opensearch-project/opensearch with a callback': note =>
    new Promise<void>(resolve => {
      void client('@opensearch-project/opensearch').search({ index: '_all' }, {}, (error: unknown, result: unknown) =>
        resolve(note(`called with ${error} ${typeof result}`)),
      )
    }),
}

function client(name: string): SearchClient {
  const found = searches[name]
  if (found === undefined) throw new Error(name)
  return found
}

describe.each(Object.keys(CALLS))('%s', name => {
  const call = CALLS[name] ?? (() => Promise.resolve())

  it.each(['untraced', 'traced'])('behaves the same with and without the instrument: %s', async how => {
    await watchCall(call)
    const plain = await watchCall(call)
    const records = collect()
    const { Transport } = require('@opensearch-project/opensearch')
    const { request } = Transport.prototype
    instrumented(['mongodb', 'elasticsearch'])
    await until(() => Transport.prototype.request !== request)

    const watched = how === 'traced' ? (await inTrace(() => watchCall(call))).result : await watchCall(call)

    expect(watched).toEqual(plain)
    // A point from an earlier test may stop only now, so only start records are checked.
    expect(records.some(record => record.name.endsWith('-start'))).toBe(how === 'traced')
  })
})
