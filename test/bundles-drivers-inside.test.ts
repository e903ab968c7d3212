import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledProgram, installProgram } from '../packages/node/test/installed.js'
import { BUNDLERS, type Format } from './bundlers.js'

const FORMATS: readonly Format[] = ['esm', 'cjs']
const EXTENSIONS = { esm: 'mjs', cjs: 'cjs' }
const PROGRAM = `
  import { run, withTrace } from '@osprofiler/core'
  import { setup } from '@osprofiler/node'
  const warnings = []
  process.on('warning', ({ code, message }) => warnings.push([code, message].join(' ')))
  const own = setup({ hmacKeys: 'KEY', connectionString: process.argv[2] })
  run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
  own.close().then(() => {
    const { written, dropped, unknown } = own.notifier.stats
    setImmediate(() => console.log(JSON.stringify({ warnings, written, dropped, unknown })))
  })`

let program: InstalledProgram
let deployed: string
beforeAll(async () => {
  program = installProgram()
  deployed = join(program.outside, 'deployed')
  mkdirSync(deployed)
  const entry = program.write('app.mjs', PROGRAM)
  for (const [name, bundle] of Object.entries(BUNDLERS)) {
    for (const format of FORMATS) await bundle(entry, join(deployed, `${name}.${EXTENSIONS[format]}`), format, [])
  }
  // A bundle must run without the files that it was made from.
  rmSync(program.folder, { recursive: true })
  // The bundled SQLite driver must not mistake this file of the program for its own worker.js.
  writeFileSync(join(deployed, 'worker.js'), `console.log('a worker of the program ran')`)
}, 300_000)
afterAll(() => program.remove())

describe.each(Object.keys(BUNDLERS))(
  'a bundle made by %s that contains the drivers, but no client packages of stores',
  name => {
    async function runBundle(format: Format, connectionString: string) {
      const file = join(deployed, `${name}.${EXTENSIONS[format]}`)
      const { stdout } = await program.run(['--no-warnings', file, connectionString], { cwd: deployed })
      return JSON.parse(stdout)
    }

    it.each(FORMATS)('as %s, warns once that the SQLite driver does not work inside a bundle', async format => {
      const outcome = await runBundle(format, 'sqlite:///traces.db')

      const warning = expect.stringMatching(/^OSPROFILER_NO_STORE .*Leave @osprofiler\/drivers outside of the bundle/)
      expect(outcome).toEqual({ warnings: [warning], written: 0, dropped: 2, unknown: 0 })
    })

    it.each(FORMATS)("as %s, warns once that a store's client package is not installed", async format => {
      const outcome = await runBundle(format, 'redis://127.0.0.1:1')

      const warning = expect.stringMatching(/^OSPROFILER_NO_STORE .*npm install ioredis/)
      expect(outcome).toEqual({ warnings: [warning], written: 0, dropped: 2, unknown: 0 })
    })

    it.each(FORMATS)('as %s, writes to a store that needs no client package', async format => {
      const outcome = await runBundle(format, `file://${join(deployed, `${name}-${format}`)}`)

      expect(outcome).toEqual({ warnings: [], written: 2, dropped: 0, unknown: 0 })
    })
  },
)
