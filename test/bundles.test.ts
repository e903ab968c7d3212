import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BUNDLERS, type Format } from './bundlers.js'

// The bundles are written below this folder, so that they find the packages that they do not include.
const root = fileURLToPath(new URL('.', import.meta.url))
const DRIVERS = '@osprofiler/drivers'
const PROGRAM = `
  import { run, withTrace } from '@osprofiler/core'
  import { setup } from '@osprofiler/node'
  import { createServer } from 'node:http'
  const names = []
  const own = setup({ hmacKeys: 'KEY', traceSql: 'values', notifier: ({ name }) => { names.push(name) } })
  const server = createServer((_, res) => res.end('served')).listen(0, '127.0.0.1', () => {
    run({ hmacKey: 'KEY' }, async () => {
      await (await fetch('http://127.0.0.1:' + server.address().port)).text()
      server.close()
      await own.close()
      const stored = setup({ connectionString: 'memory://' })
      run({ hmacKey: 'KEY' }, () => withTrace('work', () => undefined))
      await stored.flush()
      console.log(names.join(), stored.driver.name, stored.notifier.stats.written)
      await stored.close()
    })
  })`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(root, '.bundles-'))
  mkdirSync(join(folder, 'stand'))
  writeFileSync(join(folder, 'app.mjs'), PROGRAM)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Makes a bundle and runs it in a different folder. */
async function runBundle(bundler: string, format: Format, external: string[]) {
  const outfile = join(folder, `${bundler}-${external.length}.${format === 'esm' ? 'mjs' : 'cjs'}`)
  await BUNDLERS[bundler]?.(join(folder, 'app.mjs'), outfile, format, external)
  const { status, stdout, stderr } = spawnSync(process.execPath, [outfile], {
    cwd: join(folder, 'stand'),
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

describe.each(Object.keys(BUNDLERS))('a bundle made by %s', bundler => {
  it.each<Format>(['esm', 'cjs'])('as %s, traces and stores records with external drivers', async format => {
    const outcome = await runBundle(bundler, format, [DRIVERS])

    expect(outcome).toEqual({ status: 0, stdout: 'http-start,http-stop memory 2\n', stderr: '' })
  })
})
