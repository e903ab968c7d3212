import { once } from 'node:events'
import http from 'node:http'
import * as elasticsearch from '@elastic/elasticsearch'
import axios from 'axios'
import got from 'got'
import { MongoClient } from 'mongodb'
import nodeFetch from 'node-fetch'
import superagent from 'superagent'
import { request as undiciRequest } from 'undici-7'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startMongodb } from '../../../packages/drivers/test/stand-ins/mongodb.js'
import { startSearch } from '../../../packages/drivers/test/stand-ins/search.js'
import { findFreePort } from '../../../test/servers/free-port.js'
import { type OriginServer, openOrigin } from './origin-server.js'
import { recordWithoutSecrets, SECRET } from './secrets.js'

const { Client: Elasticsearch } = elasticsearch
const LEVELS = ['off', 'statements', 'values'] as const
const HEADERS = {
  authorization: `Bearer ${SECRET}`,
  'proxy-authorization': `Basic ${SECRET}`,
  cookie: `session=${SECRET}`,
  'x-api-key': SECRET,
}
const QUERY = `page=2&access_token=${SECRET}&password=${SECRET}&X-Amz-Security-Token=${SECRET}&apikey=${SECRET}`

let origin: OriginServer
let closed: number

beforeAll(async () => {
  origin = await openOrigin()
  closed = await findFreePort()
})
afterAll(() => origin[Symbol.asyncDispose]())

/** A request by each client. Every part of the request that must not be recorded contains a secret. */
const CLIENTS: Record<string, (url: string) => Promise<unknown>> = {
  fetch: async url => (await fetch(url, { headers: HEADERS, method: 'POST', body: SECRET })).text(),
  undici: async url => (await undiciRequest(url, { headers: HEADERS, method: 'POST', body: SECRET })).body.text(),
  'http.get': async url => {
    const request = http.get(withUser(url), { headers: HEADERS })
    const [response] = await once(request, 'response')
    await once(response.resume(), 'end')
  },
  'http.request with auth': async url => {
    const request = http.request(url, { auth: `${SECRET}:${SECRET}`, headers: HEADERS, method: 'POST' }).end(SECRET)
    const [response] = await once(request, 'response')
    await once(response.resume(), 'end')
  },
  axios: url => axios.post(url, SECRET, { headers: HEADERS, auth: { username: SECRET, password: SECRET } }),
  got: url => got.post(withUser(url), { headers: HEADERS, body: SECRET, retry: { limit: 0 } }),
  'node-fetch': async url => (await nodeFetch(url, { headers: HEADERS })).text(),
  superagent: url => superagent.get(url).auth(SECRET, SECRET).set(HEADERS),
}

function withUser(url: string): string {
  return url.replace('://', `://${SECRET}:${SECRET}@`)
}

describe.each(Object.entries(CLIENTS))('a request by %s', (_name, ask) => {
  it('is recorded without secrets from the URL, the headers, the body, a redirect or a failure', async () => {
    const records = await recordWithoutSecrets(undefined, async () => {
      await ask(`${origin.origin}/ok?${QUERY}`)
      await ask(`${origin.origin}/redirect?to=${encodeURIComponent(`/ok?token=${SECRET}`)}&token=1`).catch(
        () => undefined,
      )
      await ask(`http://127.0.0.1:${closed}/?${QUERY}`).catch(() => undefined)
      await ask(withUser(`http://127.0.0.1:${closed}/?${QUERY}`)).catch(() => undefined)
    })

    expect(records.filter(({ name }) => name === 'http-start').length).toBeGreaterThan(2)
    expect(JSON.stringify(records)).toContain('access_token=***')
  })
})

describe('the instrument of a database client', () => {
  it.each(LEVELS)('records no Elasticsearch credentials with traceSql %s', async traceSql => {
    const password = `${SECRET}-password`
    const authorization = `Basic ${Buffer.from(`shop:${password}`).toString('base64')}`
    const standIn = await startSearch({ product: 'elasticsearch', authorization })
    const node = `http://127.0.0.1:${standIn.port}`
    const libraries = { '@elastic/elasticsearch': elasticsearch }

    const records = await recordWithoutSecrets({ traceSql, libraries }, async () => {
      const allowed = new Elasticsearch({ node, auth: { username: 'shop', password }, maxRetries: 0 })
      await allowed.index({ index: 'orders', document: { status: 'open', password: SECRET, card: { token: SECRET } } })
      await allowed.security.changePassword({ username: 'shop', password: SECRET }).catch(() => undefined)
      await allowed.close()
      const refused = new Elasticsearch({ node, auth: { apiKey: SECRET }, maxRetries: 0 })
      await refused.search({ index: 'orders' }).catch(() => undefined)
      await refused.close()
      const lost = new Elasticsearch({ node: `http://${SECRET}:${SECRET}@127.0.0.1:${closed}`, maxRetries: 0 })
      await lost.search({ index: 'orders' }).catch(() => undefined)
      await lost.close()
    })
    await standIn.kill()

    expect(records.filter(({ name }) => name === 'db-start')).toHaveLength(4)
  })

  it.each(LEVELS)('records no MongoDB credentials with traceSql %s', async traceSql => {
    const { host, port, kill } = await startMongodb({
      credentials: { username: 'shop', password: `${SECRET}-password` },
    })
    const url = (user: string, password: string, to = port) =>
      `mongodb://${user}:${password}@${host}:${to}/?authSource=admin`

    const records = await recordWithoutSecrets({ traceSql }, async () => {
      const allowed = new MongoClient(url('shop', `${SECRET}-password`))
      const users = allowed.db('shop').collection('users')
      await users.insertOne({ name: 'bob', password: SECRET, session: { token: SECRET } })
      await users.find({ password: SECRET }).toArray()
      await allowed
        .db('admin')
        .command({ createUser: SECRET, pwd: SECRET, roles: [] })
        .catch(() => undefined)
      await allowed.close()
      for (const other of [url(SECRET, SECRET), url(SECRET, SECRET, closed)]) {
        const refused = new MongoClient(other, { serverSelectionTimeoutMS: 100 })
        await refused
          .db('shop')
          .collection('users')
          .findOne({})
          .catch(() => undefined)
        await refused.close()
      }
    })
    await kill()

    expect(records.filter(({ name }) => name === 'db-start').length).toBeGreaterThan(2)
  })
})
