import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { replacements } from './replaced-globals/replacements.mjs'

const run = promisify(execFile)
const PROGRAM_FILE = fileURLToPath(new URL('replaced-globals/program.mjs', import.meta.url))
const FRAMEWORKS = ['express', 'koa', 'fastify']
/** The expected response to every request, whether it is traced or not. */
const EXPECTED_ANSWER = '200 upstream,upstream,42,step'
const SERVED_POINT_NAMES = ['double', 'http', 'http', 'step', 'wsgi']

/**
 * Matches the source position of a decorator's code in `asked`. A decorator uses the current global `Reflect`
 * intentionally, because `reflect-metadata` may have extended it.
 */
const DECORATION_PATTERN = /^\w+ copyMetadata /

interface ProgramReport {
  readonly answers: readonly string[]
  readonly records: Readonly<Record<string, readonly string[]>>
  readonly timestamps: readonly string[]
  readonly warnings: readonly string[]
  readonly errors: readonly string[]
  /** Source positions at which OSProfiler's code used a replaced global. */
  readonly asked: readonly string[]
  /** Number of records that were in the store before anything was closed. */
  readonly written: number
  readonly closeMs: number
}

describe.each(['before', 'after'])('a program that replaced globals %s the packages were loaded', moment => {
  it.each(Object.keys(replacements))('answers normally, and its records are stored: %s', async name => {
    const begun = new Date().toISOString()

    const told = await runProgram(name, moment)

    expectUnchanged(told, FRAMEWORKS, begun)
    if (moment === 'after') expect(told.asked.filter(place => !DECORATION_PATTERN.test(place))).toEqual([])
  })
})

// Express and Koa cannot be loaded with --frozen-intrinsics.
it('a program runs normally with --frozen-intrinsics', async () => {
  const begun = new Date().toISOString()

  const told = await runProgram('nothing', 'after', ['node:http', 'fastify'], ['--frozen-intrinsics', '--no-warnings'])

  expectUnchanged(told, ['node:http', 'fastify'], begun)
})

function expectUnchanged(told: ProgramReport, frameworks: readonly string[], begun: string): void {
  expect(told.errors).toEqual([])
  expect(told.warnings).toEqual([])
  expect(told.answers).toEqual(
    frameworks.flatMap(name => Array.from({ length: 3 }, () => `${name} ${EXPECTED_ANSWER}`)),
  )
  expect(told.records).toEqual({
    ...Object.fromEntries(frameworks.map(name => [name, toRecordNames(SERVED_POINT_NAMES)])),
    rpc: toRecordNames(['rpc', 'served']),
    memory: toRecordNames(['kept']),
  })
  expect(told.written).toBeGreaterThan(0)
  expect(told.closeMs).toBeLessThan(5_000)
  for (const timestamp of told.timestamps) {
    expect(timestamp.slice(0, 19) >= begun.slice(0, 19)).toBe(true)
    expect(timestamp.slice(0, 19) <= new Date().toISOString()).toBe(true)
  }
}

function toRecordNames(names: readonly string[]): readonly string[] {
  return names.flatMap(name => [`${name}-start`, `${name}-stop`]).sort()
}

async function runProgram(
  name: string,
  moment: string,
  frameworks: readonly string[] = FRAMEWORKS,
  execArgv: readonly string[] = [],
): Promise<ProgramReport> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-globals-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const store = `sqlite:///${join(folder, 'traces.db')}`
  const argv = [...execArgv, PROGRAM_FILE, name, moment, store, frameworks.join()]
  const { stdout } = await run(process.execPath, argv, { timeout: 100_000 })
  return JSON.parse(stdout) as ProgramReport
}
