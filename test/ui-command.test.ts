import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { commandPath, makeDirectory, osprofiler } from './cli-process.js'
import { findFreePort } from './servers/free-port.js'
import { makeTrace } from './ui-server.js'

interface RunningUi {
  readonly child: ChildProcess
  readonly address: string
  readonly said: { stdout: string; stderr: string }
  readonly ended: Promise<unknown[]>
}

describe('osprofiler ui', () => {
  it('prints an address to standard output, and serves the store at that address', async () => {
    const { store, path } = await createFilledStore()

    const ui = await startCommand(['--connection-string', store])
    const exchange = await fetch(ui.address, { redirect: 'manual' })
    const cookie = exchange.headers.get('set-cookie')?.split(';')[0] ?? ''
    const { origin, pathname } = new URL(ui.address)
    const list = await fetch(`${origin}${pathname}api/traces`, { headers: { Cookie: cookie } })
    const page = await fetch(`${origin}${pathname}`, { headers: { Cookie: cookie } })

    expect(ui.said.stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/\?token=[\w-]{43}\n$/)
    expect(await list.json()).toMatchObject({ traces: [{ id: 'known' }] })
    expect(await page.text()).toContain(path)
    expect(ui.said.stderr).not.toContain('token')
  })

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('exits on %s, even while a page is open', async signal => {
    const { store } = await createFilledStore()
    const ui = await startCommand(['--connection-string', store])
    const exchange = await fetch(ui.address, { redirect: 'manual' })
    const cookie = exchange.headers.get('set-cookie')?.split(';')[0] ?? ''
    const { origin, pathname } = new URL(ui.address)
    const events = await fetch(`${origin}${pathname}api/events?ref=id:known&known=6`, { headers: { Cookie: cookie } })

    ui.child.kill(signal)
    const outcome = await ui.ended

    expect(events.status).toBe(200)
    expect(outcome).toEqual([0, null])
    await expect(fetch(ui.address)).rejects.toThrow()
    await events.body?.cancel().catch(() => undefined)
  })

  it('serves on the requested port', async () => {
    const { store } = await createFilledStore()
    const port = await findFreePort()

    const ui = await startCommand(['--connection-string', store, '--port', String(port)])

    expect(new URL(ui.address).port).toBe(String(port))
  })

  it('links source lines to the editor in --editor, and rejects a pattern that is not for an editor', async () => {
    const { store } = await createFilledStore()

    const refused = await osprofiler(['ui', '--connection-string', store, '--editor', 'https://x.example/{file}'])
    const ui = await startCommand(['--connection-string', store, '--editor', 'vscode://file/{root}/{file}:{line}'])
    const exchange = await fetch(ui.address, { redirect: 'manual' })
    const cookie = exchange.headers.get('set-cookie')?.split(';')[0] ?? ''
    const { origin, pathname } = new URL(ui.address)
    const page = await fetch(`${origin}${pathname}trace?ref=id:known`, { headers: { Cookie: cookie } })

    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/^error: This editor setting is not valid: Use one of these schemes: vscode, /)
    expect(await page.text()).toContain(
      `"editor":${JSON.stringify({ pattern: 'vscode://file/{root}/{file}:{line}', root: process.cwd() })}`,
    )
  })

  it('reports a port that is in use', async () => {
    const { store } = await createFilledStore()
    const { port } = new URL((await startCommand(['--connection-string', store])).address)

    const outcome = await osprofiler(['ui', '--connection-string', store, '--port', port])

    expect(outcome).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: Port ${port} is in use. Use another port, or leave out --port.\n`,
    })
  })

  it.each(['-1', '65536', '1.5', 'http', '', '0x50'])('rejects the port "%s"', async port => {
    const outcome = await osprofiler(['ui', `--port=${port}`])

    expect(outcome.code).toBe(1)
    expect(outcome.stderr).toContain('Give a whole number from 0 to 65535.')
  })
})

async function createFilledStore(): Promise<{ store: string; path: string }> {
  const path = join(makeDirectory(), 'traces.db')
  const store = `sqlite:///${path}`
  const driver = openDriver(store)
  await driver.write(makeTrace({ baseId: 'known' }))
  await driver.close()
  return { store, path }
}

async function startCommand(args: readonly string[]): Promise<RunningUi> {
  const { PATH, HOME } = process.env
  const child = spawn(process.execPath, [commandPath, 'ui', ...args], { env: { PATH, HOME } })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'close')
  const said = { stdout: '', stderr: '' }
  child.stderr.setEncoding('utf8').on('data', text => {
    said.stderr += text
  })
  child.stdout.setEncoding('utf8').on('data', text => {
    said.stdout += text
  })
  await Promise.race([once(child.stdout, 'data'), ended])
  if (said.stdout === '') throw new Error(`osprofiler ui ended: ${said.stderr}`)
  return { child, address: said.stdout.trim(), said, ended }
}
