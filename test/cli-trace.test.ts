import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { TraceRecord } from '@osprofiler/core'
import { openDriver } from '@osprofiler/drivers'
import { parseRecords } from '@osprofiler/report'
import { beforeEach, describe, expect, it } from 'vitest'
import { withoutOwnKeys } from '../packages/report/test/without-own-keys.js'
import { commandPath, makeDirectory, osprofiler } from './cli-process.js'

const TRACES = new URL('./fixtures/conformance/traces/', import.meta.url)
const TRACE_FILES = readdirSync(TRACES)
  .filter(name => name.endsWith('.jsonl'))
  .map(name => name.slice(0, -'.jsonl'.length))
const TRACE = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'
/**
 * Characters that a terminal interprets or hides, including line feeds: the tests split the output into lines first.
 */
const CONTROL_CHARACTERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const HOSTILE_TEXT = '\u001b]0;owned\u0007\u001b[2J\u009b31m\r\nEVIL\u202e\u2066\u200b\u2028\u007f'

let directory: string
let store: string

beforeEach(() => {
  directory = makeDirectory()
  store = `sqlite:///${join(directory, 'traces.db')}`
})

describe('osprofiler trace show', () => {
  it('reads a trace from a pipe', () => {
    const file = new URL('glance-image-show.jsonl', TRACES).pathname
    const line = 'cat "$0" | "$1" "$2" trace show /dev/stdin'

    const shown = execFileSync('sh', ['-c', line, file, process.execPath, commandPath], { encoding: 'utf8' })

    expect(shown).toContain('request GET /v2/images')
  })

  it('reports a file without records, and a file that contains several traces', async () => {
    const empty = join(directory, 'empty.jsonl')
    writeFileSync(empty, '')
    const several = join(directory, 'several.jsonl')
    const [one = '', other = ''] = TRACE_FILES.map(name => readFileSync(new URL(`${name}.jsonl`, TRACES), 'utf8'))
    writeFileSync(several, one + other)

    const [nothing, both] = await Promise.all([
      osprofiler(['trace', 'show', empty]),
      osprofiler(['trace', 'show', several]),
    ])

    expect(nothing).toMatchObject({
      code: 1,
      stderr: `error: Cannot read a trace from ${empty}: it contains no records\n`,
    })
    expect(both.code).toBe(0)
    expect(both.stderr).toContain(
      'This file contains 2 traces, which are drawn as one trace. `osprofiler trace diff` compares',
    )
  })

  it.each(TRACE_FILES)('prints the JSON that Python prints for %s', async name => {
    const records = parseRecords(readTrace(`${name}.jsonl`))
    await storeRecords(records)
    const id = records[0]?.base_id ?? ''

    const { code, stdout } = await osprofiler(['trace', 'show', id, '--json', '--connection-string', store])

    expect(code).toBe(0)
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(withoutOwnKeys(JSON.parse(stdout))).toEqual(withoutOwnKeys(JSON.parse(readTrace(`${name}.report.json`))))
  })

  it.each(TRACE_FILES)("shows the same for %s, whether it reads the trace's records or Python's report", async name => {
    const file = (extension: string): string => new URL(`${name}.${extension}`, TRACES).pathname

    const [records, report] = await Promise.all([
      osprofiler(['trace', 'show', file('jsonl'), '--json']),
      osprofiler(['trace', 'show', file('report.json'), '--json']),
    ])

    expect(records.code).toBe(0)
    expect(withoutOwnKeys(JSON.parse(report.stdout))).toEqual(withoutOwnKeys(JSON.parse(records.stdout)))
  })

  it('draws the trace tree from the store that the environment variable names', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', TRACE], {
      env: { OSPROFILER_CONNECTION_STRING: store },
    })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^request GET \/orders\/7 200 .* shop .* 150 ms/)
    expect(stdout).toContain(`Trace ${TRACE}`)
    expect(stdout).not.toContain('\u001b')
  })

  it('uses color only if allowed, and fits the terminal width', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    const show = (env: NodeJS.ProcessEnv) => osprofiler(['trace', 'show', TRACE, '--connection-string', store], { env })

    const [forced, refused, narrow, ascii] = await Promise.all([
      show({ FORCE_COLOR: '1' }),
      show({ FORCE_COLOR: '1', NO_COLOR: '1' }),
      show({ COLUMNS: '40' }),
      show({ LC_ALL: 'C' }),
    ])

    expect(forced.stdout).toContain('\u001b[')
    expect(refused.stdout).not.toContain('\u001b')
    for (const line of narrow.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(40)
    expect(ascii.stdout).toMatch(/^[ -~\n]*$/)
  })

  it("prints Python's message for a missing trace to standard output", async () => {
    const outcome = await osprofiler(['trace', 'show', TRACE, '--connection-string', store])

    expect(outcome).toEqual({
      code: 1,
      stdout: expect.stringContaining(`Trace with UUID ${TRACE} not found. The store sqlite://`),
      stderr: '',
    })
  })

  it.each([
    ['trace', 'show', ''],
    ['trace', 'show', '  '],
    ['trace', 'show', '', '--id'],
    ['trace', 'show', '', '--follow'],
    ['trace', 'diff', '', 'other'],
    ['trace', 'diff', 'one', ''],
    ['trace', 'delete', ''],
  ])('reports an empty name: %j %j %j', async (...args) => {
    const { code, stdout, stderr } = await osprofiler(args, { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: .*is empty/)
    expect(stderr).not.toContain('not found')
  })

  it.each([
    ['gone.json', undefined, 'Cannot read a trace from gone.json: ENOENT'],
    ['broken.json', '{"children": ', 'Cannot read a trace from broken.json: Not a report: the file is not JSON'],
    ['other.json', '{"a": 1}', 'Cannot read a trace from other.json: Not a trace: it is JSON of another kind.'],
    ['broken.jsonl', '{}\nhello\n{}\n', 'Cannot read a trace from broken.jsonl: Line 2 is not a record.'],
  ])('explains the error in the file %s', async (name, text, message) => {
    if (text !== undefined) writeFileSync(join(directory, name), text)

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', name], { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('does not print the password of an invalid connection string', async () => {
    for (const wrong of ['bogus://me:s3cret@host/', 'sqlite://me:s3cret@host/', 'me:s3cret@host']) {
      const { code, stdout, stderr } = await osprofiler(['trace', 'show', TRACE, '--connection-string', wrong])

      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: .*(sqlite:\/\/).*\n$|^error: No driver for "bogus:\/\/"/)
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })

  it('with --idle-timeout, waits until no new records arrive', async () => {
    const [start, ...rest] = makeRecords({ service: 'shop' })
    const driver = openDriver(store)
    await driver.write(start === undefined ? [] : [start])
    const shown = osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--idle-timeout', '4'])

    await delay(1_000)
    await driver.write(rest)
    await driver.close()

    const { code, stdout } = await shown
    expect(code).toBe(0)
    expect(stdout).toContain('GET /orders/7 200')
    expect(stdout).not.toContain('unfinished')
  })

  it('escapes control characters in hostile records', async () => {
    await storeRecords(
      makeRecords({
        service: HOSTILE_TEXT,
        project: HOSTILE_TEXT,
        host: HOSTILE_TEXT,
        path: `${HOSTILE_TEXT}\0`,
        name: HOSTILE_TEXT,
      }),
    )
    const file = join(directory, 'hostile.jsonl')
    writeFileSync(
      file,
      makeRecords({ service: HOSTILE_TEXT, id: HOSTILE_TEXT, path: HOSTILE_TEXT }).map(toLine).join(''),
    )

    const outcomes = await Promise.all([
      osprofiler(['trace', 'show', TRACE, '--connection-string', store]),
      osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--json']),
      osprofiler(['trace', 'show', file]),
      osprofiler(['trace', 'list', '--connection-string', store]),
      osprofiler(['trace', 'list', '--connection-string', store, '--json']),
      osprofiler(['trace', 'show', HOSTILE_TEXT, '--connection-string', store]),
    ])

    for (const { stdout, stderr } of outcomes) {
      expect(stdout).toMatch(/EVIL/)
      for (const line of `${stdout}${stderr}`.split('\n')) expect(line).not.toMatch(CONTROL_CHARACTERS)
      expect(stdout).not.toMatch(/^EVIL/m)
    }
  })

  it('exits silently if the reader of its output stops', async () => {
    const records = Array.from({ length: 5_000 }, (_, index) => makeRecords({ point: `point-${index}` })).flat()
    const file = join(directory, 'large.jsonl')
    writeFileSync(file, records.map(toLine).join(''))
    const child = spawn(process.execPath, [commandPath, 'trace', 'show', file, '--json'])
    let stderr = ''
    child.stderr.on('data', text => {
      stderr += text
    })

    await once(child.stdout, 'data')
    child.stdout.destroy()
    const [code] = await once(child, 'close')

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('osprofiler trace show with a full disk', () => {
  it('reports the failed write', async () => {
    const file = new URL('glance-image-show.jsonl', TRACES).pathname
    const full = openSync('/dev/full', 'w')
    const child = spawn(process.execPath, [commandPath, 'trace', 'show', file], { stdio: ['ignore', full, 'pipe'] })
    let stderr = ''
    child.stderr?.on('data', text => {
      stderr += text
    })

    const [code] = await once(child, 'close')
    closeSync(full)

    expect({ code, stderr }).toEqual({ code: 1, stderr: 'error: Cannot write the output: ENOSPC\n' })
  })
})

describe('osprofiler trace show --out', () => {
  it('writes a file that only its owner can read, and leaves no temporary file', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    const args = ['trace', 'show', TRACE, '--connection-string', store, '--json']

    const printed = await osprofiler(args)
    const written = await osprofiler([...args, '--out', 'trace.json'], { cwd: directory })

    const file = join(directory, 'trace.json')
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(`${readFileSync(file, 'utf8')}\n`).toBe(printed.stdout)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory).filter(name => !name.startsWith('traces.db'))).toEqual(['trace.json'])
  })

  it('writes a file that the command can read again', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    await osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--json', '--out', 'a.json'], {
      cwd: directory,
    })

    const [fromStore, fromFile] = await Promise.all([
      osprofiler(['trace', 'show', TRACE, '--connection-string', store]),
      osprofiler(['trace', 'show', 'a.json'], { cwd: directory }),
    ])

    expect(fromFile).toEqual(fromStore)
  })

  it('replaces the target of a symbolic link, and keeps the link', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    writeFileSync(join(directory, 'real.json'), 'old')
    symlinkSync('real.json', join(directory, 'link.json'))

    const args = ['trace', 'show', TRACE, '--connection-string', store, '--json', '--out', 'link.json']
    const { code } = await osprofiler(args, { cwd: directory })

    expect(code).toBe(0)
    expect(lstatSync(join(directory, 'link.json')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(directory, 'real.json'), 'utf8')).toContain(TRACE)
  })

  it('writes to a pipe instead of replacing it', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    const pipe = join(directory, 'pipe')
    execFileSync('mkfifo', [pipe])

    const [{ code }, text] = await Promise.all([
      osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--out', pipe]),
      readFile(pipe, 'utf8'),
    ])

    expect(code).toBe(0)
    expect(text).toContain('GET /orders/7')
    expect(statSync(pipe).isFIFO()).toBe(true)
  })

  it('keeps the old file if the new one cannot be written', async () => {
    await storeRecords(makeRecords({ service: 'shop' }))
    const args = ['trace', 'show', TRACE, '--connection-string', store, '--out']

    const outcome = await osprofiler([...args, 'nowhere/trace.txt'], { cwd: directory })

    expect(outcome).toEqual({ code: 1, stdout: '', stderr: 'error: Cannot write nowhere/trace.txt: ENOENT\n' })
  })
})

