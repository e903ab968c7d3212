import { Readable } from 'node:stream'
import { setImmediate as immediately, setTimeout as pause } from 'node:timers/promises'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Application, Listening, RawRoute } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { nodeServer } from './context/node-server.js'
import { recordTraces } from './context/recorded-traces.js'
import { send, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

const CHUNKS = 4
const OUTLINE = `wsgi${'\n  chunk\n    inside'.repeat(CHUNKS)}`

async function* generateChunks(id: string) {
  for (let index = 0; index < CHUNKS; index++) {
    await pause(Math.random() * 4)
    yield withTrace('chunk', { id }, async () => {
      await immediately()
      return withTrace('inside', { id }, () => `${id} of ${get()?.baseId ?? 'no trace'}, ${'x'.repeat(5_000)}\n`)
    })
  }
}

/** A route that writes server-sent events itself on a timer, as applications do. */
const events: RawRoute = (req, res) => {
  const id = new URL(req.url ?? '', 'http://localhost').searchParams.get('id') ?? ''
  res.writeHead(200, { 'Content-Type': 'text/event-stream' })
  let sent = 0
  const timer = setInterval(() => {
    withTrace('chunk', { id }, () => withTrace('inside', { id }, () => res.write(`data: ${get()?.baseId}\n\n`)))
    if (++sent < CHUNKS) return
    clearInterval(timer)
    res.end()
  }, 2)
}

const application: Application = {
  routes: { '/stream': ({ id }) => Readable.from(generateChunks(id)) },
  rawRoutes: { '/events': events },
}

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

describe.each(frameworks)('a response of $name', framework => {
  it.each([
    { what: 'is streamed from a generator', path: '/stream', compress: false },
    { what: 'is streamed and compressed', path: '/stream', compress: true },
    { what: 'consists of server-sent events', path: '/events', compress: false },
    { what: 'consists of compressed server-sent events', path: '/events', compress: true },
  ])('that $what has all of its points in its own trace, up to its last byte', async ({ path, compress }) => {
    const traces = recordTraces()
    server = await framework.serve({ ...application, compress })
    const { url } = server

    const sent = await Promise.all(
      Array.from({ length: 40 }, async (_, index) => {
        const { baseId, headers } = signTrace()
        const [signed, unsigned] = await Promise.all([
          send(`${url}${path}?id=${index}-`, { headers: { ...headers, 'Accept-Encoding': 'gzip' } }),
          send(`${url}${path}?id=unsigned`),
        ])
        return { index, baseId, signed, unsigned }
      }),
    )

    for (const { index, baseId, signed, unsigned } of sent) {
      const records = await traces.whenServed(baseId)
      expect(outlineTrace(records)).toBe(OUTLINE)
      expect(records.at(-1)?.name).toBe('wsgi-stop')
      for (const { name, info } of records) if (/^(chunk|inside)-start$/.test(name)) expect(info.id).toBe(`${index}-`)
      const text = (signed.headers['content-encoding'] === 'gzip' ? gunzipSync(signed.body) : signed.body).toString()
      expect(text.split(baseId)).toHaveLength(CHUNKS + 1)
      expect(unsigned.body.toString()).not.toContain(baseId)
    }
    expect(traces.all.some(({ info }) => info.id === 'unsigned')).toBe(false)
  })

  it('has the same bytes traced and untraced, and is compressed on request', async () => {
    recordTraces()
    server = await framework.serve({ routes: { '/same': () => Readable.from(['one ', 'two']) }, compress: true })

    const headers = { 'Accept-Encoding': 'br' }
    const signed = await send(`${server.url}/same`, { headers: { ...headers, ...signTrace().headers } })
    const unsigned = await send(`${server.url}/same`, { headers })

    expect(signed.body).toEqual(unsigned.body)
    const compressed = framework !== nodeServer
    expect(signed.headers['content-encoding']).toBe(compressed ? 'br' : undefined)
    expect((compressed ? brotliDecompressSync(signed.body) : signed.body).toString()).toBe('one two')
  })
})
