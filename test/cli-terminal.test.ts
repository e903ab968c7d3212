import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { commandPath, makeDirectory } from './cli-process.js'
import { createShopRecords, SHOP_TRACE, storeRecords } from './cli-records.js'

const KEY = 'x7Qm2vKp9sLd4RtY8wBn3ZcF6hJg1NaT'
/** Clears the screen from the cursor to the end. */
const ERASE = '\u001b[J'
/** Moves the cursor up one line and clears from there to the end of the screen. */
const ERASE_LAST_LINE = `\u001b[1F${ERASE}`

let store: string
beforeEach(() => {
  store = `sqlite:///${join(makeDirectory(), 'traces.db')}`
})

describe('osprofiler trace show in a terminal', () => {
  it('redraws a growing trace in place', async () => {
    const records = createShopRecords()
    await storeRecords(store, records.slice(0, 4))
    const terminal = openTerminal(['trace', 'show', SHOP_TRACE, '--follow', '--connection-string', store])

    await terminal.shows('unfinished')
    await storeRecords(store, records.slice(4))
    const { code, text } = await terminal.ended

    expect(code).toBe(0)
    const drawings = text.split(ERASE)
    expect(drawings.length).toBeGreaterThan(2)
    expect(drawings[0]).toContain('unfinished')
    expect(drawings.at(-1)).toContain(`Trace ${SHOP_TRACE}`)
    expect(drawings.at(-1)).not.toContain('unfinished')
  })

  it('colors the tree, and with --follow exits silently on Ctrl-C', async () => {
    await storeRecords(store, createShopRecords().slice(0, 4))
    const terminal = openTerminal(['trace', 'show', SHOP_TRACE, '--follow', '--connection-string', store])

    await terminal.shows('unfinished')
    terminal.press('\u0003')
    const { text } = await terminal.ended

    expect(text).toContain('\u001b[33m  unfinished')
    expect(text).not.toMatch(/error|SIGINT|at .*\.js:/i)
  })

  it('waits for a service that has not recorded anything yet', async () => {
    const records = createShopRecords()
    await storeRecords(store, records.slice(0, 2))
    const args = ['trace', 'show', SHOP_TRACE, '--follow', '--service', 'orders', '--connection-string', store]
    const terminal = openTerminal(args)

    await delay(1_000)
    await storeRecords(store, records.slice(2))
    const { code, text } = await terminal.ended

    expect(code).toBe(0)
    expect(text).toContain('5 x db SELECT')
    expect(text).not.toContain('error')
  })

  it('refuses to print an HTML page', async () => {
    await storeRecords(store, createShopRecords())

    for (const [option, name] of [
      ['--html', '--html'],
      ['--export otlp', '--export otlp'],
    ] as const) {
      const args = ['trace', 'show', SHOP_TRACE, ...option.split(' '), '--connection-string', store]
      const { code, text } = await openTerminal(args).ended

      expect(code).toBe(1)
      expect(text.trim()).toBe(`error: ${name} cannot be shown in a terminal. Add --out FILE, or write to a pipe.`)
    }
  })
})

