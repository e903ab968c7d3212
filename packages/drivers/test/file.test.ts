import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it } from 'vitest'
import { finish, printed, startFixture } from './child.js'
import { makeRecord, makeTrace, readAll } from './make-record.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('file://', () => {
  it('keeps each trace in a JSON Lines file named after the id of the trace', async () => {
    const { directory, driver } = openStore()
    const trace = makeTrace(3)

    await driver.write(trace.slice(0, 2))
    await driver.write(trace.slice(2))

    const text = readFileSync(join(directory, `${trace[0]?.base_id}.jsonl`), 'utf8')
    expect(text).toBe(trace.map(record => `${JSON.stringify(record)}\n`).join(''))
  })

  it('does not delete a file that contains no records, even if the trace with its name is deleted', async () => {
    const { directory, driver } = openStore()
    const { base_id } = makeRecord()
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `${base_id}.jsonl`), 'not JSON\n')

    expect(await driver.deleteTrace?.(base_id)).toBe(0)
    expect(readdirSync(directory)).toEqual([`${base_id}.jsonl`])
  })

  it.each(['\n', ' \r\n', '7\n'])(
    'skips two megabytes of lines that contain no record (each line: %j) without becoming slow',
    async line => {
      const { directory, driver } = openStore()
      const record = makeRecord()
      const text = line.repeat(2_000_000 / line.length)
      mkdirSync(directory, { recursive: true })
      writeFileSync(join(directory, `${record.base_id}.jsonl`), `${text}${JSON.stringify(record)}\n`)

      const begun = performance.now()
      text.split('\n').filter(each => /^\s*\{/.test(each))
      const split = performance.now()
      const records = await readAll(driver, record.base_id)
      const read = performance.now()

      expect(records).toHaveLength(1)
      expect((read - split) / (split - begun)).toBeLessThan(20)
    },
  )

  it('creates its directory and files with access only for their owner', async () => {
    const { directory, driver } = openStore()

    await driver.write([makeRecord()])

    const [name = ''] = readdirSync(directory)
    expect(modeOf(directory)).toBe('700')
    expect(modeOf(join(directory, '..'))).toBe('700')
    expect(modeOf(join(directory, name))).toBe('600')
  })

  it('leaves an existing directory unchanged', async () => {
    const directory = temporaryDirectory()
    mkdirSync(join(directory, 'shared'), { mode: 0o755 })
    const driver = openDriver(`file://${directory}/shared`)

    await driver.write([makeRecord()])

    expect(modeOf(join(directory, 'shared'))).toBe('755')
  })

  it('reads a percent-encoded path', async () => {
    const directory = temporaryDirectory()

    await openDriver(`file://${directory}/my%20traces%3F`).write([makeRecord()])

    expect(readdirSync(directory)).toEqual(['my traces?'])
  })

  it('creates files only in its directory, with names that are valid on every operating system', async () => {
    const { directory, driver } = openStore()
    const ids = ['../../escape', '/tmp/escape', 'nul', 'CON.jsonl', 'A', 'a', '', '.', '..', 'a\0', 'x'.repeat(255)]

    await driver.write(ids.map(base_id => makeRecord({ base_id })))

    const names = readdirSync(directory)
    expect(names).toHaveLength(ids.length)
    expect(names.every(name => /^sha256-[0-9a-f]{64}\.jsonl$/.test(name))).toBe(true)
  })

  it('skips an incomplete line from a killed program, and keeps all records after it', async () => {
    const { directory, driver } = openStore()
    const [before, after] = makeTrace(2)
    if (before === undefined || after === undefined) throw new Error('no trace')
    await driver.write([before])
    appendFileSync(join(directory, `${before.base_id}.jsonl`), '{"name": "db-stop", "base_id": "')

    const read = await readAll(driver, before.base_id)
    await driver.write([after])

    expect(read).toEqual([before])
    expect(await readAll(driver, before.base_id)).toEqual([before, after])
    expect(await driver.listTraces?.()).toMatchObject([{ base_id: before.base_id, records: 2 }])
  })

  it('skips lines and files without records', async () => {
    const { directory, driver } = openStore()
    const record = makeRecord()
    await driver.write([record])
    appendFileSync(join(directory, `${record.base_id}.jsonl`), '\n\n[]\nnull\n7\n{"name": 1}\n\0\n')
    writeFileSync(join(directory, 'empty.jsonl'), '')
    writeFileSync(join(directory, 'notes.txt'), 'mine')
    mkdirSync(join(directory, 'directory.jsonl'))

    expect(await readAll(driver, record.base_id)).toEqual([record])
    expect(await driver.listTraces?.()).toHaveLength(1)
  })

  it('fills in the members that another program omitted from records', async () => {
    const { directory, driver } = openStore()
    const { base_id } = makeRecord()
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `${base_id}.jsonl`), JSON.stringify({ name: 'rpc-start', base_id, project: null }))

    expect(await readAll(driver, base_id)).toEqual([
      {
        name: 'rpc-start',
        base_id,
        parent_id: base_id,
        trace_id: '',
        timestamp: '',
        info: {},
        project: '',
        service: '',
      },
    ])
  })

  it('rejects a batch that cannot be stored at all, and accepts the batch later', async () => {
    const directory = temporaryDirectory()
    writeFileSync(join(directory, 'state'), 'in the way')
    const driver = openDriver(`file://${directory}/state/traces`)
    const trace = makeTrace(2)

    await expect(driver.write(trace)).rejects.toMatchObject({ name: 'OsprofilerError', code: 'ERR_STORE' })
    rmSync(join(directory, 'state'))

    expect(await driver.write(trace)).toEqual({ refused: 0 })
    expect(await readAll(driver, trace[0]?.base_id ?? '')).toEqual(trace)
  })

  it('refuses only the records of a trace whose file cannot be written', async () => {
    const { directory, driver } = openStore()
    const [good, bad] = [makeTrace(3), makeTrace(2)]
    mkdirSync(join(directory, `${bad[0]?.base_id}.jsonl`), { recursive: true })

    const result = await driver.write([...bad, ...good])

    expect(result).toEqual({ refused: 2 })
    expect(await readAll(driver, good[0]?.base_id ?? '')).toEqual(good)
  })

  it('creates its directory again after it was deleted', async () => {
    const { directory, driver } = openStore()
    await driver.write([makeRecord()])
    rmSync(directory, { recursive: true })
    const record = makeRecord()

    await driver.write([record])

    expect(await readAll(driver, record.base_id)).toEqual([record])
  })

  it('keeps all acknowledged records of several processes, even if one of them was killed', async () => {
    const { directory, driver } = openStore()
    const killed = startFixture('write-batches.mjs', [`file://${directory}`, 'shared'])
    const others = ['shared', 'other'].map(prefix =>
      startFixture('write-batches.mjs', [`file://${directory}`, prefix, '60']),
    )
    const outcomes = Promise.all(others.map(finish))
    const acknowledged = await printed(killed, 'shared-20')

    killed.kill('SIGKILL')

    expect((await outcomes).map(outcome => outcome.code)).toEqual([0, 0])
    const batches = acknowledged.trim().split('\n').slice(0, 20)
    for (const id of batches) expect(await readAll(driver, id)).toHaveLength(20)
    for (let batch = 0; batch < 60; batch++) expect(await readAll(driver, `other-${batch}`)).toHaveLength(10)
  })

  it('does not keep the process alive, except while a call is in progress', async () => {
    const { directory } = openStore()

    const awaited = await finish(startFixture('end-naturally.mjs', [`file://${directory}`, 'await']))

    expect(awaited).toEqual({ code: 0, stdout: 'read 1\nlisted 1\nfailed 0\n', stderr: '' })
  })
})