describe('osprofiler trace list', () => {
  it("lists the newest trace first, with Python's columns before the other columns", async () => {
    await storeRecords(makeRecords({ service: 'shop', day: '20' }))
    await storeRecords(makeRecords({ service: 'bank', day: '21', id: 'other' }))

    const { code, stdout } = await osprofiler(['trace', 'list', '--connection-string', store])

    expect(code).toBe(0)
    expect(stdout.split('\n')).toEqual([
      '+--------------------------------------+----------------------------+---------------+--------+----------+--------+---------+-------+',
      '| base_id                              | timestamp                  | request       | status | duration | points | service | error |',
      '+--------------------------------------+----------------------------+---------------+--------+----------+--------+---------+-------+',
      '| other                                | 2026-11-21T11:00:00.000000 | GET /orders/7 |    200 |   150 ms |      1 | bank    |       |',
      `| ${TRACE} | 2026-11-20T11:00:00.000000 | GET /orders/7 |    200 |   150 ms |      1 | shop    |       |`,
      '+--------------------------------------+----------------------------+---------------+--------+----------+--------+---------+-------+',
      '',
    ])
  })

  it("lists failed traces, and accepts the argument of Python's --error-trace", async () => {
    await storeRecords(makeRecords({ id: 'good' }))
    await storeRecords(makeRecords({ id: 'bad', status: 503 }))
    const list = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await osprofiler(['trace', 'list', '--json', '--connection-string', store, ...args])
      return JSON.parse(stdout).map(({ base_id }: { base_id: string }) => base_id)
    }

    expect(await list('--error-trace')).toEqual(['bad'])
    expect(await list('--error-trace', 'True')).toEqual(['bad'])
    expect((await list('--error-trace', 'False')).sort()).toEqual(['bad', 'good'])
  })

  it('applies --limit and --since, and reports that more traces exist', async () => {
    await storeRecords(makeRecords({ id: 'a', day: '19' }))
    await storeRecords(makeRecords({ id: 'b', day: '20' }))
    await storeRecords(makeRecords({ id: 'c', day: '21' }))
    const list = (...args: string[]) => osprofiler(['trace', 'list', '--connection-string', store, ...args])

    const [limited, since, all] = await Promise.all([
      list('--limit', '1'),
      list('--since', '2026-11-20T11:00'),
      list('--limit', '3'),
    ])

    expect(limited.stdout).toContain('| c ')
    expect(limited.stdout).not.toContain('| b ')
    expect(limited.stderr).toBe('There are more traces than --limit 1, so only the newest are shown.\n')
    expect(since.stdout).toContain('| b ')
    expect(since.stdout).not.toContain('| a ')
    expect(all.stdout).toContain('| a ')
    expect(all.stderr).toBe('')
  })

  it('draws an empty table if the store is empty', async () => {
    const { code, stdout } = await osprofiler(['trace', 'list', '--connection-string', store])

    expect(code).toBe(0)
    expect(stdout.split('\n')).toHaveLength(5)
  })
})

