import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const CORE = join(import.meta.dirname, '..')
let folder: string

/** Copies the package into node_modules, so that a program can load it twice. */
function copyCore(name: string): void {
  const copy = join(folder, 'node_modules', name)
  mkdirSync(copy, { recursive: true })
  cpSync(join(CORE, 'dist'), join(copy, 'dist'), { recursive: true })
  cpSync(join(CORE, 'package.json'), join(copy, 'package.json'))
  symlinkSync(join(CORE, 'node_modules'), join(copy, 'node_modules'))
}

/** Runs a program that imports two copies, `one` and `two`. Returns the printed value and the warnings. */
function runProgram(program: string, second = 'two') {
  const path = join(folder, 'program.mjs')
  writeFileSync(
    path,
    `import * as one from 'one'
     import * as two from '${second}'
     const warnings = []
     process.on('warning', warning => warnings.push(warning.code))
     const records = []
     const print = value => setImmediate(() => console.log(JSON.stringify({ value, warnings })))
     ${program}`,
  )
  return JSON.parse(execFileSync(process.execPath, ['--no-warnings', path], { encoding: 'utf8' }))
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'osprofiler-copies-'))
  for (const name of ['one', 'two', 'other-layout']) copyCore(name)
  const dist = join(folder, 'node_modules/other-layout/dist')
  for (const name of readdirSync(dist).filter(name => name.endsWith('.js'))) {
    const source = readFileSync(join(dist, name), 'utf8')
    writeFileSync(join(dist, name), source.replace('LAYOUT = 1', 'LAYOUT = 2'))
  }
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('two copies of the package in one process', () => {
  it('share the context, the notifier and the configuration', () => {
    const { value, warnings } = runProgram(`
      one.setNotifier(({ name, service }) => records.push(name + ' ' + service))
      two.configure({ service: 'shop' })
      one.run({ hmacKey: 'KEY' }, () => {
        two.withTrace('two', () => {
          one.withTrace('one', () => {})
          records.push(two.get() === one.get())
        })
        one.suppress(() => two.withTrace('hidden', () => {}))
      })
      print(records)
    `)

    expect(value).toEqual(['two-start shop', 'one-start shop', 'one-stop shop', true, 'two-stop shop'])
    expect(warnings).toEqual([])
  })

  it('trust the keys with which the other copy was configured', () => {
    const { value, warnings } = runProgram(`
      const { createCallTracer } = await import('two/rpc')
      two.setNotifier(() => {})
      one.configure({ hmacKeys: 'NEW,OLD' })
      const tracer = createCallTracer()
      const [info, hmac] = two.signedPack({ base_id: 'trace' }, 'OLD')
      const call = tracer.open({ info, hmac }, undefined, { function: { name: 'serve' } })
      const sentOn = call.serve(() => two.getTraceIdHeaders())
      const ring = new one.KeyRing('NEW,OLD')
      print([
        tracer.stats.tracedByKey,
        ring.verify(sentOn['X-Trace-Info'], sentOn['X-Trace-HMAC']),
        two.signedUnpack(info, hmac, ring).hmacKey,
      ])
    `)

    expect(value).toEqual([[0, 1], 'OLD', 'OLD'])
    expect(warnings).toEqual([])
  })

  it('end a trace that the other copy began', () => {
    const { value } = runProgram(`
      one.setNotifier(({ name }) => records.push(name))
      one.init('KEY')
      one.start('a')
      two.clean()
      records.push(one.get() ?? 'clean')
      print(records)
    `)

    expect(value).toEqual(['a-start', 'a-stop', 'clean'])
  })

  it('recognize the functions that the other copy traced, and know their parameter names', () => {
    const { value } = runProgram(`
      one.setNotifier(({ info }) => records.push(info.function?.args))
      const login = one.trace('login', { hideArgs: true })(function login(user, password) {})
      try { two.trace('again', { allowMultipleTrace: false })(login) } catch (error) { records.push(error.name) }
      one.run({ hmacKey: 'KEY' }, () => two.trace('again')(login)('ann', 'S3CRET'))
      print(records.filter(Boolean))
    `)

    expect(value).toEqual(['TypeError', '["ann","***"]'])
  })

  it("understand each other's errors", () => {
    const { value } = runProgram(`
      const driver = {
        name: 'refusing',
        async write() { throw new two.OsprofilerError('ERR_WRITE_REFUSED', 'never') },
        async close() {},
      }
      const notifier = one.createNotifier(driver)
      notifier({ name: 'a-start', info: {} })
      await notifier.flush(2000)
      print(notifier.stats.dropped)
    `)

    expect(value).toBe(1)
  })

  it('warn if they cannot share their state, and then work separately', () => {
    const { value, warnings } = runProgram(
      `
      one.setNotifier(() => records.push('one'))
      two.setNotifier(() => records.push('two'))
      one.run({ hmacKey: 'KEY' }, () => one.withTrace('a', () => two.withTrace('b', () => {})))
      two.run({ hmacKey: 'KEY' }, () => two.withTrace('b', () => {}))
      print(records)
    `,
      'other-layout',
    )

    expect(value).toEqual(['one', 'one', 'two', 'two'])
    expect(warnings).toEqual(['OSPROFILER_TWO_VERSIONS'])
  })
})
