import { configure, get, setNotifier } from '@osprofiler/core'
import type { HttpOptions } from '@osprofiler/core/http'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Application, Serving } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { recordTraces } from './context/recorded-traces.js'
import { KEY, send, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

const ENVIRONMENT = ['OSPROFILER_HMAC_KEYS', 'OSPROFILER_HMAC_KEYS_FILE', 'OSPROFILER_ENABLED'] as const

let server: Serving | undefined
let restore: () => void = () => undefined
const environment = new Map<string, string | undefined>()

beforeEach(() => {
  for (const name of ENVIRONMENT) {
    environment.set(name, process.env[name])
    delete process.env[name]
  }
  // Discards settings that were read from the environment earlier.
  restore = configure({})
})

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
  for (const [name, value] of environment) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  restore()
})

describe.each(frameworks)('the adapter in $name', framework => {
  const routes: Application['routes'] = { '/': () => ({ trace: get()?.baseId ?? null }) }

  const serve = async (options: HttpOptions, keys: Application['keys'] = { hmacKeys: KEY }): Promise<string> => {
    server = await framework.serve({ routes, options, keys })
    return server.url
  }

  /** Sends a signed request and returns whether it was traced. */
  const isTraced = async (url: string, key = KEY): Promise<boolean> => {
    const { baseId, headers } = signTrace(key)
    const { status, json } = await send(url, { headers })
    expect(status).toBe(200)
    const { trace } = json()
    if (trace !== null) expect(trace).toBe(baseId)
    return trace !== null
  }

  it('names the point as configured', async () => {
    const traces = recordTraces('api')
    const url = await serve({ name: 'api' })
    const { baseId, headers } = signTrace()

    await send(url, { headers })

    expect(outlineTrace(await traces.whenServed(baseId))).toBe('api')
  })

  it('records the path, query, method and scheme, but no secrets', async () => {
    const traces = recordTraces()
    const url = await serve({})
    const { baseId, headers } = signTrace()

    await send(`${url}/?color=blue&password=hush`, { headers, body: [] })

    const { request } = (await traces.whenServed(baseId))[0]?.info ?? {}
    expect(request).toMatchObject({ path: '/', method: 'POST', scheme: 'http' })
    expect(JSON.stringify(request)).toContain('color=blue')
    expect(JSON.stringify(request)).not.toContain('hush')
  })

  it('does not record the query with hideQuery', async () => {
    const traces = recordTraces()
    const url = await serve({ hideQuery: true })
    const { baseId, headers } = signTrace()

    await send(`${url}/?color=blue`, { headers })

    expect((await traces.whenServed(baseId))[0]?.info.request).toMatchObject({ path: '/', query: '' })
  })

  it('does not trace ignored requests, and calls the ignore function only for signed requests', async () => {
    recordTraces()
    const asked: (string | undefined)[] = []
    const url = await serve({
      ignore: req => {
        asked.push(req.url)
        if (req.url?.includes('broken')) throw new Error('on purpose')
        return req.url?.includes('health') === true
      },
    })

    await send(`${url}/?unsigned`)

    expect(await isTraced(`${url}/?health`)).toBe(false)
    expect(await isTraced(`${url}/?other`)).toBe(true)
    expect(await isTraced(`${url}/?broken`)).toBe(true)
    expect(asked).toEqual(['/?health', '/?other', '/?broken'])
  })

  it('can be enabled and disabled while the server runs', async () => {
    recordTraces()
    const url = await serve({})

    const traced = [await isTraced(url)]
    for (const enabled of [false, true]) {
      configure({ enabled })
      traced.push(await isTraced(url))
    }

    expect(traced).toEqual([true, false, true])
    expect(server?.stats()).toMatchObject({ traced: 2, refused: { disabled: 1 } })
  })

  it('prefers its own enabled option to all other settings', async () => {
    recordTraces()
    const off = await serve({ enabled: false })
    expect(await isTraced(off)).toBe(false)
    await server?.close()
    configure({ enabled: false })

    expect(await isTraced(await serve({ enabled: true }))).toBe(true)
  })

  it('reads the keys from the environment at the first signed request', async () => {
    recordTraces()
    const url = await serve({}, {})
    await send(url)
    process.env.OSPROFILER_HMAC_KEYS = 'set late, and another'

    expect(await isTraced(url, 'set late')).toBe(true)
    expect(await isTraced(url, 'and another')).toBe(true)
    expect(await isTraced(url, 'no key')).toBe(false)
    expect(server?.stats().tracedByKey).toEqual([1, 1])
  })

  it('uses keys that were passed to configure(), but prefers its own keys', async () => {
    recordTraces()
    configure({ hmacKeys: 'configured' })
    const url = await serve({}, {})
    expect(await isTraced(url, 'configured')).toBe(true)
    await server?.close()

    const own = await serve({})

    expect([await isTraced(own, 'configured'), await isTraced(own)]).toEqual([false, true])
  })

  it('serves all requests untraced if it has no keys', async () => {
    const traces = recordTraces()
    const url = await serve({}, {})

    expect(await isTraced(url)).toBe(false)
    expect(server?.stats().refused['no-keys']).toBe(1)
    expect(traces.all).toEqual([])
  })

  it.each([{ hmacKeys: [] }, { hmacKeys: '' }, { hmacKeys: ' , ' }])('rejects $hmacKeys as keys', async keys => {
    await expect(serve({}, keys)).rejects.toThrow(TypeError)
  })

  it('counts traced requests by key, and untraced requests by reason', async () => {
    recordTraces()
    const reasons: string[] = []
    const url = await serve({ onRefused: reason => reasons.push(reason) }, { hmacKeys: ['new', 'old'] })
    const { headers } = signTrace('new')

    for (const key of ['new', 'old', 'old', 'none of them']) await isTraced(url, key)
    await send(url, { headers: { 'X-Trace-Info': String(headers['X-Trace-Info']) } })
    await send(url, { headers: { ...headers, 'X-Trace-HMAC': 'no digits' } })
    await send(url)

    const { traced, tracedByKey, refused } = server?.stats() ?? {}
    expect({ traced, tracedByKey }).toEqual({ traced: 3, tracedByKey: [1, 2] })
    expect(refused).toMatchObject({ 'unknown-key': 1, 'missing-header': 1, 'malformed-hmac': 1, disabled: 0 })
    expect(reasons).toEqual(['unknown-key', 'missing-header', 'malformed-hmac'])
  })
})