interface TraceSpec {
  readonly id?: string
  readonly point?: string
  readonly name?: string
  readonly service?: string
  readonly project?: string
  readonly host?: string
  readonly path?: string
  readonly status?: number
  readonly day?: string
}

/** Creates the records of a served request that took 150 ms. */
function makeRecords(made: TraceSpec): TraceRecord[] {
  const { id = TRACE, point = `${id}-point`, name = 'wsgi', service = 'shop', project = 'node', host = 'vm' } = made
  const { path = '/orders/7', status = 200, day = '20' } = made
  const common = { base_id: id, parent_id: id, trace_id: point, project, service }
  const request = { path, query: '', method: 'GET', scheme: 'http' }
  return [
    { ...common, name: `${name}-start`, timestamp: `2026-11-${day}T11:00:00.000000`, info: { host, request } },
    {
      ...common,
      name: `${name}-stop`,
      timestamp: `2026-11-${day}T11:00:00.150000`,
      info: { host, response: { status_code: status } },
    },
  ]
}

async function storeRecords(records: readonly TraceRecord[]): Promise<void> {
  const driver = openDriver(store)
  await driver.write(records)
  await driver.close()
}

function readTrace(name: string): string {
  return readFileSync(new URL(name, TRACES), 'utf8')
}

function toLine(record: TraceRecord): string {
  return `${JSON.stringify(record)}\n`
}
