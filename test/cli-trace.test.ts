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
const NAMES = readdirSync(TRACES)
  .filter(name => name.endsWith('.jsonl'))
  .map(name => name.slice(0, -'.jsonl'.length))
const TRACE = 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6'
/** All that a terminal obeys or hides; of line ends, only those that a test has split at are ours. */
const OBEYED = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u
const HOSTILE = '\u001b]0;owned\u0007\u001b[2J\u009b31m\r\nEVIL\u202e\u2066\u200b\u2028\u007f'

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

  it('says of a file that holds no record, and of one that holds several traces, that it does', async () => {
    const empty = join(directory, 'empty.jsonl')
    writeFileSync(empty, '')
    const several = join(directory, 'several.jsonl')
    const [one = '', other = ''] = NAMES.map(name => readFileSync(new URL(`${name}.jsonl`, TRACES), 'utf8'))
    writeFileSync(several, one + other)

    const [nothing, both] = await Promise.all([
      osprofiler(['trace', 'show', empty]),
      osprofiler(['trace', 'show', several]),
    ])

    expect(nothing).toMatchObject({ code: 1, stderr: `error: Cannot read a trace from ${empty}: it holds no record\n` })
    expect(both.code).toBe(0)
    expect(both.stderr).toContain('This file holds 2 traces, which are drawn as one. `osprofiler trace diff` compares')
  })

  it.each(NAMES)('prints the JSON that Python prints for %s', async name => {
    const records = parseRecords(readTrace(`${name}.jsonl`))
    await keep(records)
    const id = records[0]?.base_id ?? ''

    const { code, stdout } = await osprofiler(['trace', 'show', id, '--json', '--connection-string', store])

    expect(code).toBe(0)
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(withoutOwnKeys(JSON.parse(stdout))).toEqual(withoutOwnKeys(JSON.parse(readTrace(`${name}.report.json`))))
  })

  it.each(NAMES)('reads %s from a file of records as from a report that Python wrote', async name => {
    const file = (extension: string): string => new URL(`${name}.${extension}`, TRACES).pathname

    const [records, report] = await Promise.all([
      osprofiler(['trace', 'show', file('jsonl'), '--json']),
      osprofiler(['trace', 'show', file('report.json'), '--json']),
    ])

    expect(records.code).toBe(0)
    expect(withoutOwnKeys(JSON.parse(report.stdout))).toEqual(withoutOwnKeys(JSON.parse(records.stdout)))
  })

  it('draws the tree of a trace from the store that the environment names', async () => {
    await keep(makeRecords({ service: 'shop' }))

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', TRACE], {
      env: { OSPROFILER_CONNECTION_STRING: store },
    })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^request GET \/orders\/7 200 .* shop .* 150 ms/)
    expect(stdout).toContain(`Trace ${TRACE}`)
    expect(stdout).not.toContain('\u001b')
  })

  it('colours only where that is welcome, and keeps to the width', async () => {
    await keep(makeRecords({ service: 'shop' }))
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

  it('says as Python does, and where it does, that a trace is not there', async () => {
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
  ])('says that a name is empty: %j %j %j', async (...args) => {
    const { code, stdout, stderr } = await osprofiler(args, { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: .*is empty/)
    expect(stderr).not.toContain('not found')
  })

  it.each([
    ['gone.json', undefined, 'Cannot read a trace from gone.json: ENOENT'],
    ['broken.json', '{"children": ', 'Cannot read a trace from broken.json: Not a report: the file is not JSON'],
    ['other.json', '{"a": 1}', 'Cannot read a trace from other.json: Not a trace: JSON of another kind.'],
    ['broken.jsonl', '{}\nhello\n{}\n', 'Cannot read a trace from broken.jsonl: Line 2 is not a record.'],
  ])('says what is wrong with the file %s', async (name, text, message) => {
    if (text !== undefined) writeFileSync(join(directory, name), text)

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', name], { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('shows no password of a connection string that is wrong', async () => {
    for (const wrong of ['bogus://me:s3cret@host/', 'sqlite://me:s3cret@host/', 'me:s3cret@host']) {
      const { code, stdout, stderr } = await osprofiler(['trace', 'show', TRACE, '--connection-string', wrong])

      expect(code).toBe(1)
      expect(stderr).toMatch(/^error: .*(sqlite:\/\/).*\n$|^error: No driver for "bogus:\/\/"/)
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })

  it('waits with --idle-timeout until nothing new comes', async () => {
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

  it('lets nothing of a hostile record reach the terminal raw', async () => {
    await keep(makeRecords({ service: HOSTILE, project: HOSTILE, host: HOSTILE, path: `${HOSTILE}\0`, name: HOSTILE }))
    const file = join(directory, 'hostile.jsonl')
    writeFileSync(file, makeRecords({ service: HOSTILE, id: HOSTILE, path: HOSTILE }).map(toLine).join(''))

    const outcomes = await Promise.all([
      osprofiler(['trace', 'show', TRACE, '--connection-string', store]),
      osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--json']),
      osprofiler(['trace', 'show', file]),
      osprofiler(['trace', 'list', '--connection-string', store]),
      osprofiler(['trace', 'list', '--connection-string', store, '--json']),
      osprofiler(['trace', 'show', HOSTILE, '--connection-string', store]),
    ])

    for (const { stdout, stderr } of outcomes) {
      expect(stdout).toMatch(/EVIL/)
      for (const line of `${stdout}${stderr}`.split('\n')) expect(line).not.toMatch(OBEYED)
      expect(stdout).not.toMatch(/^EVIL/m)
    }
  })

  it('ends quietly when nobody reads on', async () => {
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

describe('osprofiler trace show, printing into a file', () => {
  it('says that the disk is full', async () => {
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
  it('writes what it would print, for its owner alone, and leaves nothing beside it', async () => {
    await keep(makeRecords({ service: 'shop' }))
    const args = ['trace', 'show', TRACE, '--connection-string', store, '--json']

    const printed = await osprofiler(args)
    const written = await osprofiler([...args, '--out', 'trace.json'], { cwd: directory })

    const file = join(directory, 'trace.json')
    expect(written).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(`${readFileSync(file, 'utf8')}\n`).toBe(printed.stdout)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(directory).filter(name => !name.startsWith('traces.db'))).toEqual(['trace.json'])
  })

  it('writes a file that it can show again', async () => {
    await keep(makeRecords({ service: 'shop' }))
    await osprofiler(['trace', 'show', TRACE, '--connection-string', store, '--json', '--out', 'a.json'], {
      cwd: directory,
    })

    const [fromStore, fromFile] = await Promise.all([
      osprofiler(['trace', 'show', TRACE, '--connection-string', store]),
      osprofiler(['trace', 'show', 'a.json'], { cwd: directory }),
    ])

    expect(fromFile).toEqual(fromStore)
  })

  it('replaces what a link leads to, and keeps the link', async () => {
    await keep(makeRecords({ service: 'shop' }))
    writeFileSync(join(directory, 'real.json'), 'old')
    symlinkSync('real.json', join(directory, 'link.json'))

    const args = ['trace', 'show', TRACE, '--connection-string', store, '--json', '--out', 'link.json']
    const { code } = await osprofiler(args, { cwd: directory })

    expect(code).toBe(0)
    expect(lstatSync(join(directory, 'link.json')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(directory, 'real.json'), 'utf8')).toContain(TRACE)
  })

  it('writes into a pipe instead of replacing it', async () => {
    await keep(makeRecords({ service: 'shop' }))
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

  it('leaves the old file where the new one cannot be written', async () => {
    await keep(makeRecords({ service: 'shop' }))
    const args = ['trace', 'show', TRACE, '--connection-string', store, '--out']

    const outcome = await osprofiler([...args, 'nowhere/trace.txt'], { cwd: directory })

    expect(outcome).toEqual({ code: 1, stdout: '', stderr: 'error: Cannot write nowhere/trace.txt: ENOENT\n' })
  })
})

describe('osprofiler trace list', () => {
  it('lists the newest trace first, with the columns of Python before our own', async () => {
    await keep(makeRecords({ service: 'shop', day: '20' }))
    await keep(makeRecords({ service: 'bank', day: '21', id: 'other' }))

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

  it('lists the failed ones, and takes the word that Python asks for', async () => {
    await keep(makeRecords({ id: 'good' }))
    await keep(makeRecords({ id: 'bad', status: 503 }))
    const list = async (...args: string[]): Promise<string[]> => {
      const { stdout } = await osprofiler(['trace', 'list', '--json', '--connection-string', store, ...args])
      return JSON.parse(stdout).map(({ base_id }: { base_id: string }) => base_id)
    }

    expect(await list('--error-trace')).toEqual(['bad'])
    expect(await list('--error-trace', 'True')).toEqual(['bad'])
    expect((await list('--error-trace', 'False')).sort()).toEqual(['bad', 'good'])
  })

  it('lists so many since then, and says when there are more', async () => {
    await keep(makeRecords({ id: 'a', day: '19' }))
    await keep(makeRecords({ id: 'b', day: '20' }))
    await keep(makeRecords({ id: 'c', day: '21' }))
    const list = (...args: string[]) => osprofiler(['trace', 'list', '--connection-string', store, ...args])

    const [limited, since, all] = await Promise.all([
      list('--limit', '1'),
      list('--since', '2026-11-20T11:00'),
      list('--limit', '3'),
    ])

    expect(limited.stdout).toContain('| c ')
    expect(limited.stdout).not.toContain('| b ')
    expect(limited.stderr).toBe('There are more: these are the newest 1. Use --limit.\n')
    expect(since.stdout).toContain('| b ')
    expect(since.stdout).not.toContain('| a ')
    expect(all.stdout).toContain('| a ')
    expect(all.stderr).toBe('')
  })

  it('draws an empty table where there is nothing', async () => {
    const { code, stdout } = await osprofiler(['trace', 'list', '--connection-string', store])

    expect(code).toBe(0)
    expect(stdout.split('\n')).toHaveLength(5)
  })
})

interface Made {
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

/** A served request of 150 ms. */
function makeRecords(made: Made): TraceRecord[] {
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

async function keep(records: readonly TraceRecord[]): Promise<void> {
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