describe('file://...?ttl=', () => {
  it('makes a write remove traces whose last record and last write are older than the ttl', async () => {
    const directory = temporaryDirectory()
    const at = (base_id: string, timestamp: Date) =>
      makeRecord({ base_id, timestamp: `${timestamp.toISOString().slice(0, -1)}000` })
    const [now, longAgo] = [new Date(), new Date(Date.now() - 8 * 86_400_000)]
    await openDriver(`file://${directory}`).write([
      at('old', longAgo),
      at('going on', longAgo),
      at('going on', now),
      at('written late', longAgo),
      at('young', now),
    ])
    const files = readdirSync(directory)
    for (const file of files) utimesSync(join(directory, file), longAgo, longAgo)
    const driver = openDriver(`file://${directory}?ttl=7d`)

    await driver.write([at('written late', longAgo)])

    const ids = async () => (await driver.listTraces?.())?.map(({ base_id }) => base_id).sort()
    await expect.poll(() => readdirSync(directory)).toHaveLength(3)
    expect(await ids()).toEqual(['going on', 'written late', 'young'])
  })

  it('keeps all traces if the option is omitted', async () => {
    const { directory, driver } = openStore()
    await driver.write([makeRecord({ base_id: 'old', timestamp: '2001-01-01T00:00:00.000000' })])
    for (const file of readdirSync(directory)) utimesSync(join(directory, file), 0, 0)

    await driver.write([makeRecord()])
    await driver.close()

    expect(readdirSync(directory)).toHaveLength(2)
  })

  it('finishes removing traces before close() resolves', async () => {
    const directory = temporaryDirectory()
    const old = Array.from({ length: 200 }, () => makeRecord({ timestamp: '2001-01-01T00:00:00.000000' }))
    await openDriver(`file://${directory}`).write(old)
    for (const file of readdirSync(directory)) utimesSync(join(directory, file), 1, 1)
    const driver = openDriver(`file://${directory}?ttl=90s`)

    await driver.write([makeRecord()])
    await driver.close()

    expect(readdirSync(directory)).toHaveLength(1)
  })

  it('is read correctly if the directory name contains a percent-encoded "?"', async () => {
    const directory = temporaryDirectory()

    await openDriver(`file://${directory}/a%3Fttl=7d?ttl=7d`).write([makeRecord()])

    expect(readdirSync(directory)).toEqual(['a?ttl=7d'])
  })
})

function openStore() {
  const directory = join(temporaryDirectory(), 'state', 'traces')
  return { directory, driver: openDriver(`file://${directory}`) }
}

function modeOf(path: string): string {
  return `${(statSync(path).mode & 0o777).toString(8)}`
}
