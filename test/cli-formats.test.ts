import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { commandPath, makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords, toLines } from './cli-records.js'

const TRACES = new URL('./fixtures/conformance/traces/', import.meta.url)
const CONFORMANCE = readdirSync(TRACES).filter(name => name.endsWith('.jsonl'))
/** The formats that the command can read back, each with its file extension. */
const READABLE_FORMATS = [
  ['--json', 'json'],
  ['--html', 'html'],
  ['--export perfetto', 'perfetto.json'],
  ['--export speedscope', 'speedscope.json'],
  ['--export otlp', 'otlp.json'],
] as const
const ALL_FORMATS = [[''], ...READABLE_FORMATS.map(([option]) => [option]), ['--dot']].map(([option = '']) => option)
const HOSTILE_TEXT =
  '</script><script>alert(1)</script>"><img src=x onerror=alert(1)>\\" -> evil [label=<b>]]>\u001b[2J\u202e\u2028\u0000'
/** Characters that a terminal interprets or hides, except tabs, which some formats contain. */
const CONTROL_CHARACTERS = /[\p{Cf}\p{Zl}\p{Zp}]|(?!\t)\p{Cc}/u
const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

let directory: string
let store: string
beforeEach(() => {
  directory = makeDirectory()
  store = `sqlite:///${join(directory, 'traces.db')}`
})

describe('a trace in every format', () => {
  it.each(CONFORMANCE)('is unchanged after it is written and read back: %s', async name => {
    const file = new URL(name, TRACES).pathname
    const expected = await osprofiler(['trace', 'show', file, '--json'])

    for (const [option, extension] of READABLE_FORMATS) {
      const out = join(directory, `trace.${extension}`)
      const written = await osprofiler(['trace', 'show', file, ...option.split(' '), '--out', out])
      const again = await osprofiler(['trace', 'show', out, '--json'])

      expect({ option, ...written }).toEqual({ option, code: 0, stdout: '', stderr: '' })
      expect({ option, mode: statSync(out).mode & 0o777 }).toEqual({ option, mode: 0o600 })
      expect({ option, ...again }).toEqual({ option, ...expected })
    }
    expect(readdirSync(directory)).toHaveLength(READABLE_FORMATS.length)
  })

  it.each(ALL_FORMATS)('has the same output on standard output as in a file: %s', async option => {
    const file = join(directory, 'shop.jsonl')
    writeFileSync(file, toLines(createShopRecords()))
    const args = ['trace', 'show', file, ...option.split(' ').filter(Boolean)]

    const printed = await osprofiler(args)
    await osprofiler([...args, '--out', join(directory, 'out')])

    expect(printed).toMatchObject({ code: 0, stderr: '' })
    expect(printed.stdout.trimEnd()).toBe(readFileSync(join(directory, 'out'), 'utf8').trimEnd())
  })

  it('is split into several OpenTelemetry files if a collector would reject a single one', async () => {
    const file = join(directory, 'large.jsonl')
    const out = join(directory, 'trace.json')
    const [start, stop] = createShopRecords()
    const ids = Array.from({ length: 24 }, (_, at) => `${at}`)
    const info = { text: 'x'.repeat(1_000_000) }
    writeFileSync(
      file,
      toLines(
        ids.flatMap(trace_id => [start, stop].flatMap(record => (record ? [{ ...record, trace_id, info }] : []))),
      ),
    )

    const written = await osprofiler(['trace', 'show', file, '--export', 'otlp', '--out', out])

    const parts = readdirSync(directory).filter(name => name.startsWith('trace'))
    expect(parts.sort()).toEqual(['trace-2.json', 'trace-3.json', 'trace.json'])
    expect(written).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('trace.json, trace-2.json, trace-3.json'),
    })
    const texts = ['trace.json', 'trace-2.json', 'trace-3.json'].map(name =>
      readFileSync(join(directory, name), 'utf8'),
    )
    for (const part of texts) expect(part.length).toBeLessThan(20 * 1024 * 1024)
    writeFileSync(join(directory, 'whole.jsonl'), texts.join(''))
    const [again, expected] = await Promise.all(
      ['whole.jsonl', 'large.jsonl'].map(name => osprofiler(['trace', 'show', join(directory, name), '--depth', '3'])),
    )
    expect(again).toEqual(expected)
  })

  it.each(ALL_FORMATS)('has the same output when read from a store as from a file: %s', async option => {
    await storeRecords(store, createShopRecords())
    const file = join(directory, 'shop.jsonl')
    writeFileSync(file, toLines(createShopRecords()))
    const options = option.split(' ').filter(Boolean)

    const [fromStore, fromFile] = await Promise.all([
      osprofiler(['trace', 'show', SHOP_TRACE, '--connection-string', store, ...options]),
      osprofiler(['trace', 'show', file, ...options]),
    ])

    expect(fromStore.code).toBe(0)
    expect(fromStore.stdout).toBe(fromFile.stdout)
  })

  it.each(ALL_FORMATS)('has every dangerous character of a hostile record escaped: %s', async option => {
    const file = join(directory, 'hostile.jsonl')
    writeFileSync(file, toLines(createShopRecords({ text: HOSTILE_TEXT })))

    const { code, stdout, stderr } = await osprofiler([
      ...['trace', 'show', file],
      ...option.split(' ').filter(Boolean),
    ])

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('alert(1)')
    // The page may contain control characters as text, because the command never prints a page to a terminal.
    if (option === '--html') expect(stdout).not.toMatch(/<script>alert|<img src=x/)
    else for (const line of stdout.split('\n')) expect(line).not.toMatch(CONTROL_CHARACTERS)
    if (option === '--dot') expect(stdout.match(/->/g)?.length).toBeGreaterThan(0)
  })
})

