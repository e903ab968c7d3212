import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const PROGRAM = `
import { writeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import * as profiler from '@osprofiler/core'

const taken = []
const began = performance.now()
let current
function create(write, options) {
  const driver = { name: 'test', write: async records => { await write(); taken.push(...records) }, close: async () => {} }
  const notifier = profiler.createNotifier(driver, options)
  profiler.setNotifier(notifier)
  current ??= process.on('exit', () => {
    writeSync(1, JSON.stringify({ taken: taken.length, ms: performance.now() - began, ...current.stats, ...globalThis.told }))
  })
  current = notifier
  return notifier
}
const work = points => profiler.run({ hmacKey: 'KEY' }, () => {
  for (let point = 0; point < points; point++) profiler.start('a').stop()
})
`

/** Runs a program to its end. Returns the printed statistics, and how long the program ran after loading. */
async function runToItsEnd(program: string) {
  const arguments_ = ['--input-type=module', '-e', PROGRAM + program]
  const { stdout, stderr } = await promisify(execFile)(process.execPath, arguments_, {
    cwd: import.meta.dirname,
    timeout: 60_000,
  })
  return { ...JSON.parse(stdout), stderr }
}

describe.concurrent('a program that exits naturally', () => {
  it('delivers the waiting records', async () => {
    const { stderr, taken, written, queued } = await runToItsEnd(`create(() => delay(5)); work(1_000)`)

    expect({ taken, written, queued, stderr }).toEqual({ taken: 2_000, written: 2_000, queued: 0, stderr: '' })
  })

  it('waits for a slow store', async () => {
    const { written } = await runToItsEnd(`create(() => delay(400)); work(1_000)`)

    expect(written).toBe(2_000)
  })

  it('delivers the records to a store that recovers during the exit', async () => {
    const program = `
      let down = true
      create(() => { if (down) throw new Error('down') })
      setTimeout(() => { down = false }, 700)
      work(1)
    `
    const { written, retried } = await runToItsEnd(program)

    expect(written).toBe(2)
    expect(retried).toBeGreaterThan(0)
  })

  it('delivers records that are emitted during the exit', async () => {
    const program = `
      create(() => delay(1))
      work(1)
      process.once('beforeExit', async () => { await delay(100); work(1) })
    `
    const { written } = await runToItsEnd(program)

    expect(written).toBe(4)
  })

  it('delivers the records of every notifier', async () => {
    const program = `
      const first = create(() => delay(1))
      work(1)
      create(() => delay(1))
      work(2)
    `
    const { taken } = await runToItsEnd(program)

    expect(taken).toBe(6)
  })

  it.each([
    ['hangs', 'new Promise(() => {})'],
    ['is unreachable', `Promise.reject(new Error('gone'))`],
  ])('exits after the time limit of one flush if the store %s', async (_, outcome) => {
    const { queued, ms } = await runToItsEnd(`create(() => ${outcome}); work(1)`)

    expect(queued).toBe(2)
    expect(ms).toBeGreaterThan(4_000)
    expect(ms).toBeLessThan(20_000)
  })

  it('writes to a failed store again only after a new record', async () => {
    const program = `
      const told = globalThis.told = { tries: 0 }
      create(() => { told.tries++; throw new Error('gone') }, { maxBackoff: 100 })
      work(1)
      process.once('beforeExit', async () => {
        await delay(5_500)
        told.inTime = told.tries
        await delay(1_000)
        told.later = told.tries - told.inTime
        work(1)
        await delay(1_000)
        told.again = told.tries - told.inTime - told.later
      })
    `
    const { inTime, later, again, queued } = await runToItsEnd(program)

    expect(inTime).toBeGreaterThan(5)
    expect(later).toBe(0)
    expect(again).toBeGreaterThan(0)
    expect(queued).toBe(4)
  })

  it.each([1, 3])(
    'exits within the same time limit if %i stores hang and are tried again one after another',
    async stores => {
      const program = `
      const { holdProcess } = await import('@osprofiler/core/toolkit')
      const later = ms => new Promise(resolve => setTimeout(resolve, ms).unref())
      create(() => {})
      async function tryAgainAndAgain(begin) {
        await delay(begin)
        for (;;) {
          const release = holdProcess(4_000)
          await later(3_000)
          release()
          await later(100)
        }
      }
      for (let store = 0; store < ${stores}; store++) void tryAgainAndAgain(store * 900)
    `
      const { ms } = await runToItsEnd(program)

      expect(ms).toBeGreaterThan(2_500)
      expect(ms).toBeLessThan(12_000)
    },
  )

  it('restarts the time limit for a hanging store after another store has answered', async () => {
    const program = `
      const { holdProcess, holdTimeLeft } = await import('@osprofiler/core/toolkit')
      const told = globalThis.told = {}
      create(() => {})
      const hangs = holdProcess(4_000)
      await delay(1_000)
      const answers = holdProcess(4_000)
      told.before = holdTimeLeft()
      answers(true)
      told.after = holdTimeLeft()
      hangs()
      await delay(1)
      told.apart = holdTimeLeft()
    `
    const { before, after, apart } = await runToItsEnd(program)

    expect(before).toBeLessThan(4_100)
    expect(after).toBeGreaterThan(4_500)
    expect(apart).toBeCloseTo(5_000)
  })

  it('restarts the time limit if new work has delayed the exit', async () => {
    const program = `
      const { beginExit, cutAtExit } = await import('@osprofiler/core/toolkit')
      const told = globalThis.told = { cuts: [] }
      const begun = performance.now()
      create(() => {})
      cutAtExit(() => told.cuts.push(performance.now() - begun))
      beginExit()
      await delay(2_500)
      beginExit()
      await delay(4_500)
      told.early = told.cuts.length
    `
    const { early } = await runToItsEnd(program)

    expect(early).toBe(0)
  })

  it('exits at once if no records are waiting or close() was called', async () => {
    const idle = await runToItsEnd(`create(() => new Promise(() => {}))`)
    const closed = await runToItsEnd(
      `const notifier = create(() => new Promise(() => {})); work(1); await notifier.close(50)`,
    )

    expect(idle.ms).toBeLessThan(4_000)
    expect(closed).toMatchObject({ emitted: 2, dropped: 2, queued: 0 })
    expect(closed.ms).toBeLessThan(4_000)
  })

  it('keeps the exit code of the program', async () => {
    const failed = await runToItsEnd(`create(() => delay(1)); work(1); process.exitCode = 3`).catch(error => error)

    expect(failed.code).toBe(3)
    expect(JSON.parse(failed.stdout).written).toBe(2)
  })
})

