import { execFile } from 'node:child_process'
import { KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect, promisify } from 'node:util'
import { configure, get, init, KeyRing, run, signedPack, start, Trace } from '@osprofiler/core'
import { createRequestTracer } from '@osprofiler/core/http'
import { createCallTracer } from '@osprofiler/core/rpc'
import { osprofilerMiddleware as expressMiddleware } from '@osprofiler/express'
import { osprofilerMiddleware as koaMiddleware } from '@osprofiler/koa'
import { setup } from '@osprofiler/node'
import { createRunTraced } from '@osprofiler/rpc'
import { expect, it } from 'vitest'
import { createTraceGate } from '../packages/core/src/admission/trace-gate.js'

const KEYS = ['SECRET-NEW', 'SECRET-OLD']
const PAIR = signedPack({ base_id: 'trace' }, 'SECRET-OLD')
const ARGUMENT_GUESSES: readonly (readonly unknown[])[] = [
  [],
  [0],
  [1],
  [-1],
  ['0'],
  ['length'],
  ['trace'],
  PAIR,
  [...PAIR, {}],
  [{ info: PAIR[0], hmac: PAIR[1] }, {}, {}],
  [PAIR[0], ''],
  [{}],
  [[0, 1]],
  [(value: unknown) => value],
]

/** Returns whether a value contains a key, as a string or as a KeyObject. */
function containsKey(value: unknown): boolean {
  return value instanceof KeyObject || /SECRET|KeyObject/.test(inspect(value, { depth: 9, showHidden: true }))
}

function listMembers(value: object): PropertyKey[] {
  const names = new Set<PropertyKey>()
  for (let holder: object | null = value; holder !== null && holder !== Object.prototype; ) {
    for (const name of Reflect.ownKeys(holder)) names.add(name)
    holder = Reflect.getPrototypeOf(holder)
  }
  return [...names]
}

/** Returns the members of a value that expose a key, either as a property or as the result or error of a call. */
function findExposingMembers(value: object, allowed: readonly PropertyKey[] = []): PropertyKey[] {
  const shown = (act: () => unknown): boolean => {
    try {
      return containsKey(act())
    } catch (error) {
      return containsKey(error)
    }
  }
  return listMembers(value).filter(name => {
    if (allowed.includes(name)) return false
    if (shown(() => Reflect.get(value, name))) return true
    return ARGUMENT_GUESSES.some(guess => shown(() => Reflect.apply(Reflect.get(value, name), value, guess)))
  })
}

it('a key ring exposes a key only as the result of verify()', () => {
  const ring = new KeyRing(KEYS)

  expect(findExposingMembers(ring, ['verify'])).toEqual([])
  expect(findExposingMembers(KeyRing, ['verify'])).toEqual([])
  expect(ring.verify(...PAIR)).toBe('SECRET-OLD')
  expect(listMembers(ring)).toEqual(['constructor', 'size', 'sign', 'verify'])
})

it.each([
  ['a profiler', () => get()],
  ['a point', () => start('step')],
  ['a Trace, which traces a block', () => new Trace('step')],
])('no member of %s exposes a key', (_what, make) => {
  const shown = run({ hmacKey: 'SECRET-NEW' }, () => findExposingMembers(make() ?? {}))

  expect(shown).toEqual([])
})

it.each<[string, () => object]>([
  ['a gate', () => createTraceGate(KEYS, {})],
  ['a request tracer', () => createRequestTracer(KEYS)],
  ['a call tracer', () => createCallTracer(KEYS)],
  ['the function that runs message handlers', () => createRunTraced(KEYS)],
  ['the middleware for Express', () => expressMiddleware(KEYS)],
  ['the middleware for Koa', () => koaMiddleware(KEYS)],
  ['the value that setup() returns', () => setup({ hmacKeys: KEYS, connectionString: 'memory://' })],
  ['the value that configure() returns', () => configure({ hmacKeys: KEYS })],
  ['the value that init() returns', () => init('SECRET-NEW') ?? {}],
])('no member of %s exposes a key', (_what, make) => {
  expect(findExposingMembers(make())).toEqual([])
})

it('an admitted trace does not contain its key as a string', () => {
  const admitted = createTraceGate(KEYS, {}).admit(...PAIR, undefined)

  expect(admitted).toMatchObject({ baseId: 'trace' })
  expect(inspect(admitted, { depth: 9, showHidden: true })).not.toMatch(/SECRET|KeyObject/)
  expect(JSON.stringify(admitted)).not.toContain('SECRET')
})

it('the heap of a tracing process contains no key as a string', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-keys-'))
  const file = join(folder, 'keys')
  writeFileSync(file, 'kept-in-a-file-a8f2c6e0d41b\nolder-in-a-file-5d9e0b7a3c12\n', { mode: 0o600 })
  const program = `
    import { createHmac } from 'node:crypto'
    import { readFileSync } from 'node:fs'
    import { getHeapSnapshot } from 'node:v8'
    import { getTraceIdHeaders, setNotifier } from '@osprofiler/core'
    import { createRunTraced } from '@osprofiler/rpc'
    setNotifier(() => {})
    const serve = createRunTraced()
    const info = btoa('{"base_id": "trace"}')
    const bytes = readFileSync(process.env.OSPROFILER_HMAC_KEYS_FILE)
    const keys = [bytes.subarray(0, 27), bytes.subarray(28, 56)]
    for (const key of keys) {
      const hmac = createHmac('sha1', key).update(info).digest('hex')
      serve({ 'X-Trace-Info': info, 'X-Trace-HMAC': hmac }, getTraceIdHeaders)
    }
    const chunks = []
    for await (const chunk of getHeapSnapshot()) chunks.push(chunk)
    const heap = Buffer.concat(chunks)
    console.log(JSON.stringify([serve.stats.tracedByKey, heap.includes('OSPROFILER_HMAC_KEYS'), keys.map(key => heap.includes(key))]))`

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    env: { ...process.env, OSPROFILER_HMAC_KEYS_FILE: file },
  })
  rmSync(folder, { recursive: true })

  expect(JSON.parse(stdout)).toEqual([[1, 1], true, [false, false]])
})
