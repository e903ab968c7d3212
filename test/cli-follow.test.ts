import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TraceRecord } from '@osprofiler/core'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { commandPath, makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords } from './cli-records.js'

const WRITER = `
  import { openDriver } from '@osprofiler/drivers'
  const driver = openDriver(process.argv[1])
  for await (const line of (await import('node:readline')).createInterface({ input: process.stdin })) {
    await driver.write(JSON.parse(line))
    console.log('written')
  }
  await driver.close()`

let store: string
let follow: readonly string[]
beforeEach(() => {
  store = `sqlite:///${join(makeDirectory(), 'traces.db')}`
  follow = ['trace', 'show', SHOP_TRACE, '--follow', '--connection-string', store]
})

describe('osprofiler trace show --follow', () => {
  it('waits for records of another process, and draws the trace once if its output is a pipe', async () => {
    const write = startWriter()
    const records = createShopRecords()
    await write(records.slice(0, 3))
    const following = osprofiler(follow)

    for (const record of records.slice(3)) {
      await delay(100)
      await write([record])
    }
    const { code, stdout, stderr } = await following

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe((await osprofiler(['trace', 'show', SHOP_TRACE, '--connection-string', store])).stdout)
    expect(stdout).toContain('5 x db SELECT name FROM ')
  })

  it('waits for a trace that does not exist yet, and says so', async () => {
    let onStderr = (_: string): void => undefined
    const told = new Promise<string>(resolve => {
      onStderr = resolve
    })
    const following = osprofiler(follow, { onStderr })

    await told
    await storeRecords(store, createShopRecords())
    const { code, stdout, stderr } = await following

    expect(code).toBe(0)
    expect(stderr).toBe('No record of this trace has arrived yet. Ctrl-C stops waiting.\n')
    expect(stdout).toContain(`Trace ${SHOP_TRACE}`)
  })

  it('writes formats for programs, such as JSON, only once the trace is complete', async () => {
    await storeRecords(store, createShopRecords().slice(0, -1))
    const following = osprofiler([...follow, '--json'])

    await delay(500)
    await storeRecords(store, createShopRecords().slice(-1))
    const { code, stdout } = await following

    expect(code).toBe(0)
    expect(JSON.parse(stdout).children[0].info.marks).toEqual([])
  })

  it('prints nothing on Ctrl-C', async () => {
    await storeRecords(store, createShopRecords().slice(0, -1))
    const child = spawn(process.execPath, [commandPath, ...follow])
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (said += text))

    await delay(1_500)
    child.kill('SIGINT')
    const [code, signal] = await once(child, 'close')

    expect({ code, signal, said }).toEqual({ code: null, signal: 'SIGINT', said: '' })
  })

  it('rejects a file as its argument', async () => {
    const { code, stderr } = await osprofiler(['trace', 'show', './trace.jsonl', '--follow'])

    expect(code).toBe(1)
    expect(stderr).toBe(
      'error: --follow needs a trace in a store, but the argument names a file. Use --id if it is an id.\n',
    )
  })
})

/** Starts another process that writes records. */
function startWriter(): (records: readonly TraceRecord[]) => Promise<void> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, store], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  return async records => {
    child.stdin.write(`${JSON.stringify(records)}\n`)
    await once(child.stdout, 'data')
  }
}
