import { expect, it } from 'vitest'
import { installProgram } from './installed.js'

const PROGRAM = `
  import { rmSync } from 'node:fs'
  import { run, withTrace } from '@osprofiler/core'
  import { setup } from '@osprofiler/node'
  const warnings = []
  process.on('warning', ({ code }) => warnings.push(code))
  let threads = 0
  process.on('worker', () => threads++)
  const own = setup({
    hmacKeys: 'KEY',
    connectionString: 'sqlite:///traces.db',
    notifierOptions: { flushAfter: 1, minBackoff: 1, maxBackoff: 5 },
  })
  rmSync(new URL('./node_modules/@osprofiler/drivers/dist/sqlite/osprofiler-worker.js', import.meta.url))
  for (let trace = 0; trace < 10; trace++) {
    run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  await own.close()
  const { emitted, written, dropped, unknown } = own.notifier.stats
  console.log(JSON.stringify({ threads, warnings, emitted, written, dropped, unknown }))`

it('setup() warns once and counts records as dropped if the thread of the SQLite driver cannot start', async () => {
  const program = installProgram()
  // The thread fails before it loads the package, so the package only has to exist.
  program.write('node_modules/@photostructure/sqlite/package.json', '{ "name": "@photostructure/sqlite" }')
  program.write('node_modules/@photostructure/sqlite/index.js', '')

  const { stdout, stderr, code } = await program.run(['--no-warnings', program.write('app.mjs', PROGRAM)])

  expect({ stderr, code }).toEqual({ stderr: '', code: 0 })
  expect(JSON.parse(stdout)).toEqual({
    threads: 1,
    warnings: ['OSPROFILER_STORE_UNREACHABLE'],
    emitted: 20,
    written: 0,
    dropped: 20,
    unknown: 0,
  })
  program.remove()
})
