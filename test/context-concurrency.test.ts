import { Agent } from 'node:http'
import { get, setNotifier } from '@osprofiler/core'
import { afterEach, describe, expect, it } from 'vitest'
import type { Listening, Route } from './context/framework.js'
import { frameworks } from './context/frameworks.js'
import { recordTraces } from './context/recorded-traces.js'
import { send, signTrace } from './context/signed-request.js'
import { outlineTrace } from './context/trace-outline.js'
import { doWork, WORK_OUTLINE } from './context/traced-work.js'

const REQUESTS = 200

let server: Listening | undefined

afterEach(async () => {
  await server?.close()
  setNotifier(undefined)
})

const routes: Record<string, Route> = {
  '/work': async ({ id }) => ({ id, traced: await doWork(id), trace: get()?.baseId ?? null }),
  '/fail': async ({ id }) => {
    await doWork(id)
    throw new RangeError(`request ${id} fails`)
  },
}

describe.each(frameworks)('$name under 200 concurrent requests', framework => {
  it("records each trace's own points below the right parents, and no points for unsigned requests", async () => {
    const traces = recordTraces()
    server = await framework.serve({ routes })
    const agent = new Agent({ keepAlive: true, maxSockets: REQUESTS })

    const sent = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, index) => {
        const path = index % 4 === 3 ? '/fail' : '/work'
        const { baseId, headers } = signTrace()
        const [signed, unsigned] = await Promise.all([
          send(`${server?.url}${path}?id=request-${index}-`, { headers, agent }),
          send(`${server?.url}/work?id=unsigned-${index}`, { agent }),
        ])
        return { index, path, baseId, signed, unsigned }
      }),
    )

    for (const { index, path, baseId, signed, unsigned } of sent) {
      const records = await traces.whenServed(baseId)
      expect(outlineTrace(records)).toBe(`wsgi${WORK_OUTLINE}`)
      for (const { name, info } of records) {
        if (!name.endsWith('-start')) continue
        expect(JSON.stringify(info)).toContain(`request-${index}-`)
      }
      if (path === '/work')
        expect(signed.json()).toMatchObject({ id: `request-${index}-`, traced: true, trace: baseId })
      expect(records.find(({ name }) => name === 'wsgi-stop')?.info).toMatchObject({
        response: { status_code: path === '/fail' ? 500 : 200 },
      })
      expect(unsigned.json()).toEqual({ id: `unsigned-${index}`, traced: false, trace: null })
    }
    expect(new Set(traces.all.map(({ base_id }) => base_id)).size).toBe(REQUESTS)
    expect(traces.all.some(({ info }) => JSON.stringify(info).includes('unsigned'))).toBe(false)
    agent.destroy()
  })
})
