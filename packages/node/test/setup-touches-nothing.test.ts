import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InstalledProgram, installProgram } from './installed.js'

const OBSERVED = JSON.stringify(fileURLToPath(new URL('fixtures/observed.mjs', import.meta.url)))

let program: InstalledProgram
beforeAll(() => {
  program = installProgram()
  program.write('empty-keys', '\n')
})
afterAll(() => program.remove())

/** Runs a program that compares `observe()` before and after setup(). Returns the program's parsed output. */
async function observed(
  text: string,
  env: Record<string, string> = {},
  expected: readonly string[] = [],
): Promise<Record<string, unknown>> {
  const file = program.write(
    `${crypto.randomUUID()}.mjs`,
    `import { observe, takeFiles } from ${OBSERVED}
     import { configure, getNotifier, run, withTrace } from '@osprofiler/core'
     import { createRequestTracer } from '@osprofiler/core/http'
     import { setup } from '@osprofiler/node'
     import { writeFileSync } from 'node:fs'
     const turn = () => new Promise(resolve => setTimeout(resolve, 50))
     const touched = []
     const look = what => {
       const now = observe()
       const files = takeFiles()
       if (now !== before) touched.push([what, now])
       if (files.length > 0) touched.push([what, files])
     }
     takeFiles()
     const before = observe()
     ${text}`,
  )
  const { stdout, stderr, code } = await program.run([file], { env: { XDG_STATE_HOME: program.outside, ...env } })
  const warnings = Array.from(stderr.matchAll(/\[(\w+)\] Warning/g), ([, warning]) => warning)
  expect({ stderr: warnings.length === 0 ? stderr : '', code }).toEqual({ stderr: '', code: 0 })
  expect(warnings).toEqual(expected)
  return JSON.parse(stdout)
}

const EVERYTHING = `instruments: ['fetch', 'http', 'pg', 'express', 'koa', 'fastify', 'elasticsearch', 'postgres', 'node:sqlite'],
  traceSql: 'values'`
const STRONG = 'o7Vt2kQ9xWc4LmZs8RbYpD1g'
const KEYS = { OSPROFILER_HMAC_KEYS: STRONG }
const OFF = { OSPROFILER_ENABLED: 'false' }

describe('setup() touches nothing', () => {
  it.each<[string, string, Record<string, string>]>([
    ['when an option disables it', `{ enabled: false, hmacKeys: 'KEY' }`, {}],
    [
      'when an option disables it, even if other options have values',
      `{ enabled: false, hmacKeys: 'KEY', ${EVERYTHING} }`,
      KEYS,
    ],
    ['when an option disables it and `strict` is set', `{ enabled: false, strict: true, hmacKeys: 'KEY' }`, {}],
    [
      'when an option disables it, even if the environment is invalid',
      `{ enabled: false }`,
      { OSPROFILER_TRACE_SQL: 'x' },
    ],
    [
      'when an option disables it, even if there is a keys file',
      `{ enabled: false }`,
      { OSPROFILER_HMAC_KEYS_FILE: '/nowhere' },
    ],
    ['when the environment disables it', `{}`, { ...OFF, ...KEYS }],
    [
      'when the environment disables it, even if there is a store',
      `{ connectionString: 'redis://localhost' }`,
      { ...OFF, ...KEYS },
    ],
    ['when there is no key', `{}`, {}],
    ['when there is no key, even if other options have values', `{ ${EVERYTHING}, service: 'shop' }`, {}],
    ['when there is no key, even if there is a store', `{ connectionString: 'redis://localhost' }`, {}],
    ['when there is no key, even if there is a notifier', `{ notifier() {} }`, {}],
  ])('%s', async (_, options, env) => {
    const { touched } = await observed(
      `const osprofiler = setup(${options})
       look('setup')
       if (getNotifier() !== undefined) touched.push('notifier')
       await osprofiler.flush()
       await turn()
       look('later')
       await osprofiler.close()
       look('close')
       console.log(JSON.stringify({ touched }))`,
      env,
    )

    expect(touched).toEqual([])
  })

  it('except for an empty keys file, which it reads', async () => {
    const file = join(program.folder, 'empty-keys')

    const { touched } = await observed(`setup(); look('setup'); console.log(JSON.stringify({ touched }))`, {
      OSPROFILER_HMAC_KEYS_FILE: file,
    })

    expect(touched).toEqual([['setup', [`statSync ${file}`, `openSync ${file}`]]])
  })

  it('with --import @osprofiler/node/register if there is no key', async () => {
    const file = program.write(
      'registered.mjs',
      `import http from 'node:http'
       import Module from 'node:module'
       console.log(process.listenerCount('beforeExit'), http.request.name, Module.prototype.load.length)`,
    )
    const register = join(program.folder, 'node_modules/@osprofiler/node/dist/register.js')

    const plain = await program.run([file])
    const registered = await program.run(['--import', register, file])

    expect(registered).toEqual(plain)
  })
})

