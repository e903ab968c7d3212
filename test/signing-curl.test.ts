import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { root, type SigningService, startSigningService } from './signing-service.js'

const exec = promisify(execFile)
let service: SigningService | undefined

afterEach(() => service?.close())

describe('the recipes for signing requests of other programs', () => {
  it('make curl show where the time went', async () => {
    service = await startSigningService()
    const { origin, env } = service

    const sent = await exec('sh', [join(root, 'examples/signing/curl.sh'), `${origin}/orders/7`], { cwd: root, env })

    const [, baseId] = /^Trace (\S+)\./m.exec(sent.stderr) ?? []
    expect(sent.stdout).toMatch(
      new RegExp(`^Server-Timing: osprofiler;desc="${baseId}", total;dur=.*desc="1 x db"`, 'm'),
    )
    await expect.poll(service.listTraces, { timeout: 30_000, interval: 200 }).toEqual([baseId])
  })

  it('give each request of a load tool its own headers', async () => {
    service = await startSigningService()
    const { origin, folder, env } = service
    const url = `${origin}/orders/7`
    const headers = join(folder, 'headers.jsonl')
    const command = join(root, 'packages/cli/dist/osprofiler.js')
    const signed = await exec(process.execPath, [command, 'sign', url, '--count', '20'], { env })
    writeFileSync(headers, signed.stdout)

    const load = await exec(process.execPath, [join(root, 'examples/signing/autocannon.js'), url, headers], { env })

    expect(load.stdout).toMatch(/^20 answers, \d+ ms or less for 99 %$/m)
    await expect.poll(service.listTraces, { timeout: 30_000, interval: 200 }).toHaveLength(20)
  })
})