describe('a slow command', () => {
  it.each([
    [['trace', 'list'], 'Listing the traces, '],
    [['trace', 'prune', '--older-than', '7d'], 'Removing traces, '],
    [['trace', 'delete', SHOP_TRACE, 'x'], 'Removing trace 1 of 2, '],
    [['trace', 'show', SHOP_TRACE], 'Reading the trace, 0 records so far, '],
    [['run', 'http://127.0.0.1/'], 'Asking the store, '],
  ])('shows its progress in a terminal: %j', async (args, progress) => {
    const silent = `postgresql://me@127.0.0.1:${await listen(createTcpServer())}/shop`
    const terminal = openTerminal([...args, '--connection-string', silent], { OSPROFILER_HMAC_KEYS: KEY })

    await terminal.shows(progress)
    terminal.press('\u0003')
    await terminal.ended
  })

  it('shows which request it waits for, and erases that line before other output', async () => {
    let requests = 0
    const port = await listen(
      createHttpServer((_, res) => setTimeout(() => res.setHeader('Age', '1').end(), 1_800 * requests++)),
    )
    const args = ['run', `http://127.0.0.1:${port}/`, '-n', '2', '--connection-string', store]
    const { text } = await openTerminal(args, { OSPROFILER_HMAC_KEYS: KEY }).ended

    expect(text).toMatch(/\nSending request 2 of 2, \d s\r\n/)
    expect(readScreen(text)).not.toMatch(/Sending|Waiting/)
    expect(readScreen(text)).toMatch(/^1 {2}GET .*\n2 {2}GET .*\nThe slowest took /)
  })

  it('shows the size of a large trace, even if the trace is written to a file', async () => {
    const file = join(makeDirectory(), 'trace.jsonl')
    writeFileSync(file, createManyRecords(60_000))

    const shown = await openTerminal(['trace', 'show', file]).ended
    const kept = await openTerminal(['trace', 'show', file], {}, `> ${file}.txt`).ended

    for (const { code, text } of [shown, kept]) {
      expect(code).toBe(0)
      expect(text).toContain('Drawing 30,000 points')
    }
    expect(readScreen(shown.text)).toMatch(/^request/)
    expect(readScreen(kept.text)).toBe('')
    expect(readFileSync(`${file}.txt`, 'utf8')).toMatch(/^request/)
  })

  it.each<readonly [string, NodeJS.ProcessEnv, string]>([
    ['a pipe', {}, '2>&1 | cat'],
    ['a terminal that cannot erase text', { TERM: 'dumb' }, ''],
  ])('shows no progress in %s', async (_, settings, redirection) => {
    const file = join(makeDirectory(), 'trace.jsonl')
    writeFileSync(file, createManyRecords(60_000))

    const { text } = await openTerminal(['trace', 'show', file], settings, redirection).ended

    expect(text).toMatch(/^request/)
    expect(text).not.toContain('\u001b')
  })

  it('shows progress without colors', async () => {
    const silent = `postgresql://me@127.0.0.1:${await listen(createTcpServer())}/shop`
    const terminal = openTerminal(['trace', 'list', '--connection-string', silent], { NO_COLOR: '1' })

    await terminal.shows('Listing the traces, ')
    terminal.press('\u0003')
    const { text } = await terminal.ended

    expect(text.replaceAll(ERASE_LAST_LINE, '')).not.toContain('\u001b')
  })
})

/** Returns the text that remains on the screen after each progress line was erased. */
function readScreen(text: string): string {
  const [first = '', ...rest] = text.replaceAll('\r\n', '\n').split(ERASE_LAST_LINE)
  return rest.reduce((screen, piece) => screen.slice(0, screen.lastIndexOf('\n', screen.length - 2) + 1) + piece, first)
}

/** Creates a trace with `count` records: one request, and points directly below it. */
function createManyRecords(count: number): string {
  const [first] = createShopRecords()
  if (first === undefined) return ''
  const lines: string[] = []
  for (let index = 0; index < count / 2; index++) {
    const id = `0199c0de-7000-7abc-8def-${String(index).padStart(12, '0')}`
    const parent = index === 0 ? first.parent_id : '0199c0de-7000-7abc-8def-000000000000'
    const name = index === 0 ? 'wsgi' : 'step'
    for (const kind of ['start', 'stop'])
      lines.push(JSON.stringify({ ...first, name: `${name}-${kind}`, trace_id: id, parent_id: parent }))
  }
  return `${lines.join('\n')}\n`
}

async function listen(server: TcpServer): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/**
 * Runs the command in a pseudo-terminal that util-linux's `script` creates.
 *
 * @param redirection shell syntax, such as `> trace.txt`
 */
function openTerminal(args: readonly string[], settings: NodeJS.ProcessEnv = {}, redirection = '') {
  const words = [process.execPath, commandPath, ...args].map(word => `'${word}'`)
  const command = [...words, redirection].join(' ')
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', COLUMNS: '100', ...settings }
  const child = spawn('script', ['-qec', command, '/dev/null'], { env })
  onTestFinished(() => void child.kill())
  let text = ''
  child.stdout.on('data', piece => {
    text += piece
  })
  const ended = once(child, 'close').then(([code]) => ({ code, text }))
  return {
    ended,
    press: (keys: string) => child.stdin.write(keys),
    async shows(words: string): Promise<void> {
      while (!text.includes(words)) await delay(50)
    },
  }
}