describe('the instruments and the notifier of setup()', () => {
  const INSTALLED = '[before !== observe(), getNotifier() === osprofiler.notifier]'

  it.each<[string, string, string, string, Record<string, string>]>([
    ['exist at once if there is a key', `{ hmacKeys: 'KEY' }`, '', '', {}],
    ['exist at once if the environment contains a key', `{}`, '', '', KEYS],
    ['exist at once if an adapter already has keys', `{}`, `createRequestTracer('KEY')`, '', {}],
    ['exist at once if a trace is open', `{}`, `run({ hmacKey: 'KEY' }, turn)`, '', {}],
    ['are installed when an adapter gets keys', `{}`, '', `createRequestTracer('KEY')`, {}],
    ['are installed when configure() sets keys', `{}`, '', `configure({ hmacKeys: 'KEY' })`, {}],
    ['are installed when run() gets a key', `{}`, '', `run({ hmacKey: 'KEY' }, () => {})`, {}],
    [
      'are installed when tracing is enabled',
      `{ enabled: false, hmacKeys: 'KEY' }`,
      '',
      `configure({ enabled: true })`,
      {},
    ],
    [
      'are installed when configure() enables tracing despite the environment',
      `{}`,
      '',
      `configure({ enabled: true })`,
      { ...OFF, ...KEYS },
    ],
    [
      'are installed when an adapter enables tracing for itself',
      `{ enabled: false }`,
      '',
      `createRequestTracer('KEY', { enabled: true })`,
      {},
    ],
  ])('%s, and are removed by close()', async (_, options, earlier, later, env) => {
    const result = await observed(
      `${earlier}
       const osprofiler = setup({ ...${options}, connectionString: 'memory://' })
       const early = ${INSTALLED}
       ${later}
       const late = ${INSTALLED}
       await osprofiler.close()
       const { hooks: _1, ...was } = JSON.parse(before)
       const { hooks: _2, ...is } = JSON.parse(observe())
       // On Node 20 and 22, a trace context leaves a timer behind, so the active resources are not compared.
       const same = JSON.stringify({ ...was, resources: [] }) === JSON.stringify({ ...is, resources: [] })
       console.log(JSON.stringify({ early, late, same: [same, getNotifier() === undefined] }))
       process.exit()`,
      env,
    )

    const nothing = [false, false]
    expect(result).toEqual({ early: later === '' ? [true, true] : nothing, late: [true, true], same: [true, true] })
  })

  it.each([
    ['an adapter that is disabled in its own options', `createRequestTracer('KEY', { enabled: false })`],
    ['settings other than keys', `configure({ service: 'shop' })`],
    ['keys while tracing is disabled', `configure({ enabled: false, hmacKeys: 'KEY' })`],
    ['run() while tracing is disabled', `configure({ enabled: false }); run({ hmacKey: 'KEY' }, () => {})`],
    ['keys that are set after close()', `await osprofiler.close(); configure({ hmacKeys: 'KEY' })`],
  ])('are not installed by %s', async (_, text) => {
    const { touched } = await observed(
      `const osprofiler = setup({ connectionString: 'memory://' })
       ${text}
       look('setup')
       console.log(JSON.stringify({ touched }))`,
    )

    expect(touched).toEqual([])
  })

  it('are installed when a keys file is filled, before the first point of the next request', async () => {
    const keys = join(program.folder, 'later-keys')

    const { names } = await observed(
      `import { createServer } from 'node:http'
       import { signedPack } from '@osprofiler/core'
       writeFileSync(${JSON.stringify(keys)}, '', { mode: 0o600 })
       const names = []
       setup({ notifier: ({ name }) => { names.push(name) } })
       const tracer = createRequestTracer()
       const server = createServer((req, res) => tracer.serve(req, res, async () => {
         if (req.url === '/inner') return res.end()
         await (await fetch(origin + '/inner')).text()
         res.end()
       }))
       await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
       const origin = 'http://127.0.0.1:' + server.address().port
       const ask = async () => {
         const [info, hmac] = signedPack({ base_id: crypto.randomUUID() }, '${STRONG}')
         await (await fetch(origin, { headers: { 'X-Trace-Info': info, 'X-Trace-HMAC': hmac } })).text()
       }
       await ask()
       const without = names.length
       writeFileSync(${JSON.stringify(keys)}, '${STRONG}')
       await new Promise(resolve => setTimeout(resolve, 1_100))
       await ask()
       await turn()
       console.log(JSON.stringify({ names: [without, ...names.sort()] }))
       process.exit()`,
      { OSPROFILER_HMAC_KEYS_FILE: keys },
      ['OSPROFILER_NO_KEYS'],
    )

    expect(names).toEqual([0, 'http-start', 'http-stop', 'wsgi-start', 'wsgi-start', 'wsgi-stop', 'wsgi-stop'])
  })

  it('do not replace a notifier that the program has set before the first key', async () => {
    const { own } = await observed(
      `import { setNotifier } from '@osprofiler/core'
       const notifier = () => {}
       setup({ connectionString: 'memory://' })
       setNotifier(notifier)
       run({ hmacKey: 'KEY' }, () => {})
       console.log(JSON.stringify({ own: getNotifier() === notifier }))
       process.exit()`,
    )

    expect(own).toBe(true)
  })
})