describe.concurrent("an application's own shutdown", () => {
  it('loses no records if it calls close() before process.exit()', async () => {
    const { written } = await runToItsEnd(
      `const notifier = create(() => delay(5)); work(1_000); await notifier.close(); process.exit(0)`,
    )

    expect(written).toBe(2_000)
  })

  it('loses no records if it calls close() on SIGTERM', async () => {
    const program = `
      const notifier = create(() => delay(5))
      process.once('SIGTERM', async () => {
        clearInterval(server)
        await notifier.close()
      })
      const server = setInterval(() => {}, 1_000)
      work(1_000)
      process.kill(process.pid, 'SIGTERM')
    `
    const { written, queued } = await runToItsEnd(program)

    expect({ written, queued }).toEqual({ written: 2_000, queued: 0 })
  })
})

describe('a traced program', () => {
  it('keeps running while a write to the store is pending, and loses no records', async () => {
    const program = `
      let answer, asked
      const answered = new Promise(resolve => { answer = resolve })
      const wasAsked = new Promise(resolve => { asked = resolve })
      create(() => { asked(); return answered })
      work(1)
      await wasAsked
      for (let round = 0; round < 50; round++) {
        work(5)
        await delay(5)
      }
      answer()
    `
    const { written } = await runToItsEnd(program)

    expect(written).toBe(502)
  })
})