describe('a reader that stops early', () => {
  it.each(ALL_FORMATS.filter(option => option !== ''))('ends the command without an error: %s', async option => {
    const records = Array.from({ length: 500 }, (_, index) =>
      createShopRecords({ baseId: `0199c0de-7000-7abc-8d${String(index).padStart(3, '0')}-123456789ab` }),
    ).flat()
    const file = join(directory, 'large.jsonl')
    writeFileSync(file, toLines(records))
    const child = spawn(process.execPath, [commandPath, 'trace', 'show', file, ...option.split(' ')])
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

describe('osprofiler trace show --render-dot', () => {
  it('draws an SVG that contains all points', async () => {
    const { code, stdout, stderr, file } = await drawToFile('graph.svg')

    const svg = readFileSync(file, 'utf8')
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' })
    expect(svg).toMatch(/^<\?xml.*<svg /s)
    expect(svg.match(/class="node"/g)).toHaveLength(1 + createShopRecords().length / 2)
    expect(svg).toContain('gateway:wsgi')
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('draws a PNG with text', async () => {
    const [few, many] = [await drawToFile('few.PNG'), await drawToFile('many.png', 'a much longer name of a service')]

    const [small, large] = [readFileSync(few.file), readFileSync(many.file)]
    expect([few.code, many.code]).toEqual([0, 0])
    expect(small.subarray(0, PNG_SIGNATURE.length)).toEqual(PNG_SIGNATURE)
    // If the font were missing, the images would contain no text, and their sizes would be nearly equal.
    expect(large.length).toBeGreaterThan(small.length * 1.2)
  })

  it('escapes the text of hostile records', async () => {
    const { code, file } = await drawToFile('hostile.svg', HOSTILE_TEXT)

    const svg = readFileSync(file, 'utf8')
    expect(code).toBe(0)
    expect(svg).not.toMatch(/<script|<img/)
    for (const line of svg.split('\n')) expect(line).not.toMatch(CONTROL_CHARACTERS)
    expect(svg).toContain('&lt;/script&gt;')
  })

  it('draws the picture in addition to another format, as Python does', async () => {
    const file = join(directory, 'shop.jsonl')
    writeFileSync(file, toLines(createShopRecords()))

    const { code, stdout } = await osprofiler(['trace', 'show', file, '--dot', '--render-dot', 'g.svg'], {
      cwd: directory,
    })

    expect(code).toBe(0)
    expect(stdout).toMatch(/^digraph \{/)
    expect(readFileSync(join(directory, 'g.svg'), 'utf8')).toContain('<svg')
  })

  it('scales down a picture that would be too large for viewers', async () => {
    const { code, file } = await drawToFile('wide.png', 'w'.repeat(3_000))

    const png = readFileSync(file)
    expect(code).toBe(0)
    expect(png.readUInt32BE(16)).toBeLessThanOrEqual(20_000)
  })

  it.each([
    ['graph.pdf', 'PDF needs Graphviz: draw .svg and print it'],
    ['graph.gif', 'Give a file that ends in .svg or .png.'],
    ['graph', 'Give a file that ends in .svg or .png.'],
  ])('rejects %s', async (name, message) => {
    const { code, stdout, stderr } = await drawToFile(name)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: --render-dot cannot draw`)
    expect(stderr).toContain(message)
  })
})

describe('osprofiler trace show', () => {
  it.each([
    [['--json', '--dot'], 'Give one format: --json and --dot cannot be combined.'],
    [['--html', '--export', 'otlp'], 'Give one format: --html and --export otlp cannot be combined.'],
    [['--export', 'zipkin'], 'Allowed choices are perfetto, speedscope, otlp.'],
    [['--render-dot', 'a.svg', '--out', 'b.svg'], '--render-dot already names the file of the picture'],
    [['--json', '--depth', '2'], '--depth applies only to the tree. --json always contains the whole trace.'],
    [['--dot', '--filter', 'x'], '--filter applies only to the tree'],
    [['--html', '--code'], '--code applies only to the tree'],
    [['--depth', '0'], 'Give a whole number, 1 or more.'],
    [['--min-ms', 'long'], 'Give a number of milliseconds, such as 5 or 0.5.'],
    [['--out', 'nowhere/x'], 'Cannot write nowhere/x: ENOENT'],
    [['--html', '--out', 'nowhere/x'], 'Cannot write nowhere/x: ENOENT'],
    [['--render-dot', 'nowhere/x.png'], 'Cannot write nowhere/x.png: ENOENT'],
    [['--export', 'otlp', '--out', '.'], 'Cannot write .: '],
    [['--json', '--out', '/dev/full'], 'Cannot write /dev/full: ENOSPC'],
  ])('rejects the options %j', async (options, message) => {
    const file = join(directory, 'shop.jsonl')
    writeFileSync(file, toLines(createShopRecords()))

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', file, ...options], { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
    expect(readdirSync(directory)).toEqual(['shop.jsonl'])
  })

  it.each([
    ['graph.svg', '--render-dot', 'This is an SVG image: a drawing holds no records'],
    ['graph.png', '--render-dot', 'This is a PNG image: a drawing holds no records'],
    ['graph.dot', '--dot --out', 'This is a DOT graph: a drawing holds no records'],
  ])('explains that %s cannot be read back, because it contains no records', async (name, option, message) => {
    const file = join(directory, 'shop.jsonl')
    writeFileSync(file, toLines(createShopRecords()))
    await osprofiler(['trace', 'show', file, ...option.split(' '), name], { cwd: directory })

    const { code, stdout, stderr } = await osprofiler(['trace', 'show', name], { cwd: directory })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`error: Cannot read a trace from ${name}: ${message}`)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

async function drawToFile(name: string, text = '') {
  const source = join(directory, 'source.jsonl')
  writeFileSync(source, toLines(createShopRecords({ text })))
  const file = join(directory, name)
  return { ...(await osprofiler(['trace', 'show', source, '--render-dot', file])), file }
}
