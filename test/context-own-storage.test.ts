import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { get, setNotifier, withTrace } from '@osprofiler/core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Listening, Wrapper } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { recordTraces } from './context/recorded-traces.js'
import { send, signTrace, split } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
  vi.restoreAllMocks()
})

const own = new AsyncLocalStorage<{ readonly number: number }>()
let requests = 0

const runOwn: Wrapper = next => own.run({ number: requests++ }, next)
const enterOwn: Wrapper = next => {
  own.enterWith({ number: requests++ })
  return next()
}
const runInOther: Wrapper = next => new AsyncLocalStorage<string>().run('other', next)

describe.each(frameworks)("an application's own AsyncLocalStorage in $name", framework => {
  it.each([
    { how: 'run() is called before the adapter', application: { before: runOwn } },
    { how: 'run() is called after the adapter', application: { after: runOwn } },
    { how: 'enterWith() is called before the adapter', application: { before: enterOwn } },
    { how: 'enterWith() is called after the adapter', application: { after: enterOwn } },
    {
      how: 'run() is called before the adapter, and run() of another storage after the adapter',
      application: { before: runOwn, after: runInOther },
    },
  ])('stays the same throughout traced and untraced requests when $how', async ({ application }) => {
    const traces = recordTraces()
    server = await framework.serve({
      ...application,
      routes: {
        '/': async () => {
          const seen = [own.getStore()?.number]
          await pause(Math.random() * 3)
          seen.push(own.getStore()?.number)
          await withTrace('work', async () => {
            await pause(1)
            seen.push(own.getStore()?.number)
          })
          seen.push(own.getStore()?.number)
          return { seen, traced: get() !== undefined }
        },
      },
    })
    const { url } = server

    const sent = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const { baseId, headers } = signTrace()
        const signed = index % 2 === 0
        const body = split('{"some": "body"}', 3)
        const reply = await send(url, { headers: { ...(signed && headers), 'Content-Type': 'application/json' }, body })
        return { baseId, signed, reply }
      }),
    )

    const numbers = new Set<unknown>()
    for (const { baseId, signed, reply } of sent) {
      const { seen, traced } = reply.json() as { seen: number[]; traced: boolean }
      expect(traced).toBe(signed)
      expect(seen).toHaveLength(4)
      expect(new Set(seen).size).toBe(1)
      numbers.add(seen[0])
      if (signed) expect(outlineTrace(await traces.whenServed(baseId))).toBe('wsgi\n  work')
    }
    expect(numbers.size).toBe(sent.length)
    expect(numbers).not.toContain(undefined)
    expect(own.getStore()).toBeUndefined()
  })

  it('is the only storage that unsigned and refused requests enter', async () => {
    recordTraces()
    server = await framework.serve({ routes: { '/': () => ({ traced: get() !== undefined }) } })
    await send(server.url, { headers: signTrace().headers })
    const entered = [vi.spyOn(AsyncLocalStorage.prototype, 'run'), vi.spyOn(AsyncLocalStorage.prototype, 'enterWith')]

    const replies = [await send(server.url), await send(server.url, { headers: signTrace('another key').headers })]

    for (const reply of replies) expect(reply.json()).toEqual({ traced: false })
    for (const calls of entered) expect(calls).not.toHaveBeenCalled()
  })
})
