import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import { CHROMIUM, SWITCHES } from './chromium.js'
import { findFreePort } from './servers/free-port.js'
import { end, root, type SigningService, startSigningService, waitForAnswer } from './signing-service.js'

const exec = promisify(execFile)
const endings: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const ending of endings.splice(0).reverse()) await ending()
})

describe('the recipes for signing requests of a browser', () => {
  it('sign the requests of a page in Playwright', async () => {
    const { origin, env, listTraces } = await startService()
    const recipe = join(root, 'examples/signing/playwright.js')

    const { stdout } = await exec(process.execPath, [recipe, `${origin}/orders/7`], { env: { ...env, CHROMIUM } })

    expect(listSigned(stdout)).toContainEqual([expect.any(String), 'GET /orders/7'])
    await expect.poll(listTraces, { timeout: 30_000, interval: 200 }).toEqual(listSigned(stdout).map(([id]) => id))
  })

  it('sign the requests of a session that a person has started', async () => {
    const { origin, folder, env, listTraces } = await startService()
    const port = await findFreePort()
    const switches = [...SWITCHES, `--remote-debugging-port=${port}`, `--user-data-dir=${join(folder, 'profile')}`]
    const browser = spawn(CHROMIUM, [...switches, 'about:blank'], { stdio: 'ignore' })
    endings.push(() => end(browser))
    const CDP = `http://127.0.0.1:${port}`
    await waitForAnswer(`${CDP}/json/version`)
    const recipe = spawn(process.execPath, [join(root, 'examples/signing/browser.js'), origin], {
      env: { ...env, CDP },
    })
    endings.push(() => end(recipe))
    let stdout = ''
    recipe.stdout.on('data', text => {
      stdout += text
    })
    await once(recipe.stdout, 'data')

    const person = await chromium.connectOverCDP(CDP)
    const page = person.contexts()[0]?.pages()[0]
    for (const order of [7, 8]) await page?.goto(`${origin}/orders/${order}`)
    await person.close()

    await expect.poll(() => listSigned(stdout)).toContainEqual([expect.any(String), 'GET /orders/8'])
    await expect.poll(listTraces, { timeout: 30_000, interval: 200 }).toEqual(listSigned(stdout).map(([id]) => id))
  })
})

async function startService(): Promise<SigningService> {
  const service = await startSigningService()
  endings.push(service.close)
  return service
}

/** Returns, oldest first, the id of each trace that a recipe printed, and the request that began the trace. */
function listSigned(stdout: string): [id: string, request: string][] {
  const lines = [...stdout.matchAll(/^([\da-f-]{36}) (.*)$/gm)]
  return lines.map(([, id = '', request = '']): [string, string] => [id, request]).sort()
}
