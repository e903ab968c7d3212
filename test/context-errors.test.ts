import { get, setNotifier, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Listening, Route } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { nodeServer } from './context/node-server.js'
import { recordTraces } from './context/recorded-traces.js'
import { send, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

class OutOfStock extends Error {}

const routes: Record<string, Route> = {
  '/throws': () => {
    throw new OutOfStock('none left')
  },
  '/rejects': () => withTrace('work', () => Promise.reject(new OutOfStock('none left'))),
  '/rejects-late': async () => {
    await new Promise(done => setTimeout(done, 1))
    await withTrace('work', () => Promise.reject(new OutOfStock('none left')))
  },
  '/caught': async () => {
    await withTrace('work', () => Promise.reject(new OutOfStock('none left'))).catch(() => undefined)
    return { traced: get() !== undefined }
  },
}

describe.each(frameworks)('a handler of $name', framework => {
  it.each(['/throws', '/rejects', '/rejects-late'])(
    "that fails (%s) ends its request's point once, with the thrown error",
    async path => {
      const traces = recordTraces()
      server = await framework.serve({ routes })
      const { baseId, headers } = signTrace()

      const signed = await send(server.url + path, { headers })
      const unsigned = await send(server.url + path)

      expect([signed.status, unsigned.status]).toEqual([500, 500])
      expect(signed.body).toEqual(unsigned.body)
      const records = await traces.whenServed(baseId)
      expect(outlineTrace(records)).toBe(path === '/throws' ? 'wsgi' : 'wsgi\n  work')
      // Plain node:http has no error handler, so only the status shows that the handler failed.
      const told = framework === nodeServer ? {} : { etype: 'OutOfStock', message: 'none left' }
      const { host, request: route, points, ...info } = records.at(-1)?.info ?? {}
      expect(info).toEqual({ response: expect.objectContaining({ status_code: 500 }), ...told })
    },
  )

  it('that catches the error of a point answers normally', async () => {
    const traces = recordTraces()
    server = await framework.serve({ routes })
    const { baseId, headers } = signTrace()

    const reply = await send(`${server.url}/caught`, { headers })

    expect(reply.json()).toEqual({ traced: true })
    const records = await traces.whenServed(baseId)
    expect(records.map(({ name, info }) => [name, info.etype])).toEqual([
      ['wsgi-start', undefined],
      ['work-start', undefined],
      ['work-stop', 'OutOfStock'],
      ['wsgi-stop', undefined],
    ])
  })
})
