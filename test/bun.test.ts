import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { findBun } from './servers/bun.js'
import { type Service, sign, startService } from './why/limits-service.js'

const FRAMEWORKS = ['express', 'koa', 'fastify']

let bun: string
beforeAll(async () => {
  bun = await findBun()
})

const services: Service[] = []
afterEach(() => {
  for (const { child } of services.splice(0)) child.kill('SIGKILL')
})

describe.each(FRAMEWORKS)('a service on Bun with %s', FRAMEWORK => {
  it('traces a signed request, but refuses to create an account of where its time went', async () => {
    const service = await startService({ program: bun, env: { FRAMEWORK, OSPROFILER_WHY: 'cpu' } })
    services.push(service)

    for (const asked of ['waits', 'cpu']) {
      const { baseId, headers } = sign([`why=${asked}`])
      const response = await service.send('both?ms=5', headers)
      const body = await response.text()
      const records = await service.records(baseId, 4)

      expect([response.status, body]).toEqual([200, '"done"'])
      expect(records.map(({ name }) => name)).toEqual(['wsgi-start', 'wsgi-stop', 'why-start', 'why-stop'])
      expect(records[1]?.info).toMatchObject({ response: { status_code: 200 } })
      expect(records[2]?.info.why).toEqual({ version: 1, refused: 'runtime', asked })
    }
  })

  it('records nothing about an unsigned request', async () => {
    const service = await startService({ program: bun, env: { FRAMEWORK } })
    services.push(service)

    expect(await service.ask('both?ms=1')).toBe('done')
    const { baseId, headers } = sign()
    await (await service.send('both?ms=1', headers)).text()

    const records = await service.records(baseId, 2)
    expect(records).toHaveLength(2)
    expect(service.said.stderr).not.toContain('failed')
  })
})
