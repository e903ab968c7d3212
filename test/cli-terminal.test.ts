import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { commandPath, makeDirectory } from './cli-process.js'
import { keepRecords, SHOP_TRACE, shopRecords } from './cli-records.js'

/** Clears all that stands below the cursor. */
const ERASE = '\u001b[J'

let store: string
beforeEach(() => {
  store = `sqlite:///${join(makeDirectory(), 'traces.db')}`
})

describe('osprofiler trace show in a terminal', () => {
  it('draws again in a terminal whatever comes, in its place', async () => {
    const records = shopRecords()
    await keepRecords(store, records.slice(0, 4))
    const terminal = openTerminal(['trace', 'show', SHOP_TRACE, '--follow', '--connection-string', store])

    await terminal.shows('unfinished')
    await keepRecords(store, records.slice(4))
    const { code, text } = await terminal.ended

    expect(code).toBe(0)
    const drawings = text.split(ERASE)
    expect(drawings.length).toBeGreaterThan(2)
    expect(drawings[0]).toContain('unfinished')
    expect(drawings.at(-1)).toContain(`Trace ${SHOP_TRACE}`)
    expect(drawings.at(-1)).not.toContain('unfinished')
  })

  it('colours the tree, and ends quietly at Ctrl-C while it follows', async () => {
    await keepRecords(store, shopRecords().slice(0, 4))
    const terminal = openTerminal(['trace', 'show', SHOP_TRACE, '--follow', '--connection-string', store])

    await terminal.shows('unfinished')
    terminal.press('\u0003')
    const { text } = await terminal.ended

    expect(text).toContain('\u001b[33m  unfinished')
    expect(text).not.toMatch(/error|SIGINT|at .*\.js:/i)
  })

  it('waits for a service that is not there yet', async () => {
    const records = shopRecords()
    await keepRecords(store, records.slice(0, 2))
    const args = ['trace', 'show', SHOP_TRACE, '--follow', '--service', 'orders', '--connection-string', store]
    const terminal = openTerminal(args)

    await delay(1_000)
    await keepRecords(store, records.slice(2))
    const { code, text } = await terminal.ended

    expect(code).toBe(0)
    expect(text).toContain('5 x db SELECT')
    expect(text).not.toContain('error')
  })

  it('sends no page to it', async () => {
    await keepRecords(store, shopRecords())

    for (const [option, name] of [
      ['--html', '--html'],
      ['--export otlp', '--export otlp'],
    ] as const) {
      const args = ['trace', 'show', SHOP_TRACE, ...option.split(' '), '--connection-string', store]
      const { code, text } = await openTerminal(args).ended

      expect(code).toBe(1)
      expect(text.trim()).toBe(`error: ${name} is not for a terminal: add --out FILE, or send it into a pipe.`)
    }
  })
})

/** Runs the command in a pseudo-terminal, as util-linux's `script` makes one. */
function openTerminal(args: readonly string[]) {
  const command = [process.execPath, commandPath, ...args].map(word => `'${word}'`).join(' ')
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, TERM: 'xterm', COLUMNS: '100' }
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
