import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { commandPath, makeDirectory, osprofiler } from './cli-process.js'

const FILE_TRACE = new URL('fixtures/conformance/traces/glance-image-show.jsonl', import.meta.url)

let directory: string
let store: string

beforeEach(() => {
  directory = makeDirectory()
  store = `file://${join(directory, 'store')}`
})

/** Ids that a command could mistake for something else, such as a file name or an option. */
const IDS = [
  'plain',
  'a/b',
  '../../x',
  '/etc/hostname',
  '/dev/stdin',
  '/dev/zero',
  'C:\\x',
  'order.json',
  'trace.jsonl',
  'page.html',
  'pipe.json',
  'folder.json',
  './x.json',
  '-',
  'two\nlines',
]

describe('the id of a trace in the store', () => {
  beforeEach(async () => {
    await storeRecords(IDS.flatMap(makeRecords))
    mkdirSync(join(directory, 'folder.json'))
    writeFileSync(join(directory, 'trace.jsonl'), readFileSync(FILE_TRACE))
    writeFileSync(join(directory, 'order.json'), 'no trace')
    await once(spawn('mkfifo', ['pipe.json'], { cwd: directory }), 'close')
  })

  it.each(IDS.filter(id => id !== '-' && !id.startsWith('./')))(
    'is recognized even if the path %j exists',
    async id => {
      const { code, stdout } = await run('trace', 'show', id, '--json')

      expect(code).toBe(0)
      expect(JSON.parse(stdout).info.base_id).toBe(id)
    },
  )

  it.each(['/dev/stdin', './x.json', '-', 'folder.json'])(
    'can be shown, compared and removed with --id: %j',
    async id => {
      const shown = await run('trace', 'show', '--json', '--id', '--', id)
      const compared = await run('trace', 'diff', '--id', '--', id, 'plain')
      const removed = await run('trace', 'delete', '--id', '--', id)

      expect(JSON.parse(shown.stdout).info.base_id).toBe(id)
      expect(compared.code).toBe(0)
      expect(removed.stdout).toContain('2 records')
    },
  )
})

describe('a name that is not the id of a stored trace', () => {
  it('is read as a file if the file exists', async () => {
    writeFileSync(join(directory, 'trace.jsonl'), readFileSync(FILE_TRACE))

    for (const name of ['trace.jsonl', './trace.jsonl', join(directory, 'trace.jsonl')]) {
      expect((await run('trace', 'show', name)).stdout).toContain('request GET /v2/images')
    }
  })

  it('is read as a file if it begins with ./, even if the rest of the name is an id', async () => {
    writeFileSync(join(directory, 'a.json'), readFileSync(FILE_TRACE))
    await storeRecords([...makeRecords('a.json'), ...makeRecords('./a.json')])

    expect((await run('trace', 'show', './a.json')).stdout).toContain('request GET /v2/images')
    expect((await run('trace', 'show', 'a.json')).stdout).not.toContain('request GET /v2/images')
  })

  it.each([
    ['gone.json', /Cannot read a trace from gone\.json: ENOENT, .* has no trace of that id, either/],
    ['/dev/zero', /it is a device, .* has no trace of that id, either/],
    ['.', /it is a directory|not found/],
    [`${'x'.repeat(5_000)}.json`, /ENOENT/],
  ])('is rejected immediately with a reason: %j', async (name, reason) => {
    const { code, stdout, stderr } = await run('trace', 'show', name)

    expect(code).toBe(1)
    expect(stdout + stderr).toMatch(reason)
  })

  it('is reported if it names a pipe, because pipes are read only with a leading ./', async () => {
    await once(spawn('mkfifo', ['pipe.json'], { cwd: directory }), 'close')

    const { code, stderr } = await run('trace', 'show', 'pipe.json')
    const writer = spawn('sh', ['-c', 'cat "$1" > pipe.json', '-', fileURLToPath(FILE_TRACE)], { cwd: directory })
    onTestFinished(() => void writer.kill())
    const shown = await run('trace', 'show', './pipe.json')

    expect(code).toBe(1)
    expect(stderr).toContain('it is a pipe, which is read only as standard input ("-") or with a leading "./". ')
    expect(shown.stdout).toContain('request GET /v2/images')
  })

  it('is rejected by trace delete if it names a file', async () => {
    const { code, stderr } = await run('trace', 'delete', './trace.json')

    expect(code).toBe(1)
    expect(stderr).toContain('./trace.json names a file, but traces are removed from the store. Use --id')
  })
})

describe('standard input', () => {
  it.each(['-', '/dev/stdin'])('is read for %s', async name => {
    const { stdout } = await osprofiler(['trace', 'show', name, '--connection-string', store], {
      input: readFileSync(FILE_TRACE, 'utf8'),
    })

    expect(stdout).toContain('request GET /v2/images')
  })

  it('delays the command for at most 5 seconds if it stays empty and the argument is not "-"', async () => {
    const child = spawn(process.execPath, [commandPath, 'trace', 'show', '/dev/stdin', '--connection-string', store])
    let stderr = ''
    child.stderr.on('data', text => {
      stderr += text
    })

    const [code] = await once(child, 'close')

    expect(code).toBe(1)
    expect(stderr).toContain('Cannot read a trace from /dev/stdin: no input came within 5 s')
  })
})

describe('a store that does not answer', () => {
  it('delays reading a file by one second', async () => {
    const server = createServer(() => undefined).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    writeFileSync(join(directory, 'trace.jsonl'), readFileSync(FILE_TRACE))
    const begun = performance.now()

    const { stdout, stderr } = await osprofiler(
      ['trace', 'show', 'trace.jsonl', '--connection-string', `redis://127.0.0.1:${port}`],
      { cwd: directory },
    )

    expect(stdout).toContain('request GET /v2/images')
    expect(stderr).toBe('')
    expect(performance.now() - begun).toBeLessThan(10_000)
  })
})

async function storeRecords(records: readonly TraceRecord[]): Promise<void> {
  const driver = openDriver(store)
  await driver.write(records)
  await driver.close()
}

function run(...args: readonly string[]) {
  const [group = '', command = '', ...rest] = args
  return osprofiler([group, command, '--connection-string', store, ...rest], { cwd: directory })
}

function makeRecords(base_id: string): TraceRecord[] {
  const common = { base_id, parent_id: base_id, trace_id: 'p', project: 'p', service: 's', info: { host: 'h' } }
  return [
    { ...common, name: 'step-start', timestamp: '2026-11-28T17:00:00.000000' },
    { ...common, name: 'step-stop', timestamp: '2026-11-28T17:00:01.000000' },
  ]
}
